/** A long press with a finger, where there is no pointer to hover with. */
const HOLD_MS = 450;
const MOVED_PX = 10;

/**
 * @param {HTMLElement} node
 * @param {string} selector Of the elements in it that can be pressed.
 * @param {(pressed: HTMLElement) => void} listener
 * @returns {() => void} Call it to stop listening.
 */
export function onLongPress(node, selector, listener) {
  let timer;
  let start;
  let held;

  function down(event) {
    const pressed = event.target.closest(selector);
    if (event.pointerType !== "touch" || !event.isPrimary || !pressed) return;
    start = event;
    timer = setTimeout(() => {
      held = pressed;
      navigator.vibrate?.(8);
    }, HOLD_MS);
  }

  function move(event) {
    if (start && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > MOVED_PX)
      cancel();
  }

  function up() {
    const pressed = held;
    cancel();
    // What opens must not be closed by the end of the same press.
    if (pressed) setTimeout(() => listener(pressed));
  }

  function cancel() {
    clearTimeout(timer);
    start = held = undefined;
  }

  function noNativeMenu(event) {
    if (event.pointerType === "touch" && event.target.closest(selector)) event.preventDefault();
  }

  const listeners = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: cancel };
  for (const [name, each] of Object.entries(listeners)) node.addEventListener(name, each);
  node.addEventListener("contextmenu", noNativeMenu);
  return () => {
    cancel();
    for (const [name, each] of Object.entries(listeners)) node.removeEventListener(name, each);
    node.removeEventListener("contextmenu", noNativeMenu);
  };
}

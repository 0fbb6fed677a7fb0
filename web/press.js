/** A long press with a finger, where there is no pointer to hover with. */
const HOLD_MS = 450;
const MOVED_PX = 10;
/** How long after the press its click may come, if one does. */
const CLICK_MS = 100;

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
    if (pressed) afterClick(() => listener(pressed));
  }

  /** The click that ends the press counts for nothing, and must not close what opens. */
  function afterClick(act) {
    const waiting = setTimeout(finish, CLICK_MS);
    addEventListener("click", finish, { capture: true, once: true });

    function finish(event) {
      clearTimeout(waiting);
      removeEventListener("click", finish, { capture: true });
      event?.preventDefault();
      event?.stopPropagation();
      setTimeout(act);
    }
  }

  function cancel() {
    clearTimeout(timer);
    start = held = undefined;
  }

  function noNativeMenu(event) {
    if (event.pointerType === "touch" && event.target.closest(selector)) event.preventDefault();
  }

  // What is pressed may be built anew meanwhile, so the rest of the press is heard of from the window.
  const listeners = { pointermove: move, pointerup: up, pointercancel: cancel };
  for (const [name, each] of Object.entries(listeners)) addEventListener(name, each);
  node.addEventListener("pointerdown", down);
  node.addEventListener("contextmenu", noNativeMenu);
  return () => {
    cancel();
    for (const [name, each] of Object.entries(listeners)) removeEventListener(name, each);
    node.removeEventListener("pointerdown", down);
    node.removeEventListener("contextmenu", noNativeMenu);
  };
}

/** Dialogs: a frame that shows one view at a time, and the question before something is lost. */
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { problemText } from "./problems.js";

const words = strings.dialog;

/**
 * @typedef {{element: HTMLElement, focus?: () => void, stop?: () => void}} View
 *
 * @returns {{show: (view: View) => void, close: () => void}}
 */
export function openDialog({ isSmall = false, isLarge = false } = {}) {
  let shown;
  const node = element("dialog", {
    class: ["dialog", isSmall && "small", isLarge && "large"].filter(Boolean).join(" "),
    "aria-labelledby": "dialog-title",
    onclose() {
      shown?.stop?.();
      node.remove();
    },
  });
  // Pressed and released outside: a selection that ends there is no wish to leave.
  let pressed;
  node.addEventListener("pointerdown", (event) => (pressed = event.target));
  node.addEventListener("click", (event) => event.target === node && pressed === node && node.close());
  document.body.append(node);
  node.showModal();
  return {
    show(view) {
      shown?.stop?.();
      shown = view;
      fill(node, element("div", { class: "dialog-content" }, view.element));
      view.focus?.();
    },
    close: () => node.close(),
  };
}

/** @param {string} title @param {{onClose: () => void, onBack?: () => void}} listeners */
export function dialogHeading(title, { onClose, onBack }) {
  return element(
    "header",
    { class: "dialog-heading" },
    onBack &&
      element(
        "button",
        { type: "button", class: "icon-button", "aria-label": words.back, onclick: onBack },
        icon("back"),
      ),
    element("h2", { id: "dialog-title" }, title),
    element(
      "button",
      { type: "button", class: "icon-button", "aria-label": words.close, onclick: onClose },
      icon("close"),
    ),
  );
}

/**
 * Where a view says what went wrong, or what went well.
 *
 * @returns {{element: HTMLElement, tell: (message?: string) => void, inform: (message?: string) => void}}
 */
export function alertLine() {
  const node = element("p", { class: "form-alert", role: "alert", hidden: true });
  function say(message, isGood) {
    node.textContent = message;
    node.hidden = message === "";
    node.classList.toggle("good", isGood);
  }
  return {
    element: node,
    tell: (message = "") => say(message, false),
    inform: (message = "") => say(message, true),
  };
}

/**
 * Ask before doing what cannot be undone.
 *
 * @param {{title: string, hint: string, action: string, onConfirm: () => Promise<void>}} question
 */
export function askFirst({ title, hint, action, onConfirm }) {
  const dialog = openDialog({ isSmall: true });
  const alert = alertLine();
  const cancel = element(
    "button",
    { type: "button", class: "secondary", onclick: dialog.close },
    words.cancel,
  );
  const confirm = element("button", { type: "button", class: "primary danger", onclick: run }, action);

  async function run() {
    confirm.disabled = true;
    try {
      await onConfirm();
      dialog.close();
    } catch (error) {
      alert.tell(problemText(error));
      confirm.disabled = false;
    }
  }

  dialog.show({
    element: element(
      "div",
      { class: "question" },
      element("h2", { id: "dialog-title" }, title),
      element("p", { class: "quiet" }, hint),
      alert.element,
      element("div", { class: "question-buttons" }, cancel, confirm),
    ),
    focus: () => cancel.focus(),
  });
}

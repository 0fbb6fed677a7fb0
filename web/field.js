/** One labelled input with room for what is wrong with it. */
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";

let count = 0;

/**
 * @param {string} label
 * @param {object} attributes Of the input.
 * @param {string} [hint]
 */
export function field(label, attributes, hint) {
  const id = `field-${(count += 1)}`;
  const input = element("input", { id, "aria-describedby": `${id}-note`, ...attributes });
  const note = element("p", { id: `${id}-note`, class: "field-note" }, hint);
  const box = element("div", { class: "field-box" }, input);
  if (attributes.type === "password") box.append(revealButton(input));
  const node = element("div", { class: "field" }, element("label", { for: id }, label), box, note);

  function complain(message) {
    node.classList.toggle("wrong", Boolean(message));
    input.setAttribute("aria-invalid", String(Boolean(message)));
    fill(note, message || hint);
  }
  input.addEventListener("input", () => complain());
  return { element: node, input, complain };
}

function revealButton(input) {
  const button = element("button", { type: "button", class: "icon-button", onclick: toggle });
  function show() {
    const isHidden = input.type === "password";
    button.setAttribute(
      "aria-label",
      isHidden ? strings.entrance.showPassword : strings.entrance.hidePassword,
    );
    fill(button, icon(isHidden ? "eye" : "eyeClosed"));
  }
  function toggle() {
    input.type = input.type === "password" ? "text" : "password";
    show();
  }
  show();
  return button;
}

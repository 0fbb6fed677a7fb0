/** Where a message is written. */
import { element } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./strings.js";
import { Shelf } from "./clients/js/shelf.js";

const words = strings.conversation;
/** The protocol's limit, in characters as people count them. */
const MAX_CHARACTERS = 8_000;
const WARN_BELOW = 500;

/** @param {{userId: string, chatId: string, onSend: (text: string) => void}} options */
export function composer({ userId, chatId, onSend }) {
  const draft = new Shelf(sessionStorage, `kaiwa.draft.${userId}.${chatId}`);
  const isTouch = matchMedia("(pointer: coarse)").matches;
  const counter = element("p", { class: "composer-counter", role: "status", hidden: true });
  const button = element(
    "button",
    { type: "submit", class: "send", "aria-label": words.send, title: words.send },
    icon("send"),
  );
  const input = element("textarea", {
    rows: "1",
    "aria-label": words.composer,
    enterkeyhint: isTouch ? "enter" : "send",
    oninput: onInput,
    onkeydown: onKey,
  });
  input.value = draft.load() ?? "";
  const box = element("div", { class: "composer-box", onclick: () => input.focus() }, input, button);

  function onInput() {
    if (input.value) draft.save(input.value);
    else draft.clear();
    refresh();
  }

  function refresh() {
    const left = MAX_CHARACTERS - [...input.value.trim()].length;
    button.disabled = input.value.trim() === "" || left < 0;
    counter.hidden = left > WARN_BELOW;
    counter.classList.toggle("over", left < 0);
    counter.textContent = left < 0 ? words.tooLong(-left) : words.left(left);
    fit();
  }

  /** As tall as its words, up to a limit: the style sheet says so, to browsers that understand it. */
  function fit() {
    if (CSS.supports("field-sizing", "content")) return;
    // Measuring makes the input short for a moment, which must not move the messages above.
    box.style.minHeight = `${box.offsetHeight}px`;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
    box.style.minHeight = "";
  }

  /**
   * Enter sends, except while an input method composes a word, and on touch keyboards, which have no
   * Shift+Enter.
   */
  function onKey(event) {
    const isComposing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || isComposing || isTouch) return;
    event.preventDefault();
    send();
  }

  function send() {
    const text = input.value.trim();
    if (text === "" || button.disabled) return;
    input.value = "";
    onInput();
    onSend(text);
    input.focus();
  }

  function onSubmit(event) {
    event.preventDefault();
    send();
  }

  return {
    element: element("form", { class: "composer", onsubmit: onSubmit }, counter, box),
    /** Once it is on the page. */
    start() {
      refresh();
      if (!isTouch) input.focus();
    },
    rename(name) {
      input.placeholder = words.placeholder(name);
    },
  };
}

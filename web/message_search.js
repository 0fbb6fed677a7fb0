/** Searching in the messages of a chat that are loaded: how many there are, from one to the next, and further back. */
import { element } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { problemText } from "./problems.js";

const words = strings.search;
/** Pages of history that one wish to search further back loads. */
const PAGES = 8;

/**
 * @param {object} options
 * @param {() => {messageId: string, text?: string, deletedAt?: string}[]} options.messages Those loaded, ascending.
 * @param {() => boolean} options.hasEarlier
 * @param {() => Promise<void>} options.loadEarlier
 * @param {(sought: RegExp | undefined) => void} options.onSought What is to be marked has changed.
 * @param {(messageId: string) => void} options.onFound One is to be shown.
 * @param {() => void} options.onClose
 */
export function messageSearch({ messages, hasEarlier, loadEarlier, onSought, onFound, onClose }) {
  let found = [];
  /** The messageId of the one that is shown, so that it stays the same while others come in. */
  let shown;
  const input = element("input", {
    type: "search",
    class: "search-input",
    "aria-label": words.field,
    placeholder: words.field,
    autocomplete: "off",
    spellcheck: "false",
    oninput: onInput,
    onkeydown: onKey,
  });
  const count = element("span", { class: "search-count", role: "status", "data-testid": "search-count" });
  const earlier = button("up", words.previous, () => step(-1));
  const later = button("down", words.next, () => step(1));
  const further = element("button", { type: "button", class: "link", hidden: true, onclick: searchFurther }, words.further);
  const node = element(
    "search",
    { class: "message-search", hidden: true },
    element("div", { class: "search" }, icon("search"), input),
    count,
    further,
    earlier,
    later,
    button("close", words.close, close),
  );

  function onInput() {
    shown = undefined;
    // Everything is shown anew with it, and so `refresh` looks for the newest.
    onSought(sought());
    find();
  }

  /** @returns {RegExp | undefined} */
  function sought() {
    const query = input.value.trim();
    return query === "" ? undefined : new RegExp(query.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&"), "giu");
  }

  function find() {
    const pattern = sought();
    found = pattern
      ? messages()
          .filter(({ text, deletedAt }) => text && !deletedAt && text.search(pattern) >= 0)
          .map(({ messageId }) => messageId)
      : [];
    show();
  }

  function show() {
    const index = found.indexOf(shown);
    count.textContent = input.value.trim() === "" ? "" : words.count(index + 1, found.length);
    earlier.disabled = found.length === 0 || index === 0;
    later.disabled = found.length === 0 || index === found.length - 1;
    further.hidden = input.value.trim() === "" || !hasEarlier();
  }

  /** @param {1 | -1} step Without one shown yet, the newest is the first. */
  function step(step) {
    const index = found.indexOf(shown);
    const next = index < 0 ? found.at(-1) : found[index + step];
    if (next === undefined) return show();
    shown = next;
    show();
    onFound(next);
  }

  async function searchFurther() {
    further.disabled = true;
    const before = found.length;
    try {
      for (let page = 0; page < PAGES && hasEarlier() && found.length === before; page += 1) {
        await loadEarlier();
        find();
      }
      if (found.length > before) step(-1);
    } catch (error) {
      count.textContent = problemText(error);
    }
    further.disabled = false;
  }

  function onKey(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") close();
    else if (event.key === "Enter" || event.key === "ArrowUp") step(event.shiftKey ? 1 : -1);
    else if (event.key === "ArrowDown") step(1);
    else return;
    event.preventDefault();
  }

  function close() {
    node.hidden = true;
    input.value = "";
    find();
    onSought();
    onClose();
  }

  return {
    element: node,
    get isOpen() {
      return !node.hidden;
    },
    open() {
      node.hidden = false;
      input.select();
      input.focus();
      show();
    },
    /** Messages have come in. */
    refresh() {
      if (node.hidden) return;
      find();
      if (shown === undefined && found.length > 0) step(-1);
    },
  };
}

function button(name, label, onclick) {
  return element(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, onclick },
    icon(name),
  );
}

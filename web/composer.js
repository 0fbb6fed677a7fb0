/** Where a message is written. */
import { attachments } from "./attachments.js";
import { element, fill } from "./dom.js";
import { openEmojiPicker } from "./emoji_picker.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { problemText } from "./problems.js";

const words = strings.conversation;
/** The protocol's limit, in characters as people count them. */
const MAX_CHARACTERS = 8_000;
const WARN_BELOW = 500;
/** With Control or Command, by key. */
const MARKS = { b: "*", i: "_", e: "`" };

/**
 * @param {object} options
 * @param {string} options.chatId
 * @param {import("./clients/js/client.js").Client} options.client
 * @param {import("./drafts.js").Drafts} options.drafts
 * @param {(text: string, options: {replyTo?: string, fileIds?: string[]}) => void} options.onSend
 * @param {(messageId: string, text: string) => Promise<void>} options.onEdit
 * @param {(isTyping: boolean) => void} options.onTyping
 * @param {() => void} options.onEditLast The arrow up in an empty composer asks for one's last message.
 */
export function composer({ client, chatId, drafts, onSend, onEdit, onTyping, onEditLast }) {
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
    onpaste: onPaste,
    onkeydown: onKey,
  });
  input.value = drafts.get(chatId);
  /** What is written is an answer, or other words for a message; otherwise undefined. */
  let purpose;
  const strip = element("div", { class: "composer-strip", hidden: true });
  const files = attachments(client, { onChanged: () => refresh() });
  const chooser = element("input", { type: "file", multiple: true, hidden: true, onchange: onChosen });
  const attach = element(
    "button",
    {
      type: "button",
      class: "attach",
      "aria-label": strings.files.attach,
      title: strings.files.attach,
      onclick: () => chooser.click(),
    },
    icon("attach"),
  );
  const emoji = element(
    "button",
    {
      type: "button",
      class: "attach",
      "aria-label": strings.emoji.open,
      "aria-haspopup": "dialog",
      title: strings.emoji.open,
      onclick: () => openEmojiPicker(emoji, { onChoose: write }),
    },
    icon("smile"),
  );
  const box = element(
    "div",
    { class: "composer-box", onclick: (event) => event.target === box && input.focus() },
    chooser,
    attach,
    input,
    emoji,
    button,
  );

  /** Put a mark on both sides of what is selected, or take it away again. @param {string} mark */
  function surround(mark) {
    const { selectionStart: start, selectionEnd: end, value } = input;
    const isMarked = value.slice(start - mark.length, start) === mark && value.startsWith(mark, end);
    const text = value.slice(start, end);
    if (isMarked) input.setRangeText(text, start - mark.length, end + mark.length, "select");
    else input.setRangeText(mark + text + mark, start, end, "select");
    if (!isMarked) input.setSelectionRange(start + mark.length, end + mark.length);
    onInput();
  }

  /** Put something where the caret is. @param {string} text */
  function write(text) {
    input.setRangeText(text, input.selectionStart, input.selectionEnd, "end");
    input.focus();
    onInput();
  }

  function onChosen() {
    files.add(chooser.files);
    chooser.value = "";
    input.focus();
  }

  function onPaste(event) {
    const pasted = event.clipboardData?.files ?? [];
    if (pasted.length === 0 || purpose?.isEdit) return;
    event.preventDefault();
    files.add(pasted);
  }

  function onInput() {
    if (!purpose?.isEdit) {
      drafts.set(chatId, input.value);
      onTyping(input.value.trim() !== "");
    }
    refresh();
  }

  /** @param {{isEdit?: boolean, messageId: string, title: string, text: string} | undefined} next */
  function turnTo(next) {
    const wasEdit = Boolean(purpose?.isEdit);
    purpose = next;
    if (next?.isEdit) input.value = next.text;
    else if (wasEdit) input.value = drafts.get(chatId);
    attach.hidden = files.element.hidden = Boolean(next?.isEdit);
    strip.hidden = !next;
    fill(strip, next && stripParts(next));
    button.setAttribute("aria-label", next?.isEdit ? words.save : words.send);
    button.title = next?.isEdit ? words.save : words.send;
    fill(button, icon(next?.isEdit ? "check" : "send"));
    refresh();
    input.focus();
  }

  function stripParts({ title, text, isEdit }) {
    return [
      icon(isEdit ? "edit" : "reply"),
      element(
        "span",
        { class: "strip-words" },
        element("span", { class: "strip-title" }, title),
        element("span", { class: "strip-text" }, text),
      ),
      element(
        "button",
        { type: "button", class: "icon-button", "aria-label": words.cancel, onclick: () => turnTo() },
        icon("close"),
      ),
    ];
  }

  function refresh() {
    const left = MAX_CHARACTERS - [...input.value.trim()].length;
    const hasFiles = !files.isEmpty && !purpose?.isEdit;
    const isEmpty = input.value.trim() === "" && !hasFiles;
    button.disabled = isEmpty || left < 0 || (hasFiles && !files.isReady);
    counter.hidden = left > WARN_BELOW;
    counter.classList.toggle("over", left < 0);
    counter.textContent = left < 0 ? words.tooLong(-left) : words.charactersLeft(left);
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
    if (event.key === "Escape" && purpose && !isComposing) return turnTo();
    const mark = (event.ctrlKey || event.metaKey) && !event.altKey && MARKS[event.key.toLowerCase()];
    if (mark && input.selectionStart !== input.selectionEnd) {
      event.preventDefault();
      return surround(mark);
    }
    if (event.key === "ArrowUp" && input.value === "" && !purpose) {
      event.preventDefault();
      return onEditLast();
    }
    if (event.key !== "Enter" || event.shiftKey || isComposing || isTouch) return;
    event.preventDefault();
    send();
  }

  function send() {
    const text = input.value.trim();
    if (button.disabled) return;
    if (purpose?.isEdit) return saveEdit(text);
    input.value = "";
    drafts.set(chatId, "");
    const fileIds = files.isEmpty ? undefined : files.take();
    onSend(text, { replyTo: purpose?.messageId, fileIds });
    turnTo();
  }

  async function saveEdit(text) {
    const { messageId } = purpose;
    button.disabled = true;
    try {
      await onEdit(messageId, text);
      if (purpose?.messageId === messageId) turnTo();
    } catch (error) {
      counter.hidden = false;
      counter.classList.add("over");
      counter.textContent = problemText(error);
      button.disabled = false;
    }
  }

  function onSubmit(event) {
    event.preventDefault();
    send();
  }

  return {
    element: element("form", { class: "composer", onsubmit: onSubmit }, strip, files.element, counter, box),
    /** Once it is on the page. */
    start() {
      refresh();
      if (!isTouch) input.focus();
    },
    /** @param {Iterable<File>} dropped */
    attach(dropped) {
      if (!purpose?.isEdit) files.add(dropped);
    },
    focus: () => input.focus(),
    close: files.close,
    rename(name) {
      input.placeholder = words.placeholder(name);
    },
    /** @param {{messageId: string, name: string, text: string}} message The one to answer. */
    reply({ messageId, name, text }) {
      turnTo({ messageId, title: words.replyingTo(name), text });
    },
    /** @param {{messageId: string, text: string}} message The one to put in other words. */
    edit({ messageId, text }) {
      turnTo({ messageId, isEdit: true, title: words.editing, text });
    },
  };
}

/** The entries of a chat as rows: days, bubbles in groups, and the state of one's own. */
import { personAvatar, hueOf } from "./avatar.js";
import { callRow } from "./call_row.js";
import { element, unseen } from "./dom.js";
import { fileList } from "./files.js";
import { plainText } from "./format.js";
import { formattedParts } from "./formatted.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { personName } from "./names.js";
import { problemText } from "./problems.js";
import { reactionList } from "./reactions.js";
import { clockTime, dayName, dayOf, fullTime } from "./times.js";

const words = strings.conversation;
/** Words of one person stand together when no more time than this lies between them. */
const GROUP_MS = 5 * 60 * 1000;
const QUOTE_LENGTH = 200;
const FLAG = "\\p{Regional_Indicator}{2}";
const PICTURE =
  "\\p{Extended_Pictographic}(?:\\uFE0F|\\p{Emoji_Modifier}|\\u200D\\p{Extended_Pictographic})*";
/** Up to three emoji and nothing else are shown large. */
const ONLY_EMOJI = new RegExp(`^(?:(?:${FLAG}|${PICTURE})\\s*){1,3}$`, "u");

/**
 * What a person can do with a message.
 *
 * @typedef {object} Actions
 * @property {(entry: import("./entries.js").Entry, anchor: HTMLElement) => void} onMenu
 * @property {(entry: import("./entries.js").Entry) => void} onReply
 * @property {(entry: import("./entries.js").Entry, emoji: string, isSet: boolean) => void} onReact
 * @property {(messageId: string) => void} onJump Show the message of that id.
 */

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {string} chatId
 * @param {{entries: import("./entries.js").Entry[], before?: import("./entries.js").Entry,
 *   after?: import("./entries.js").Entry}} shown What is shown, and what stands before and after it unseen.
 * @param {{firstUnreadId?: string, isAtBeginning: boolean, actions: Actions, sought?: RegExp}} options `sought`: what is
 *   searched for, to be marked.
 * @returns {import("./dom.js").Row[]}
 */
export function messageRows(
  client,
  chatId,
  { entries, before, after },
  { firstUnreadId, isAtBeginning, actions, sought },
) {
  const isGroup = client.chats.get(chatId).kind === "group";
  const rows = [];
  if (isAtBeginning && entries.length > 0) rows.push(textRow("beginning", words.beginning, "beginning"));
  entries.forEach((entry, index) => {
    const previous = entries[index - 1] ?? before;
    const startsDay = !previous || dayOf(previous.time) !== dayOf(entry.time);
    const startsNew = entry.id === firstUnreadId;
    if (startsDay) rows.push(textRow(`day ${dayOf(entry.time)}`, dayName(entry.time), "day"));
    if (startsNew) rows.push(textRow("new", words.newMessages, "new"));
    if (entry.kind === "call") return rows.push(callRow(client, entry));
    if (entry.kind === "system") return rows.push(textRow(entry.id, entry.text, "system"));
    const isFirst = startsDay || startsNew || !stands(previous, entry);
    const next = entries[index + 1] ?? after;
    const isLast = !next || next.id === firstUnreadId || !stands(entry, next);
    const quote = entry.replyTo && quoteOf(client, entry.replyTo, client.log(chatId).message(entry.replyTo));
    rows.push(messageRow(client, entry, { isGroup, isFirst, isLast, quote, actions, sought }));
  });
  return rows;
}

function stands(one, next) {
  const isClose = Date.parse(next.time) - Date.parse(one.time) < GROUP_MS;
  return one.senderId === next.senderId && isClose && dayOf(one.time) === dayOf(next.time);
}

function textRow(key, text, kind) {
  return {
    key,
    signature: text,
    build: () =>
      element(
        "li",
        { class: `divider ${kind}`, "data-testid": kind === "system" && "system" },
        element("span", {}, text),
      ),
  };
}

/** What is shown of the message that another one answers; it may be from before those held. */
function quoteOf(client, messageId, message) {
  if (!message) return { messageId, text: words.earlier };
  const isOwn = message.senderId === client.userId;
  return {
    messageId,
    senderId: message.senderId,
    name: isOwn ? strings.chats.you : personName(client.people.get(message.senderId)),
    text: message.deletedAt ? words.deleted : plainText(message.text?.slice(0, QUOTE_LENGTH) ?? "") || strings.chats.file,
  };
}

function messageRow(client, entry, { isGroup, isFirst, isLast, quote, actions, sought }) {
  const isOwn = entry.senderId === client.userId;
  const sender = client.people.get(entry.senderId);
  const name = isOwn ? strings.chats.you : personName(sender);
  const problem =
    entry.state === "failed" ? (entry.error ? problemText(entry.error) : words.notSent) : undefined;
  const readers = isGroup ? entry.readers.map((userId) => personName(client.people.get(userId))) : [];
  const { error, ...shown } = entry;
  return {
    key: entry.id,
    signature: JSON.stringify([name, shown, problem, isFirst, isLast, isGroup, quote, readers, sought?.source]),
    build() {
      const classes = [
        "message",
        isOwn ? "own" : "other",
        isFirst && "first",
        isLast && "last",
        !quote && ONLY_EMOJI.test(entry.text) && "emoji",
      ];
      const node = element(
        "li",
        {
          class: classes.filter(Boolean).join(" "),
          "data-testid": "message",
          "data-state": isOwn ? entry.state : "sent",
          "data-own": String(isOwn),
          "data-message": entry.messageId,
        },
        isGroup &&
          !isOwn &&
          element("span", { class: "message-avatar" }, isLast && personAvatar(sender, "small")),
        element(
          "div",
          { class: "bubble" },
          senderLine(name, { isShown: isGroup && !isOwn && isFirst }),
          quote && quoteBox(quote, actions),
          !entry.isDeleted && entry.fileIds.length > 0 && fileList(client, entry.fileIds),
          body(entry, sought),
          meta(entry, { isOwn, readers }),
        ),
        entry.messageId && !entry.isDeleted && actionButtons(entry, name, actions),
        reactionList(client, entry.reactions, (emoji, isSet) => actions.onReact(entry, emoji, isSet)),
        problem && failure(client, entry, problem),
      );
      node.style.setProperty("--hue", hueOf(entry.senderId));
      return node;
    },
  };
}

function senderLine(name, { isShown }) {
  return isShown ? element("span", { class: "sender" }, name) : unseen(`${name}: `);
}

function quoteBox(quote, actions) {
  const node = element(
    "button",
    {
      type: "button",
      class: "quote",
      "data-testid": "quote",
      tabindex: "-1",
      onclick: () => actions.onJump(quote.messageId),
    },
    quote.name && unseen(words.answering),
    quote.name && element("span", { class: "quote-name" }, quote.name),
    element("span", { class: "quote-text" }, quote.text),
  );
  if (quote.senderId) node.style.setProperty("--hue", hueOf(quote.senderId));
  return node;
}

/** Beside the bubble; only one message's are in the tab order, the arrow keys go from there. */
function actionButtons(entry, name, actions) {
  return element(
    "span",
    { class: "message-actions" },
    element(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": words.reply,
        title: words.reply,
        tabindex: "-1",
        onclick: () => actions.onReply(entry),
      },
      icon("reply"),
    ),
    element(
      "button",
      {
        type: "button",
        class: "icon-button",
        "data-actions": true,
        "aria-label": words.actionsOf(name),
        "aria-haspopup": "menu",
        title: words.actions,
        tabindex: "-1",
        onclick: (event) => actions.onMenu(entry, event.currentTarget),
      },
      icon("react"),
    ),
  );
}

function body(entry, sought) {
  if (entry.isDeleted) return element("span", { class: "text deleted" }, words.deleted);
  if (!entry.text) return undefined;
  return element(
    "div",
    { class: "text", dir: "auto", "data-testid": "message-text" },
    formattedParts(entry.text, sought),
  );
}

const SYMBOLS = { sending: "clock", sent: "check", read: "checks", failed: "alert" };

function meta(entry, { isOwn, readers }) {
  const label = { sending: words.sending, sent: words.sent, read: words.read, failed: words.notSent }[
    entry.state
  ];
  const title = readers.length > 0 ? words.readBy(strings.people.list(readers)) : label;
  return element(
    "span",
    { class: "meta" },
    entry.isEdited && !entry.isDeleted && element("span", {}, words.edited),
    element("time", { datetime: entry.time, title: fullTime(entry.time) }, clockTime(entry.time)),
    isOwn && element("span", { class: "tick", title }, icon(SYMBOLS[entry.state]), unseen(label)),
  );
}

function failure(client, entry, problem) {
  return element(
    "div",
    { class: "failure" },
    element("span", {}, words.notSentBecause(problem)),
    element(
      "button",
      { type: "button", class: "link", onclick: () => client.retry(entry.id) },
      words.tryAgain,
    ),
    element(
      "button",
      { type: "button", class: "link", onclick: () => client.discard(entry.id) },
      words.discard,
    ),
  );
}

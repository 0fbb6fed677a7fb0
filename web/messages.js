/** The messages of a chat as rows: days, bubbles in groups, and the state of one's own. */
import { personAvatar, hueOf } from "./avatar.js";
import { element, unseen } from "./dom.js";
import { icon } from "./icons.js";
import { splitLinks } from "./links.js";
import { personName } from "./names.js";
import { problemText } from "./problems.js";
import { strings } from "./strings.js";
import { clockTime, dayName, dayOf, fullTime } from "./times.js";

const words = strings.conversation;
/** Words of one person stand together when no more time than this lies between them. */
const GROUP_MS = 5 * 60 * 1000;
const FLAG = "\\p{Regional_Indicator}{2}";
const PICTURE =
  "\\p{Extended_Pictographic}(?:\\uFE0F|\\p{Emoji_Modifier}|\\u200D\\p{Extended_Pictographic})*";
/** Up to three emoji and nothing else are shown large. */
const ONLY_EMOJI = new RegExp(`^(?:(?:${FLAG}|${PICTURE})\\s*){1,3}$`, "u");

/**
 * @typedef {{id: string, senderId: string, text: string, time: string, seq?: number, isDeleted?: boolean,
 *   state: "sent" | "sending" | "failed", error?: Error}} Entry
 */

/**
 * What the log holds and what is still pending, as one list.
 *
 * @param {import("./clients/js/client.js").Client} client
 * @param {string} chatId
 * @returns {Entry[]}
 */
export function entriesOf(client, chatId) {
  const stored = client.log(chatId).messages;
  const own = stored.filter((message) => message.senderId === client.userId);
  const known = new Set(own.map((message) => message.clientMessageId));
  const pending = client.pending(chatId).filter((each) => !known.has(each.clientMessageId));
  return [
    ...stored.map((message) => storedEntry(client, message)),
    ...pending.map((each) => pendingEntry(client, each)),
  ];
}

/**
 * One's own message keeps the id it was pending under; those of others are theirs to choose, so they identify
 * nothing here.
 */
function storedEntry(client, message) {
  const isOwn = message.senderId === client.userId;
  return {
    id: (isOwn && message.clientMessageId) || message.messageId,
    seq: message.seq,
    senderId: message.senderId,
    text: message.text ?? "",
    time: message.sentAt,
    state: "sent",
    isDeleted: Boolean(message.deletedAt),
  };
}

function pendingEntry(client, pending) {
  return {
    id: pending.clientMessageId,
    senderId: client.userId,
    text: pending.text,
    time: pending.writtenAt,
    state: pending.state === "failed" ? "failed" : "sending",
    error: pending.error,
  };
}

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {Entry[]} entries
 * @param {{isGroup: boolean, firstUnreadId?: string, isAtBeginning: boolean}} options
 * @returns {import("./dom.js").Row[]}
 */
export function messageRows(client, entries, { isGroup, firstUnreadId, isAtBeginning }) {
  const rows = [];
  if (isAtBeginning && entries.length > 0) rows.push(textRow("beginning", words.beginning, "beginning"));
  entries.forEach((entry, index) => {
    const previous = entries[index - 1];
    const startsDay = !previous || dayOf(previous.time) !== dayOf(entry.time);
    const startsNew = entry.id === firstUnreadId;
    if (startsDay) rows.push(textRow(`day ${dayOf(entry.time)}`, dayName(entry.time), "day"));
    if (startsNew) rows.push(textRow("new", words.newMessages, "new"));
    const isFirst = startsDay || startsNew || !stands(previous, entry);
    const next = entries[index + 1];
    const isLast = !next || next.id === firstUnreadId || !stands(entry, next);
    rows.push(messageRow(client, entry, { isGroup, isFirst, isLast }));
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
    build: () => element("li", { class: `divider ${kind}` }, element("span", {}, text)),
  };
}

function messageRow(client, entry, { isGroup, isFirst, isLast }) {
  const isOwn = entry.senderId === client.userId;
  const sender = client.people.get(entry.senderId);
  const name = isOwn ? strings.chats.you : personName(sender);
  const problem =
    entry.state === "failed" ? (entry.error ? problemText(entry.error) : words.notSent) : undefined;
  return {
    key: entry.id,
    signature: JSON.stringify([
      name,
      entry.text,
      entry.time,
      entry.state,
      entry.isDeleted,
      problem,
      isFirst,
      isLast,
      isGroup,
    ]),
    build() {
      const classes = [
        "message",
        isOwn ? "own" : "other",
        isFirst && "first",
        isLast && "last",
        ONLY_EMOJI.test(entry.text) && "emoji",
      ];
      const node = element(
        "li",
        {
          class: classes.filter(Boolean).join(" "),
          "data-testid": "message",
          "data-state": entry.state,
          "data-own": String(isOwn),
        },
        isGroup &&
          !isOwn &&
          element("span", { class: "message-avatar" }, isLast && personAvatar(sender, "small")),
        element(
          "div",
          { class: "bubble" },
          senderLine(name, { isShown: isGroup && !isOwn && isFirst }),
          body(entry),
          meta(entry, isOwn),
        ),
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

function body(entry) {
  if (entry.isDeleted) return element("span", { class: "text deleted" }, words.deleted);
  return element(
    "span",
    { class: "text", dir: "auto", "data-testid": "message-text" },
    splitLinks(entry.text).map(part),
  );
}

function part({ text, href }) {
  return href ? element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, text) : text;
}

function meta(entry, isOwn) {
  const symbol = { sending: "clock", sent: "check", failed: "alert" }[entry.state];
  const label = { sending: words.sending, sent: words.sent, failed: words.notSent }[entry.state];
  return element(
    "span",
    { class: "meta" },
    element("time", { datetime: entry.time, title: fullTime(entry.time) }, clockTime(entry.time)),
    isOwn && icon(symbol),
    isOwn && unseen(label),
  );
}

function failure(client, entry, problem) {
  return element(
    "div",
    { class: "failure" },
    element("span", {}, `${words.notSent}. ${problem} `),
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

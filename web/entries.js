/** What a conversation shows, as plain values: stored messages, pending ones, and who came and went. */
import { strings } from "./language.js";
import { personName } from "./names.js";

const words = strings.conversation.system;

/**
 * @typedef {{id: string, kind: "message" | "system" | "call", senderId?: string, text: string, fileIds?: string[], time: string, seq?: number,
 *   messageId?: string, replyTo?: string, isDeleted?: boolean, isEdited?: boolean,
 *   reactions?: Record<string, string[]>, state?: "read" | "sent" | "sending" | "failed", readers?: string[],
 *   call?: import("./clients/js/call.js").CallData, error?: Error}} Entry
 */

/**
 * What the log holds and what is still pending, as one list. A place is cheap; it becomes an entry where it is shown.
 *
 * @typedef {{id: string, messageId?: string, isOwn?: boolean, entry: () => Entry}} Place
 *
 * @param {import("./clients/js/client.js").Client} client
 * @param {string} chatId
 * @returns {Place[]}
 */
export function placesOf(client, chatId) {
  const log = client.log(chatId);
  const chronicle = new Chronicle(client);
  const stored = log.events.map((event) => placeOf(client, chatId, log, event, chronicle)).filter(Boolean);
  const known = new Set(stored.filter(({ isOwn }) => isOwn).map(({ id }) => id));
  const pending = client.pending(chatId).filter((each) => !known.has(each.clientMessageId));
  return [...stored, ...pending.map((each) => pendingPlace(client, each))];
}

/** @returns {Entry[]} Every place as an entry. */
export function entriesOf(client, chatId) {
  return placesOf(client, chatId).map(({ entry }) => entry());
}

/**
 * One's own message keeps the id it was pending under; those of others are theirs to choose, so they identify
 * nothing here.
 */
function placeOf(client, chatId, log, event, chronicle) {
  if (event.type === "call.logged") return callPlace(event);
  if (event.type !== "message.created") return systemPlace(event, chronicle.line(event));
  const { messageId, senderId, clientMessageId } = event.message;
  const isOwn = senderId === client.userId;
  const id = (isOwn && clientMessageId) || messageId;
  return { id, messageId, isOwn, entry: () => storedEntry(client, chatId, id, log.message(messageId)) };
}

function systemPlace({ seq, at }, text) {
  const id = `event ${seq}`;
  return text && { id, entry: () => ({ id, kind: "system", text, time: at, seq }) };
}

function callPlace({ seq, at, call }) {
  const id = `event ${seq}`;
  return { id, entry: () => ({ id, kind: "call", text: "", call, time: at, seq }) };
}

function pendingPlace(client, pending) {
  return { id: pending.clientMessageId, isOwn: true, entry: () => pendingEntry(client, pending) };
}

function storedEntry(client, chatId, id, message) {
  const isOwn = message.senderId === client.userId;
  const readers = isOwn ? client.readersOf(chatId, message.seq) : [];
  const others = (client.chats.get(chatId)?.memberIds.length ?? 2) - 1;
  return {
    id,
    kind: "message",
    seq: message.seq,
    messageId: message.messageId,
    senderId: message.senderId,
    text: message.text ?? "",
    fileIds: message.fileIds ?? [],
    time: message.sentAt,
    replyTo: message.replyTo,
    reactions: message.reactions ?? {},
    state: others > 0 && readers.length >= others ? "read" : "sent",
    readers,
    isEdited: Boolean(message.editedAt),
    isDeleted: Boolean(message.deletedAt),
  };
}

function pendingEntry(client, pending) {
  return {
    id: pending.clientMessageId,
    kind: "message",
    senderId: client.userId,
    text: pending.text,
    fileIds: pending.fileIds ?? [],
    time: pending.writtenAt,
    replyTo: pending.replyTo,
    reactions: {},
    readers: [],
    state: pending.state === "failed" ? "failed" : "sending",
    error: pending.error,
  };
}

/** Tells who came and went, event by event: what a change was shows only beside what was before. */
class Chronicle {
  #client;
  #name;
  #admins;
  #showsHistory = true;

  constructor(client) {
    this.#client = client;
  }

  /** @returns {string | undefined} Undefined for what is not worth a line. */
  line(event) {
    const text = this.#text(event);
    this.#admins = event.admins ?? this.#admins;
    if (event.type === "chat.updated") {
      this.#name = event.name;
      this.#showsHistory = event.historyForNewMembers ?? true;
    }
    return text;
  }

  #text({ type, byId, memberIds = [], name, admins = [], historyForNewMembers = true }) {
    const by = this.#nameOf(byId);
    const isSelf = memberIds.length === 1 && memberIds[0] === byId;
    if (type === "member.added") return isSelf ? words.joined(by) : words.added(by, this.#names(memberIds));
    if (type === "member.removed") return isSelf ? words.left(by) : words.removed(by, this.#names(memberIds));
    if (type !== "chat.updated") return undefined;
    // A group begins with the one admin who made it.
    const before = this.#admins ?? admins.slice(0, 1);
    const risen = admins.filter((userId) => !before.includes(userId));
    if (risen.length > 0) return words.admin(by, this.#names(risen));
    const isRenamed = name !== this.#name && historyForNewMembers === this.#showsHistory;
    return isRenamed ? words.renamed(by, name) : words.changed(by);
  }

  #names(userIds) {
    return strings.people.list(userIds.map((userId) => this.#nameOf(userId)));
  }

  #nameOf(userId) {
    return userId === this.#client.userId ? strings.chats.you : personName(this.#client.people.get(userId));
  }
}

/**
 * The chats of the person logged in, latest first. Pure.
 *
 * A chat is what the server told of it last, and what has happened in it since. How far people have read is
 * kept beside it: it only ever grows.
 */

import { isOlder } from "./chat_log.js";

/**
 * @typedef {import("./chat_log.js").Message} Message
 * @typedef {import("./chat_log.js").LogEvent} LogEvent
 * @typedef {{chatId: string, kind: "direct" | "group", name?: string, memberIds: string[], admins: string[],
 *   createdAt: string, lastSeq: number, lastMessage?: Message, historyForNewMembers?: boolean, unreadCount?: number,
 *   readSeq?: number, readSeqs?: Record<string, number>}} Chat `unreadCount` and `readSeq` stand in the list of chats,
 *   `readSeqs` in a chat that was read by itself.
 * @typedef {Chat & {unreadCount: number}} KnownChat
 */

const ROSTER_CHANGES = new Set(["member.added", "member.removed", "chat.updated"]);

export class Chats {
  /** @type {Map<string, KnownChat>} As they are now. */
  #byId = new Map();
  /** @type {Map<string, {told: Chat, changes: LogEvent[]}>} What names and members come from. */
  #rosters = new Map();
  /** How far people have read: by chatId and userId, as it is to be kept over a reload. */
  readSeqs;
  #userId;
  /** Whether the first page has come. */
  isLoaded = false;
  /** @type {string | undefined} */
  nextCursor;

  /**
   * @param {string} userId Of the person logged in.
   * @param {Record<string, Record<string, number>>} [readSeqs] What `readSeqs` gave earlier.
   */
  constructor(userId, readSeqs = {}) {
    this.#userId = userId;
    this.readSeqs = readSeqs;
  }

  get unreadTotal() {
    return this.list().reduce((total, chat) => total + chat.unreadCount, 0);
  }

  /** @returns {KnownChat[]} Latest first. */
  list() {
    return [...this.#byId.values()].sort((one, other) => latestTime(other) - latestTime(one));
  }

  /** @param {string} chatId @returns {KnownChat | undefined} */
  get(chatId) {
    return this.#byId.get(chatId);
  }

  /** Take in a chat as the server tells it. @param {Chat} chat */
  put(chat) {
    const held = this.#byId.get(chat.chatId);
    this.#noteRead(chat.chatId, this.#userId, chat.readSeq ?? 0);
    for (const [userId, seq] of Object.entries(chat.readSeqs ?? {})) this.#noteRead(chat.chatId, userId, seq);
    if (held && held.lastSeq > chat.lastSeq) return;
    const { unreadCount: counted } = chat;
    const unreadCount =
      counted === undefined ? (held?.unreadCount ?? 0) : this.#unread({ ...chat, unreadCount: counted });
    const changes = this.#rosters.get(chat.chatId)?.changes ?? [];
    const later = changes.filter(({ seq }) => seq > chat.lastSeq);
    this.#rosters.set(chat.chatId, { told: chat, changes: later });
    this.#change(chat, { ...rosterOf(chat, later), unreadCount });
    if (held && latestSeq(held) > latestSeq(chat)) this.#keepLatest(held);
  }

  /**
   * A number is given before its message is stored: the server may have told of the one and not yet of the other.
   *
   * @param {KnownChat} held
   */
  #keepLatest({ chatId, lastMessage, unreadCount }) {
    const chat = /** @type {KnownChat} */ (this.#byId.get(chatId));
    this.#change(chat, { lastMessage, unreadCount: Math.max(unreadCount, chat.unreadCount) });
  }

  /** The chat is no longer one's own. @param {string} chatId @returns {boolean} Whether it was known. */
  remove(chatId) {
    this.#rosters.delete(chatId);
    delete this.readSeqs[chatId];
    return this.#byId.delete(chatId);
  }

  /**
   * Take in what happened in a known chat.
   *
   * @param {LogEvent} event
   * @param {Message} [message] The one it is about, as it is now.
   */
  note(event, message = event.message) {
    const chat = this.#byId.get(event.chatId);
    if (!chat) return;
    if (message && event.type === "message.created") this.#noteMessage(chat, message);
    else if (message) this.#noteChange(chat, message);
    if (ROSTER_CHANGES.has(event.type)) this.#noteRoster(chat, event);
    const now = this.#byId.get(chat.chatId);
    if (now && event.seq > now.lastSeq) this.#change(now, { lastSeq: event.seq });
  }

  /**
   * Somebody has read up to a place in the log.
   *
   * @param {string} chatId
   * @param {string} userId
   * @param {number} seq
   * @returns {boolean} Whether that is news.
   */
  noteRead(chatId, userId, seq) {
    if (!this.#noteRead(chatId, userId, seq)) return false;
    const chat = this.#byId.get(chatId);
    if (chat && userId === this.#userId && seq >= latestSeq(chat))
      this.#change(chat, { unreadCount: 0 });
    return true;
  }

  /**
   * @param {string} chatId
   * @param {string} userId
   * @returns {number} How far somebody is known to have read.
   */
  readSeqOf(chatId, userId) {
    return this.readSeqs[chatId]?.[userId] ?? 0;
  }

  /**
   * Everything there is in the chat was seen.
   *
   * @param {string} chatId
   * @returns {number | undefined} Up to where, when that is news.
   */
  markRead(chatId) {
    const chat = this.#byId.get(chatId);
    if (!chat) return undefined;
    const seq = latestSeq(chat);
    if (chat.unreadCount === 0 && seq <= this.readSeqOf(chatId, this.#userId)) return undefined;
    this.#noteRead(chatId, this.#userId, seq);
    this.#change(chat, { unreadCount: 0 });
    return seq;
  }

  /** @param {Chat} chat @param {Partial<KnownChat>} changes */
  #change(chat, changes) {
    this.#byId.set(chat.chatId, /** @type {KnownChat} */ ({ ...chat, ...changes }));
  }

  /** @param {KnownChat} chat @param {Message} message */
  #noteMessage(chat, message) {
    // Who writes has read what came before.
    this.#noteRead(chat.chatId, message.senderId, message.seq);
    if (message.seq <= latestSeq(chat)) return this.#noteChange(chat, message);
    const isOwn = message.senderId === this.#userId;
    const isUnread = !isOwn && message.seq > this.readSeqOf(chat.chatId, this.#userId);
    const unreadCount = isOwn ? 0 : chat.unreadCount + (isUnread ? 1 : 0);
    this.#change(chat, { lastMessage: message, unreadCount });
  }

  /** The last message may have changed its words. @param {KnownChat} chat @param {Message} message */
  #noteChange(chat, message) {
    const last = chat.lastMessage;
    if (last?.messageId === message.messageId && !isOlder(message, last))
      this.#change(chat, { lastMessage: message });
  }

  /** @param {KnownChat} chat @param {LogEvent} event */
  #noteRoster(chat, event) {
    const roster = this.#rosters.get(chat.chatId);
    if (!roster) return;
    const isKnown = roster.changes.some(({ seq }) => seq === event.seq);
    if (isKnown || event.seq <= roster.told.lastSeq) return;
    roster.changes = [...roster.changes, event].sort((one, other) => one.seq - other.seq);
    this.#change(chat, { ...rosterOf(roster.told, roster.changes) });
  }

  /** @param {string} chatId @param {string} userId @param {number} seq */
  #noteRead(chatId, userId, seq) {
    if (seq <= this.readSeqOf(chatId, userId)) return false;
    (this.readSeqs[chatId] ??= {})[userId] = seq;
    return true;
  }

  /** Correct the server's count by what was read here since. @param {KnownChat} chat */
  #unread(chat) {
    const readHere = this.readSeqOf(chat.chatId, this.#userId);
    if (readHere <= (chat.readSeq ?? 0)) return chat.unreadCount;
    if (readHere >= latestSeq(chat)) return 0;
    return Math.max(1, chat.unreadCount - (readHere - (chat.readSeq ?? 0)));
  }
}

/**
 * The name, the members and the admins of a chat after some changes, ascending by seq.
 *
 * @param {Chat} chat
 * @param {LogEvent[]} changes
 */
function rosterOf(chat, changes) {
  let { name, admins, historyForNewMembers } = chat;
  const members = new Set(chat.memberIds);
  for (const event of changes) {
    admins = event.admins ?? admins;
    historyForNewMembers = event.historyForNewMembers ?? historyForNewMembers;
    if (event.type === "chat.updated") name = event.name ?? name;
    for (const userId of event.memberIds ?? []) {
      if (event.type === "member.added") members.add(userId);
      else members.delete(userId);
    }
  }
  return { name, admins, historyForNewMembers, memberIds: [...members] };
}

/** @param {Chat} chat */
function latestSeq(chat) {
  return chat.lastMessage?.seq ?? 0;
}

/** @param {Chat} chat */
function latestTime(chat) {
  return Date.parse(chat.lastMessage?.sentAt ?? chat.createdAt);
}

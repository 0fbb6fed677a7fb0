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
 * @typedef {{told: Chat, changes: LogEvent[], counted: Chat, heard: Set<number>}} Source What a chat as it is now comes
 *   from: names and members from how it was `told` last and the `changes` after, unread messages from how the server
 *   `counted` them last and the seqs of those `heard` after.
 */

export class Chats {
  /** @type {Map<string, KnownChat>} As they are now. */
  #byId = new Map();
  /** @type {Map<string, Source>} */
  #sources = new Map();
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
    this.noteRead(chat.chatId, this.#userId, chat.readSeq ?? 0);
    for (const [userId, seq] of Object.entries(chat.readSeqs ?? {})) this.noteRead(chat.chatId, userId, seq);
    const source = this.#sources.get(chat.chatId) ?? { told: chat, changes: [], counted: chat, heard: new Set() };
    this.#sources.set(chat.chatId, source);
    if (chat.unreadCount !== undefined && latestSeq(chat) >= latestSeq(source.counted)) source.counted = chat;
    if (held && held.lastSeq > chat.lastSeq) return this.#change(held);
    source.told = chat;
    source.changes = source.changes.filter(({ seq }) => seq > chat.lastSeq);
    // A number is given before its message is stored: the server may have told of the one and not yet of the other.
    const { lastMessage } = held && latestSeq(held) > latestSeq(chat) ? held : chat;
    this.#change({ ...chat, lastMessage }, rosterOf(chat, source.changes));
  }

  /** The chat is no longer one's own. @param {string} chatId @returns {boolean} Whether it was known. */
  remove(chatId) {
    this.#sources.delete(chatId);
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
    // What tells of members, or of the group itself, tells who looks after it.
    if (event.admins) this.#noteRoster(chat, event);
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
    if (seq <= this.readSeqOf(chatId, userId)) return false;
    (this.readSeqs[chatId] ??= {})[userId] = seq;
    const chat = this.#byId.get(chatId);
    if (chat && userId === this.#userId) this.#change(chat);
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
    const seq = chat ? latestSeq(chat) : 0;
    return this.noteRead(chatId, this.#userId, seq) ? seq : undefined;
  }

  /** @param {Chat} chat @param {Partial<Chat>} [changes] */
  #change(chat, changes) {
    this.#byId.set(chat.chatId, { ...chat, ...changes, unreadCount: this.#unread(chat.chatId) });
  }

  /** @param {KnownChat} chat @param {Message} message */
  #noteMessage(chat, message) {
    // Who writes has read what came before.
    this.noteRead(chat.chatId, message.senderId, message.seq);
    // One may be overtaken by the next on its way here, and be unread all the same.
    const { counted, heard } = /** @type {Source} */ (this.#sources.get(chat.chatId));
    if (message.senderId !== this.#userId && message.seq > latestSeq(counted)) heard.add(message.seq);
    if (message.seq > latestSeq(chat)) return this.#change(chat, { lastMessage: message });
    this.#change(chat);
    this.#noteChange(chat, message);
  }

  /** The last message may have changed its words. @param {KnownChat} chat @param {Message} message */
  #noteChange(chat, message) {
    const last = chat.lastMessage;
    if (last?.messageId === message.messageId && !isOlder(message, last))
      this.#change(chat, { lastMessage: message });
  }

  /** @param {KnownChat} chat @param {LogEvent} event */
  #noteRoster(chat, event) {
    const source = /** @type {Source} */ (this.#sources.get(chat.chatId));
    const isKnown = source.changes.some(({ seq }) => seq === event.seq);
    if (isKnown || event.seq <= source.told.lastSeq) return;
    source.changes.push(event);
    source.changes.sort((one, other) => one.seq - other.seq);
    this.#change(chat, rosterOf(source.told, source.changes));
  }

  /** The server's count, corrected by what was read and heard here since. @param {string} chatId */
  #unread(chatId) {
    const { counted, heard } = /** @type {Source} */ (this.#sources.get(chatId));
    const { unreadCount = 0, readSeq = 0 } = counted;
    const read = this.readSeqOf(chatId, this.#userId);
    const known = Math.max(read, latestSeq(counted));
    const heardOnly = [...heard].filter((seq) => seq > known).length;
    if (read >= latestSeq(counted)) return heardOnly;
    return heardOnly + Math.max(Math.min(1, unreadCount), unreadCount + readSeq - read);
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

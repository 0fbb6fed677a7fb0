/**
 * The chats of the person logged in, latest first. Pure.
 *
 * What was read is remembered here as well as on the server, so that a chat read a moment ago does not turn
 * unread again by a list that was made before.
 */

/**
 * @typedef {{chatId: string, kind: "direct" | "group", name?: string, memberIds: string[], createdAt: string,
 *   lastSeq: number, lastMessage?: import("./chat_log.js").Message, unreadCount?: number, readSeq?: number}} Chat
 */

export class Chats {
  /** @type {Map<string, Chat>} */
  #byId = new Map();
  /** @type {Map<string, number>} */
  #readSeqs;
  /** Whether the first page has come. */
  isLoaded = false;
  /** @type {string | undefined} */
  nextCursor;

  /** @param {Record<string, number>} [readSeqs] By chatId, what `readSeqs` gave earlier. */
  constructor(readSeqs = {}) {
    this.#readSeqs = new Map(Object.entries(readSeqs));
  }

  /** @returns {Record<string, number>} */
  get readSeqs() {
    return Object.fromEntries(this.#readSeqs);
  }

  get unreadTotal() {
    return this.list().reduce((total, chat) => total + chat.unreadCount, 0);
  }

  /** @returns {Chat[]} Latest first. */
  list() {
    return [...this.#byId.values()].sort((one, other) => latestTime(other) - latestTime(one));
  }

  /** @returns {Chat | undefined} */
  get(chatId) {
    return this.#byId.get(chatId);
  }

  /** Take in a chat as the server tells it. @param {Chat} chat */
  put(chat) {
    const held = this.#byId.get(chat.chatId);
    const isBehind = held && latestSeq(held) > latestSeq(chat);
    const merged = isBehind
      ? { ...chat, lastMessage: held.lastMessage, lastSeq: held.lastSeq, unreadCount: held.unreadCount }
      : {
          ...chat,
          unreadCount: chat.unreadCount === undefined ? (held?.unreadCount ?? 0) : this.#unread(chat),
        };
    this.#byId.set(chat.chatId, merged);
  }

  /**
   * Take in a message of a known chat.
   *
   * @param {import("./chat_log.js").Message} message
   * @param {boolean} isOwn
   */
  note(message, isOwn) {
    const chat = this.#byId.get(message.chatId);
    if (!chat || message.seq <= latestSeq(chat)) return;
    const isUnread = !isOwn && message.seq > this.#readSeqOf(chat);
    this.#byId.set(chat.chatId, {
      ...chat,
      lastMessage: message,
      lastSeq: Math.max(message.seq, chat.lastSeq ?? 0),
      unreadCount: chat.unreadCount + (isUnread ? 1 : 0),
    });
  }

  /** Everything there is in the chat was seen. @returns {boolean} Whether that is news. */
  markRead(chatId) {
    const chat = this.#byId.get(chatId);
    if (!chat) return false;
    const seq = latestSeq(chat);
    const isNews = chat.unreadCount > 0 || seq > this.#readSeqOf(chat);
    if (isNews) {
      this.#readSeqs.set(chatId, Math.max(seq, this.#readSeqOf(chat)));
      this.#byId.set(chatId, { ...chat, unreadCount: 0 });
    }
    return isNews;
  }

  #readSeqOf(chat) {
    return Math.max(chat.readSeq ?? 0, this.#readSeqs.get(chat.chatId) ?? 0);
  }

  /** Correct the server's count by what was read here since. */
  #unread(chat) {
    const readHere = this.#readSeqs.get(chat.chatId) ?? 0;
    if (readHere <= (chat.readSeq ?? 0)) return chat.unreadCount;
    if (readHere >= latestSeq(chat)) return 0;
    return Math.max(1, chat.unreadCount - (readHere - (chat.readSeq ?? 0)));
  }
}

function latestSeq(chat) {
  return chat.lastMessage?.seq ?? 0;
}

function latestTime(chat) {
  return Date.parse(chat.lastMessage?.sentAt ?? chat.createdAt);
}

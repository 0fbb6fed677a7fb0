import { Api } from "./api.js";
import { reconnectDelay } from "./backoff.js";
import { ChatLog, SETTLING_MS } from "./chat_log.js";
import { Chats } from "./chats.js";
import { ConnectionLost, Problem } from "./errors.js";
import { newIdentifier } from "./identifiers.js";
import { Listeners } from "./listeners.js";
import { Outbox } from "./outbox.js";
import { People } from "./people.js";
import { FleetingStorage, Shelf } from "./shelf.js";
import { Socket } from "./socket.js";

const PAGE_LENGTH = 50;
const CATCH_UP_PAGE_LENGTH = 100;
const GAP_PATIENCE_MS = 1_000;
/** Further behind than this, the newest page is read afresh instead of everything in between. */
const CATCH_UP_LIMIT = 500;
/** API Gateway takes frames of up to 32 KB; longer ones go by REST. */
const MAX_FRAME_BYTES = 32_000;

/**
 * Everything one person does with Kaiwa: chats, their messages, and the socket that keeps them fresh.
 *
 * Tells `state` (of the socket), `chats` (the list changed), `log` (chatId: its messages or pending ones changed) and
 * `message` (a message of someone else came in live).
 */
export class Client {
  #listeners = new Listeners();
  #session;
  #outboxShelf;
  #readsShelf;
  #outbox;
  /** @type {Map<string, ChatLog>} */
  #logs = new Map();
  /** Chats whose log may have missed something while the socket was away. */
  #stale = new Set();
  /** @type {Map<string, Promise<void>>} */
  #catchingUp = new Map();
  #gapTimers = new Map();
  #openChatId;
  #flushTimer;
  #serverAhead = 0;
  #isStopped = false;

  /**
   * @param {object} options
   * @param {string} options.url Of the REST API.
   * @param {import("./session.js").Session} options.session An open one, when `start` is called.
   * @param {string} [options.deviceId] Tells the devices of one person apart.
   * @param {Storage} [options.lasting] Keeps what was read.
   * @param {Storage} [options.passing] Keeps messages that were not sent yet.
   * @param {typeof fetch} [options.fetch]
   * @param {typeof WebSocket} [options.WebSocket]
   */
  constructor({ url, session, deviceId, lasting = new FleetingStorage(), passing = new FleetingStorage(), fetch, WebSocket }) {
    this.#session = session;
    this.#outboxShelf = new Shelf(passing, `kaiwa.outbox.${session.userId}`);
    this.#readsShelf = new Shelf(lasting, `kaiwa.reads.${session.userId}`);
    this.#outbox = new Outbox(this.#outboxShelf.load());
    this.chats = new Chats(this.#readsShelf.load());
    this.api = new Api({ url, session, fetch });
    this.people = new People(this.api);
    this.socket = new Socket({
      requestTicket: () => this.api.request("POST", "/tickets", { body: deviceId ? { deviceId } : {} }),
      WebSocket,
    });
    this.socket.on("state", (state) => this.#listeners.tell("state", state));
    this.socket.on("online", (hello) => this.#resume(hello));
    this.socket.on("push", (frame) => this.#receive(frame));
  }

  on(event, listener) {
    return this.#listeners.on(event, listener);
  }

  get userId() {
    return this.#session.userId;
  }

  start() {
    this.socket.start();
  }

  /** Stop for good; a client that has stopped is thrown away. */
  stop() {
    this.#isStopped = true;
    this.socket.stop();
    clearTimeout(this.#flushTimer);
    for (const timer of this.#gapTimers.values()) clearTimeout(timer);
  }

  /** Forget the words kept for a person who logs out. */
  forget() {
    this.#outboxShelf.clear();
  }

  /** @returns {Promise<import("./people.js").Person & {email: string}>} */
  async me() {
    const me = await this.api.request("GET", "/users/me");
    this.people.learn(me);
    return me;
  }

  /** Read the newest chats from the server. */
  async refreshChats() {
    const page = await this.api.request("GET", "/chats");
    if (!this.chats.isLoaded) this.chats.nextCursor = page.nextCursor;
    this.chats.isLoaded = true;
    this.#takeChats(page.chats);
  }

  /** Read the chats before those held. */
  async loadEarlierChats() {
    const cursor = this.chats.nextCursor;
    if (!cursor) return;
    this.chats.nextCursor = undefined;
    try {
      const page = await this.api.request("GET", "/chats", { query: { cursor } });
      this.chats.nextCursor = page.nextCursor;
      this.#takeChats(page.chats);
    } catch (error) {
      this.chats.nextCursor = cursor;
      throw error;
    }
  }

  /** @param {string} userId @returns {Promise<import("./chats.js").Chat>} The one direct chat with that person. */
  startDirectChat(userId) {
    return this.#createChat({ kind: "direct", memberIds: [userId] });
  }

  /** @param {string} name @param {string[]} memberIds Without oneself. */
  startGroup(name, memberIds) {
    return this.#createChat({ kind: "group", name, memberIds });
  }

  /** The log of a chat, empty until `openChat` has read it. @returns {ChatLog} */
  log(chatId) {
    if (!this.#logs.has(chatId)) this.#logs.set(chatId, new ChatLog());
    return this.#logs.get(chatId);
  }

  /** What was sent and not acknowledged. */
  pending(chatId) {
    return this.#outbox.list(chatId);
  }

  /** Make a chat the one being read: have its newest messages, and keep them complete from now on. */
  async openChat(chatId) {
    this.#openChatId = chatId;
    if (!this.chats.get(chatId)) this.#takeChats([await this.api.request("GET", pathOf(chatId))]);
    const log = this.log(chatId);
    if (!log.isLoaded) await this.#loadNewest(chatId);
    else if (this.#stale.has(chatId) || log.hasGap) await this.#catchUp(chatId);
  }

  closeChat() {
    this.#openChatId = undefined;
  }

  /** Read the page before the oldest message held. */
  async loadEarlier(chatId) {
    const log = this.log(chatId);
    const page = await this.#history(chatId, { before: log.lowestSeq, limit: PAGE_LENGTH });
    log.insert(page.messages);
    log.hasEarlier = page.hasMore;
    this.#listeners.tell("log", chatId);
  }

  /** Everything in the chat was seen. */
  markRead(chatId) {
    if (!this.chats.markRead(chatId)) return;
    this.#readsShelf.save(this.chats.readSeqs);
    this.#listeners.tell("chats");
  }

  /** Send words; they are pending until the server has them. */
  send(chatId, text) {
    this.#outbox.add({ clientMessageId: newIdentifier(), chatId, text, writtenAt: new Date(this.#serverNow()).toISOString() });
    this.#outboxChanged(chatId);
    this.#flush();
  }

  /** Send a failed message again. */
  retry(clientMessageId) {
    const pending = this.#outbox.get(clientMessageId);
    this.#outbox.retry(clientMessageId);
    if (pending) this.#outboxChanged(pending.chatId);
    this.#flush();
  }

  /** Give a failed message up. */
  discard(clientMessageId) {
    const pending = this.#outbox.discard(clientMessageId);
    if (pending) this.#outboxChanged(pending.chatId);
  }

  async #createChat(request) {
    const chat = await this.api.request("POST", "/chats", { body: request });
    this.#takeChats([chat]);
    return chat;
  }

  #takeChats(chats) {
    for (const chat of chats) this.chats.put(chat);
    this.#listeners.tell("chats");
  }

  #history(chatId, query) {
    return this.api.request("GET", `${pathOf(chatId)}/messages`, { query });
  }

  /** Read the newest page of a chat; further calls while it is being read wait for the same page. */
  #loadNewest(chatId) {
    return this.#once(chatId, async () => {
      const readAt = this.#serverNow();
      const page = await this.#history(chatId, { limit: PAGE_LENGTH });
      this.#takeMessages(chatId, page.messages);
      this.log(chatId).load(page.messages, page.hasMore && page.messages.length > 0, readAt);
      this.#stale.delete(chatId);
      if (this.log(chatId).hasGap) this.#catchUpLater(chatId, GAP_PATIENCE_MS);
    });
  }

  /** Read what may be missing in a log that was loaded before. */
  #catchUp(chatId) {
    const log = this.log(chatId);
    const behind = (this.chats.get(chatId)?.lastSeq ?? 0) - log.highestSeq;
    if (behind > CATCH_UP_LIMIT) {
      this.#logs.delete(chatId);
      return this.#loadNewest(chatId);
    }
    return this.#once(chatId, async () => {
      const readAt = this.#serverNow();
      let after = log.confirmedSeq;
      let page;
      do {
        page = await this.#history(chatId, { after, limit: CATCH_UP_PAGE_LENGTH });
        this.#takeMessages(chatId, page.messages);
        after = page.messages.at(-1)?.seq ?? after;
      } while (page.hasMore && page.messages.length > 0);
      log.confirm(readAt);
      this.#stale.delete(chatId);
      if (log.hasGap) this.#catchUpLater(chatId, SETTLING_MS);
    });
  }

  #once(chatId, read) {
    if (!this.#catchingUp.has(chatId)) {
      const reading = read().finally(() => {
        this.#catchingUp.delete(chatId);
        this.#listeners.tell("log", chatId);
      });
      this.#catchingUp.set(chatId, reading);
    }
    return this.#catchingUp.get(chatId);
  }

  #catchUpLater(chatId, delay) {
    if (this.#isStopped || this.#gapTimers.has(chatId)) return;
    const timer = setTimeout(() => {
      this.#gapTimers.delete(chatId);
      if (chatId !== this.#openChatId) this.#stale.add(chatId);
      else if (this.log(chatId).hasGap) this.#catchUp(chatId).catch(() => this.#stale.add(chatId));
    }, delay);
    this.#gapTimers.set(chatId, timer);
  }

  /** Put messages from any source where they belong. @returns {object[]} Those that were new to the log. */
  #takeMessages(chatId, messages) {
    for (const message of messages) {
      if (message.clientMessageId && message.senderId === this.userId && this.#outbox.acknowledge(message.clientMessageId)) {
        this.#saveOutbox();
      }
      this.chats.note(message, message.senderId === this.userId);
    }
    return this.log(chatId).insert(messages);
  }

  /** After every (re)connection: what happened meanwhile is not pushed again, so it is read. */
  async #resume(hello) {
    this.#serverAhead = Date.parse(hello.serverTime) - Date.now() || 0;
    for (const [chatId, log] of this.#logs) if (log.isLoaded) this.#stale.add(chatId);
    this.#flush();
    try {
      await this.refreshChats();
      if (this.#openChatId) await this.openChat(this.#openChatId);
    } catch (error) {
      if (error instanceof ConnectionLost || error.isTemporary) this.#resumeLater(hello);
    }
  }

  #resumeLater(hello) {
    setTimeout(() => this.socket.isOnline && this.#resume(hello), 2_000 + reconnectDelay(1));
  }

  #receive(frame) {
    if (frame.type === "message.created") this.#receiveMessage(frame.message);
    else if (frame.type === "chat.created") this.#meetChat(frame.chatId ?? frame.chat?.chatId);
  }

  #receiveMessage(message) {
    const { chatId } = message;
    const isKnown = this.chats.get(chatId) !== undefined;
    const log = this.log(chatId);
    const isHeld = log.isLoaded || this.#catchingUp.has(chatId);
    const isNew = isHeld ? this.#takeMessages(chatId, [message]).length > 0 : this.#noteMessage(message);
    if (!isKnown) this.#meetChat(chatId);
    if (!isNew) return;
    if (log.hasGap) this.#catchUpLater(chatId, GAP_PATIENCE_MS);
    this.#listeners.tell("chats");
    this.#listeners.tell("log", chatId);
    if (message.senderId !== this.userId) this.#listeners.tell("message", message);
  }

  /** A message of a chat whose log was not read yet: its place in the list changes, its log is read when opened. */
  #noteMessage(message) {
    const before = this.chats.get(message.chatId)?.lastMessage?.seq ?? 0;
    this.chats.note(message, message.senderId === this.userId);
    return message.seq > before;
  }

  /** A chat this client has not seen: the list knows its unread count too. */
  async #meetChat(chatId) {
    try {
      await this.refreshChats();
      if (!this.chats.get(chatId)) this.#takeChats([await this.api.request("GET", pathOf(chatId))]);
    } catch {
      // The next resume reads the list again.
    }
  }

  #flush() {
    if (!this.socket.isOnline || this.#isStopped) return;
    for (const pending of this.#outbox.take()) this.#deliver(pending);
  }

  async #deliver({ clientMessageId, chatId, text, attempts }) {
    let pause = 0;
    try {
      const message = await this.#post(chatId, { text, clientMessageId });
      this.#outbox.acknowledge(clientMessageId);
      const stamped = { ...message, clientMessageId };
      if (this.log(chatId).isLoaded) this.#takeMessages(chatId, [stamped]);
      else this.#noteMessage(stamped);
      if (this.log(chatId).hasGap) this.#catchUpLater(chatId, GAP_PATIENCE_MS);
      this.#listeners.tell("chats");
    } catch (error) {
      if (error instanceof Problem) {
        const isTriedAgain = this.#outbox.refuse(clientMessageId, error);
        if (isTriedAgain) pause = (error.retryAfter ?? 0) * 1000 + 500 + reconnectDelay(attempts);
      } else {
        this.#outbox.lose(clientMessageId);
        pause = 1_000;
      }
    }
    this.#outboxChanged(chatId);
    if (pause === 0) this.#flush();
    else this.#flushLater(pause);
  }

  async #post(chatId, message) {
    const fields = { chatId, ...message };
    const isTooLong = new TextEncoder().encode(JSON.stringify(fields)).length + 200 > MAX_FRAME_BYTES;
    if (isTooLong) return this.api.request("POST", `${pathOf(chatId)}/messages`, { body: message });
    return this.socket.request("sendMessage", fields);
  }

  #flushLater(delay) {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = setTimeout(() => this.#flush(), delay);
  }

  #outboxChanged(chatId) {
    this.#saveOutbox();
    this.#listeners.tell("log", chatId);
  }

  #saveOutbox() {
    this.#outboxShelf.save(this.#outbox.toJSON());
  }

  #serverNow() {
    return Date.now() + this.#serverAhead;
  }
}

function pathOf(chatId) {
  return `/chats/${encodeURIComponent(chatId)}`;
}

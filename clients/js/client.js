import { Api } from "./api.js";
import { Chats } from "./chats.js";
import { Delivery } from "./delivery.js";
import { ConnectionLost } from "./errors.js";
import { Listeners } from "./listeners.js";
import { Logs } from "./logs.js";
import { People } from "./people.js";
import { FleetingStorage, Shelf } from "./shelf.js";
import { Socket } from "./socket.js";

const RESUME_PAUSE_MS = 3_000;

/**
 * Everything one person does with Kaiwa: chats, their messages, and the socket that keeps them fresh.
 *
 * Tells `state` (of the socket), `chats` (the list changed), `log` (chatId: its messages or pending ones changed)
 * and `message` (a message of someone else came in live).
 */
export class Client {
  #listeners = new Listeners();
  #session;
  #reads;
  #logs;
  #delivery;
  #serverAhead = 0;

  /**
   * @param {object} options
   * @param {string} options.url Of the REST API.
   * @param {import("./session.js").Session} options.session An open one.
   * @param {string} [options.deviceId] Tells the devices of one person apart.
   * @param {Storage} [options.lasting] Keeps what was read.
   * @param {Storage} [options.passing] Keeps messages that were not sent yet.
   * @param {typeof fetch} [options.fetch]
   * @param {typeof WebSocket} [options.WebSocket]
   */
  constructor({
    url,
    session,
    deviceId,
    lasting = new FleetingStorage(),
    passing = new FleetingStorage(),
    fetch,
    WebSocket,
  }) {
    this.#session = session;
    this.#reads = new Shelf(lasting, `kaiwa.reads.${session.userId}`);
    this.chats = new Chats(this.#reads.load());
    this.api = new Api({ url, session, fetch });
    this.people = new People(this.api);
    this.socket = new Socket({
      requestTicket: () => this.api.request("POST", "/tickets", { body: deviceId ? { deviceId } : {} }),
      WebSocket,
    });
    this.#logs = new Logs({ api: this.api, now: () => this.#serverNow() });
    const shelf = new Shelf(passing, `kaiwa.outbox.${session.userId}`);
    this.#delivery = new Delivery({ api: this.api, socket: this.socket, shelf });
    this.#listen();
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
    this.socket.stop();
    this.#logs.stop();
    this.#delivery.stop();
  }

  /** Forget the words kept for a person who logs out. */
  forget() {
    this.#delivery.forget();
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

  /**
   * @param {string} userId
   * @returns {Promise<import("./chats.js").Chat>} The one direct chat with that person.
   */
  startDirectChat(userId) {
    return this.#createChat({ kind: "direct", memberIds: [userId] });
  }

  /**
   * @param {string} name
   * @param {string[]} memberIds Without oneself.
   * @returns {Promise<import("./chats.js").Chat>}
   */
  startGroup(name, memberIds) {
    return this.#createChat({ kind: "group", name, memberIds });
  }

  /**
   * Make a chat the one being read: have its newest messages, and keep them complete from now on.
   *
   * @throws {Problem} 404 when there is no such chat.
   */
  async openChat(chatId) {
    if (!this.chats.get(chatId)) await this.#readChat(chatId);
    await this.#logs.open(chatId, this.chats.get(chatId).lastSeq);
  }

  closeChat() {
    this.#logs.close();
  }

  /** @returns {import("./chat_log.js").ChatLog} Empty until the chat was opened. */
  log(chatId) {
    return this.#logs.get(chatId);
  }

  /** Read the messages before those held. */
  loadEarlier(chatId) {
    return this.#logs.readEarlier(chatId);
  }

  /** Everything in the chat was seen. */
  markRead(chatId) {
    if (!this.chats.markRead(chatId)) return;
    this.#reads.save(this.chats.readSeqs);
    this.#listeners.tell("chats");
  }

  /** What was sent and not acknowledged. @returns {import("./outbox.js").Pending[]} */
  pending(chatId) {
    return this.#delivery.pending(chatId);
  }

  /** Send words; they are pending until the server has them. */
  send(chatId, text) {
    this.#delivery.send(chatId, text, new Date(this.#serverNow()).toISOString());
  }

  /** Send a failed message again. */
  retry(clientMessageId) {
    this.#delivery.retry(clientMessageId);
  }

  /** Give a failed message up. */
  discard(clientMessageId) {
    this.#delivery.discard(clientMessageId);
  }

  #listen() {
    this.socket.on("state", (state) => this.#listeners.tell("state", state));
    this.socket.on("online", (hello) => this.#resume(hello));
    this.socket.on("push", (frame) => this.#receive(frame));
    this.#logs.on("read", (messages) => this.#note(messages));
    this.#logs.on("changed", (chatId) => this.#listeners.tell("log", chatId));
    this.#delivery.on("changed", (chatId) => this.#listeners.tell("log", chatId));
    this.#delivery.on("sent", (message) => this.#take(message));
  }

  async #createChat(request) {
    const chat = await this.api.request("POST", "/chats", { body: request });
    this.#takeChats([chat]);
    return chat;
  }

  async #readChat(chatId) {
    this.#takeChats([await this.api.request("GET", `/chats/${encodeURIComponent(chatId)}`)]);
  }

  #takeChats(chats) {
    for (const chat of chats) this.chats.put(chat);
    this.#listeners.tell("chats");
  }

  /** Let everything but the log itself know of messages, wherever they came from. */
  #note(messages) {
    for (const message of messages) {
      const isOwn = message.senderId === this.userId;
      if (isOwn && message.clientMessageId) this.#delivery.acknowledge(message.clientMessageId);
      this.chats.note(message, isOwn);
    }
    this.#listeners.tell("chats");
  }

  /** Put a single message where it belongs. @returns {boolean} Whether it was new. */
  #take(message) {
    const { chatId } = message;
    const seqBefore = this.chats.get(chatId)?.lastMessage?.seq ?? 0;
    const isHeld = this.#logs.holds(chatId);
    this.#note([message]);
    return isHeld ? this.#logs.insert(chatId, [message]).length > 0 : message.seq > seqBefore;
  }

  /** After every (re)connection: what happened meanwhile is not pushed again, so it is read. */
  async #resume(hello) {
    this.#serverAhead = Date.parse(hello.serverTime) - Date.now() || 0;
    this.#logs.distrust();
    this.#delivery.flush();
    try {
      await this.refreshChats();
      await this.#logs.reopen((chatId) => this.chats.get(chatId)?.lastSeq);
    } catch (error) {
      const isTemporary = error instanceof ConnectionLost || error.isTemporary;
      if (isTemporary) setTimeout(() => this.socket.isOnline && this.#resume(hello), RESUME_PAUSE_MS);
    }
  }

  #receive(frame) {
    if (frame.type === "message.created") this.#receiveMessage(frame.message);
    else if (frame.type === "chat.created") this.#meetChat(frame.chatId);
  }

  #receiveMessage(message) {
    const isKnownChat = this.chats.get(message.chatId) !== undefined;
    const isNew = this.#take(message);
    if (!isKnownChat) this.#meetChat(message.chatId);
    if (isNew && message.senderId !== this.userId) this.#listeners.tell("message", message);
  }

  /** A chat this client has not seen: the list knows its unread count too. */
  async #meetChat(chatId) {
    try {
      await this.refreshChats();
      if (!this.chats.get(chatId)) await this.#readChat(chatId);
    } catch {
      // The next resume reads the list again.
    }
  }

  #serverNow() {
    return Date.now() + this.#serverAhead;
  }
}

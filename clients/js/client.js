import { Api } from "./api.js";
import { Blocks } from "./blocks.js";
import { Calls } from "./calls.js";
import { Chats } from "./chats.js";
import { Delivery } from "./delivery.js";
import { ConnectionLost } from "./errors.js";
import { Files } from "./files.js";
import { Listeners } from "./listeners.js";
import { Logs } from "./logs.js";
import { People } from "./people.js";
import { Pictures } from "./pictures.js";
import { PresenceBoard } from "./presence.js";
import { ReadMarks } from "./read_marks.js";
import { FleetingStorage, Shelf } from "./shelf.js";
import { Socket } from "./socket.js";
import { Typing } from "./typing.js";

const RESUME_PAUSE_MS = 3_000;
/** Chats that are read again one by one are read together within this time. */
const REFRESH_PAUSE_MS = 1_000;

/**
 * Everything one person does with Kaiwa: chats, their messages, and the socket that keeps them fresh.
 *
 * Tells `state` (of the socket), `chats` (the list changed), `log` (chatId: its events or pending messages changed),
 * `reads` (chatId: somebody has read further), `left` (chatId: one is no longer in it), `message` (a message of
 * someone else came in live) and `infected` (a file of one's own held malware and is gone).
 */
export class Client {
  #listeners = new Listeners();
  #session;
  #reads;
  #logs;
  #delivery;
  #marks;
  #serverAhead = 0;
  /** The chatIds that were restored and not told by the server since. */
  #unconfirmed = new Set();
  #refreshTimer;

  /**
   * @param {object} options
   * @param {string} options.url Of the REST API.
   * @param {import("./session.js").Session} options.session An open one.
   * @param {string} [options.deviceId] Tells the devices of one person apart.
   * @param {Storage} [options.lasting] Keeps how far people have read.
   * @param {Storage} [options.passing] Keeps messages that were not sent yet.
   * @param {typeof fetch} [options.fetch]
   * @param {typeof WebSocket} [options.WebSocket]
   * @param {object} [options.calls] What the calls are made with: `RTCPeerConnection`, `mediaDevices`, `configuration`.
   */
  constructor({
    url,
    session,
    deviceId,
    lasting = new FleetingStorage(),
    passing = new FleetingStorage(),
    fetch,
    WebSocket,
    calls,
  }) {
    this.#session = session;
    this.#reads = new Shelf(lasting, `kaiwa.readSeqs.${session.userId}`);
    this.chats = new Chats(session.userId, this.#reads.load());
    this.api = new Api({ url, session, fetch });
    this.people = new People(this.api);
    this.files = new Files(this.api, { fetch });
    this.pictures = new Pictures((fileId) => this.files.download(fileId));
    this.thumbnails = new Pictures((fileId) => this.files.thumbnail(fileId));
    this.presence = new PresenceBoard(this.api);
    this.blocks = new Blocks(this.api);
    this.socket = new Socket({
      requestTicket: () => this.api.request("POST", "/tickets", { body: deviceId ? { deviceId } : {} }),
      WebSocket,
    });
    this.typing = new Typing(this.socket);
    this.calls = new Calls({
      api: this.api,
      socket: this.socket,
      userId: session.userId,
      deviceId,
      now: () => this.#serverNow(),
      ...calls,
    });
    this.#marks = new ReadMarks(this.socket);
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
    this.calls.stop();
    this.#marks.stop();
    this.socket.stop();
    this.#logs.stop();
    this.#delivery.stop();
    this.typing.stop();
    this.pictures.forget();
    this.thumbnails.forget();
    clearTimeout(this.#refreshTimer);
  }

  /** Forget what is kept for a person who logs out. */
  forget() {
    this.#delivery.forget();
    this.#reads.clear();
  }

  /** @returns {object} What is known now; plain data, to be kept for `restore`. */
  snapshot() {
    return { chats: this.chats.list(), people: this.people.list(), logs: this.#logs.snapshot() };
  }

  /**
   * Begin with what was known another time. It is caught up with as soon as there is a line.
   *
   * @param {{chats: object[], people: object[], logs: [string, object[]][]}} known What `snapshot` gave.
   */
  restore({ chats, people, logs }) {
    for (const person of people) this.people.learn(person);
    for (const chat of chats) this.chats.put(chat);
    for (const [chatId, events] of logs) this.#logs.restore(chatId, events);
    this.#unconfirmed = new Set(chats.map(({ chatId }) => chatId));
    this.#listeners.tell("chats");
  }

  /** Read the newest chats from the server. */
  async refreshChats() {
    const page = await this.api.request("GET", "/chats");
    if (!this.chats.isLoaded) this.chats.nextCursor = page.nextCursor;
    this.chats.isLoaded = true;
    this.#takeChats(page.chats);
    if (!page.nextCursor) this.#dropOthers(page.chats);
  }

  /** Of the chats restored, those that one is no longer in. */
  #dropOthers(chats) {
    for (const { chatId } of chats) this.#unconfirmed.delete(chatId);
    for (const chatId of this.#unconfirmed) this.#leave(chatId);
    this.#unconfirmed.clear();
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
    // The list does not tell how far others have read; that alone is worth no waiting.
    const reading = this.#readChat(chatId);
    if (this.chats.get(chatId)) reading.catch(() => {});
    else await reading;
    await this.#logs.open(chatId, this.chats.get(chatId)?.lastSeq);
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
    const seq = this.chats.markRead(chatId);
    if (seq === undefined) return;
    this.#marks.mark(chatId, seq);
    this.#reads.save(this.chats.readSeqs);
    this.#listeners.tell("chats");
  }

  /** @returns {string[]} Of the other members, those who are known to have read up to there. */
  readersOf(chatId, seq) {
    const members = this.chats.get(chatId)?.memberIds ?? [];
    return members.filter((userId) => userId !== this.userId && this.chats.readSeqOf(chatId, userId) >= seq);
  }

  /** What was sent and not acknowledged. @returns {import("./outbox.js").Pending[]} */
  pending(chatId) {
    return this.#delivery.pending(chatId);
  }

  /**
   * Send words or files; they are pending until the server has them.
   *
   * @param {string} chatId
   * @param {string} text May be empty where there are files.
   * @param {{replyTo?: string, fileIds?: string[]}} [options] `replyTo`: the messageId that they answer. `fileIds`: of
   *   uploads that are done.
   */
  send(chatId, text, { replyTo, fileIds } = {}) {
    this.typing.sent(chatId);
    this.#delivery.send(chatId, { text, replyTo, fileIds }, new Date(this.#serverNow()).toISOString());
  }

  /** Put one's own message in other words. */
  async editMessage(chatId, messageId, text) {
    const message = await this.api.request("PATCH", messageAddress(chatId, messageId), { body: { text } });
    this.#amend(message);
  }

  /** Take the words of a message back; it keeps its place. */
  async deleteMessage(chatId, messageId) {
    this.#amend(await this.api.request("DELETE", messageAddress(chatId, messageId)));
  }

  /** React to a message, or take a reaction back. */
  async react(chatId, messageId, emoji, isSet) {
    const address = `${messageAddress(chatId, messageId)}/reactions/${encodeURIComponent(emoji)}`;
    this.#amend(await this.api.request(isSet ? "PUT" : "DELETE", address));
  }

  async renameGroup(chatId, name) {
    this.#takeChats([await this.api.request("PATCH", chatAddress(chatId), { body: { name } })]);
  }

  async addMembers(chatId, userIds) {
    const body = { memberIds: userIds };
    this.#takeChats([await this.api.request("POST", `${chatAddress(chatId)}/members`, { body })]);
  }

  async removeMember(chatId, userId) {
    await this.api.request("DELETE", `${chatAddress(chatId)}/members/${encodeURIComponent(userId)}`);
    if (userId === this.userId) this.#leave(chatId);
    else await this.#readChat(chatId);
  }

  async makeAdmin(chatId, userId) {
    await this.api.request("PUT", `${chatAddress(chatId)}/admins/${encodeURIComponent(userId)}`);
    await this.#readChat(chatId);
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
    this.files.on("changed", (fileId) => this.thumbnails.drop(fileId));
    this.socket.on("push", (frame) => this.#receive(frame));
    this.#logs.on("read", (events) => this.#note(events));
    this.#logs.on("changed", (chatId) => this.#listeners.tell("log", chatId));
    this.#delivery.on("changed", (chatId) => this.#listeners.tell("log", chatId));
    this.#delivery.on("sent", (message) => this.#take(createdBy(message)));
  }

  async #createChat(request) {
    const chat = await this.api.request("POST", "/chats", { body: request });
    this.#takeChats([chat]);
    return chat;
  }

  async #readChat(chatId) {
    this.#takeChats([await this.api.request("GET", chatAddress(chatId))]);
    this.#listeners.tell("reads", chatId);
  }

  #takeChats(chats) {
    for (const chat of chats) {
      this.chats.put(chat);
      const readSeq = this.chats.readSeqOf(chat.chatId, this.userId);
      // What was read while the server could not be told.
      if (chat.unreadCount > 0 && readSeq > chat.readSeq) this.#marks.mark(chat.chatId, readSeq);
    }
    this.#listeners.tell("chats");
  }

  /** Let everything but the log itself know of events, wherever they came from. */
  #note(events) {
    for (const event of events) {
      const { message } = event;
      if (message?.clientMessageId && message.senderId === this.userId)
        this.#delivery.acknowledge(message.clientMessageId);
      this.chats.note(event);
    }
    this.#listeners.tell("chats");
  }

  /** Put a single event where it belongs. @returns {boolean} Whether it was new. */
  #take(event) {
    const { chatId, seq } = event;
    const lastSeqBefore = this.chats.get(chatId)?.lastSeq ?? 0;
    const isNew = this.#logs.holds(chatId)
      ? this.#logs.insert(chatId, [event]).length > 0
      : seq > lastSeqBefore;
    this.#note([event]);
    return isNew;
  }

  /** Show a message as a reply told it, before its event has come. */
  #amend(message) {
    const { chatId } = message;
    if (this.#logs.holds(chatId)) this.#logs.amend(chatId, message);
    this.chats.note({ type: "message.edited", chatId, seq: 0 }, message);
    this.#listeners.tell("chats");
  }

  #leave(chatId) {
    this.chats.remove(chatId);
    this.#logs.drop(chatId);
    this.#listeners.tell("chats");
    this.#listeners.tell("left", chatId);
  }

  /** After every (re)connection: what happened meanwhile is not pushed again, so it is read. */
  async #resume(hello) {
    this.#serverAhead = Date.parse(hello.serverTime) - Date.now() || 0;
    this.#logs.distrust();
    this.#delivery.flush();
    this.#marks.flush();
    this.presence.refresh();
    this.files.distrust();
    this.calls.resume(hello).catch(() => {});
    try {
      await this.refreshChats();
      await this.#logs.reopen((chatId) => this.chats.get(chatId)?.lastSeq);
    } catch (error) {
      const isTemporary = error instanceof ConnectionLost || error.isTemporary;
      if (isTemporary) setTimeout(() => this.socket.isOnline && this.#resume(hello), RESUME_PAUSE_MS);
    }
  }

  #receive(frame) {
    if (frame.type.startsWith("call.")) this.calls.take(frame);
    if (frame.type === "typing") this.typing.take(frame);
    else if (frame.type === "presence.changed") this.presence.take(frame);
    else if (frame.type === "read.updated") this.#receiveRead(frame);
    else if (frame.type === "file.updated") this.files.change(frame.fileId);
    else if (frame.type === "file.infected") this.#listeners.tell("infected", frame.file);
    else if (frame.type === "chat.created") this.#meetChat(frame.chatId);
    else if (frame.seq !== undefined) this.#receiveEvent(frame);
  }

  #receiveEvent(event) {
    const { type, chatId, message } = event;
    if (type === "member.removed" && event.memberIds?.includes(this.userId)) return this.#leave(chatId);
    if (event.truncated) return this.#fetchEvent(event);
    const isKnownChat = this.chats.get(chatId) !== undefined;
    const isNew = this.#take(event);
    if (!isKnownChat) this.#meetChat(chatId);
    if (type !== "message.created") return;
    this.typing.take({ chatId, userId: message.senderId, typing: false });
    this.#listeners.tell("reads", chatId);
    if (isNew && message.senderId !== this.userId) this.#listeners.tell("message", message);
  }

  /** An event too large to be pushed: it is read where it is shown, and the list is read again. */
  #fetchEvent(event) {
    if (this.#logs.holds(event.chatId)) this.#logs.insert(event.chatId, [event]);
    this.#refreshSoon();
  }

  #receiveRead({ chatId, userId, readSeq }) {
    if (!this.chats.noteRead(chatId, userId, readSeq)) return;
    this.#reads.save(this.chats.readSeqs);
    this.#listeners.tell("reads", chatId);
    if (userId !== this.userId) return;
    // Read on another device, though not all of it: the server counts what is left.
    if (this.chats.get(chatId)?.unreadCount > 0) this.#refreshSoon();
    this.#listeners.tell("chats");
  }

  #refreshSoon() {
    this.#refreshTimer ??= setTimeout(() => {
      this.#refreshTimer = undefined;
      this.refreshChats().catch(() => {});
    }, REFRESH_PAUSE_MS);
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

function chatAddress(chatId) {
  return `/chats/${encodeURIComponent(chatId)}`;
}

function messageAddress(chatId, messageId) {
  return `${chatAddress(chatId)}/messages/${encodeURIComponent(messageId)}`;
}

/** The event that a message is, for one that came as a reply. */
function createdBy(message) {
  const { chatId, seq, sentAt } = message;
  return { type: "message.created", chatId, seq, at: sentAt, message };
}

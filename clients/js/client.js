import { Api } from "./api.js";
import { Blocks } from "./blocks.js";
import { Calls } from "./calls.js";
import { placeToBegin } from "./chat_log.js";
import { Chats } from "./chats.js";
import { Delivery } from "./delivery.js";
import { Files } from "./files.js";
import { Listeners } from "./listeners.js";
import { Logs } from "./logs.js";
import { path } from "./path.js";
import { People } from "./people.js";
import { PresenceBoard } from "./presence.js";
import { ReadMarks } from "./read_marks.js";
import { FleetingStorage, Shelf } from "./shelf.js";
import { Socket } from "./socket.js";
import { Typing } from "./typing.js";

const RESUME_PAUSE_MS = 3_000;
/** Chats that are read again one by one are read together within this time. */
const REFRESH_PAUSE_MS = 1_000;

/**
 * @typedef {import("./chat_log.js").LogEvent} LogEvent
 * @typedef {import("./chat_log.js").Message} Message
 * @typedef {import("./chats.js").Chat} Chat
 * @typedef {import("./connection.js").Frame} Frame
 */

/**
 * Everything one person does with Kaiwa: chats, their messages, and the socket that keeps them fresh.
 *
 * Tells `state` (of the socket), `chats` (the list changed), `log` (chatId: its events or pending messages changed),
 * `reads` (chatId: somebody has read further), `left` (chatId: one is no longer in it), `message` (a message of
 * someone else came in live), `infected` (a file of one's own held malware and is gone) and `event` (what `events` gives;
 * before it was called, of the open chat alone nothing is missing).
 */
export class Client extends Listeners {
  #session;
  #reads;
  #logs;
  #delivery;
  #marks;
  #serverAhead = 0;
  #now = () => Date.now() + this.#serverAhead;
  #positions;
  #forgetSession;
  /** Whether somebody looks, or waits for what comes: a line that has died is noticed soon then, for more pings. */
  isWatched = true;
  /** Whether the chats that were there at first are followed. */
  #hasFollowed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #refreshTimer;
  /** @type {Promise<unknown> | undefined} While a page of earlier chats is read. */
  #earlier;

  /**
   * @param {object} options
   * @param {string} options.url Of the REST API.
   * @param {import("./session.js").Session} options.session An open one.
   * @param {string} [options.deviceId] Tells the devices of one person apart.
   * @param {import("./shelf.js").Keeper} [options.lasting] Keeps how far people have read.
   * @param {import("./shelf.js").Keeper} [options.passing] Keeps messages that were not sent yet.
   * @param {Record<string, number>} [options.positions] Where `events` goes on in each chat, as `positions` gave it
   *   earlier. Other chats begin with what comes after the first connection.
   * @param {typeof globalThis.fetch} [options.fetch]
   * @param {typeof globalThis.WebSocket} [options.WebSocket]
   * @param {object} [options.calls] What the calls are made with: `RTCPeerConnection`, `mediaDevices`, `configuration`.
   */
  constructor({
    url,
    session,
    deviceId,
    lasting = new FleetingStorage(),
    passing = new FleetingStorage(),
    positions = {},
    fetch,
    WebSocket,
    calls,
  }) {
    super();
    this.#session = session;
    this.#positions = positions;
    this.#reads = new Shelf(lasting, `kaiwa.readSeqs.${this.userId}`);
    this.chats = new Chats(this.userId, this.#reads.load());
    this.api = new Api({ url, session, fetch });
    this.people = new People(this.api);
    this.files = new Files(this.api);
    this.presence = new PresenceBoard(this.api);
    this.blocks = new Blocks(this.api);
    this.socket = new Socket({
      requestTicket: () => this.api.request("POST", "/tickets", { body: { deviceId } }),
      WebSocket,
      isWatched: () => this.isWatched || this.calls.current !== undefined,
    });
    this.typing = new Typing(this.socket);
    this.calls = new Calls({
      api: this.api,
      socket: this.socket,
      userId: this.userId,
      deviceId,
      now: this.#now,
      ...calls,
    });
    this.#marks = new ReadMarks(this.socket);
    this.#logs = new Logs({ api: this.api, now: this.#now });
    this.#delivery = new Delivery({
      api: this.api,
      socket: this.socket,
      shelf: new Shelf(passing, `kaiwa.outbox.${this.userId}`),
    });
    this.#listen();
    this.#forgetSession = session.on("ended", () => this.stop());
  }

  get userId() {
    return this.#session.userId ?? "";
  }

  /** Open the socket, and keep one open. */
  start() {
    this.socket.start();
  }

  /**
   * Follow every chat, and give what happens: each durable event once, one's own too, and passing ones as they come.
   * One that was late may follow a higher `seq`; `log` has them in order. Ends when the client stops.
   *
   * @returns {AsyncGenerator<Frame, void>}
   */
  events() {
    this.#logs.isFollowing = true;
    // Where that fails, the next connection tries again.
    if (this.socket.isOnline) this.#followChats().catch(() => {});
    return this.stream("event", "stopped");
  }

  /** @returns {Record<string, number>} Up to where nothing is missing of the chats that `events` follows, by chatId. */
  get positions() {
    return { ...this.#positions, ...this.#logs.positions };
  }

  /** Stop for good, as the end of the session does too; a client that has stopped is thrown away. */
  stop() {
    this.#forgetSession();
    this.calls.stop();
    this.#marks.stop();
    this.socket.stop();
    this.#logs.stop();
    this.#delivery.stop();
    this.typing.stop();
    clearTimeout(this.#refreshTimer);
    this.tell("stopped");
  }

  /** Forget what is kept for a person who logs out. */
  forget() {
    this.#delivery.forget();
    this.#reads.clear();
  }

  /** Read the newest chats from the server, and earlier ones as long as there is news of those held. */
  async refreshChats() {
    const held = this.chats.list();
    let cursor;
    do cursor = await this.#readChats(cursor);
    while (cursor);
    if (this.chats.nextCursor) return;
    // One that the whole list does not tell of is another object after, or was left.
    for (const chat of held) if (this.chats.get(chat.chatId) === chat) await this.#checkChat(chat.chatId);
  }

  /** Read the chats before those held, once however many ask for them. */
  async loadEarlierChats() {
    const { nextCursor } = this.chats;
    if (!nextCursor) return;
    this.#earlier ??= this.#readChats(nextCursor).finally(() => {
      this.#earlier = undefined;
    });
    await this.#earlier;
  }

  /**
   * @param {string} userId
   * @returns {Promise<Chat>} The one direct chat with that person.
   */
  startDirectChat(userId) {
    return this.#askForChat("POST", "/chats", { kind: "direct", memberIds: [userId] });
  }

  /**
   * @param {string} name
   * @param {string[]} memberIds Without oneself.
   * @returns {Promise<Chat>}
   */
  startGroup(name, memberIds) {
    return this.#askForChat("POST", "/chats", { kind: "group", name, memberIds });
  }

  /**
   * Make a chat the one being read: have its newest messages, and keep them complete from now on.
   *
   * @param {string} chatId
   * @throws {Problem} 404 when there is no such chat.
   */
  async openChat(chatId) {
    this.#logs.openChatId = chatId;
    // The list does not tell how far others have read; that alone is worth no waiting.
    if (this.chats.get(chatId)) this.#checkChat(chatId);
    else await this.readChat(chatId);
    await this.#logs.load(chatId, this.chats.get(chatId)?.lastSeq);
  }

  closeChat() {
    this.#logs.openChatId = undefined;
  }

  /** @param {string} chatId @returns {import("./chat_log.js").ChatLog} Empty until the chat was opened. */
  log(chatId) {
    return this.#logs.get(chatId);
  }

  /** Read the messages before those held. @param {string} chatId */
  loadEarlier(chatId) {
    return this.#logs.readEarlier(chatId);
  }

  /** Everything in the chat was seen. @param {string} chatId */
  markRead(chatId) {
    const seq = this.chats.markRead(chatId);
    if (!seq) return;
    this.#marks.mark(chatId, seq);
    this.#reads.save(this.chats.readSeqs);
    this.tell("chats");
  }

  /**
   * @param {string} chatId
   * @param {number} seq
   * @returns {string[]} Of the other members, those who are known to have read up to there.
   */
  readersOf(chatId, seq) {
    const members = this.chats.get(chatId)?.memberIds ?? [];
    return members.filter((userId) => userId !== this.userId && this.chats.readSeqOf(chatId, userId) >= seq);
  }

  /** What was sent and not acknowledged. @param {string} chatId @returns {import("./outbox.js").Pending[]} */
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
  send(chatId, text, options) {
    this.typing.sent(chatId);
    this.#delivery.send({ ...options, chatId, text, writtenAt: new Date(this.#now()).toISOString() });
  }

  /**
   * Put one's own message in other words.
   *
   * @param {string} chatId
   * @param {string} messageId
   * @param {string} text
   */
  async editMessage(chatId, messageId, text) {
    const address = path`/chats/${chatId}/messages/${messageId}`;
    this.#amend(await this.api.request("PATCH", address, { body: { text } }));
  }

  /**
   * Take the words of a message back; it keeps its place.
   *
   * @param {string} chatId
   * @param {string} messageId
   */
  async deleteMessage(chatId, messageId) {
    this.#amend(await this.api.request("DELETE", path`/chats/${chatId}/messages/${messageId}`));
  }

  /**
   * React to a message, or take a reaction back.
   *
   * @param {string} chatId
   * @param {string} messageId
   * @param {string} emoji
   * @param {boolean} isSet
   */
  async react(chatId, messageId, emoji, isSet) {
    const address = path`/chats/${chatId}/messages/${messageId}/reactions/${emoji}`;
    this.#amend(await this.api.request(isSet ? "PUT" : "DELETE", address));
  }

  /**
   * @param {string} chatId
   * @returns {Promise<Chat>} The chat, as the server has it.
   * @throws {Problem} 404 when there is no such chat.
   */
  async readChat(chatId) {
    const chat = await this.#askForChat("GET", path`/chats/${chatId}`);
    this.tell("reads", chatId);
    return chat;
  }

  /**
   * Read messages from the server, without keeping them.
   *
   * @param {string} chatId
   * @param {{before?: number, after?: number, limit?: number}} [options] Seqs; the newest messages unless told otherwise.
   * @returns {Promise<{messages: Message[], hasMore: boolean}>} Ascending.
   */
  readHistory(chatId, options) {
    return this.api.request("GET", path`/chats/${chatId}/messages`, { query: options });
  }

  /**
   * Read a part of the log from the server, without keeping it.
   *
   * @param {string} chatId
   * @param {{after?: number, limit?: number}} [options] `after`: a seq.
   * @returns {Promise<{events: LogEvent[], hasMore: boolean, lastSeq: number}>} Ascending.
   */
  readEvents(chatId, options) {
    return this.api.request("GET", path`/chats/${chatId}/events`, { query: options });
  }

  /**
   * Change a group. What is left out stays.
   *
   * @param {string} chatId
   * @param {{name?: string, historyForNewMembers?: boolean}} changes
   */
  updateChat(chatId, changes) {
    return this.#askForChat("PATCH", path`/chats/${chatId}`, changes);
  }

  /** @param {string} chatId @param {string[]} userIds */
  addMembers(chatId, userIds) {
    return this.#askForChat("POST", path`/chats/${chatId}/members`, { memberIds: userIds });
  }

  /** @param {string} chatId @param {string} userId */
  async removeMember(chatId, userId) {
    await this.api.request("DELETE", path`/chats/${chatId}/members/${userId}`);
    if (userId === this.userId) this.#leave(chatId);
    else await this.readChat(chatId);
  }

  /** @param {string} chatId @param {string} userId */
  makeAdmin(chatId, userId) {
    return this.#askForChat("PUT", path`/chats/${chatId}/admins/${userId}`, { admin: true });
  }

  /** @param {string} chatId @param {string} userId */
  removeAdmin(chatId, userId) {
    return this.#askForChat("PUT", path`/chats/${chatId}/admins/${userId}`, { admin: false });
  }

  /** Send a failed message again. @param {string} clientMessageId */
  retry(clientMessageId) {
    this.#delivery.retry(clientMessageId);
  }

  /** Give a failed message up. @param {string} clientMessageId */
  discard(clientMessageId) {
    this.#delivery.discard(clientMessageId);
  }

  #listen() {
    this.socket.on("state", (state) => this.tell("state", state));
    this.socket.on("online", (hello) => {
      this.#serverAhead = Date.parse(hello.serverTime) - Date.now() || 0;
      this.#resume(hello);
    });
    this.socket.on("push", (frame) => this.#receive(frame));
    this.#logs.on("read", (events) => this.#note(events));
    this.#logs.on("event", (event) => this.tell("event", event));
    this.#logs.on("changed", (chatId) => this.tell("log", chatId));
    this.#delivery.on("changed", (chatId) => this.tell("log", chatId));
    this.#delivery.on("sent", (message) => this.#take(createdBy(message)));
  }

  /**
   * @param {string} method
   * @param {string} address
   * @param {object} [body]
   * @returns {Promise<Chat>} What the server answers.
   */
  async #askForChat(method, address, body) {
    const chat = await this.api.request(method, address, { body });
    this.#takeChats([chat]);
    return chat;
  }

  /**
   * @param {string} [cursor]
   * @returns {Promise<string | undefined>} Where to read on, if there may be news of chats held: what is listed after a
   *   chat in which nothing has happened is as it was.
   */
  async #readChats(cursor) {
    const { chats, nextCursor } = await this.api.request("GET", "/chats", { query: { cursor } });
    const last = chats.at(-1);
    const isNews = last?.lastSeq > (this.chats.get(last?.chatId)?.lastSeq ?? Infinity);
    this.chats.nextCursor = nextCursor;
    this.chats.isLoaded = true;
    this.#takeChats(chats);
    return isNews ? nextCursor : undefined;
  }

  /** @param {Chat[]} chats */
  #takeChats(chats) {
    for (const chat of chats) {
      this.chats.put(chat);
      const readSeq = this.chats.readSeqOf(chat.chatId, this.userId);
      // What was read while the server could not be told.
      if (chat.unreadCount && readSeq > (chat.readSeq ?? 0)) this.#marks.mark(chat.chatId, readSeq);
    }
    this.tell("chats");
  }

  /**
   * Let everything but the log itself know of events, wherever they came from.
   *
   * @param {LogEvent[]} events
   */
  #note(events) {
    for (const event of events) {
      const { message } = event;
      if (message?.clientMessageId && message.senderId === this.userId)
        this.#delivery.acknowledge(message.clientMessageId);
      this.chats.note(event);
    }
    this.tell("chats");
  }

  /**
   * Put a single event where it belongs.
   *
   * @param {LogEvent} event
   * @returns {boolean} Whether it was new.
   */
  #take(event) {
    const { chatId, seq } = event;
    const isNew = this.#logs.holds(chatId)
      ? this.#logs.insert(chatId, [event]).length > 0
      : seq > (this.chats.get(chatId)?.lastSeq ?? 0);
    this.#note([event]);
    if (isNew) this.tell("event", event);
    return isNew;
  }

  /**
   * Show a message as a reply told it, before its event has come.
   *
   * @param {Message} message
   */
  #amend(message) {
    const { chatId } = message;
    if (this.#logs.holds(chatId)) this.#logs.amend(chatId, message);
    this.chats.note({ type: "message.edited", chatId, seq: 0, at: "" }, message);
    this.tell("chats");
  }

  /**
   * Read a chat that one may have been removed from.
   *
   * @param {string} chatId
   * @returns {Promise<Chat | undefined>}
   */
  async #checkChat(chatId) {
    try {
      return await this.readChat(chatId);
    } catch (/** @type {any} */ error) {
      if (error.status === 404) this.#leave(chatId);
    }
  }

  /** @param {string} chatId */
  #leave(chatId) {
    this.chats.remove(chatId);
    this.#logs.drop(chatId);
    this.tell("chats");
    this.tell("left", chatId);
  }

  /**
   * After every (re)connection: what happened meanwhile is not pushed again, so it is read.
   *
   * @param {import("./socket.js").Greeting} hello
   */
  async #resume(hello) {
    this.#logs.distrust();
    this.#delivery.flush();
    this.#marks.flush();
    this.presence.refresh();
    this.calls.resume(hello).catch(() => {});
    this.files.distrust();
    try {
      await this.refreshChats();
      if (this.#logs.isFollowing) await this.#followChats();
      if (this.#logs.openChatId) await this.openChat(this.#logs.openChatId);
    } catch (/** @type {any} */ error) {
      if (error.isTemporary) setTimeout(() => this.socket.isOnline && this.#resume(hello), RESUME_PAUSE_MS);
    }
  }

  /** Catch up with every chat there is. One that was not there before was made, or joined, while nobody was listening. */
  async #followChats() {
    while (this.chats.nextCursor) await this.loadEarlierChats();
    for (const chat of this.chats.list()) await this.#follow(chat);
    this.#hasFollowed = true;
  }

  /** @param {Chat} chat */
  async #follow(chat) {
    const { chatId, lastSeq } = chat;
    const { events } = this.#logs.get(chatId);
    const startSeq = this.#positions[chatId] ?? placeToBegin(chat, !this.#hasFollowed, events);
    try {
      await this.#logs.follow(chatId, startSeq, lastSeq);
    } catch (/** @type {any} */ error) {
      // One that was left meanwhile holds up none of the others.
      if (error.status !== 404) throw error;
    }
  }

  /** @param {Frame} frame */
  #receive(frame) {
    if (frame.seq === undefined) this.tell("event", frame);
    if (frame.type.startsWith("call.")) this.calls.take(frame);
    if (frame.type === "typing") this.typing.take(/** @type {any} */ (frame));
    else if (frame.type === "presence.changed") this.presence.take([/** @type {any} */ (frame)]);
    else if (frame.type === "read.updated") this.#receiveRead(frame);
    else if (frame.type === "file.updated") this.files.change(frame.fileId);
    else if (frame.type === "file.infected") this.tell("infected", frame.file);
    else if (frame.type === "chat.created") this.#meetChat(frame.chatId);
    else if (frame.seq !== undefined) this.#receiveEvent(/** @type {any} */ (frame));
  }

  /** @param {LogEvent} event */
  #receiveEvent(event) {
    const { type, chatId, message } = event;
    if (type === "member.removed" && event.memberIds?.includes(this.userId)) {
      this.tell("event", event);
      return this.#leave(chatId);
    }
    // One too large to be pushed is read where it is shown, and the list is read again.
    if (event.truncated) {
      if (this.#logs.holds(chatId)) this.#logs.insert(chatId, [event]);
      return this.#refreshSoon();
    }
    const known = this.chats.get(chatId);
    const isNew = this.#take(event);
    if (!known) this.#meetChat(chatId);
    if (type !== "message.created" || !message) return;
    this.typing.take({ chatId, userId: message.senderId, typing: false });
    this.tell("reads", chatId);
    if (isNew && message.senderId !== this.userId) this.tell("message", message);
  }

  /** @param {Frame} frame */
  #receiveRead({ chatId, userId, readSeq }) {
    if (!this.chats.noteRead(chatId, userId, readSeq)) return;
    this.#reads.save(this.chats.readSeqs);
    this.tell("reads", chatId);
    if (userId !== this.userId) return;
    // Read on another device, though not all of it: the server counts what is left.
    if (this.chats.get(chatId)?.unreadCount) this.#refreshSoon();
    this.tell("chats");
  }

  #refreshSoon() {
    this.#refreshTimer ??= setTimeout(() => {
      this.#refreshTimer = undefined;
      this.refreshChats().catch(() => {});
    }, REFRESH_PAUSE_MS);
  }

  /** A chat this client has not seen: the list knows its unread count too. @param {string} chatId */
  async #meetChat(chatId) {
    try {
      await this.refreshChats();
      const chat = this.chats.get(chatId) ?? (await this.#checkChat(chatId));
      if (chat && this.#logs.isFollowing) await this.#follow(chat);
    } catch {
      // The next resume reads the list again.
    }
  }
}

/**
 * The event that a message is, for one that came as a reply.
 *
 * @param {Message} message
 */
function createdBy(message) {
  const { chatId, seq, sentAt } = message;
  return { type: "message.created", chatId, seq, at: sentAt, message };
}

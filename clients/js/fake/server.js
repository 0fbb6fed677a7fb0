/**
 * A server for tests, in memory: tickets, one chat, its log and its sockets. Its `fetch` and `WebSocket`
 * take the place of the browser's. Nothing is sent or answered before the caller's turn has ended, as on a
 * real line. Who asks is always ann.
 */

const PAGE_LENGTH = 100;

export class FakeServer {
  /** @type {FakeWebSocket[]} Every socket that was ever opened. */
  sockets = [];
  /** @type {object[]} The log, ascending by seq. */
  events = [];
  /** @type {Map<string, object>} As they are now, by messageId. */
  #messages = new Map();
  seq = 0;
  name = undefined;
  memberIds = ["ann", "bob"];
  admins = [];
  readSeq = 0;
  /** @type {Record<string, number>} How far the others have read. */
  readSeqs = {};
  /** Who is online. */
  online = new Set(["ann"]);
  ticketsGiven = 0;
  /** @type {{method: string, path: string, body?: object}[]} What came by REST. */
  requests = [];
  /** @type {Error | undefined} What the next requests run into. */
  fault;
  /** Whether the next reply to sendMessage is lost together with its socket, after the message was stored. */
  losesNextReply = false;
  /** Whether frames are answered at all. */
  isMute = false;
  lifeSeconds = 7_200;
  /** @type {object[]} As listCalls tells them. */
  calls = [];
  /** @type {object[]} */
  iceServers = [];
  /** @type {Record<string, (frame: object) => object | undefined>} What is answered to an action about calls: its data, an
   * `error` with its `status`, or nothing yet. */
  answers = {};

  constructor() {
    const server = this;
    this.fetch = (url, options) => this.#answer(new URL(url), options);
    this.WebSocket = class extends FakeWebSocket {
      constructor(url) {
        super(url, server);
      }
    };
  }

  /** The sockets open now. */
  get open() {
    return this.sockets.filter((socket) => socket.isOpen);
  }

  /** @returns {object[]} The messages as they are now, ascending by seq. */
  get messages() {
    return [...this.#messages.values()].map(seen);
  }

  /** How often the log was read. */
  get logReads() {
    return this.requests.filter(({ path }) => path === "/chats/chat/events").length;
  }

  /** Store a message, and push it to every socket but one. */
  store({ senderId, text, replyTo, clientMessageId }, { except, isPushed = true } = {}) {
    const known =
      clientMessageId && this.messages.find((message) => message.clientMessageId === clientMessageId);
    if (known) {
      this.seq += 1;
      return known;
    }
    const message = {
      chatId: "chat",
      seq: this.seq + 1,
      messageId: `m${this.seq + 1}`,
      senderId,
      text,
      replyTo,
      clientMessageId,
      fileIds: [],
      sentAt: new Date().toISOString(),
      reactions: new Map(),
    };
    this.#messages.set(message.messageId, message);
    this.log("message.created", { message: seen(message) }, { except, isPushed });
    return seen(message);
  }

  /** Give a message other words. */
  edit(messageId, text, options) {
    this.#change(messageId, "message.edited", { text, editedAt: new Date().toISOString() }, options);
  }

  /** Take the words of a message away. */
  erase(messageId, options) {
    const change = { text: undefined, deletedAt: new Date().toISOString(), reactions: new Map() };
    this.#change(messageId, "message.deleted", change, options);
  }

  /** Let somebody react, or take the reaction back. */
  react(messageId, emoji, userId, isSet, options) {
    const { reactions } = this.#messages.get(messageId);
    const people = reactions.get(emoji) ?? new Set();
    if (isSet === people.has(userId)) return;
    reactions.set(emoji, people);
    if (isSet) people.add(userId);
    else people.delete(userId);
    this.#tellOf(messageId, isSet ? "reaction.added" : "reaction.removed", { emoji, userId }, options);
  }

  addMembers(memberIds, byId = "ann", options = {}) {
    this.memberIds = [...new Set([...this.memberIds, ...memberIds])];
    this.log("member.added", { byId, memberIds, admins: this.admins }, options);
  }

  removeMember(userId, byId = userId, options = {}) {
    this.memberIds = this.memberIds.filter((each) => each !== userId);
    this.admins = this.admins.filter((each) => each !== userId);
    this.log("member.removed", { byId, memberIds: [userId], admins: this.admins }, options);
  }

  rename(name, byId = "ann", options = {}) {
    this.name = name;
    this.log("chat.updated", { byId, name, admins: this.admins }, options);
  }

  /** Give an event the next place in the log, and push it to every socket but one. */
  log(type, fields, { except, isPushed = true } = {}) {
    this.seq += 1;
    const event = { type, chatId: "chat", seq: this.seq, at: new Date().toISOString(), ...fields };
    this.events.push(event);
    if (isPushed) this.push(event, except);
    return event;
  }

  /** Push a frame to every socket but one. */
  push(frame, except) {
    for (const socket of this.open) if (socket !== except) socket.deliver(frame);
  }

  #change(messageId, type, change, options) {
    Object.assign(this.#messages.get(messageId), change);
    this.#tellOf(messageId, type, {}, options);
  }

  #tellOf(messageId, type, fields, options = {}) {
    this.#messages.get(messageId).changedSeq = this.seq + 1;
    this.log(type, { messageId, message: seen(this.#messages.get(messageId)), ...fields }, options);
  }

  #chat() {
    const { seq, name, memberIds, admins, readSeq, messages } = this;
    return {
      chatId: "chat",
      kind: name ? "group" : "direct",
      name,
      memberIds,
      admins,
      lastSeq: seq,
      lastMessage: messages.at(-1),
      createdAt: "2026-01-01T00:00:00.000Z",
      unreadCount: messages.filter((message) => message.seq > readSeq && message.senderId !== "ann").length,
      readSeq,
    };
  }

  async #answer(url, { method, body }) {
    await undefined;
    if (this.fault) throw this.fault;
    const request = { method, path: decodeURIComponent(url.pathname), body: body && JSON.parse(body) };
    this.requests.push(request);
    const [status, answer] = this.#route(request, url.searchParams);
    return status === 204 ? new Response(null, { status }) : Response.json(answer, { status });
  }

  #route({ method, path, body }, query) {
    const [, , , part, id, subpart, name] = path.split("/");
    const route = `${method} ${path.startsWith("/chats/chat") ? ["/chat", part, subpart].filter(Boolean).join("/") : path}`;
    switch (route) {
      case "POST /tickets":
        this.ticketsGiven += 1;
        return [201, { ticket: `t${this.ticketsGiven}`, url: "ws://server/socket", expiresIn: 60 }];
      case "POST /presence":
        return [200, { users: body.userIds.map((userId) => ({ userId, online: this.online.has(userId) })) }];
      case "GET /calls":
        return [200, { calls: this.calls }];
      case "GET /ice-servers":
        return [200, { iceServers: this.iceServers }];
      case "GET /chats":
        return [200, { chats: [this.#chat()] }];
      case "GET /chat":
        if (!this.memberIds.includes("ann")) return [404, { code: "chat_not_found" }];
        return [200, { ...this.#chat(), readSeqs: this.readSeqs }];
      case "PATCH /chat":
        this.rename(body.name);
        return [200, this.#chat()];
      case "POST /chat/members":
        this.addMembers(body.memberIds);
        return [200, this.#chat()];
      case "DELETE /chat/members":
        this.removeMember(id, "ann");
        return [204];
      case "GET /chat/events":
        return [200, this.#readLog(query)];
      case "GET /chat/messages":
        return [200, this.#readHistory(query)];
      case "POST /chat/messages":
        return [201, this.store({ senderId: "ann", ...body })];
      case "PATCH /chat/messages":
        this.edit(id, body.text);
        return [200, seen(this.#messages.get(id))];
      case "DELETE /chat/messages":
        this.erase(id);
        return [200, seen(this.#messages.get(id))];
      case "PUT /chat/messages/reactions":
      case "DELETE /chat/messages/reactions":
        this.react(id, name, "ann", method === "PUT");
        return [200, seen(this.#messages.get(id))];
      default:
        return [404, { code: "not_found", status: 404 }];
    }
  }

  /** As on the real one, an event tells its message as it is now. */
  #readLog(query) {
    const later = this.events.filter(({ seq }) => seq > Number(query.get("after")));
    const limit = Math.min(PAGE_LENGTH, Number(query.get("limit") ?? 50));
    const events = later.slice(0, limit).map((event) => {
      const messageId = event.messageId ?? event.message?.messageId;
      return messageId ? { ...event, message: seen(this.#messages.get(messageId)) } : event;
    });
    return { events, hasMore: later.length > events.length, lastSeq: this.seq };
  }

  #readHistory(query) {
    const limit = Number(query.get("limit"));
    const earlier = this.messages.filter((message) => message.seq < Number(query.get("before") ?? Infinity));
    return { messages: earlier.slice(-limit), hasMore: earlier.length > limit };
  }

  /** Answer a frame on a socket. */
  hear(socket, frame) {
    if (this.isMute) return;
    if (frame.action === "ping") return socket.deliver({ type: "pong" });
    if (frame.action === "hello") return socket.reply(frame, 200, this.#greeting());
    if (frame.action === "setTyping") return socket.reply(frame, 200, {});
    if (frame.action === "markRead") {
      this.readSeq = Math.max(this.readSeq, frame.seq);
      return socket.reply(frame, 200, { readSeq: this.readSeq });
    }
    if (this.answers[frame.action]) {
      const { status = 200, error, ...data } = this.answers[frame.action](frame, socket) ?? { status: 0 };
      return status && socket.reply(frame, status, error ? undefined : data, error);
    }
    if (frame.action !== "sendMessage") {
      return socket.reply(frame, 400, undefined, {
        code: "unknown_action",
        message: "There is no such action.",
      });
    }
    const message = this.store({ senderId: "ann", ...frame }, { except: socket });
    if (this.losesNextReply) {
      this.losesNextReply = false;
      return socket.break();
    }
    socket.reply(frame, 201, message);
  }

  #greeting() {
    const serverTime = new Date();
    const connectionExpiresAt = new Date(serverTime.getTime() + this.lifeSeconds * 1000);
    return {
      userId: "ann",
      deviceId: "d",
      connectionExpiresAt: connectionExpiresAt.toISOString(),
      keepAliveSeconds: 540,
      serverTime: serverTime.toISOString(),
    };
  }
}

/** A message as the server tells it. */
function seen(message) {
  const reactions = [...message.reactions].filter(([, people]) => people.size > 0);
  return {
    ...message,
    reactions: Object.fromEntries(reactions.map(([emoji, people]) => [emoji, [...people]])),
  };
}

/** The client's end of a socket. */
class FakeWebSocket {
  isOpen = false;
  sent = [];
  #server;

  constructor(url, server) {
    this.url = url;
    this.#server = server;
    server.sockets.push(this);
    queueMicrotask(() => {
      if (server.fault) return this.onclose?.();
      this.isOpen = true;
      this.onopen?.();
    });
  }

  send(text) {
    this.sent.push(JSON.parse(text));
    queueMicrotask(() => this.isOpen && this.#server.hear(this, JSON.parse(text)));
  }

  /** The client ends it; that is told at once, and to nobody else. */
  close() {
    this.isOpen = false;
  }

  /** The line ends it. */
  break() {
    this.isOpen = false;
    queueMicrotask(() => this.onclose?.());
  }

  deliver(frame) {
    const text = JSON.stringify(frame);
    queueMicrotask(() => this.isOpen && this.onmessage?.({ data: text }));
  }

  reply({ action, requestId }, status, data, error) {
    this.deliver({ type: "reply", action, requestId, status, data, error });
  }
}

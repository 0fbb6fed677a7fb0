/**
 * A server for tests, in memory: tickets, one chat, its messages and its sockets. Its `fetch` and `WebSocket`
 * take the place of the browser's. Nothing is sent or answered before the caller's turn has ended, as on a
 * real line.
 */
export class FakeServer {
  /** @type {FakeWebSocket[]} Every socket that was ever opened. */
  sockets = [];
  messages = [];
  seq = 0;
  ticketsGiven = 0;
  historyReads = 0;
  /** @type {Error | undefined} What the next requests run into. */
  fault;
  /** Whether the next reply to sendMessage is lost together with its socket, after the message was stored. */
  losesNextReply = false;
  /** Whether frames are answered at all. */
  isMute = false;
  lifeSeconds = 7_200;

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

  /** Store a message, and push it to every socket but one. */
  store({ senderId, text, clientMessageId }, { except, isPushed = true } = {}) {
    const known =
      clientMessageId && this.messages.find((message) => message.clientMessageId === clientMessageId);
    this.seq += 1;
    if (known) return known;
    const message = {
      chatId: "chat",
      seq: this.seq,
      messageId: `m${this.seq}`,
      senderId,
      text,
      clientMessageId,
      sentAt: new Date().toISOString(),
    };
    this.messages.push(message);
    if (isPushed) {
      for (const socket of this.open) {
        if (socket !== except)
          socket.deliver({
            type: "message.created",
            chatId: "chat",
            seq: message.seq,
            at: message.sentAt,
            message,
          });
      }
    }
    return message;
  }

  #chat() {
    return {
      chatId: "chat",
      kind: "direct",
      memberIds: ["ann", "bob"],
      lastSeq: this.seq,
      lastMessage: this.messages.at(-1),
      createdAt: "2026-01-01T00:00:00.000Z",
      unreadCount: 0,
      readSeq: 0,
    };
  }

  async #answer(url, { method }) {
    await undefined;
    if (this.fault) throw this.fault;
    if (method === "POST" && url.pathname === "/tickets") {
      this.ticketsGiven += 1;
      return Response.json(
        { ticket: `t${this.ticketsGiven}`, url: "ws://server/socket", expiresIn: 60 },
        { status: 201 },
      );
    }
    if (url.pathname === "/chats") return Response.json({ chats: [this.#chat()] });
    if (url.pathname === "/chats/chat/messages") return Response.json(this.#history(url.searchParams));
    return Response.json({ code: "not_found", status: 404 }, { status: 404 });
  }

  #history(query) {
    this.historyReads += 1;
    const limit = Number(query.get("limit"));
    if (query.has("after")) {
      const later = this.messages.filter((message) => message.seq > Number(query.get("after")));
      return { messages: later.slice(0, limit), hasMore: later.length > limit };
    }
    const earlier = this.messages.filter((message) => message.seq < Number(query.get("before") ?? Infinity));
    return { messages: earlier.slice(-limit), hasMore: earlier.length > limit };
  }

  /** Answer a frame on a socket. */
  hear(socket, frame) {
    if (this.isMute) return;
    if (frame.action === "ping") return socket.deliver({ type: "pong" });
    if (frame.action === "hello") return socket.reply(frame, 200, this.#greeting());
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
    queueMicrotask(() => this.isOpen && this.onmessage?.({ data: JSON.stringify(frame) }));
  }

  reply({ action, requestId }, status, data, error) {
    this.deliver({ type: "reply", action, requestId, status, data, error });
  }
}

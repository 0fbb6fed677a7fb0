import { pauseAfter, renewalDelay } from "./backoff.js";
import { Connection } from "./connection.js";
import { ConnectionLost } from "./errors.js";
import { Listeners } from "./listeners.js";

/** In a quiet while, for a line that has died to be noticed soon. */
const PING_SECONDS = 25;

/**
 * @typedef {{userId: string, deviceId: string, connectionExpiresAt: string, keepAliveSeconds?: number,
 *   serverTime: string}} Greeting
 */

/**
 * The lasting socket: as long as it is started there is a connection, or another one on its way.
 *
 * Tells `state` ("connecting", "online", "reconnecting", "stopped"), `online` (with the answer to `hello`)
 * after each unplanned (re)connection and after each renewal, and `push` with each pushed frame. A renewal
 * opens the new connection before it gives the old one up, so pushes may then come twice but none is missed.
 */
export class Socket extends Listeners {
  #requestTicket;
  #WebSocket;
  #random;
  #isWatched;
  /** @type {Connection | undefined} */
  #connection;
  state = "stopped";
  #attempt = 0;
  #isConnecting = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Counts starts and stops, so that what belongs to an earlier one is recognised. */
  #era = 0;

  /**
   * @param {object} options
   * @param {() => Promise<{ticket: string, url: string}>} options.requestTicket
   * @param {typeof globalThis.WebSocket} [options.WebSocket]
   * @param {() => number} [options.random] Uniform in [0, 1).
   * @param {() => boolean} [options.isWatched] Whether somebody waits for what comes. Otherwise the line is pinged as
   *   seldom as keeps it open.
   */
  constructor({ requestTicket, WebSocket, random = Math.random, isWatched = () => true }) {
    super();
    this.#requestTicket = requestTicket;
    this.#WebSocket = WebSocket;
    this.#random = random;
    this.#isWatched = isWatched;
  }

  get isOnline() {
    return this.state === "online";
  }

  start() {
    if (this.state !== "stopped") return;
    this.#era += 1;
    this.#attempt = 0;
    this.#become("connecting");
    this.#connect();
  }

  stop() {
    this.#era += 1;
    clearTimeout(this.#timer);
    this.#isConnecting = false;
    this.#connection?.close();
    this.#connection = undefined;
    this.#become("stopped");
  }

  /**
   * Something suggests that the line came back or broke (the page woke up, the network changed): find out
   * now.
   */
  wake() {
    if (this.state === "stopped") return;
    if (this.#connection) {
      this.#connection.probe();
    } else {
      this.#attempt = 0;
      this.#connect();
    }
  }

  /** @see Connection.request @param {string} action @param {object | undefined} fields */
  async request(action, fields) {
    if (!this.#connection) throw new ConnectionLost();
    return this.#connection.request(action, fields);
  }

  async #connect() {
    if (this.#isConnecting) return;
    const era = this.#era;
    this.#isConnecting = true;
    clearTimeout(this.#timer);
    let connection;
    try {
      connection = await this.#open(era);
      const hello = await connection.request("hello");
      if (era !== this.#era) return connection.close();
      this.#isConnecting = false;
      this.#adopt(connection, hello);
    } catch (error) {
      connection?.close();
      if (era !== this.#era) return;
      this.#isConnecting = false;
      this.#retryLater(error);
    }
  }

  /** @param {number} era */
  async #open(era) {
    const { ticket, url } = await this.#requestTicket();
    if (era !== this.#era) throw new ConnectionLost();
    const address = new URL(url);
    address.searchParams.set("ticket", ticket);
    const connection = await Connection.open(
      address.href,
      {
        onPush: (frame) => era === this.#era && this.tell("push", frame),
        onClose: () => era === this.#era && this.#lose(connection),
      },
      this.#WebSocket,
    );
    return connection;
  }

  /** @param {Connection} connection @param {Greeting} hello */
  #adopt(connection, hello) {
    this.#connection?.retire();
    this.#connection = connection;
    this.#attempt = 0;
    const { keepAliveSeconds = PING_SECONDS } = hello;
    const soon = Math.min(PING_SECONDS, keepAliveSeconds);
    connection.keepAlive(() => (this.#isWatched() ? soon : keepAliveSeconds) * 1000);
    const remaining = Date.parse(hello.connectionExpiresAt) - Date.parse(hello.serverTime);
    if (remaining > 0) this.#timer = setTimeout(() => this.#connect(), renewalDelay(remaining, this.#random));
    this.#become("online");
    this.tell("online", hello);
  }

  /** @param {Connection} connection */
  #lose(connection) {
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    this.#become("reconnecting");
    if (!this.#isConnecting) this.#retryLater();
  }

  /** @param {any} [error] */
  #retryLater(error) {
    const delay = pauseAfter(error, this.#attempt, this.#random);
    this.#attempt += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), delay);
  }

  /** @param {string} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.tell("state", state);
  }
}

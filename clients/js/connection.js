import { ConnectionLost, Problem } from "./errors.js";
import { newIdentifier } from "./identifiers.js";
import { parse } from "./json.js";

const OPEN_TIMEOUT_MS = 15_000;
const REPLY_TIMEOUT_MS = 15_000;
const PONG_TIMEOUT_MS = 10_000;

/** @typedef {{type: string, [field: string]: any}} Frame */
/** @typedef {{onPush: (frame: Frame) => void, onClose: () => void}} Hearers */

/**
 * One WebSocket from its opening to its end: replies matched with requests, a ping in every quiet while, and
 * a single `onClose` whichever way it ends.
 */
export class Connection {
  #socket;
  #onPush;
  #onClose;
  /** @type {Map<string, (error: Error | undefined, data?: any) => void>} What takes their outcomes. */
  #requests = new Map();
  #isClosed = false;
  #isRetired = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pingTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pongTimer;
  /** @type {(() => number) | undefined} */
  #interval;

  /**
   * @param {WebSocket} socket An open one.
   * @param {Hearers} listeners
   */
  constructor(socket, { onPush, onClose }) {
    this.#socket = socket;
    this.#onPush = onPush;
    this.#onClose = onClose;
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = () => this.#end();
  }

  /**
   * @param {string} url With the ticket in it.
   * @param {Hearers} listeners
   * @param {typeof globalThis.WebSocket} [WebSocket]
   * @returns {Promise<Connection>}
   * @throws {ConnectionLost} when it does not open.
   */
  static open(url, listeners, WebSocket = globalThis.WebSocket) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      const fail = () => {
        clearTimeout(timer);
        socket.onopen = socket.onclose = null;
        socket.close();
        reject(new ConnectionLost());
      };
      const timer = setTimeout(fail, OPEN_TIMEOUT_MS);
      socket.onclose = fail;
      socket.onopen = () => {
        clearTimeout(timer);
        resolve(new Connection(socket, listeners));
      };
    });
  }

  /**
   * @param {string} action
   * @param {object} [fields]
   * @returns {Promise<any>} The reply's data.
   * @throws {Problem} when the server says no, or stays silent on a living socket.
   * @throws {ConnectionLost} when the socket ends first.
   */
  request(action, fields = {}) {
    if (this.#isClosed) return Promise.reject(new ConnectionLost());
    const requestId = newIdentifier();
    return new Promise((resolve, reject) => {
      /** @param {Error | undefined} error @param {any} [data] */
      const settle = (error, data) => {
        clearTimeout(timer);
        this.#requests.delete(requestId);
        if (error) reject(error);
        else resolve(data);
      };
      const timer = setTimeout(
        () => settle(new Problem({ status: 504, code: "no_reply" })),
        REPLY_TIMEOUT_MS,
      );
      this.#requests.set(requestId, settle);
      this.#socket.send(JSON.stringify({ action, requestId, ...fields }));
    });
  }

  /**
   * Ping in every quiet while, so that the line stays open and a dead one is noticed.
   *
   * @param {() => number} interval How long one is, in milliseconds, from now on.
   */
  keepAlive(interval) {
    this.#interval = interval;
    this.#awaitQuiet();
  }

  /** Ask for a sign of life now; without one the connection ends. */
  probe() {
    if (this.#isClosed || this.#pongTimer) return;
    this.#pongTimer = setTimeout(() => this.#end(), PONG_TIMEOUT_MS);
    this.#socket.send('{"action":"ping"}');
  }

  /** End once the replies under way have come; its end is no news. */
  retire() {
    this.#isRetired = true;
    this.#onClose = () => {};
    if (this.#requests.size === 0) this.close();
  }

  close() {
    this.#onClose = () => {};
    this.#end();
  }

  #awaitQuiet() {
    clearTimeout(this.#pingTimer);
    if (this.#interval && !this.#isClosed) this.#pingTimer = setTimeout(() => this.probe(), this.#interval());
  }

  /** @param {string} data */
  #receive(data) {
    clearTimeout(this.#pongTimer);
    this.#pongTimer = undefined;
    this.#awaitQuiet();
    const frame = parse(data);
    if (frame?.type === "reply") this.#settle(frame);
    else if (frame?.type && frame.type !== "pong") this.#onPush(frame);
  }

  /** @param {Frame} frame */
  #settle(frame) {
    const error = frame.error && new Problem({ ...frame.error, status: frame.status });
    this.#requests.get(frame.requestId)?.(error, frame.data);
    if (this.#isRetired && this.#requests.size === 0) this.close();
  }

  #end() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#pongTimer);
    this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    for (const settle of this.#requests.values()) settle(new ConnectionLost());
    this.#onClose();
  }
}

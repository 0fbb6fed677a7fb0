import { pauseAfter } from "./backoff.js";
import { ConnectionLost } from "./errors.js";
import { newIdentifier } from "./identifiers.js";
import { Listeners } from "./listeners.js";
import { Outbox } from "./outbox.js";
import { path } from "./path.js";

/** API Gateway takes frames of up to 32 KB, the envelope included; longer ones go by REST. */
const MAX_FRAME_BYTES = 31_500;
const LOSS_PAUSE_MS = 1_000;
const REFUSAL_PAUSE_MS = 500;

/** @typedef {import("./outbox.js").Pending} Pending */

/**
 * Sends what is in the outbox, until the server has it or has refused it.
 *
 * Tells `changed` with the chatId whose pending messages changed, and `sent` with each message as the server stored it.
 */
export class Delivery extends Listeners {
  #api;
  #socket;
  #shelf;
  #outbox;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isStopped = false;

  /**
   * @param {object} options
   * @param {import("./api.js").Api} options.api
   * @param {import("./socket.js").Socket} options.socket
   * @param {import("./shelf.js").Shelf} options.shelf Where the outbox outlives a reload.
   */
  constructor({ api, socket, shelf }) {
    super();
    this.#api = api;
    this.#socket = socket;
    this.#shelf = shelf;
    this.#outbox = new Outbox(shelf.load());
  }

  /** @param {string} chatId @returns {import("./outbox.js").Pending[]} */
  pending(chatId) {
    return this.#outbox.list(chatId);
  }

  /** @param {Pick<Pending, "chatId" | "text" | "replyTo" | "fileIds" | "writtenAt">} message */
  send(message) {
    this.#outbox.add({ ...message, clientMessageId: newIdentifier() });
    this.#changed(message.chatId);
    this.flush();
  }

  /** Send a failed message again. @param {string} clientMessageId */
  retry(clientMessageId) {
    const pending = this.#outbox.retry(clientMessageId);
    if (pending) this.#changed(pending.chatId);
    this.flush();
  }

  /** Give a failed message up. @param {string} clientMessageId */
  discard(clientMessageId) {
    const pending = this.#outbox.discard(clientMessageId);
    if (pending) this.#changed(pending.chatId);
  }

  /**
   * A message came back by another way than its reply, so the server has it.
   *
   * @param {string} clientMessageId
   */
  acknowledge(clientMessageId) {
    if (this.#outbox.acknowledge(clientMessageId)) this.#shelf.save(this.#outbox);
  }

  /** Send everything that may leave now. */
  flush() {
    if (!this.#socket.isOnline || this.#isStopped) return;
    for (const pending of this.#outbox.take()) this.#deliver(pending);
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Forget the words of a person who logs out. */
  forget() {
    this.#shelf.clear();
  }

  /** @param {Pending} pending */
  async #deliver(pending) {
    let pause = 0;
    try {
      const message = await this.#post(pending);
      this.#outbox.acknowledge(pending.clientMessageId);
      this.tell("sent", { ...message, clientMessageId: pending.clientMessageId });
    } catch (error) {
      pause = this.#fail(pending, error);
    }
    if (this.#isStopped) return;
    this.#changed(pending.chatId);
    if (pause === 0) this.flush();
    else this.#flushLater(pause);
  }

  /**
   * @param {Pending} pending
   * @param {any} error
   * @returns {number} The pause before the next try, in milliseconds; 0 when the next message may leave at once.
   */
  #fail({ clientMessageId, attempts }, error) {
    if (error instanceof ConnectionLost) {
      this.#outbox.lose(clientMessageId);
      return LOSS_PAUSE_MS;
    }
    return this.#outbox.refuse(clientMessageId, error) ? REFUSAL_PAUSE_MS + pauseAfter(error, attempts) : 0;
  }

  /** @param {Pending} pending */
  #post({ chatId, text, replyTo, fileIds, clientMessageId }) {
    const message = { text: text || undefined, fileIds, replyTo, clientMessageId };
    const frame = { chatId, ...message };
    if (new Blob([JSON.stringify(frame)]).size <= MAX_FRAME_BYTES) {
      return this.#socket.request("sendMessage", frame);
    }
    return this.#api.request("POST", path`/chats/${chatId}/messages`, { body: message });
  }

  /** @param {number} pause */
  #flushLater(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), pause);
  }

  /** @param {string} chatId */
  #changed(chatId) {
    this.#shelf.save(this.#outbox);
    this.tell("changed", chatId);
  }
}

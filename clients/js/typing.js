import { Listeners } from "./listeners.js";

/** As the protocol has it: typing that is not repeated has ended. */
const LIFE_MS = 10_000;
/** How often one's own is repeated at most. */
const REPEAT_MS = 4_000;

/** Who is writing where. Tells `changed` with a chatId. */
export class Typing extends Listeners {
  #socket;
  /** @type {Map<string, Map<string, any>>} Timers by chatId and userId. */
  #writers = new Map();
  /** @type {Map<string, number>} When one's own typing was told last, by chatId. */
  #toldAt = new Map();

  /** @param {import("./socket.js").Socket} socket */
  constructor(socket) {
    super();
    this.#socket = socket;
  }

  /** @param {string} chatId @returns {string[]} The userIds of those who write, the longest first. */
  in(chatId) {
    return [...(this.#writers.get(chatId)?.keys() ?? [])];
  }

  /** Somebody writes, or has stopped. @param {{chatId: string, userId: string, typing: boolean}} frame */
  take({ chatId, userId, typing }) {
    const writers = this.#writers.get(chatId) ?? new Map();
    this.#writers.set(chatId, writers);
    const wasTyping = writers.has(userId);
    clearTimeout(writers.get(userId));
    if (typing)
      writers.set(
        userId,
        setTimeout(() => this.take({ chatId, userId, typing: false }), LIFE_MS),
      );
    else writers.delete(userId);
    if (wasTyping !== typing) super.tell("changed", chatId);
  }

  /**
   * Tell that one writes, or has stopped; it is said seldom enough to be cheap.
   *
   * @param {string} chatId
   * @param {boolean} isTyping
   */
  tell(chatId, isTyping) {
    const last = this.#toldAt.get(chatId);
    if (isTyping ? Date.now() - (last ?? -Infinity) < REPEAT_MS : last === undefined) return;
    if (isTyping) this.#toldAt.set(chatId, Date.now());
    else this.#toldAt.delete(chatId);
    // Lost words about typing are no loss.
    this.#socket.request("setTyping", { chatId, typing: isTyping }).catch(() => {});
  }

  /** One's message has left, which says by itself that one has stopped. @param {string} chatId */
  sent(chatId) {
    this.#toldAt.delete(chatId);
  }

  stop() {
    for (const writers of this.#writers.values()) for (const timer of writers.values()) clearTimeout(timer);
  }
}

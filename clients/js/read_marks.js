const PAUSE_MS = 1_000;

/** Tells the server how far one has read: seldom, the latest alone, and again until it knows. */
export class ReadMarks {
  #socket;
  /** @type {Map<string, number>} What the server does not know yet, by chatId. */
  #due = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {import("./socket.js").Socket} socket */
  constructor(socket) {
    this.#socket = socket;
  }

  /** @param {string} chatId @param {number} seq */
  mark(chatId, seq) {
    this.#due.set(chatId, Math.max(seq, this.#due.get(chatId) ?? 0));
    if (this.#timer === undefined) this.flush();
  }

  /** Tell now what is due; without a connection it stays due. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#socket.isOnline || this.#due.size === 0) return;
    for (const [chatId, seq] of this.#due) this.#tell(chatId, seq);
    this.#timer = setTimeout(() => this.flush(), PAUSE_MS);
  }

  /** Tell what is left while that is still possible. */
  stop() {
    this.flush();
    clearTimeout(this.#timer);
  }

  /** @param {string} chatId @param {number} seq */
  async #tell(chatId, seq) {
    this.#due.delete(chatId);
    try {
      await this.#socket.request("markRead", { chatId, seq });
    } catch (/** @type {any} */ error) {
      if (error.isTemporary) this.mark(chatId, seq);
    }
  }
}

/**
 * The messages a person has sent and the server has not acknowledged.
 *
 * Pure: no clock, no network. Each message keeps one `clientMessageId` through every attempt, so that the
 * server stores it once however often it is sent. Within a chat messages leave one after another, in the
 * order written.
 */

/** @typedef {{clientMessageId: string, chatId: string, text: string, writtenAt: string,
 *   replyTo?: string, fileIds?: string[], state: "waiting" | "sending" | "failed", attempts: number, error?: Error}} Pending */

/** Temporary refusals of one message before a person has to decide. */
const MAX_ATTEMPTS = 5;

export class Outbox {
  /** @type {Pending[]} In the order written. */
  #pending;

  /** @param {Pending[]} [saved] What `toJSON` gave earlier; anything on its way then is to be sent again. */
  constructor(saved = []) {
    this.#pending = saved.map((pending) => ({
      ...pending,
      state: pending.state === "failed" ? "failed" : "waiting",
    }));
  }

  /** @param {string} [chatId] @returns {Pending[]} */
  list(chatId) {
    return this.#pending.filter((pending) => chatId === undefined || pending.chatId === chatId);
  }

  /** @param {string} clientMessageId @returns {Pending | undefined} */
  get(clientMessageId) {
    return this.#pending.find((pending) => pending.clientMessageId === clientMessageId);
  }

  /**
   * @param {Omit<Pending, "state" | "attempts">} message
   * @returns {Pending}
   */
  add(message) {
    /** @type {Pending} */
    const pending = { ...message, state: "waiting", attempts: 0 };
    this.#pending.push(pending);
    return pending;
  }

  /**
   * Take everything that may be sent now: for each chat, the first message, unless one is on its way.
   *
   * @returns {Pending[]}
   */
  take() {
    const taken = [];
    const seen = new Set();
    for (const pending of this.#pending) {
      if (pending.state === "failed" || seen.has(pending.chatId)) continue;
      seen.add(pending.chatId);
      if (pending.state === "sending") continue;
      pending.state = "sending";
      pending.attempts += 1;
      taken.push(pending);
    }
    return taken;
  }

  /** The server has it. @param {string} clientMessageId @returns {boolean} Whether it was pending. */
  acknowledge(clientMessageId) {
    const before = this.#pending.length;
    this.#pending = this.#pending.filter((pending) => pending.clientMessageId !== clientMessageId);
    return this.#pending.length < before;
  }

  /** No answer came: send it again, as often as it takes. @param {string} clientMessageId */
  lose(clientMessageId) {
    const pending = this.get(clientMessageId);
    if (pending?.state !== "sending") return;
    pending.state = "waiting";
    pending.attempts -= 1;
  }

  /**
   * The server said no.
   *
   * @param {string} clientMessageId
   * @param {Error & {isTemporary?: boolean}} error
   * @returns {boolean} Whether it will be tried again by itself.
   */
  refuse(clientMessageId, error) {
    const pending = this.get(clientMessageId);
    if (!pending) return false;
    const again = Boolean(error.isTemporary) && pending.attempts < MAX_ATTEMPTS;
    pending.state = again ? "waiting" : "failed";
    pending.error = again ? undefined : error;
    return again;
  }

  /**
   * A person wants a failed message sent again; it goes last, where the person sees it go.
   *
   * @param {string} clientMessageId
   * @returns {Pending | undefined} The message, if it had failed.
   */
  retry(clientMessageId) {
    const pending = this.discard(clientMessageId);
    return pending && this.add({ ...pending, error: undefined });
  }

  /**
   * A person gives a failed message up.
   *
   * @param {string} clientMessageId
   * @returns {Pending | undefined} The message, for putting its words back.
   */
  discard(clientMessageId) {
    const pending = this.get(clientMessageId);
    if (pending?.state !== "failed") return undefined;
    this.acknowledge(clientMessageId);
    return pending;
  }

  /** @returns {object[]} What to keep over a reload. */
  toJSON() {
    return this.#pending.map(({ error, ...pending }) => ({ ...pending, attempts: 0 }));
  }
}

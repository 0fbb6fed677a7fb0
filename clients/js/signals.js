/** Candidates that wait are sent together; so many are well below the protocol's 16 KB. */
const MAX_TOGETHER = 10;

/** @typedef {import("./peer.js").Signal} Signal */

/** What is to be told to one peer, in its order and one at a time. */
export class Signals {
  #send;
  /** @type {Signal[]} */
  #waiting = [];
  #isBusy = false;

  /** @param {(signal: Signal) => Promise<unknown>} send Tries for as long as it is worth it, and never rejects. */
  constructor(send) {
    this.#send = send;
  }

  /** @param {Signal} signal A description, or one candidate. */
  post(signal) {
    const { candidate } = signal;
    const last = this.#waiting.at(-1);
    if (signal.description) {
      // An offer that has not left is not worth sending once there is something newer.
      this.#waiting = this.#waiting.filter(({ description }) => description?.type !== "offer");
      this.#waiting.push(signal);
    } else if (candidate && last?.candidates && last.candidates.length < MAX_TOGETHER) {
      last.candidates.push(candidate);
    } else if (candidate) {
      this.#waiting.push({ candidates: [candidate] });
    }
    this.#flush();
  }

  /** Forget what has not left. */
  clear() {
    this.#waiting = [];
  }

  async #flush() {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let signal = this.#waiting.shift(); signal; signal = this.#waiting.shift()) await this.#send(signal);
    this.#isBusy = false;
  }
}

/**
 * What is told from now on, one after another, for `for await`. It waits here for as long as nobody takes it.
 *
 * @template T
 * @implements {AsyncIterableIterator<T>}
 */
export class Stream {
  /** @type {T[]} */
  #waiting = [];
  /** @type {((result: IteratorResult<T, undefined>) => void)[]} Who waits for the next. */
  #takers = [];
  #isEnded = false;
  #onEnd;

  /** @param {() => void} onEnd Called once, when nobody wants more or there will be no more. */
  constructor(onEnd) {
    this.#onEnd = onEnd;
  }

  /** @param {T} value */
  push(value) {
    const take = this.#takers.shift();
    if (take) take({ done: false, value });
    else if (!this.#isEnded) this.#waiting.push(value);
  }

  /** There will be no more; what waits is still given. */
  end() {
    if (this.#isEnded) return;
    this.#isEnded = true;
    for (const take of this.#takers) take({ done: true, value: undefined });
    this.#onEnd();
  }

  /** @returns {Promise<IteratorResult<T, undefined>>} */
  async next() {
    const [value] = this.#waiting.splice(0, 1);
    if (value !== undefined) return { done: false, value };
    if (this.#isEnded) return { done: true, value: undefined };
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** Nobody wants more. @returns {Promise<IteratorResult<T, undefined>>} */
  async return() {
    this.#waiting = [];
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

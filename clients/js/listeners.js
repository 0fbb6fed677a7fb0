/** What others can listen to: each class says which events it tells. */
export class Listeners {
  /** @type {Map<string, Set<Function>>} By event. */
  #byEvent = new Map();

  /**
   * @param {string} event
   * @param {(...details: any[]) => void} listener
   * @returns {() => void} Call it to stop listening.
   */
  on(event, listener) {
    const listeners = this.#byEvent.get(event) ?? new Set();
    this.#byEvent.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** Wait until something is told. @param {string} event @returns {Promise<void>} */
  next(event) {
    return new Promise((resolve) => {
      const stop = this.on(event, () => resolve(stop()));
    });
  }

  /**
   * Give what is told from now on, one after another. It waits here for as long as nobody takes it.
   *
   * @param {string} event
   * @param {string} end The event after which there is no more.
   * @returns {AsyncGenerator<any, void>}
   */
  stream(event, end) {
    /** @type {unknown[]} */
    const waiting = [];
    let isEnded = false;
    let wake = (/** @type {unknown} */ _) => {};
    const stops = [
      this.on(event, (/** @type {unknown} */ told) => wake(waiting.push(told))),
      this.on(end, () => wake((isEnded = true))),
    ];
    return (async function* () {
      try {
        while (true) {
          while (waiting.length > 0) yield waiting.shift();
          if (isEnded) return;
          await new Promise((/** @type {(_?: unknown) => void} */ resolve) => (wake = resolve));
        }
      } finally {
        for (const stop of stops) stop();
      }
    })();
  }

  /**
   * Tell everyone; for the class itself. A listener that throws is reported, and does not keep the others from hearing.
   *
   * @param {string} event
   * @param {...unknown} details
   */
  tell(event, ...details) {
    for (const listener of [...(this.#byEvent.get(event) ?? [])]) {
      try {
        listener(...details);
      } catch (error) {
        // It surfaces as an uncaught one, outside the caller's stack.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

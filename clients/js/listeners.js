/** The functions that want to hear of something, by event name. */
export class Listeners {
  /** @type {Map<string, Set<Function>>} */
  #byEvent = new Map();

  /**
   * @param {string} event
   * @param {Function} listener
   * @returns {() => void} Call it to stop listening.
   */
  on(event, listener) {
    const listeners = this.#byEvent.get(event) ?? new Set();
    this.#byEvent.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /**
   * Tell everyone. A listener that throws is reported, and does not keep the others from hearing.
   *
   * @param {string} event
   * @param {...unknown} details
   */
  tell(event, ...details) {
    for (const listener of [...(this.#byEvent.get(event) ?? [])]) {
      try {
        listener(...details);
      } catch (error) {
        reportError(error);
      }
    }
  }
}

/** Let the error surface as an uncaught one, outside the caller's stack. @param {unknown} error */
function reportError(error) {
  queueMicrotask(() => {
    throw error;
  });
}

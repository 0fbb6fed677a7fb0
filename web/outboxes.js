/** What was written and not sent, kept on this device until one logs out: an outbox for each page that is open. Pure. */

/** One person's. To a client it is the storage that the outbox of its page is in. */
export class Outboxes {
  #prefix;
  #own;
  #storage;
  #isForgotten = false;

  /** @param {string} userId @param {string} deviceId Of this page. @param {Storage} storage */
  constructor(userId, deviceId, storage = localStorage) {
    this.#prefix = `kaiwa.outbox.${userId}.`;
    this.#own = this.#prefix + deviceId;
    this.#storage = storage;
  }

  getItem() {
    return this.#storage.getItem(this.#own);
  }

  /** @param {string} _key @param {string} value */
  setItem(_key, value) {
    if (!this.#isForgotten) this.#storage.setItem(this.#own, value);
  }

  removeItem() {
    this.#storage.removeItem(this.#own);
  }

  /**
   * Take over what pages have left that are closed.
   *
   * @param {(deviceId: string) => boolean} isOpen
   */
  adopt(isOpen) {
    const left = this.#keys().filter((key) => key !== this.#own && !isOpen(key.slice(this.#prefix.length)));
    if (left.length === 0) return;
    const all = [...left, this.#own].flatMap((key) => pendingIn(this.#storage.getItem(key)));
    for (const key of left) this.#storage.removeItem(key);
    // Two pages may take over the same at the same moment; its id has the server store it once.
    const unsent = new Map(all.map((pending) => [pending.clientMessageId, pending]));
    this.setItem("", JSON.stringify([...unsent.values()]));
  }

  /** Nothing stays, of whatever page, and nothing comes any more. */
  forget() {
    this.#isForgotten = true;
    for (const key of this.#keys()) this.#storage.removeItem(key);
  }

  #keys() {
    return Object.keys(this.#storage).filter((key) => key.startsWith(this.#prefix));
  }
}

/** What is garbled counts as empty, as it does to the client. */
function pendingIn(text) {
  try {
    return JSON.parse(text) ?? [];
  } catch {
    return [];
  }
}

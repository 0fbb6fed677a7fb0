import { Listeners } from "./listeners.js";

/** Pictures, each fetched once. Tells `ready` with a fileId whose picture can be shown. */
export class Pictures extends Listeners {
  #fetch;
  /** @type {Map<string, string | undefined>} URLs of blobs, by fileId; undefined while one is fetched. */
  #urls = new Map();

  /** @param {(fileId: string) => Promise<Blob>} fetchPicture */
  constructor(fetchPicture) {
    super();
    this.#fetch = fetchPicture;
  }

  /**
   * Give a picture that is here; another is fetched and told later.
   *
   * @param {string} fileId
   * @returns {string | undefined} A URL within this page.
   */
  get(fileId) {
    if (!this.#urls.has(fileId)) this.#fetchPicture(fileId);
    return this.#urls.get(fileId);
  }

  /** Let go of a picture; it is fetched anew when it is asked for. @param {string} fileId */
  drop(fileId) {
    const url = this.#urls.get(fileId);
    if (url) URL.revokeObjectURL(url);
    this.#urls.delete(fileId);
  }

  /** Let go of every picture. */
  forget() {
    for (const url of this.#urls.values()) if (url) URL.revokeObjectURL(url);
    this.#urls.clear();
  }

  /** @param {string} fileId */
  async #fetchPicture(fileId) {
    this.#urls.set(fileId, undefined);
    try {
      this.#urls.set(fileId, URL.createObjectURL(await this.#fetch(fileId)));
      this.tell("ready", fileId);
    } catch (/** @type {any} */ error) {
      // What is no more stays known as that; anything else is asked for again when it is shown next.
      if (error.status !== 404) this.#urls.delete(fileId);
    }
  }
}

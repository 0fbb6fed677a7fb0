import { ConnectionLost } from "./errors.js";
import { transfer } from "./transfer.js";
import { Upload } from "./upload.js";

/** Files: sending them, and fetching them again. */
export class Files {
  #api;
  #fetch;
  #transfer;
  /** @type {Map<string, Promise<object>>} */
  #known = new Map();

  /**
   * @param {import("./api.js").Api} api
   * @param {{fetch?: typeof fetch, transfer?: typeof transfer}} [options]
   */
  constructor(api, { fetch: fetcher = globalThis.fetch.bind(globalThis), transfer: mover = transfer } = {}) {
    this.#api = api;
    this.#fetch = fetcher;
    this.#transfer = mover;
  }

  /**
   * Begin to upload a file of at most 5 GiB.
   *
   * @param {Blob} content Its type is the file's.
   * @param {string} name
   * @returns {Upload} On its way.
   */
  upload(content, name) {
    const upload = new Upload({ api: this.#api, content, name, transfer: this.#transfer });
    upload.start();
    return upload;
  }

  /**
   * @param {string} fileId
   * @returns {Promise<{fileId: string, name: string, contentType: string, size: number, scanState?: string}>}
   * @throws {Problem} 404 when there is no such file, or one may not see it.
   */
  describe(fileId) {
    if (!this.#known.has(fileId)) {
      const description = this.#locate(fileId).then(({ file }) => file);
      description.catch(() => this.#known.delete(fileId));
      this.#known.set(fileId, description);
    }
    return this.#known.get(fileId);
  }

  /** @param {string} fileId @returns {Promise<string>} A URL that gives the file to anyone for five minutes. */
  async link(fileId) {
    return (await this.#locate(fileId)).url;
  }

  /**
   * @param {string} fileId
   * @returns {Promise<Blob>} The bytes. They come from S3, which takes no access token.
   * @throws {Problem} 404 when there is no such file, or one may not see it.
   * @throws {ConnectionLost} when S3 did not give it.
   */
  async download(fileId) {
    const url = await this.link(fileId);
    try {
      const response = await this.#fetch(url, { credentials: "omit", referrerPolicy: "no-referrer" });
      if (!response.ok) throw new TypeError(`S3 answered ${response.status}`);
      return await response.blob();
    } catch (error) {
      throw new ConnectionLost("The file could not be fetched", { cause: error });
    }
  }

  /** Delete one of one's own. @param {string} fileId */
  remove(fileId) {
    return this.#api.request("DELETE", addressOf(fileId));
  }

  #locate(fileId) {
    return this.#api.request("GET", addressOf(fileId), { headers: { Accept: "application/json" } });
  }
}

function addressOf(fileId) {
  return `/files/${encodeURIComponent(fileId)}`;
}

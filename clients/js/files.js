import { ConnectionLost } from "./errors.js";
import { path } from "./path.js";
import { transfer } from "./transfer.js";
import { Upload } from "./upload.js";

/**
 * @typedef {{fileId: string, name: string, contentType: string, size: number, sha256?: string, createdAt: string,
 *   scanState?: "pending" | "infected"}} FileDescription `size` is in bytes. A file without a `scanState` is clean.
 */

/** Files: sending them, and fetching them again. */
export class Files {
  #api;
  #fetch;
  #transfer;
  /** @type {Map<string, Promise<FileDescription>>} */
  #known = new Map();

  /**
   * @param {import("./api.js").Api} api
   * @param {{fetch?: typeof globalThis.fetch, transfer?: typeof transfer}} [options]
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
   * @returns {Promise<FileDescription>}
   * @throws {Problem} 404 when there is no such file, or one may not see it.
   */
  describe(fileId) {
    const known = this.#known.get(fileId);
    if (known) return known;
    const description = this.#locate(fileId).then(({ file }) => file);
    description.catch(() => this.#known.delete(fileId));
    this.#known.set(fileId, description);
    return description;
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

  /**
   * List one's own files, latest first.
   *
   * @param {{limit?: number, cursor?: string, unfinished?: boolean}} [options] `unfinished`: those whose upload has not
   *   ended, in the place of the others.
   * @returns {Promise<{files: FileDescription[], nextCursor?: string}>}
   */
  list(options) {
    return this.#api.request("GET", "/files", { query: options });
  }

  /** Delete one of one's own. @param {string} fileId */
  remove(fileId) {
    return this.#api.request("DELETE", path`/files/${fileId}`);
  }

  /** @param {string} fileId @returns {Promise<{url: string, expiresAt: string, file: FileDescription}>} */
  #locate(fileId) {
    return this.#api.request("GET", path`/files/${fileId}`, { headers: { Accept: "application/json" } });
  }
}


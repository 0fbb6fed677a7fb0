import { ConnectionLost } from "./errors.js";
import { Listeners } from "./listeners.js";
import { path } from "./path.js";
import { transfer } from "./transfer.js";
import { Upload } from "./upload.js";

/** A URL is good for five minutes; one that is older than this is not begun with. */
const FRESH_MS = 4 * 60 * 1000;

/**
 * @typedef {{fileId: string, name: string, contentType: string, size: number, sha256?: string, createdAt: string,
 *   scanState?: "pending" | "infected", width?: number, height?: number}} FileDescription `size` is in bytes. A file
 *   without a `scanState` is clean.
 * @typedef {{url: string, thumbnailUrl?: string, file: FileDescription, at: number}} Located
 */

/** Files: sending them, and fetching them again. Tells `changed` with a fileId that is to be asked for anew. */
export class Files extends Listeners {
  #api;
  #transfer;
  #now;
  /** @type {Map<string, Promise<Located>>} */
  #known = new Map();
  /** Those that may be others soon: not there, not scanned, or a picture without a thumbnail. @type {Set<string>} */
  #unsettled = new Set();

  /**
   * @param {import("./api.js").Api} api
   * @param {{transfer?: typeof transfer, now?: () => number}} [options]
   */
  constructor(api, { transfer: mover = transfer, now = Date.now } = {}) {
    super();
    this.#api = api;
    this.#transfer = mover;
    this.#now = now;
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
  async describe(fileId) {
    return (await (this.#known.get(fileId) ?? this.#locate(fileId))).file;
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
    return this.#fetchBytes(fileId, (await this.#located(fileId)).url);
  }

  /**
   * @param {string} fileId Of a picture.
   * @returns {Promise<Blob>} Its thumbnail; the picture itself where there is none.
   * @throws {Problem | ConnectionLost} as `download` does.
   */
  async thumbnail(fileId) {
    const { url, thumbnailUrl } = await this.#located(fileId);
    return this.#fetchBytes(fileId, thumbnailUrl ?? url);
  }

  /**
   * Wait until a file of one's own was scanned, where files are.
   *
   * @param {string} fileId
   * @returns {Promise<FileDescription>}
   * @throws {Problem} 404 when it is infected.
   */
  async scanned(fileId) {
    while (true) {
      const change = this.next("changed");
      const file = await this.describe(fileId);
      if (file.scanState !== "pending") return file;
      await change;
    }
  }

  /** What is known of a file is not so any more. @param {string} fileId */
  change(fileId) {
    this.#known.delete(fileId);
    this.#unsettled.delete(fileId);
    this.tell("changed", fileId);
  }

  /** What would have been told while there was no line may have happened. */
  distrust() {
    for (const fileId of [...this.#unsettled]) this.change(fileId);
  }

  /**
   * Read one's own files, the latest first.
   *
   * @param {string} [cursor] Where the page before ended.
   * @param {{limit?: number, unfinished?: boolean}} [options] `unfinished`: those whose upload has not ended, in the place
   *   of the others.
   * @returns {Promise<{files: FileDescription[], nextCursor?: string}>}
   */
  list(cursor, options) {
    return this.#api.request("GET", "/files", { query: { cursor, ...options } });
  }

  /** Delete one of one's own. @param {string} fileId */
  async remove(fileId) {
    await this.#api.request("DELETE", path`/files/${fileId}`);
    this.change(fileId);
  }

  /** Where a file is, by URLs that are still good. @param {string} fileId */
  async #located(fileId) {
    const known = await this.#known.get(fileId)?.catch(() => undefined);
    return known && this.#now() - known.at < FRESH_MS ? known : this.#locate(fileId);
  }

  /** @param {string} fileId */
  #locate(fileId) {
    const located = this.#ask(fileId);
    this.#known.set(fileId, located);
    // What failed is asked for again the next time.
    located.catch(() => this.#known.delete(fileId));
    return located;
  }

  /** @param {string} fileId @returns {Promise<Located>} */
  async #ask(fileId) {
    const at = this.#now();
    this.#unsettled.add(fileId);
    const headers = { Accept: "application/json" };
    const located = await this.#api.request("GET", path`/files/${fileId}`, { headers });
    const { contentType, scanState, width } = located.file ?? {};
    const isSettled = !scanState && (width || !contentType?.startsWith("image/"));
    if (isSettled) this.#unsettled.delete(fileId);
    return { ...located, at };
  }

  /** @param {string} fileId @param {string} url @returns {Promise<Blob>} */
  async #fetchBytes(fileId, url) {
    try {
      const response = await this.#api.fetch(url, { credentials: "omit", referrerPolicy: "no-referrer" });
      if (!response.ok) throw response;
      return await response.blob();
    } catch (cause) {
      this.#known.delete(fileId);
      throw new ConnectionLost({ cause });
    }
  }
}

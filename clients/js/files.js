import { ConnectionLost } from "./errors.js";

/** Files: sending them, and fetching them again. */
export class Files {
  #api;
  #fetch;

  /** @param {import("./api.js").Api} api @param {typeof fetch} [fetch] */
  constructor(api, fetch = globalThis.fetch.bind(globalThis)) {
    this.#api = api;
    this.#fetch = fetch;
  }

  /**
   * Upload a file of at most 4 MiB.
   *
   * @param {Blob} content Its type is the file's.
   * @param {string} name
   * @returns {Promise<{fileId: string, name: string, contentType: string, size: number, sha256: string}>}
   * @throws {Problem} 413 when it is too large, 415 when it is not what it calls itself.
   */
  upload(content, name) {
    const headers = {
      "Content-Type": content.type || "application/octet-stream",
      "Content-Disposition": `attachment; filename*=UTF-8''${encodeExtended(name)}`,
    };
    return this.#api.request("POST", "/files", { content, headers });
  }

  /**
   * @param {string} fileId
   * @returns {Promise<Blob>} The bytes. They come from S3, which takes no access token.
   * @throws {Problem} 404 when there is no such file, or one may not see it.
   * @throws {ConnectionLost} when S3 did not give it.
   */
  async download(fileId) {
    const path = `/files/${encodeURIComponent(fileId)}`;
    const { url } = await this.#api.request("GET", path, { headers: { Accept: "application/json" } });
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
    return this.#api.request("DELETE", `/files/${encodeURIComponent(fileId)}`);
  }
}

/** RFC 8187 knows fewer characters that need no escape than encodeURIComponent does. */
function encodeExtended(text) {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

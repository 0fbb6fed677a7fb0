import { pauseAfter } from "./backoff.js";
import { ConnectionLost } from "./errors.js";
import { Listeners } from "./listeners.js";
import { path } from "./path.js";

/** What is larger goes to S3 itself: API Gateway takes no more in one request. */
const MAX_SMALL_BYTES = 4 * 1024 * 1024;
/** API Gateway hands these on as text, and so changes what is no UTF-8: they go to S3 itself however small they are. */
const TEXT = /^text|[/+](json|xml|javascript)/;
const PARTS_AT_ONCE = 3;
/** Refusals one after another, none of which was for ever, before a person has to decide. */
const MAX_REFUSALS = 5;
/** Who is asked for more patience than this decides for themselves. */
const MAX_PATIENCE_SECONDS = 60;

/**
 * @typedef {import("./files.js").FileDescription} FileDescription
 * @typedef {{number: number, url: string, size: number}} Part
 * @typedef {{method: string, url?: string, fields?: Record<string, string>, parts?: Part[]}} Target
 */

/**
 * One file on its way. A line that is lost is waited for, and what has arrived is not sent again.
 *
 * Tells `changed` when its state or its progress did.
 */
export class Upload extends Listeners {
  #api;
  #transfer;
  #wait;
  #abort = new AbortController();
  /** @type {string | undefined} */
  #fileId;
  #isSent = false;
  /** @type {number | undefined} */
  #partBytes;
  /** @type {Promise<void> | undefined} */
  #run;
  /** @type {Map<number, number>} Bytes on their way, by part. */
  #moving = new Map();
  #arrived = 0;

  /** @type {"sending" | "waiting" | "done" | "failed" | "cancelled"} */
  state = "sending";
  /** @type {FileDescription | undefined} The file, once it is there. */
  file;
  /** @type {Error | undefined} Why it failed. */
  error;

  /**
   * @param {object} options
   * @param {import("./api.js").Api} options.api
   * @param {Blob} options.content
   * @param {string} options.name
   * @param {typeof import("./transfer.js").transfer} options.transfer
   * @param {(milliseconds: number, signal: AbortSignal) => Promise<void>} [options.wait]
   */
  constructor({ api, content, name, transfer, wait = pause }) {
    super();
    this.#api = api;
    this.#transfer = transfer;
    this.#wait = wait;
    this.content = content;
    this.name = name;
  }

  /** @returns {number} From 0 to 1. */
  get progress() {
    if (this.state === "done") return 1;
    const moving = [...this.#moving.values()].reduce((sum, bytes) => sum + bytes, 0);
    return this.content.size ? Math.min(1, (this.#arrived + moving) / this.content.size) : 0;
  }

  /** Send it, from where it stands: at first, and again when it has failed. */
  start() {
    this.#run = this.#sendUntilDone();
  }

  /**
   * @returns {Promise<FileDescription>} The file, once it is there.
   * @throws {Error} Why it failed; an AbortError when it was cancelled.
   */
  async finished() {
    await this.#run;
    if (!this.file) throw this.error ?? this.#abort.signal.reason;
    return this.file;
  }

  /** Never rejects: the outcome is its state. */
  async #sendUntilDone() {
    this.error = undefined;
    for (let refusals = 0, losses = 0; !this.#abort.signal.aborted; ) {
      this.#turn("sending");
      const arrived = this.#arrived;
      try {
        this.file = await this.#send();
        return this.#turn("done");
      } catch (/** @type {any} */ error) {
        if (this.#abort.signal.aborted) return;
        const isLost = error instanceof ConnectionLost;
        if (this.#arrived > arrived) refusals = losses = 0;
        if (isLost) losses += 1;
        else refusals += 1;
        if (!isLost && !this.#isTriedAgain(error, refusals)) {
          this.error = error;
          return this.#turn("failed");
        }
        this.#turn("waiting");
        await this.#wait(pauseAfter(error, isLost ? losses : refusals), this.#abort.signal);
      }
    }
  }

  /** Give it up, here and on the server. */
  async cancel() {
    if (this.state === "cancelled") return;
    this.#abort.abort();
    this.#turn("cancelled");
    const fileId = this.file?.fileId ?? this.#fileId;
    // Where that fails, the server ends what was never sent by itself.
    if (fileId) await this.#api.request("DELETE", path`/files/${fileId}`).catch(() => {});
  }

  /**
   * A URL may have grown too old while the line was down: the store says 403, and the server gives another.
   *
   * @param {any} error
   * @param {number} refusals
   */
  #isTriedAgain(error, refusals) {
    const isTemporary = error.isTemporary || (error.code === "upload_refused" && error.status === 403);
    return isTemporary && refusals < MAX_REFUSALS && !(error.retryAfter > MAX_PATIENCE_SECONDS);
  }

  #send() {
    const isSmall = this.content.size <= MAX_SMALL_BYTES && !TEXT.test(this.#type);
    return isSmall ? this.#sendWhole() : this.#sendToStore();
  }

  #sendWhole() {
    const headers = {
      "Content-Type": this.#type,
      "Content-Disposition": `attachment; filename*=UTF-8''${encodeExtended(this.name)}`,
    };
    return this.#ask("POST", "/files", { content: this.content, headers });
  }

  async #sendToStore() {
    if (!this.#isSent) {
      const { fileId, upload } = await this.#target();
      this.#fileId = fileId;
      await (upload.parts ? this.#sendParts(upload) : this.#sendForm(upload));
      this.#isSent = true;
    }
    return this.#ask("POST", path`/files/${this.#fileId ?? ""}/complete`);
  }

  /** @returns {Promise<{fileId: string, upload: Target}>} */
  #target() {
    if (this.#fileId) return this.#ask("POST", path`/files/${this.#fileId}/parts`);
    const body = { name: this.name, contentType: this.#type, size: this.content.size };
    return this.#ask("POST", "/files/uploads", { body });
  }

  /** @param {Target} target */
  async #sendForm({ method, url = "", fields = {} }) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", this.content);
    await this.#move(1, method, url, form);
  }

  /** Send the parts that are still missing, a few side by side. @param {Target} target */
  async #sendParts({ method, parts = [] }) {
    const { size } = this.content;
    this.#arrived = size - parts.reduce((sum, part) => sum + part.size, 0);
    // The first answer lists them all; the last alone may be smaller than the others.
    const partBytes = (this.#partBytes ??= parts[0]?.size ?? size);
    const queue = [...parts];
    const sendNext = async () => {
      for (let part = queue.shift(); part; part = queue.shift()) {
        const start = (part.number - 1) * partBytes;
        await this.#move(part.number, method, part.url, this.content.slice(start, start + part.size));
        this.#arrived += part.size;
      }
    };
    const workers = Array.from({ length: PARTS_AT_ONCE }, sendNext);
    try {
      await Promise.all(workers);
    } finally {
      // Nothing may still be moving when it is tried again.
      queue.length = 0;
      await Promise.allSettled(workers);
    }
  }

  /** @param {number} number @param {string} method @param {string} url @param {any} body */
  async #move(number, method, url, body) {
    const { signal } = this.#abort;
    /** @param {number} bytes */
    const onProgress = (bytes) => {
      this.#moving.set(number, bytes);
      this.tell("changed");
    };
    try {
      await this.#transfer(method, url, body, { onProgress, signal });
    } finally {
      this.#moving.delete(number);
    }
  }

  /** @param {string} method @param {string} path @param {import("./api.js").Options} [options] */
  #ask(method, path, options) {
    return this.#api.request(method, path, { ...options, signal: this.#abort.signal });
  }

  get #type() {
    return this.content.type || "application/octet-stream";
  }

  /** @param {Upload["state"]} state */
  #turn(state) {
    this.state = state;
    this.tell("changed");
  }
}

/** RFC 8187 knows fewer characters that need no escape than encodeURIComponent does. @param {string} text */
function encodeExtended(text) {
  return encodeURIComponent(text.toWellFormed?.() ?? text).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** @param {number} milliseconds @param {AbortSignal} signal @returns {Promise<void>} */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => resolve());
  });
}

import { reconnectDelay } from "./backoff.js";
import { ConnectionLost } from "./errors.js";
import { Listeners } from "./listeners.js";

/** What is larger goes to S3 itself: API Gateway takes no more in one request. */
const MAX_SMALL_BYTES = 4 * 1024 * 1024;
const PARTS_AT_ONCE = 3;
/** Refusals one after another, none of which was for ever, before a person has to decide. */
const MAX_REFUSALS = 5;
/** Who is asked for more patience than this decides for themselves. */
const MAX_PATIENCE_SECONDS = 60;

/**
 * One file on its way. A line that is lost is waited for, and what has arrived is not sent again.
 *
 * Tells `changed` when its state or its progress did.
 */
export class Upload {
  #api;
  #transfer;
  #wait;
  #listeners = new Listeners();
  #abort = new AbortController();
  #fileId;
  #isSent = false;
  #partBytes;
  #run;
  /** @type {Map<number, number>} Bytes on their way, by part. */
  #moving = new Map();
  #arrived = 0;

  /** @type {"sending" | "waiting" | "done" | "failed" | "cancelled"} */
  state = "sending";
  /** @type {object | undefined} The file, once it is there. */
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
    this.#api = api;
    this.#transfer = transfer;
    this.#wait = wait;
    this.content = content;
    this.name = name;
  }

  on(event, listener) {
    return this.#listeners.on(event, listener);
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
   * @returns {Promise<object>} The file, once it is there.
   * @throws {Error} Why it failed.
   */
  async finished() {
    await this.#run;
    if (this.error) throw this.error;
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
      } catch (error) {
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
        const seconds = error.retryAfter ?? 0;
        await this.#wait(seconds * 1000 + reconnectDelay(isLost ? losses : refusals), this.#abort.signal);
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
    if (fileId) await this.#api.request("DELETE", addressOf(fileId)).catch(() => {});
  }

  /** A URL may have grown too old while the line was down: the store says 403, and the server gives another. */
  #isTriedAgain(error, refusals) {
    const isTemporary = error.isTemporary || (error.code === "upload_refused" && error.status === 403);
    return isTemporary && refusals < MAX_REFUSALS && !(error.retryAfter > MAX_PATIENCE_SECONDS);
  }

  #send() {
    return this.content.size <= MAX_SMALL_BYTES ? this.#sendWhole() : this.#sendToStore();
  }

  #sendWhole() {
    const headers = {
      "Content-Type": this.#type,
      "Content-Disposition": `attachment; filename*=UTF-8''${encodeExtended(this.name)}`,
    };
    return this.#api.request("POST", "/files", {
      content: this.content,
      headers,
      signal: this.#abort.signal,
    });
  }

  async #sendToStore() {
    if (!this.#isSent) {
      const { fileId, upload } = await this.#target();
      this.#fileId = fileId;
      await (upload.parts ? this.#sendParts(upload) : this.#sendForm(upload));
      this.#isSent = true;
    }
    return this.#ask("POST", `${addressOf(this.#fileId)}/complete`);
  }

  #target() {
    if (this.#fileId) return this.#ask("POST", `${addressOf(this.#fileId)}/parts`);
    const body = { name: this.name, contentType: this.#type, size: this.content.size };
    return this.#ask("POST", "/files/uploads", body);
  }

  async #sendForm({ method, url, fields }) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", this.content);
    await this.#move(1, method, url, form);
  }

  /** Send the parts that are still missing, a few side by side. */
  async #sendParts({ method, parts }) {
    const { size } = this.content;
    this.#arrived = size - parts.reduce((sum, part) => sum + part.size, 0);
    // The first answer lists them all; the last alone may be smaller than the others.
    this.#partBytes ??= parts[0].size;
    const queue = [...parts];
    const sendNext = async () => {
      for (let part = queue.shift(); part; part = queue.shift()) {
        const start = (part.number - 1) * this.#partBytes;
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

  async #move(number, method, url, body) {
    const { signal } = this.#abort;
    const onProgress = (bytes) => {
      this.#moving.set(number, bytes);
      this.#listeners.tell("changed");
    };
    try {
      await this.#transfer(method, url, body, { onProgress, signal });
    } finally {
      this.#moving.delete(number);
    }
  }

  #ask(method, path, body) {
    return this.#api.request(method, path, { body, signal: this.#abort.signal });
  }

  get #type() {
    return this.content.type || "application/octet-stream";
  }

  #turn(state) {
    this.state = state;
    this.#listeners.tell("changed");
  }
}

function addressOf(fileId) {
  return `/files/${encodeURIComponent(fileId)}`;
}

/** RFC 8187 knows fewer characters that need no escape than encodeURIComponent does. */
function encodeExtended(text) {
  return encodeURIComponent(text.toWellFormed?.() ?? text).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", end, { once: true });
  });
}

import { ConnectionLost, Problem } from "./errors.js";
import { parse } from "./json.js";

const TIMEOUT_MS = 20_000;
/** For a file, which may go up a slow line. */
const CONTENT_TIMEOUT_MS = 300_000;
/** What API Gateway's own refusals, which have no code, are called. @type {Record<number, string>} */
const GATEWAY_CODES = { 401: "unauthenticated", 413: "too_large" };

/**
 * @typedef {{userId?: string, accessToken: string, refreshToken?: string, expiresIn: number}} TokenAnswer `expiresIn`
 *   is in seconds. A refresh may leave out what has not changed.
 * @typedef {object} Options
 * @property {Record<string, unknown>} [query] What is undefined is left out.
 * @property {object} [body] Sent as JSON.
 * @property {Blob} [content] Sent as it is, in the place of a `body`.
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 */

/** The REST side: JSON in and out, tokens added and renewed. */
export class Api {
  #url;
  #session;
  /** The browser's own, or what takes its place. */
  fetch;
  #now;
  /** @type {Promise<void> | undefined} */
  #renewal;

  /**
   * @param {object} options
   * @param {string} options.url Where the API is, without a slash at the end.
   * @param {import("./session.js").Session} options.session
   * @param {typeof globalThis.fetch} [options.fetch]
   * @param {() => number} [options.now] Milliseconds.
   */
  constructor({ url, session, fetch = globalThis.fetch.bind(globalThis), now = Date.now }) {
    this.#url = url.replace(/\/+$/, "");
    this.#session = session;
    this.fetch = fetch;
    this.#now = now;
  }

  /**
   * Make a request that needs nobody to be logged in.
   *
   * @param {string} method
   * @param {string} path Begins with a slash.
   * @param {object} body
   * @returns {Promise<any>} The decoded body; undefined when there is none.
   * @throws {Problem | ConnectionLost}
   */
  ask(method, path, body) {
    return this.#send(method, path, { body });
  }

  /** Keep the session that an answer opens. @param {TokenAnswer} answer */
  keep(answer) {
    this.#session.keep(answer, this.#now());
  }

  /**
   * Make a request in the name of the person logged in. A token that was refused is renewed once; when that
   * is refused too, the session ends.
   *
   * @param {string} method
   * @param {string} path Begins with a slash.
   * @param {Options} [options]
   * @returns {Promise<any>} The decoded body; undefined when there is none.
   * @throws {Problem} when the server says no.
   * @throws {ConnectionLost} when no answer came.
   */
  async request(method, path, options = {}) {
    if (this.#session.isStale(this.#now())) await this.#renew(this.#session.accessToken);
    const { userId, accessToken: token } = this.#session;
    try {
      return await this.#send(method, path, { ...options, token });
    } catch (/** @type {any} */ error) {
      // A gateway's own refusal may be unreadable to a page of another origin, and then looks like a lost line.
      if (error instanceof ConnectionLost) await this.#renew(token);
      if (error.status !== 401) throw error;
    }
    await this.#renew(token);
    // Nobody may be logged in any more, or somebody else.
    if (this.#session.userId !== userId) throw new ConnectionLost();
    const { accessToken } = this.#session;
    try {
      return await this.#send(method, path, { ...options, token: accessToken });
    } catch (/** @type {any} */ error) {
      if (error.status === 401 && this.#session.accessToken === accessToken) this.#session.end("expired");
      throw error;
    }
  }

  /**
   * Renew the tokens once, however many requests were refused at the same time.
   *
   * @param {string | undefined} refusedToken
   */
  async #renew(refusedToken) {
    if (this.#session.accessToken !== refusedToken) return;
    this.#renewal ??= this.#refresh().finally(() => {
      this.#renewal = undefined;
    });
    await this.#renewal;
  }

  async #refresh() {
    const { refreshToken } = this.#session;
    // Another session may have begun meanwhile, or this one ended: then the answer is about neither.
    const isCurrent = () => this.#session.refreshToken === refreshToken;
    try {
      const answer = await this.#send("POST", "/sessions/refresh", { body: { refreshToken } });
      if (isCurrent()) this.keep(answer);
    } catch (/** @type {any} */ error) {
      if (error.isTemporary === false && isCurrent()) this.#session.end("expired");
      throw error;
    }
  }

  /** @param {string} method @param {string} path @param {Options & {token?: string}} [options] */
  async #send(method, path, { query, body, content, headers: given, token, signal } = {}) {
    /** @type {Record<string, string>} */
    const headers = { ...given };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (token !== undefined) headers.Authorization = `Bearer ${token}`;
    const deadline = AbortSignal.timeout(content ? CONTENT_TIMEOUT_MS : TIMEOUT_MS);
    let response;
    let text;
    try {
      response = await this.fetch(this.#address(path, query), {
        method,
        headers,
        body: body === undefined ? content : JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
        credentials: "omit",
        cache: "no-store",
      });
      text = await response.text();
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new ConnectionLost({ cause });
    }
    const answer = parse(text);
    if (!response.ok) throw problemOf(response, answer);
    return answer;
  }

  /** @param {string} path @param {Record<string, unknown>} [query] */
  #address(path, query = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(/** @type {[string, string][]} */ (given)).toString();
    return `${this.#url}${path}${search && `?${search}`}`;
  }
}

/**
 * A gateway may refuse in its own words, so nothing but the status is sure.
 *
 * @param {Response} response
 * @param {any} answer
 */
function problemOf({ status, headers }, answer) {
  const { code = GATEWAY_CODES[status], retryAfter = Number(headers.get("Retry-After")) || undefined } = answer ?? {};
  return new Problem({ ...answer, code, retryAfter, status });
}

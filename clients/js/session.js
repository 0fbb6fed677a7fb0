import { Listeners } from "./listeners.js";
import { FleetingStorage, Shelf } from "./shelf.js";

/** How long before its expiry an access token is no longer used. */
const EXPIRY_MARGIN_MS = 30_000;

/** @typedef {{userId: string, accessToken: string, refreshToken: string, expiresAt: number}} Tokens */

/** Who is logged in, and the tokens that prove it. Tells `ended` when nobody is any more. */
export class Session extends Listeners {
  #shelf;
  /** @type {Tokens | undefined} */
  #tokens;

  /** @param {Shelf} [shelf] Where the tokens outlive a reload. */
  constructor(shelf = new Shelf(new FleetingStorage(), "session")) {
    super();
    this.#shelf = shelf;
    this.#tokens = shelf.load();
  }

  get isOpen() {
    return this.#tokens !== undefined;
  }

  get userId() {
    return this.#tokens?.userId;
  }

  get accessToken() {
    return this.#tokens?.accessToken;
  }

  get refreshToken() {
    return this.#tokens?.refreshToken;
  }

  /** @param {number} now Milliseconds. */
  isStale(now) {
    return this.#tokens !== undefined && now > this.#tokens.expiresAt - EXPIRY_MARGIN_MS;
  }

  /**
   * Keep what a log-in or a refresh answered.
   *
   * @param {import("./api.js").TokenAnswer} answer
   * @param {number} now Milliseconds.
   */
  keep(answer, now) {
    const all = /** @type {Tokens & {expiresIn: number}} */ ({ ...this.#tokens, ...answer });
    const { userId, accessToken, refreshToken, expiresIn } = all;
    this.#tokens = { userId, accessToken, refreshToken, expiresAt: now + expiresIn * 1000 };
    this.#shelf.save(this.#tokens);
  }

  /** Take over what another page of the same browser has kept or ended meanwhile. */
  reload() {
    const stored = this.#shelf.load();
    if (!stored || stored.userId !== this.userId) this.end("elsewhere");
    else this.#tokens = stored;
  }

  /** @param {string} reason Told to the listeners; "elsewhere" keeps what another page has stored. */
  end(reason) {
    if (!this.isOpen) return;
    this.#tokens = undefined;
    if (reason !== "elsewhere") this.#shelf.clear();
    this.tell("ended", reason);
  }
}

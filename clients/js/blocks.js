import { Listeners } from "./listeners.js";
import { path } from "./path.js";

/** The people one has blocked. Tells `changed`. */
export class Blocks {
  #api;
  #listeners = new Listeners();
  /** @type {Set<string>} */
  #userIds = new Set();

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
  }

  /** @param {string} event @param {(...details: any[]) => void} listener */
  on(event, listener) {
    return this.#listeners.on(event, listener);
  }

  /** @returns {string[]} */
  list() {
    return [...this.#userIds];
  }

  /** @param {string} userId */
  has(userId) {
    return this.#userIds.has(userId);
  }

  async refresh() {
    const userIds = new Set();
    let cursor;
    do {
      const page = await this.#api.request("GET", "/users/me/blocks", { query: { cursor } });
      for (const { userId } of page.blocks) userIds.add(userId);
      cursor = page.nextCursor;
    } while (cursor);
    this.#userIds = userIds;
    this.#listeners.tell("changed");
  }

  /** @param {string} userId */
  async add(userId) {
    await this.#api.request("PUT", path`/users/me/blocks/${userId}`);
    this.#userIds.add(userId);
    this.#listeners.tell("changed");
  }

  /** @param {string} userId */
  async remove(userId) {
    await this.#api.request("DELETE", path`/users/me/blocks/${userId}`);
    this.#userIds.delete(userId);
    this.#listeners.tell("changed");
  }
}

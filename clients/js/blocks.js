import { Listeners } from "./listeners.js";
import { path } from "./path.js";

/** The people one has blocked. Tells `changed`. */
export class Blocks extends Listeners {
  #api;
  /** @type {Set<string>} */
  #userIds = new Set();

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    super();
    this.#api = api;
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
    this.tell("changed");
  }

  /** @param {string} userId */
  async add(userId) {
    await this.#api.request("PUT", path`/users/me/blocks/${userId}`);
    this.#userIds.add(userId);
    this.tell("changed");
  }

  /** @param {string} userId */
  async remove(userId) {
    await this.#api.request("DELETE", path`/users/me/blocks/${userId}`);
    this.#userIds.delete(userId);
    this.tell("changed");
  }
}

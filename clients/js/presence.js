import { Listeners } from "./listeners.js";

/** The protocol's limit for one question. */
const MAX_AT_ONCE = 100;

/** @typedef {{userId: string, online: boolean, lastSeenAt?: string}} Presence */

/** Who is there, of those somebody has asked for. Tells `changed` when it is another picture. */
export class PresenceBoard extends Listeners {
  #api;
  /** @type {Map<string, Presence | undefined>} */
  #known = new Map();
  /** @type {Set<string>} */
  #wanted = new Set();
  #isAsking = false;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    super();
    this.#api = api;
  }

  /**
   * Give what is known now; somebody unknown is asked for and told later.
   *
   * @param {string} userId
   * @returns {Presence | undefined}
   */
  get(userId) {
    if (!this.#known.has(userId)) this.#want([userId]);
    return this.#known.get(userId);
  }

  /**
   * Ask the server now.
   *
   * @param {string[]} userIds At most 100.
   * @returns {Promise<Presence[]>}
   */
  async read(userIds) {
    const before = new Map(this.#known);
    /** @type {{users: Presence[]}} */
    const { users } = await this.#api.request("POST", "/presence", { body: { userIds } });
    // What was pushed meanwhile is newer.
    this.take(users.filter(({ userId }) => this.#known.get(userId) === before.get(userId)));
    return users;
  }

  /** Take in how people are now. @param {Presence[]} presences */
  take(presences) {
    for (const { userId, online, lastSeenAt } of presences)
      this.#known.set(userId, { userId, online, lastSeenAt });
    this.tell("changed");
  }

  /** Changes may have been missed: ask again for everyone. */
  refresh() {
    this.#want([...this.#known.keys()]);
  }

  /** @param {string[]} userIds */
  #want(userIds) {
    for (const userId of userIds) this.#wanted.add(userId);
    if (this.#isAsking || this.#wanted.size === 0) return;
    this.#isAsking = true;
    queueMicrotask(() => this.#ask());
  }

  async #ask() {
    const userIds = [...this.#wanted].slice(0, MAX_AT_ONCE);
    // Known without an answer for now, so that nobody is asked for twice.
    for (const userId of userIds) {
      this.#wanted.delete(userId);
      if (!this.#known.has(userId)) this.#known.set(userId, undefined);
    }
    try {
      await this.read(userIds);
    } catch {
      // The next refresh asks again.
    }
    this.#isAsking = false;
    this.#want([]);
  }
}

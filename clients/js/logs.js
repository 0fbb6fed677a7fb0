import { ChatLog } from "./chat_log.js";
import { Listeners } from "./listeners.js";
import { path } from "./path.js";

/** How many numbers of a log are read at a time, going back. */
const WINDOW = 60;
const PAGE_LENGTH = 100;
/** Going back stops once this many messages were found: other events take numbers too. */
const ENOUGH_MESSAGES = 25;
/** How many events of a log are held that nobody looks at. */
const MAX_HELD = 1_000;
/** After a read that failed. */
const RETRY_PAUSE_MS = 3_000;
/** Further behind than this, the end of the log is read afresh instead of everything in between. */
const CATCH_UP_LIMIT = 500;

/** @typedef {import("./chat_log.js").LogEvent} LogEvent */

/**
 * The logs of all chats, read from the server when they are opened and whenever they may have missed something.
 *
 * Tells `read` with the events of each page that was read, `event` with each of them that is new and happened since the log
 * was begun, and `changed` with the chatId of each log that was.
 */
export class Logs extends Listeners {
  #api;
  #now;
  /** @type {Map<string, ChatLog>} */
  #logs = new Map();
  /** @type {Map<string, number>} What comes after these is news, by chatId. */
  #newsAfter = new Map();
  /** @type {Map<string, Promise<void>>} Reads that miss nothing, by chatId. */
  #reading = new Map();
  #timers = new Map();
  /** @type {string | undefined} Whose log is kept complete, though others are not. */
  openChatId;
  #isStopped = false;
  /** Whether every log is kept complete, and not the open one alone. */
  isFollowing = false;

  /**
   * @param {object} options
   * @param {import("./api.js").Api} options.api
   * @param {() => number} options.now The server's time in milliseconds.
   */
  constructor({ api, now }) {
    super();
    this.#api = api;
    this.#now = now;
  }

  /** @param {string} chatId @returns {ChatLog} Empty until it is opened. */
  get(chatId) {
    const log = this.#logs.get(chatId) ?? new ChatLog();
    this.#logs.set(chatId, log);
    return log;
  }

  /**
   * Whether events of the chat have a place here: its log was read, or is being read.
   *
   * @param {string} chatId
   */
  holds(chatId) {
    return this.isFollowing || this.get(chatId).isLoaded || this.#reading.has(chatId);
  }

  /** @returns {Record<string, number>} Up to where nothing is missing of each log that was begun, by chatId. */
  get positions() {
    const begun = [...this.#logs].filter(([, log]) => log.startSeq !== undefined);
    return Object.fromEntries(begun.map(([chatId, log]) => [chatId, log.contiguousSeq]));
  }

  /**
   * Hold a log from a place on, if it is not held yet, and catch up with it.
   *
   * @param {string} chatId
   * @param {number} startSeq
   * @param {number} lastSeq The highest seq the server is known to have.
   */
  async follow(chatId, startSeq, lastSeq) {
    const log = this.get(chatId);
    if (log.startSeq === undefined) {
      log.begin(startSeq);
      this.#newsAfter.set(chatId, startSeq);
    }
    if (log.isBehind(lastSeq)) await this.#once(chatId, () => this.#readOn(chatId, log));
  }

  /**
   * Have the newest part of a log, with nothing missing.
   *
   * @param {string} chatId
   * @param {number} lastSeq The highest seq the server is known to have.
   */
  async load(chatId, lastSeq = 0) {
    const log = this.get(chatId);
    if (!log.isLoaded) await this.#readNewest(chatId, lastSeq);
    else if (log.isStale || log.isBehind(lastSeq)) await this.#catchUp(chatId, lastSeq);
  }

  /** The chat is no longer one's own: nothing of it is kept. @param {string} chatId */
  drop(chatId) {
    this.#logs.delete(chatId);
    this.#unwatch(chatId);
  }

  /** Read what is before the oldest event held, until some messages were found. @param {string} chatId */
  async readEarlier(chatId) {
    const log = this.get(chatId);
    await this.#goBack(chatId, log, log.messages.length + ENOUGH_MESSAGES);
    this.tell("changed", chatId);
  }

  /**
   * Take in events that were not read but pushed.
   *
   * @param {string} chatId
   * @param {LogEvent[]} events
   * @returns {object[]} Those that were new.
   */
  insert(chatId, events) {
    const log = this.get(chatId);
    const added = log.insert(events, this.#now());
    if (chatId !== this.openChatId) log.trim(MAX_HELD);
    this.#watch(chatId);
    if (added.length > 0) this.tell("changed", chatId);
    return added;
  }

  /**
   * Take in a message as a reply told it, before its event has come.
   *
   * @param {string} chatId
   * @param {import("./chat_log.js").Message} message
   */
  amend(chatId, message) {
    this.get(chatId).amend(message);
    this.tell("changed", chatId);
  }

  /** Pushes may have been missed: every log is to be caught up with, and what is being read may have been asked for before. */
  distrust() {
    for (const log of this.#logs.values()) log.isStale = true;
    this.#reading.clear();
  }

  stop() {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /** @param {string} chatId @param {number} lastSeq */
  #readNewest(chatId, lastSeq) {
    return this.#once(chatId, async () => {
      const log = this.get(chatId);
      const newest = Math.max(0, lastSeq - WINDOW);
      if (!this.#newsAfter.has(chatId)) this.#newsAfter.set(chatId, lastSeq);
      // One that is followed may have a gap to fill before its newest part.
      if (log.startSeq === undefined || log.startSeq > newest) log.begin(newest);
      await this.#readOn(chatId, log);
      await this.#goBack(chatId, log, ENOUGH_MESSAGES);
      log.isLoaded = true;
    });
  }

  /** @param {string} chatId @param {number} lastSeq */
  #catchUp(chatId, lastSeq) {
    const log = this.get(chatId);
    // Who follows is told of everything in between.
    if (!this.isFollowing && lastSeq - log.highestSeq > CATCH_UP_LIMIT) {
      this.#logs.delete(chatId);
      return this.#readNewest(chatId, lastSeq);
    }
    return this.#once(chatId, () => this.#readOn(chatId, log));
  }

  /**
   * Read everything a log does not hold yet, from its end or its first gap on.
   *
   * @param {string} chatId
   * @param {ChatLog} log
   */
  async #readOn(chatId, log) {
    for await (const page of this.#pages(chatId, log.contiguousSeq)) {
      const added = log.read(page, this.#now());
      const newsAfter = this.#newsAfter.get(chatId) ?? Infinity;
      for (const event of added) if (event.seq > newsAfter) this.tell("event", event);
    }
  }

  /**
   * Extend a log downwards until it has enough messages, or has reached the beginning.
   *
   * @param {string} chatId
   * @param {ChatLog} log
   * @param {number} enough
   */
  async #goBack(chatId, log, enough) {
    while (log.hasEarlier && log.messages.length < enough) {
      const endSeq = log.startSeq ?? 0;
      const startSeq = Math.max(0, endSeq - WINDOW);
      const events = [];
      for await (const page of this.#pages(chatId, startSeq)) {
        events.push(...page.events.filter(({ seq }) => seq <= endSeq));
        if ((page.events.at(-1)?.seq ?? endSeq) >= endSeq) break;
      }
      log.extend(events, startSeq);
      if (events.length === 0) log.isComplete = !(await this.#hasMessageBefore(chatId, startSeq));
    }
  }

  /**
   * A new member may not see what is older than the membership, however far back the numbers go.
   *
   * @param {string} chatId
   * @param {number} seq
   */
  async #hasMessageBefore(chatId, seq) {
    const query = { before: seq + 1, limit: 1 };
    const page = await this.#api.request("GET", path`/chats/${chatId}/messages`, { query });
    return page.messages.length > 0;
  }

  /**
   * Read for a log once, however many ask for it meanwhile.
   *
   * @param {string} chatId
   * @param {() => Promise<void>} read
   */
  #once(chatId, read) {
    const underWay = this.#reading.get(chatId);
    if (underWay) return underWay;
    const isTrusted = () => this.#reading.get(chatId) === reading;
    const reading = read()
      .then(() => {
        if (isTrusted()) this.get(chatId).isStale = false;
        this.#watch(chatId);
      })
      .finally(() => {
        if (isTrusted()) this.#reading.delete(chatId);
        this.tell("changed", chatId);
      });
    this.#reading.set(chatId, reading);
    return reading;
  }

  /**
   * @param {string} chatId
   * @param {number} after
   * @returns {AsyncGenerator<import("./chat_log.js").Page, void>} All there is after a seq, read as it is taken.
   */
  async *#pages(chatId, after) {
    let page;
    do {
      const askedAt = this.#now();
      const query = { after, limit: PAGE_LENGTH };
      page = await this.#api.request("GET", path`/chats/${chatId}/events`, { query });
      this.tell("read", page.events);
      yield { ...page, after, askedAt };
      after = page.events.at(-1)?.seq ?? after;
    } while (page.hasMore && page.events.length > 0);
  }

  /**
   * When something is missing, read it at its time, if the log is kept complete then; otherwise when it is opened.
   *
   * @param {string} chatId
   * @param {number} [pause] Milliseconds to let pass before, after a read that failed.
   */
  #watch(chatId, pause = 0) {
    this.#unwatch(chatId);
    const { dueAt } = this.get(chatId);
    if (dueAt === undefined || this.#isStopped) return;
    const read = () => {
      if (!this.isFollowing && chatId !== this.openChatId) return;
      this.#catchUp(chatId, 0).catch(() => this.#watch(chatId, RETRY_PAUSE_MS));
    };
    this.#timers.set(chatId, setTimeout(read, Math.max(pause, dueAt - this.#now())));
  }

  /** @param {string} chatId */
  #unwatch(chatId) {
    clearTimeout(this.#timers.get(chatId));
    this.#timers.delete(chatId);
  }
}

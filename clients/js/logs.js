import { ChatLog, SETTLING_MS } from "./chat_log.js";
import { Listeners } from "./listeners.js";

const PAGE_LENGTH = 50;
const CATCH_UP_PAGE_LENGTH = 100;
/** How long a missing message may take to come by itself. */
const GAP_PATIENCE_MS = 1_000;
/** Further behind than this, the newest page is read afresh instead of everything in between. */
const CATCH_UP_LIMIT = 500;

/**
 * The logs of all chats, read from the server when they are opened and whenever they may have missed something.
 *
 * Tells `read` with the messages of each page that was read, and `changed` with the chatId of each log that was.
 */
export class Logs {
  #api;
  #now;
  #listeners = new Listeners();
  /** @type {Map<string, ChatLog>} */
  #logs = new Map();
  /** Logs that are to be caught up with when they are opened next. */
  #stale = new Set();
  /** @type {Map<string, Promise<void>>} */
  #reading = new Map();
  #timers = new Map();
  #openChatId;
  #isStopped = false;

  /**
   * @param {object} options
   * @param {import("./api.js").Api} options.api
   * @param {() => number} options.now The server's time in milliseconds.
   */
  constructor({ api, now }) {
    this.#api = api;
    this.#now = now;
  }

  on(event, listener) {
    return this.#listeners.on(event, listener);
  }

  /** @returns {ChatLog} Empty until it is opened. */
  get(chatId) {
    if (!this.#logs.has(chatId)) this.#logs.set(chatId, new ChatLog());
    return this.#logs.get(chatId);
  }

  /** Whether messages of the chat have a place here: its log was read, or is being read. */
  holds(chatId) {
    return this.get(chatId).isLoaded || this.#reading.has(chatId);
  }

  /**
   * Make a log the one that is kept complete.
   *
   * @param {string} chatId
   * @param {number} lastSeq The highest seq the server is known to have.
   */
  async open(chatId, lastSeq = 0) {
    this.#openChatId = chatId;
    const log = this.get(chatId);
    if (!log.isLoaded) await this.#readNewest(chatId);
    else if (this.#stale.has(chatId) || log.hasGap) await this.#catchUp(chatId, lastSeq);
  }

  /**
   * Catch up with the open log, if there is one.
   *
   * @param {(chatId: string) => number | undefined} lastSeqOf The highest seq the server is known to have.
   */
  async reopen(lastSeqOf) {
    if (this.#openChatId) await this.open(this.#openChatId, lastSeqOf(this.#openChatId));
  }

  close() {
    this.#openChatId = undefined;
  }

  /** Read the page before the oldest message held. */
  async readEarlier(chatId) {
    const log = this.get(chatId);
    const page = await this.#readPage(chatId, { before: log.lowestSeq, limit: PAGE_LENGTH });
    log.insert(page.messages);
    log.hasEarlier = page.hasMore;
    this.#listeners.tell("changed", chatId);
  }

  /** Take in messages that were not read but pushed or sent. @returns {object[]} Those that were new. */
  insert(chatId, messages) {
    const added = this.get(chatId).insert(messages);
    this.#watchGap(chatId, GAP_PATIENCE_MS);
    if (added.length > 0) this.#listeners.tell("changed", chatId);
    return added;
  }

  /** Pushes may have been missed: every log is to be caught up with. */
  distrust() {
    for (const [chatId, log] of this.#logs) if (log.isLoaded) this.#stale.add(chatId);
  }

  stop() {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #readNewest(chatId) {
    return this.#once(chatId, async () => {
      const readAt = this.#now();
      const page = await this.#readPage(chatId, { limit: PAGE_LENGTH });
      this.get(chatId).load(page.messages, page.hasMore && page.messages.length > 0, readAt);
      this.#watchGap(chatId, GAP_PATIENCE_MS);
    });
  }

  #catchUp(chatId, lastSeq) {
    const log = this.get(chatId);
    if (lastSeq - log.highestSeq > CATCH_UP_LIMIT) {
      this.#logs.delete(chatId);
      return this.#readNewest(chatId);
    }
    return this.#once(chatId, async () => {
      const readAt = this.#now();
      let after = log.confirmedSeq;
      let page;
      do {
        page = await this.#readPage(chatId, { after, limit: CATCH_UP_PAGE_LENGTH });
        log.insert(page.messages);
        after = page.messages.at(-1)?.seq ?? after;
      } while (page.hasMore && page.messages.length > 0);
      log.confirm(readAt);
      this.#watchGap(chatId, SETTLING_MS);
    });
  }

  /** Read for a log once, however many ask for it meanwhile. */
  #once(chatId, read) {
    if (!this.#reading.has(chatId)) {
      const reading = read()
        .then(() => this.#stale.delete(chatId))
        .finally(() => {
          this.#reading.delete(chatId);
          this.#listeners.tell("changed", chatId);
        });
      this.#reading.set(chatId, reading);
    }
    return this.#reading.get(chatId);
  }

  async #readPage(chatId, query) {
    const path = `/chats/${encodeURIComponent(chatId)}/messages`;
    const page = await this.#api.request("GET", path, { query });
    this.#listeners.tell("read", page.messages);
    return page;
  }

  /** When something is missing, wait a while for it, then read it. */
  #watchGap(chatId, patience) {
    if (!this.get(chatId).hasGap || this.#isStopped || this.#timers.has(chatId)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(chatId);
      if (!this.get(chatId).hasGap) return;
      this.#stale.add(chatId);
      if (chatId === this.#openChatId) this.#catchUp(chatId, 0).catch(() => {});
    }, patience);
    this.#timers.set(chatId, timer);
  }
}

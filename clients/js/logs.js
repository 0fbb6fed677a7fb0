import { ChatLog } from "./chat_log.js";
import { Listeners } from "./listeners.js";

/** How many numbers of a log are read at a time, going back. */
const WINDOW = 60;
const PAGE_LENGTH = 100;
/** Going back stops once this many messages were found: other events take numbers too. */
const ENOUGH_MESSAGES = 25;
/** Further behind than this, the end of the log is read afresh instead of everything in between. */
const CATCH_UP_LIMIT = 500;

/**
 * The logs of all chats, read from the server when they are opened and whenever they may have missed something.
 *
 * Tells `read` with the events of each page that was read, and `changed` with the chatId of each log that was.
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

  /** Whether events of the chat have a place here: its log was read, or is being read. */
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
    if (!log.isLoaded) await this.#readNewest(chatId, lastSeq);
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

  /** The chat is no longer one's own: nothing of it is kept. */
  drop(chatId) {
    this.#logs.delete(chatId);
    this.#unwatch(chatId);
  }

  /** Read what is before the oldest event held, until some messages were found. */
  async readEarlier(chatId) {
    const log = this.get(chatId);
    await this.#goBack(chatId, log, log.messages.length + ENOUGH_MESSAGES);
    this.#listeners.tell("changed", chatId);
  }

  /** Take in events that were not read but pushed. @returns {object[]} Those that were new. */
  insert(chatId, events) {
    const added = this.get(chatId).insert(events, this.#now());
    this.#watch(chatId);
    if (added.length > 0) this.#listeners.tell("changed", chatId);
    return added;
  }

  /** Take in a message as a reply told it, before its event has come. */
  amend(chatId, message) {
    this.get(chatId).amend(message);
    this.#listeners.tell("changed", chatId);
  }

  /** @returns {[string, object[]][]} The newest events of each log that was read, by chatId. */
  snapshot() {
    const loaded = [...this.#logs].filter(([, log]) => log.isLoaded && log.events.length > 0);
    return loaded.map(([chatId, log]) => [chatId, log.events.slice(-WINDOW)]);
  }

  /** Hold what was held another time, until it is caught up with. @param {string} chatId @param {object[]} events */
  restore(chatId, events) {
    const log = this.get(chatId);
    if (log.isLoaded || events.length === 0) return;
    log.begin(events[0].seq - 1);
    log.insert(events, this.#now());
    log.isLoaded = true;
    this.#stale.add(chatId);
  }

  /** Pushes may have been missed: every log is to be caught up with. */
  distrust() {
    for (const [chatId, log] of this.#logs) if (log.isLoaded) this.#stale.add(chatId);
  }

  stop() {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #readNewest(chatId, lastSeq) {
    return this.#once(chatId, async () => {
      const log = this.get(chatId);
      log.begin(Math.max(0, lastSeq - WINDOW));
      await this.#readOn(chatId, log);
      await this.#goBack(chatId, log, ENOUGH_MESSAGES);
      log.isLoaded = true;
    });
  }

  #catchUp(chatId, lastSeq) {
    const log = this.get(chatId);
    if (lastSeq - log.highestSeq > CATCH_UP_LIMIT) {
      this.#logs.delete(chatId);
      return this.#readNewest(chatId, lastSeq);
    }
    return this.#once(chatId, () => this.#readOn(chatId, log));
  }

  /** Read everything a log does not hold yet, from its end or its first gap on. */
  async #readOn(chatId, log) {
    let after = log.contiguousSeq;
    let page;
    do {
      const askedAt = this.#now();
      page = await this.#readPage(chatId, after);
      log.read(page, { after, askedAt, now: this.#now() });
      after = page.events.at(-1)?.seq ?? after;
    } while (page.hasMore && page.events.length > 0);
  }

  /** Extend a log downwards until it has enough messages, or has reached the beginning. */
  async #goBack(chatId, log, enough) {
    while (log.hasEarlier && log.messages.length < enough) {
      const startSeq = Math.max(0, log.startSeq - WINDOW);
      const events = await this.#readBetween(chatId, startSeq, log.startSeq);
      log.extend(events, startSeq);
      if (events.length === 0 && !(await this.#hasMessageBefore(chatId, startSeq))) log.complete();
    }
  }

  /** @returns {Promise<object[]>} The events after one seq and up to another. */
  async #readBetween(chatId, startSeq, endSeq) {
    const events = [];
    let page;
    do {
      page = await this.#readPage(chatId, events.at(-1)?.seq ?? startSeq);
      events.push(...page.events.filter(({ seq }) => seq <= endSeq));
    } while (page.hasMore && page.events.length > 0 && page.events.at(-1).seq < endSeq);
    return events;
  }

  /** A new member may not see what is older than the membership, however far back the numbers go. */
  async #hasMessageBefore(chatId, seq) {
    const query = { before: seq + 1, limit: 1 };
    const page = await this.#api.request("GET", `/chats/${encodeURIComponent(chatId)}/messages`, { query });
    return page.messages.length > 0;
  }

  /** Read for a log once, however many ask for it meanwhile. */
  #once(chatId, read) {
    if (!this.#reading.has(chatId)) {
      const reading = read()
        .then(() => {
          this.#stale.delete(chatId);
          this.#watch(chatId);
        })
        .finally(() => {
          this.#reading.delete(chatId);
          this.#listeners.tell("changed", chatId);
        });
      this.#reading.set(chatId, reading);
    }
    return this.#reading.get(chatId);
  }

  async #readPage(chatId, after) {
    const path = `/chats/${encodeURIComponent(chatId)}/events`;
    const page = await this.#api.request("GET", path, { query: { after, limit: PAGE_LENGTH } });
    this.#listeners.tell("read", page.events);
    return page;
  }

  /** When something is missing, read it at its time, if the log is open then; otherwise when it is opened. */
  #watch(chatId) {
    this.#unwatch(chatId);
    const { dueAt } = this.get(chatId);
    if (dueAt === undefined || this.#isStopped) return;
    const timer = setTimeout(
      () => chatId === this.#openChatId && this.#catchUp(chatId, 0).catch(() => {}),
      Math.max(0, dueAt - this.#now()),
    );
    this.#timers.set(chatId, timer);
  }

  #unwatch(chatId) {
    clearTimeout(this.#timers.get(chatId));
    this.#timers.delete(chatId);
  }
}

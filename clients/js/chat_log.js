/**
 * What this client holds of the log of one chat: its events, each once and in order, the messages they make,
 * and what may be missing.
 *
 * Pure: no clock and no I/O; times are milliseconds of the server. A number missing between two events means
 * either that its event is late or was lost on the way here, or that a write failed and the number will never
 * be used. The server promises that an allocated number shows within 30 seconds, so a gap is final once a read
 * of the log, asked for that long after a higher number was seen, did not fill it.
 */

/** How long a gap may still fill after a higher number was seen. */
const SETTLING_MS = 30_000;
/** How long a missing event may be just late. Pushes overtake each other often, and then come by themselves. */
const PATIENCE_MS = 1_000;
/**
 * A number was allocated at most this long after the time its event bears: a function of the server lives
 * 29 s, and clocks disagree. So nobody has to wait for what is missing in an old part of a log.
 */
const ALLOCATION_MS = 35_000;

/**
 * @typedef {{chatId: string, seq: number, messageId: string, senderId: string, sentAt: string, text?: string,
 *   fileIds?: string[], replyTo?: string, editedAt?: string, deletedAt?: string, reactions?: Record<string, string[]>,
 *   changedSeq?: number, clientMessageId?: string}} Message `changedSeq`: the seq of its last change.
 * @typedef {{type: string, chatId: string, seq: number, at: string, message?: Message, messageId?: string,
 *   userId?: string, emoji?: string, byId?: string, memberIds?: string[], admins?: string[], name?: string,
 *   historyForNewMembers?: boolean, truncated?: boolean}} LogEvent Which fields there are depends on the type.
 * @typedef {{events: LogEvent[], hasMore: boolean, lastSeq: number, after: number, askedAt: number}} Page The events
 *   after a seq, and when they were asked for.
 */

export class ChatLog {
  /** @type {number | undefined} The events after this seq are to be held; undefined until that is known. */
  startSeq = undefined;
  /** Whether the first pages have come; who reads them says so. */
  isLoaded = false;
  /** Whether events after those held may have been missed, without a trace; who may have missed them says so. */
  isStale = false;
  /** Everything after `startSeq` and up to here is held, or will never be. */
  contiguousSeq = 0;
  /** Whether the log is known to have nothing before `startSeq`; who reads it says so. */
  isComplete = false;
  /** @type {Map<number, LogEvent>} */
  #events = new Map();
  /** @type {{seq: number, at: number}[]} Which number showed when that there is more; both only rise. */
  #marks = [];
  /** Events up to here were let go of. */
  #floor = 0;
  /** When the last whole read was asked for. */
  #askedAt = -Infinity;
  /** @type {Map<string, Message>} The newest state heard of, by messageId. */
  #messages = new Map();
  /** @type {LogEvent[] | undefined} */
  #sorted;

  /** Whether there may be events from before those held. */
  get hasEarlier() {
    return (this.startSeq ?? 0) > 0 && !this.isComplete;
  }

  /** @returns {LogEvent[]} Ascending by seq. */
  get events() {
    this.#sorted ??= [...this.#events.values()].sort(bySeq);
    return this.#sorted;
  }

  /** @returns {Message[]} As they are now, ascending by seq. */
  get messages() {
    const created = this.events.filter(({ type }) => type === "message.created");
    return created.map(({ message }) => /** @type {any} */ (this.message(/** @type {any} */ (message).messageId)));
  }

  /** @returns {number} The highest seq known to be in use; 0 when there is none. */
  get highestSeq() {
    return this.#marks.at(-1)?.seq ?? this.contiguousSeq;
  }

  /** Whether an event may be missing between those held, or after them. */
  get hasGap() {
    return this.startSeq !== undefined && this.contiguousSeq < this.highestSeq;
  }

  /** @param {number} lastSeq The highest seq the server is known to have. @returns {boolean} Whether there is more to read. */
  isBehind(lastSeq) {
    return this.hasGap || this.highestSeq < lastSeq;
  }

  /**
   * From when to read what is after `contiguousSeq`: once a gap is more than just late, and for the last time
   * when that makes it final.
   *
   * @returns {number | undefined} A time; undefined when nothing is missing.
   */
  get dueAt() {
    if (!this.hasGap) return undefined;
    const times = this.#missingSince().map(
      (at) => at + (this.#askedAt < at + PATIENCE_MS ? PATIENCE_MS : SETTLING_MS),
    );
    return Math.min(...times);
  }

  /** @param {string} messageId @returns {Message | undefined} */
  message(messageId) {
    return this.#messages.get(messageId);
  }

  /**
   * Say that the log is held from here on; older events held so far are dropped, for there may be others in
   * between.
   *
   * @param {number} startSeq
   */
  begin(startSeq) {
    this.startSeq = startSeq;
    this.contiguousSeq = startSeq;
    this.isComplete = false;
    for (const seq of this.#events.keys()) if (seq <= startSeq) this.#events.delete(seq);
    this.#sorted = undefined;
    this.#advance();
  }

  /**
   * Take in events from wherever they came, in any order, known or new.
   *
   * @param {LogEvent[]} events One that is `truncated` only leaves its mark.
   * @param {number} now
   * @returns {LogEvent[]} Those that were new, ascending.
   */
  insert(events, now) {
    const added = [];
    for (const event of [...events].sort(bySeq)) {
      const allocatedAt = Date.parse(event.at) + ALLOCATION_MS;
      this.hearOf(event.seq, Math.min(now, allocatedAt || now));
      const isHere = event.truncated || event.seq <= this.#floor;
      if (!isHere && this.#take(event)) added.push(event);
    }
    this.#advance();
    return added;
  }

  /** The server has used this number, whether or not its event has come. @param {number} seq @param {number} now */
  hearOf(seq, now) {
    const last = this.#marks.at(-1);
    if (seq > this.highestSeq) this.#marks.push({ seq, at: Math.max(now, last?.at ?? now) });
  }

  /**
   * Take in a page of getEvents.
   *
   * @param {Page} page
   * @param {number} now
   * @returns {LogEvent[]} The events that were new, ascending.
   */
  read({ events, hasMore, lastSeq, after, askedAt }, now) {
    const added = this.insert(events, now);
    this.hearOf(lastSeq, now);
    if (after <= this.contiguousSeq) {
      const end = hasMore ? (events.at(-1)?.seq ?? after) : this.highestSeq;
      this.#settle(end, askedAt);
    }
    if (!hasMore) this.#askedAt = askedAt;
    return added;
  }

  /**
   * Take in all there is between a lower start and the one so far.
   *
   * @param {LogEvent[]} events
   * @param {number} startSeq
   */
  extend(events, startSeq) {
    for (const event of events) this.#take(event);
    this.startSeq = Math.min(startSeq, this.startSeq ?? startSeq);
    this.#floor = Math.min(startSeq, this.#floor);
  }

  /** Let go of the oldest events, so that no more than so many are held. What may have a gap before it stays. @param {number} most */
  trim(most) {
    const surplus = this.events.slice(0, Math.max(0, this.events.length - most));
    for (const { type, seq, message } of surplus) {
      if (seq > this.contiguousSeq) break;
      this.#events.delete(seq);
      if (type === "message.created" && message) this.#messages.delete(message.messageId);
      this.startSeq = this.#floor = seq;
      this.isComplete = false;
    }
    this.#sorted = undefined;
  }

  /**
   * Take in a state of a message, from an event or from a reply; an older one than that held changes nothing.
   *
   * @param {Message} message
   */
  amend(message) {
    const { messageId } = message;
    if (!isOlder(message, this.#messages.get(messageId))) this.#messages.set(messageId, message);
  }

  /** @param {LogEvent} event */
  #take(event) {
    if (event.message) this.amend(event.message);
    if (this.#events.has(event.seq)) return false;
    this.#events.set(event.seq, event);
    this.#sorted = undefined;
    return true;
  }

  /** @returns {number[]} For each mark with a number missing below it, since when that is known. */
  #missingSince() {
    const times = [];
    let low = this.contiguousSeq;
    for (const { seq, at } of this.#marks) {
      for (let each = low + 1; each <= seq; each += 1) {
        if (this.#events.has(each)) continue;
        times.push(at);
        break;
      }
      low = Math.max(low, seq);
    }
    return times;
  }

  /**
   * Move over gaps up to a number that were read for late enough. The marks rise with the numbers, so the gaps
   * that are final are always the first ones.
   *
   * @param {number} end
   * @param {number} askedAt
   */
  #settle(end, askedAt) {
    while (this.contiguousSeq < end) {
      const mark = this.#marks.find(({ seq }) => seq > this.contiguousSeq);
      if (!mark || askedAt < mark.at + SETTLING_MS) return;
      this.contiguousSeq += 1;
      this.#advance();
    }
  }

  #advance() {
    while (this.#events.has(this.contiguousSeq + 1)) this.contiguousSeq += 1;
    this.#marks = this.#marks.filter(({ seq }) => seq > this.contiguousSeq);
  }
}

/**
 * After which seq to begin the log of a chat that a list of chats shows.
 *
 * An old one begins at its end. One that was made, or joined, since the client listens begins with what was not read:
 * who is let into a group counts as having read what was said before. What was pushed of it comes after the place in any
 * case: it may be read on another device already.
 *
 * @param {{readSeq?: number, lastSeq: number}} chat As the list shows it.
 * @param {boolean} isOld Whether it was there before the client: the first list shows it.
 * @param {{seq: number}[]} heard What was pushed of it so far.
 * @returns {number}
 */
export function placeToBegin({ readSeq = 0, lastSeq }, isOld, heard) {
  return Math.min(isOld ? lastSeq : readSeq, ...heard.map(({ seq }) => seq - 1));
}

/** @param {Message} message @param {Message} [held] @returns {boolean} Whether what is held came after it. */
export function isOlder(message, held) {
  return held !== undefined && (message.changedSeq ?? 0) < (held.changedSeq ?? 0);
}

/** @param {LogEvent} one @param {LogEvent} other */
function bySeq(one, other) {
  return one.seq - other.seq;
}

/**
 * What this client holds of the log of one chat: its events, each once and in order, the messages they make,
 * and what may be missing.
 *
 * Pure: no clock and no I/O. A number missing between two events means either that its event is late or was
 * lost on the way here, or that a write failed and the number will never be used. The server promises that an
 * allocated number shows within 30 seconds, so a gap is final once a read of the log, begun that long after a
 * higher number was seen, did not fill it.
 */
import { MessageRecord } from "./message_record.js";

/** How long a gap may still fill after a higher number was seen. */
export const SETTLING_MS = 30_000;

/**
 * A number was allocated at most this long after the time its event bears: a function of the server lives
 * 29 s, and clocks disagree.
 */
const ALLOCATION_MS = 35_000;

/**
 * @typedef {import("./message_record.js").Message} Message
 * @typedef {{type: string, chatId: string, seq: number, at: string, message?: Message, messageId?: string,
 *   userId?: string, emoji?: string}} LogEvent Further fields by type.
 */

export class ChatLog {
  /** The events after this seq are held; undefined until the first page has come. */
  startSeq = undefined;
  /** The seq up to which nothing can be missing any more. */
  confirmedSeq = undefined;
  /** Whether the log is known to have nothing before `startSeq`. */
  #isComplete = false;
  /** @type {Map<number, LogEvent>} */
  #events = new Map();
  /** @type {Map<number, number>} When a number not yet confirmed was seen, by seq. */
  #seenAt = new Map();
  /** @type {Map<string, MessageRecord>} By messageId. */
  #records = new Map();
  /** @type {LogEvent[] | undefined} */
  #sorted;

  /** Whether the first page has come. */
  get isLoaded() {
    return this.startSeq !== undefined;
  }

  /** Whether there may be events from before those held. */
  get hasEarlier() {
    return this.isLoaded && this.startSeq > 0 && !this.#isComplete;
  }

  /** @returns {LogEvent[]} Ascending by seq. */
  get events() {
    this.#sorted ??= [...this.#events.values()].sort(bySeq);
    return this.#sorted;
  }

  /** @returns {Message[]} As they are now, ascending by seq. */
  get messages() {
    return this.events
      .filter(({ type }) => type === "message.created")
      .map(({ message }) => this.message(message.messageId));
  }

  /** @returns {number} The highest seq known to be in use; 0 when there is none. */
  get highestSeq() {
    return Math.max(this.events.at(-1)?.seq ?? 0, this.confirmedSeq ?? 0, ...this.#seenAt.keys());
  }

  /** Whether an event may be missing between those held, or after them. */
  get hasGap() {
    return this.isLoaded && this.confirmedSeq < this.highestSeq;
  }

  /** @returns {Message | undefined} */
  message(messageId) {
    return this.#records.get(messageId)?.view;
  }

  /**
   * Say that the log is held from here on; older events held so far are dropped, for there may be others in
   * between.
   *
   * @param {number} startSeq
   */
  begin(startSeq) {
    this.startSeq = startSeq;
    this.confirmedSeq = startSeq;
    this.#isComplete = false;
    for (const seq of this.#events.keys()) if (seq <= startSeq) this.#events.delete(seq);
    for (const seq of this.#seenAt.keys()) if (seq <= startSeq) this.#seenAt.delete(seq);
    this.#sorted = undefined;
    this.#advance(-Infinity);
  }

  /**
   * Take in events from wherever they came, in any order, known or new.
   *
   * @param {LogEvent[]} events
   * @param {number} now Server time in milliseconds.
   * @returns {LogEvent[]} Those that were new, ascending.
   */
  insert(events, now) {
    const added = events.filter((event) => this.#take(event, now)).sort(bySeq);
    this.#advance(-Infinity);
    return added;
  }

  /**
   * The server has used this number for something that has not come yet.
   *
   * @param {number} seq
   * @param {number} now Server time in milliseconds.
   */
  expect(seq, now) {
    if (this.#events.has(seq) || seq <= (this.confirmedSeq ?? 0) || this.#seenAt.has(seq)) return;
    this.#seenAt.set(seq, now);
  }

  /**
   * Note that everything after `confirmedSeq` was read from the server and inserted.
   *
   * @param {number} readAt Server time at which the read began, in milliseconds.
   */
  confirm(readAt) {
    this.#advance(readAt - SETTLING_MS);
  }

  /**
   * Take in all there is between a lower start and the one so far.
   *
   * @param {LogEvent[]} events
   * @param {number} startSeq
   */
  extend(events, startSeq) {
    for (const event of events) this.#take(event, -Infinity);
    this.startSeq = Math.min(startSeq, this.startSeq);
  }

  /** There is nothing before what is held. */
  complete() {
    this.#isComplete = true;
  }

  /** Take in a message as a reply told it, which is not an event. @param {Message} message */
  amend(message) {
    this.#record(message.messageId).take(message);
  }

  /** Show a reaction as its own reply told it, before its event has come. */
  amendReaction(messageId, emoji, userId, isSet) {
    this.#record(messageId).react(emoji, userId, isSet);
  }

  #take(event, now) {
    const { seq } = event;
    const isNew = !this.#events.has(seq);
    this.#apply(event);
    if (!isNew) return false;
    this.#events.set(seq, event);
    this.#sorted = undefined;
    if (seq > (this.confirmedSeq ?? 0)) {
      const allocatedAt = Date.parse(event.at) + ALLOCATION_MS;
      this.#seenAt.set(seq, Math.min(this.#seenAt.get(seq) ?? now, now, allocatedAt || now));
    }
    return true;
  }

  #apply(event) {
    const messageId = event.messageId ?? event.message?.messageId;
    if (!messageId) return;
    const record = this.#record(messageId);
    const isChange = event.type === "message.edited" || event.type === "message.deleted";
    if (event.message) record.take(event.message, isChange ? event.seq : 0);
    if (event.type === "message.deleted") record.erase(event.at);
    if (event.type === "reaction.added") record.react(event.emoji, event.userId, true, event.seq);
    if (event.type === "reaction.removed") record.react(event.emoji, event.userId, false, event.seq);
  }

  #record(messageId) {
    if (!this.#records.has(messageId)) this.#records.set(messageId, new MessageRecord());
    return this.#records.get(messageId);
  }

  /**
   * Move `confirmedSeq` over every number in sequence, and over gaps below one that was seen, itself or a
   * higher one, by `settledAt`.
   */
  #advance(settledAt) {
    if (!this.isLoaded) return;
    const ahead = [...this.#seenAt.keys()].filter((seq) => seq > this.confirmedSeq).sort((a, b) => a - b);
    const seenBy = new Map();
    let earliest = Infinity;
    for (const seq of [...ahead].reverse()) {
      earliest = Math.min(earliest, this.#seenAt.get(seq));
      seenBy.set(seq, earliest);
    }
    for (const seq of ahead) {
      const follows = seq === this.confirmedSeq + 1 && this.#events.has(seq);
      if (!follows && seenBy.get(seq) > settledAt) break;
      this.confirmedSeq = seq;
    }
    for (const seq of this.#seenAt.keys()) if (seq <= this.confirmedSeq) this.#seenAt.delete(seq);
  }
}

function bySeq(one, other) {
  return one.seq - other.seq;
}

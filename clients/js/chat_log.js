/**
 * The messages of one chat that this client holds: in order, each once, and aware of what may be missing.
 *
 * Pure: no clock and no I/O. A number missing between two messages means either that its message is late or
 * was lost on the way here, or that a write failed and the number will never be used. The server promises
 * that an allocated number shows within 30 seconds, so a gap is final once a read of the history, made later
 * than that, did not fill it.
 */

/** How long a gap may still fill: the protocol's 30 s, and 5 s for clocks that disagree. */
export const SETTLING_MS = 35_000;

/** @typedef {{chatId: string, seq: number, messageId: string, senderId: string, sentAt: string, text?: string,
 *   clientMessageId?: string}} Message */

export class ChatLog {
  /** @type {Message[]} Ascending by seq. */
  messages = [];
  /** Whether the server has messages from before the first one held. */
  hasEarlier = false;
  /** The seq up to which nothing can be missing any more; undefined until the first page has come. */
  confirmedSeq = undefined;

  /** Whether the first page has come. */
  get isLoaded() {
    return this.confirmedSeq !== undefined;
  }

  /** @returns {number | undefined} */
  get lowestSeq() {
    return this.messages[0]?.seq;
  }

  /** @returns {number} 0 when there is no message. */
  get highestSeq() {
    return this.messages.at(-1)?.seq ?? 0;
  }

  /** Whether a message may be missing between those held. */
  get hasGap() {
    return this.isLoaded && this.confirmedSeq < this.highestSeq;
  }

  /**
   * Take in the newest page. Older messages held from before it are dropped, for there may be others in
   * between.
   *
   * @param {Message[]} messages
   * @param {boolean} hasEarlier
   * @param {number} readAt Server time of the request, in milliseconds.
   */
  load(messages, hasEarlier, readAt) {
    const first = hasEarlier ? messages[0].seq : 0;
    this.messages = this.messages.filter((message) => message.seq >= first);
    this.insert(messages);
    this.hasEarlier = hasEarlier;
    this.confirmedSeq = first;
    this.confirm(readAt);
  }

  /**
   * Take in messages from wherever they came, in any order, known or new.
   *
   * @param {Message[]} messages
   * @returns {Message[]} Those that were new, ascending.
   */
  insert(messages) {
    const known = new Set(this.messages.map((message) => message.seq));
    const added = [];
    for (const message of messages) {
      if (!known.has(message.seq)) {
        known.add(message.seq);
        added.push(message);
      }
    }
    if (added.length > 0) {
      added.sort(bySeq);
      this.messages = [...this.messages, ...added].sort(bySeq);
      this.#advance(-Infinity);
    }
    return added;
  }

  /**
   * Note that everything after `confirmedSeq` was read from the server and inserted.
   *
   * @param {number} readAt Server time of the request, in milliseconds.
   */
  confirm(readAt) {
    this.#advance(readAt - SETTLING_MS);
  }

  /**
   * Move `confirmedSeq` over every message in sequence, and over gaps below a message sent before
   * `settledAt`.
   */
  #advance(settledAt) {
    if (!this.isLoaded) return;
    for (const message of this.messages) {
      if (message.seq <= this.confirmedSeq) continue;
      const follows = message.seq === this.confirmedSeq + 1;
      if (!follows && Date.parse(message.sentAt) > settledAt) return;
      this.confirmedSeq = message.seq;
    }
  }
}

function bySeq(one, other) {
  return one.seq - other.seq;
}

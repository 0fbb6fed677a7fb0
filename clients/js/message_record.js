/**
 * One message, put together from everything heard of it, in any order and however often.
 *
 * Pure. What can change is kept as registers: the words, and one for each person and emoji. The event with the
 * highest seq decides a register, so the order of arrival does not matter. A copy of the message that came
 * without a seq (a reply, or the log, which tells a message as it is now) decides only what no event has.
 */

/**
 * @typedef {{chatId: string, seq: number, messageId: string, senderId: string, sentAt: string, text?: string,
 *   replyTo?: string, editedAt?: string, deletedAt?: string, reactions?: Record<string, string[]>,
 *   clientMessageId?: string}} Message
 */

export class MessageRecord {
  /** @type {Message | undefined} */
  #copy;
  #wordsSeq = 0;
  /** @type {Map<string, Map<string, {seq: number, isSet: boolean}>>} By emoji, then by person. */
  #reactions = new Map();
  /** @type {Message | undefined} Made when asked for. */
  #view;

  /** @returns {Message | undefined} As it is now; undefined while only changes of it are known. */
  get view() {
    if (!this.#copy) return undefined;
    this.#view ??= { ...this.#copy, reactions: this.#mergedReactions() };
    return this.#view;
  }

  /** @param {Message} copy @param {number} [seq] Of the event that carried it as a change of the words. */
  take(copy, seq = 0) {
    this.#view = undefined;
    const held = this.#copy;
    const isNewer = !held || this.#isNewer(copy, seq);
    if (isNewer) this.#wordsSeq = Math.max(seq, this.#wordsSeq);
    const words = isNewer ? copy : held;
    this.#copy = { ...held, ...copy };
    for (const name of ["text", "editedAt", "deletedAt"]) {
      if (words[name] === undefined) delete this.#copy[name];
      else this.#copy[name] = words[name];
    }
  }

  /** The words are gone for good. @param {string} at */
  erase(at) {
    this.#view = undefined;
    if (this.#copy && !this.#copy.deletedAt) {
      const { text, ...rest } = this.#copy;
      this.#copy = { ...rest, deletedAt: at };
    }
  }

  /** @param {string} emoji @param {string} userId @param {boolean} isSet @param {number} [seq] */
  react(emoji, userId, isSet, seq = 0) {
    const people = this.#reactions.get(emoji) ?? new Map();
    this.#reactions.set(emoji, people);
    const held = people.get(userId)?.seq ?? 0;
    if (seq !== 0 && seq < held) return;
    this.#view = undefined;
    people.set(userId, { seq: Math.max(seq, held), isSet });
  }

  #isNewer(copy, seq) {
    const held = this.#copy;
    if (held.deletedAt || copy.deletedAt) return !held.deletedAt;
    if (seq > 0 && this.#wordsSeq > 0) return seq > this.#wordsSeq;
    return (copy.editedAt ?? "") > (held.editedAt ?? "");
  }

  #mergedReactions() {
    if (this.#copy.deletedAt) return {};
    const merged = new Map(
      Object.entries(this.#copy.reactions ?? {}).map(([emoji, people]) => [emoji, new Set(people)]),
    );
    for (const [emoji, people] of this.#reactions) {
      const reacting = merged.get(emoji) ?? new Set();
      for (const [userId, { isSet }] of people) {
        if (isSet) reacting.add(userId);
        else reacting.delete(userId);
      }
      merged.set(emoji, reacting);
    }
    return Object.fromEntries(
      [...merged].filter(([, people]) => people.size > 0).map(([emoji, people]) => [emoji, [...people]]),
    );
  }
}

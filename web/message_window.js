/** Which part of a long list stands on the page, so that the page stays light however long it grows. Pure. */

/** How many are shown at first, how many come in at an edge, and how many there are at most. */
const LENGTH = 80;
const STEP = 40;
export const MAX_LENGTH = 160;

export class MessageWindow {
  from = 0;
  to = 0;
  /** @type {string[]} */
  #ids = [];

  get hasEarlier() {
    return this.from > 0;
  }

  get hasLater() {
    return this.to < this.#ids.length;
  }

  /**
   * Take the list as it has become: what is shown stays shown, wherever it stands now.
   *
   * @param {string[]} ids
   * @param {{isFollowing: boolean}} options Whether what comes at the end pushes out what is at the other.
   */
  update(ids, { isFollowing }) {
    const firstId = this.#ids[this.from];
    const lastId = this.#ids[this.to - 1];
    const wasEmpty = this.to === 0;
    const wasAtEnd = !this.hasLater;
    this.#ids = ids;
    if (wasEmpty) return this.toEnd();
    const from = ids.indexOf(firstId);
    const to = ids.lastIndexOf(lastId) + 1;
    if (wasAtEnd && isFollowing) this.to = ids.length;
    else if (wasAtEnd) this.to = Math.max(to, Math.min(ids.length, Math.max(from, 0) + MAX_LENGTH));
    else this.to = to;
    if (this.to === 0) return this.toEnd();
    this.from = from < 0 || from >= this.to ? Math.max(0, this.to - LENGTH) : from;
    if (this.to - this.from > MAX_LENGTH) this.from = this.to - MAX_LENGTH;
  }

  /** Move towards the beginning. */
  earlier() {
    this.from = Math.max(0, this.from - STEP);
    this.to = Math.min(this.to, this.from + MAX_LENGTH);
  }

  /** Move towards the end. */
  later() {
    this.to = Math.min(this.#ids.length, this.to + STEP);
    this.from = Math.max(this.from, this.to - MAX_LENGTH);
  }

  toBeginning() {
    this.from = 0;
    this.to = Math.min(LENGTH, this.#ids.length);
  }

  toEnd() {
    this.to = this.#ids.length;
    this.from = Math.max(0, this.to - LENGTH);
  }

  /** Have one of the list among what is shown. @param {string} id */
  reveal(id) {
    const index = this.#ids.indexOf(id);
    if (index < 0 || (index >= this.from && index < this.to)) return;
    this.from = Math.max(0, index - LENGTH / 2);
    this.to = Math.min(this.#ids.length, index + LENGTH / 2);
  }
}

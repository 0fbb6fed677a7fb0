/** When to try again. Pure: the caller brings the clock and the dice. */

const FIRST_CEILING_MS = 1_000;
const LAST_CEILING_MS = 30_000;
const PLANNED_LEAD_MS = 60_000;
const PLANNED_SPREAD_MS = 240_000;

/**
 * Give the pause before a reconnect that nobody planned, with full jitter, so that a thousand clients cut off
 * at one moment do not come back at one moment.
 *
 * @param {number} attempt 0 for the first try after the loss.
 * @param {() => number} [random] Uniform in [0, 1).
 * @returns {number} Milliseconds.
 */
export function reconnectDelay(attempt, random = Math.random) {
  const ceiling = Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** attempt);
  return Math.floor(random() * ceiling);
}

/**
 * Give the pause after an error: as long as the server asks for, and some more.
 *
 * @param {{retryAfter?: number} | undefined} error
 * @param {number} attempt 0 for the first.
 * @param {() => number} [random] Uniform in [0, 1).
 * @returns {number} Milliseconds.
 */
export function pauseAfter(error, attempt, random) {
  return (error?.retryAfter ?? 0) * 1000 + reconnectDelay(attempt, random);
}

/**
 * Give the pause before a planned reconnect: between 1 and 5 minutes before the connection expires, or in the
 * second half of its life when that life is short.
 *
 * @param {number} remaining Milliseconds until the connection expires.
 * @param {() => number} [random] Uniform in [0, 1).
 * @returns {number} Milliseconds, never negative.
 */
export function renewalDelay(remaining, random = Math.random) {
  if (remaining <= 0) return 0;
  const latest = remaining - Math.min(PLANNED_LEAD_MS, remaining / 4);
  const spread = Math.min(PLANNED_SPREAD_MS, remaining / 4);
  return Math.floor(latest - random() * spread);
}

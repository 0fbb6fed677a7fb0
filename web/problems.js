/** What went wrong, in words for people. */
import { ConnectionLost, Problem } from "./clients/js/index.js";
import { strings } from "./strings.js";

/** @param {Error} error @returns {string} One sentence. */
export function problemText(error) {
  if (error instanceof ConnectionLost) return strings.problems.connection_lost;
  if (!(error instanceof Problem)) {
    console.error(error);
    return strings.problems.unknown;
  }
  if (error.code === "rate_limited" && error.retryAfter)
    return strings.problems.rateLimitedFor(error.retryAfter);
  return (
    strings.problems[error.code] ?? (error.code === "unknown" ? strings.problems.unknown : error.message)
  );
}

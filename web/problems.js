/** What went wrong, in words for people. */
import { ConnectionLost, Problem } from "./clients/js/index.js";
import { strings } from "./language.js";

const SERVER_LANGUAGE = "en";

/** @param {Error} error @returns {string} One sentence. */
export function problemText(error) {
  if (error instanceof ConnectionLost) return strings.problems.connection_lost;
  if (!(error instanceof Problem)) {
    console.error(error);
    return strings.problems.unknown;
  }
  if (error.code === "rate_limited" && error.retryAfter)
    return strings.problems.rateLimitedFor(error.retryAfter);
  return strings.problems[error.code] ?? serverText(error.message) ?? strings.problems.unknown;
}

/**
 * @param {string} message In the words of the server.
 * @returns {string | undefined} Undefined where the page speaks another language.
 */
export function serverText(message) {
  return strings.language === SERVER_LANGUAGE ? message : undefined;
}

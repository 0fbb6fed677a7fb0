/**
 * What can go wrong, as two classes.
 *
 * - `Problem`: the server answered, and the answer is no.
 * - `ConnectionLost`: no answer came, so the outcome is unknown.
 */

/** A refusal by the server, read from `application/problem+json` or from the `error` of a reply frame. */
export class Problem extends Error {
  name = "Problem";

  /**
   * @param {object} answer
   * @param {number} answer.status HTTP status.
   * @param {string} [answer.code] Stable, machine-readable reason, such as `chat_not_found`.
   * @param {string} [answer.detail] One sentence for people (REST).
   * @param {string} [answer.message] The same sentence (socket).
   * @param {{field: string, message: string}[]} [answer.errors] One entry for each field at fault.
   * @param {number} [answer.retryAfter] Seconds to wait before another try.
   * @param {string} [answer.requestId] What to quote when asking the operators.
   */
  constructor({ status, code, detail, message, errors, retryAfter, requestId }) {
    super(detail ?? message ?? `The server answered ${status}`);
    this.status = status;
    this.code = code ?? "unknown";
    /** @type {Record<string, string>} Message by field name. */
    this.fields = Object.fromEntries((errors ?? []).map((error) => [error.field, error.message]));
    this.retryAfter = retryAfter;
    this.requestId = requestId;
  }

  /** Whether the same request may succeed later without being changed. */
  get isTemporary() {
    return this.status === 429 || this.status >= 500;
  }
}

/** The network, or the server behind it, could not be reached or did not answer in time. */
export class ConnectionLost extends Error {
  name = "ConnectionLost";
  isTemporary = true;

  /** @param {{cause?: unknown}} [options] */
  constructor(options) {
    super("The connection was lost", options);
  }
}

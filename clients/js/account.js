/** Getting in, and everything about one's own account. */
export class Account {
  #api;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
  }

  /**
   * @param {{username: string, email: string, password: string}} account
   * @returns {Promise<{userId: string, confirmed: boolean}>} One who is not confirmed got a code by mail.
   */
  register(account) {
    return this.#api.ask("POST", "/users", account);
  }

  /** @param {{email: string, code: string}} proof */
  confirm(proof) {
    return this.#api.ask("POST", "/users/confirmation", proof);
  }

  /** Have another confirmation code mailed. @param {string} email */
  resendCode(email) {
    return this.#api.ask("POST", "/users/confirmation/resend", { email });
  }

  /**
   * Log in and keep the session.
   *
   * @param {{email: string, password: string} | {email: string, session: string, code: string}} credentials
   * @returns {Promise<import("./api.js").TokenAnswer>}
   */
  async logIn(credentials) {
    const answer = await this.#api.ask("POST", "/sessions", credentials);
    this.#api.keep(answer);
    return answer;
  }

  /**
   * Have a way to log in mailed: a code, or a link.
   *
   * @param {string} email
   * @param {"emailCode" | "emailLink"} method
   * @returns {Promise<{challenge: string, session: string, expiresIn: number}>}
   */
  startLogIn(email, method) {
    return this.#api.ask("POST", "/sessions", { email, method });
  }

  /** Log in with what was mailed. @param {{email: string, session: string, code: string}} proof */
  finishLogIn(proof) {
    return this.logIn(proof);
  }

  /** Have a code for a new password mailed. @param {string} email */
  forgetPassword(email) {
    return this.#api.ask("POST", "/passwords/forgot", { email });
  }

  /** @param {{email: string, code: string, password: string}} proof */
  resetPassword(proof) {
    return this.#api.ask("POST", "/passwords/reset", proof);
  }

  /** @returns {Promise<import("./people.js").Person>} Oneself, the mail address included. */
  read() {
    return this.#api.request("GET", "/users/me");
  }

  /** @param {{displayName?: string, avatarFileId?: string | null}} changes `null` takes the picture away. @returns {Promise<import("./people.js").Person>} */
  change(changes) {
    return this.#api.request("PATCH", "/users/me", { body: changes });
  }

  /** Sign out on every device, this one included. */
  signOutEverywhere() {
    return this.#api.request("DELETE", "/sessions");
  }

  /** Give the account up for good. */
  remove() {
    return this.#api.request("DELETE", "/users/me");
  }
}

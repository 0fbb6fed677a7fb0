/** The forms of the entrance, each of which leads to others. */
import { Problem } from "./clients/js/index.js";
import { element } from "./dom.js";
import { againLink, fields, form, otherWay } from "./form.js";
import { strings } from "./language.js";
import { problemText } from "./problems.js";

const words = strings.entrance;

/**
 * @param {import("./clients/js/account.js").Account} account
 * @param {{show: (form: HTMLElement, news?: {good?: string, bad?: string}) => void, onLoggedIn: () => void}} options
 */
export function entranceForms(account, { show, onLoggedIn }) {
  const backToLogIn = (email) => otherWay("", words.back, () => logIn({ email }));

  function logIn({ email, ...news } = {}) {
    const asked = { email: fields.email(email), password: fields.password() };
    const typed = () => asked.email.input.value.trim();
    const view = form({
      title: words.welcomeBack,
      action: words.logIn,
      fields: asked,
      below: [
        element(
          "p",
          { class: "form-others" },
          element(
            "button",
            { type: "button", class: "link", onclick: () => forgotPassword(typed()) },
            words.forgot,
          ),
          element(
            "button",
            { type: "button", class: "link", onclick: () => logInByMail(typed()) },
            words.byMail,
          ),
        ),
        otherWay(words.newHere, words.register, register),
      ],
      async submit(values) {
        try {
          await account.logIn(values);
        } catch (error) {
          if (!(error instanceof Problem && error.code === "unconfirmed")) throw error;
          return confirm(values, { bad: strings.problems.unconfirmed });
        }
        onLoggedIn();
      },
    });
    show(view, news);
  }

  function register() {
    const view = form({
      title: words.welcome,
      action: words.register,
      fields: {
        username: fields.username(),
        email: fields.email(),
        password: fields.newPassword(words.password),
      },
      below: [otherWay(words.knownHere, words.logIn, () => logIn())],
      async submit({ username, email, password }) {
        const { confirmed } = await account.register({ username, email, password });
        if (!confirmed) return confirm({ email, password });
        await account.logIn({ email, password });
        onLoggedIn();
      },
    });
    show(view);
  }

  /** The password is at hand, so that a right code is all it takes to be in. */
  function confirm({ email, password }, news) {
    const view = form({
      title: words.confirmTitle,
      hint: words.confirmSent(email),
      action: words.confirmAction,
      fields: { code: fields.code() },
      below: [
        againLink(
          words.resend,
          () => account.resendCode(email),
          words.resent,
          () => view,
        ),
        backToLogIn(email),
      ],
      async submit({ code }) {
        await account.confirm({ email, code });
        await account.logIn({ email, password });
        onLoggedIn();
      },
    });
    show(view, news);
  }

  function logInByMail(email) {
    const asked = { email: fields.email(email) };
    let method = "emailCode";
    const link = element(
      "button",
      { type: "submit", class: "secondary", onclick: () => (method = "emailLink") },
      words.mailLink,
    );
    const view = form({
      title: words.byMailTitle,
      hint: words.byMailHint,
      action: words.mailCode,
      fields: asked,
      below: [link, backToLogIn(email)],
      async submit(values) {
        const chosen = method;
        method = "emailCode";
        const { session } = await account.startLogIn(values.email, chosen);
        if (chosen === "emailLink") linkSent(values.email);
        else answerCode(values.email, session);
      },
    });
    show(view);
  }

  function answerCode(email, session) {
    const view = form({
      title: words.confirmTitle,
      hint: words.codeSent(email),
      action: words.logIn,
      fields: { code: fields.code() },
      below: [otherWay("", words.resend, () => logInByMail(email)), backToLogIn(email)],
      explain: codeProblem,
      async submit({ code }) {
        await account.finishLogIn({ email, session, code });
        onLoggedIn();
      },
    });
    show(view);
  }

  function linkSent(email) {
    const view = element(
      "form",
      {},
      element(
        "div",
        { class: "form-heading" },
        element("h1", {}, words.confirmTitle),
        element("p", { role: "status" }, words.linkSent(email)),
      ),
      backToLogIn(email),
    );
    show(view);
  }

  /** @param {{email: string, session: string, code: string}} proof What the link of a mail holds. */
  async function followLink(proof) {
    const view = element(
      "form",
      {},
      element("div", { class: "form-heading" }, element("h1", { role: "status" }, words.linkTitle)),
    );
    show(view);
    try {
      await account.finishLogIn(proof);
    } catch (error) {
      const bad = error instanceof Problem && error.status < 429 ? words.linkFailed : problemText(error);
      return logIn({ email: proof.email, bad });
    }
    onLoggedIn();
  }

  function forgotPassword(email) {
    const view = form({
      title: words.forgotTitle,
      hint: words.forgotHint,
      action: words.mailCode,
      fields: { email: fields.email(email) },
      below: [backToLogIn(email)],
      async submit(values) {
        await account.forgetPassword(values.email);
        resetPassword(values.email);
      },
    });
    show(view);
  }

  function resetPassword(email) {
    const view = form({
      title: words.forgotTitle,
      hint: words.codeSent(email),
      action: words.reset,
      fields: { code: fields.code(), password: fields.newPassword() },
      below: [
        againLink(
          words.resend,
          () => account.forgetPassword(email),
          words.resent,
          () => view,
        ),
        backToLogIn(email),
      ],
      async submit({ code, password }) {
        await account.resetPassword({ email, code, password });
        logIn({ email, good: words.resetDone });
      },
    });
    show(view);
  }

  return { logIn, followLink };
}

function codeProblem(error) {
  return error instanceof Problem && error.status === 401 ? strings.problems.code_invalid : undefined;
}

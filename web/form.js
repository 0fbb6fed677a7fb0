/** A form of labelled fields that says what is wrong where it is wrong, and waits when it has to. */
import { Problem } from "./clients/js/index.js";
import { alertLine } from "./dialog.js";
import { element } from "./dom.js";
import { field } from "./field.js";
import { strings } from "./language.js";
import { problemText, serverText } from "./problems.js";

const words = strings.entrance;

/** What a sensible value looks like, by field; the server has the last word. */
const RULES = {
  username: /^[\p{L}\p{M}\p{N}_.-]{1,64}$/u,
  email: /^[^@\s]+@[^@\s]+$/u,
  code: /^\d{6}$/u,
};

/** The fields that several forms have, made anew for each. */
export const fields = {
  email: (value) =>
    field(words.email, {
      type: "email",
      name: "email",
      autocomplete: "email",
      autocapitalize: "none",
      inputmode: "email",
      value,
    }),
  username: () =>
    field(
      words.username,
      { name: "username", autocomplete: "username", autocapitalize: "none", spellcheck: "false" },
      words.usernameHint,
    ),
  password: () =>
    field(words.password, { type: "password", name: "password", autocomplete: "current-password" }),
  newPassword: (label = words.newPassword) =>
    field(label, { type: "password", name: "password", autocomplete: "new-password" }, words.passwordHint),
  code: () =>
    field(
      words.code,
      { name: "code", class: "code", autocomplete: "one-time-code", inputmode: "numeric", maxlength: "6" },
      words.codeHint,
    ),
};

/**
 * @param {object} options
 * @param {string} options.title
 * @param {string} [options.hint]
 * @param {string} options.action What its button says.
 * @param {Record<string, ReturnType<typeof field>>} options.fields By the name of what they ask for.
 * @param {(Node | false)[]} [options.below] What follows the button.
 * @param {(values: Record<string, string>) => Promise<void>} options.submit
 * @param {(error: Error) => string | undefined} [options.explain] Better words for a refusal.
 * @returns {HTMLFormElement & {alert: ReturnType<typeof alertLine>}}
 */
export function form({ title, hint, action, fields, below = [], submit, explain = () => undefined }) {
  const alert = alertLine();
  const button = element("button", { class: "primary", type: "submit" }, action);
  let timer;
  const node = element(
    "form",
    { novalidate: true, "aria-label": action, onsubmit: onSubmit },
    element("div", { class: "form-heading" }, element("h1", {}, title), hint && element("p", {}, hint)),
    alert.element,
    Object.values(fields).map((each) => each.element),
    button,
    below,
  );

  function complain(error) {
    const atFault =
      error instanceof Problem ? Object.entries(error.fields).filter(([name]) => name in fields) : [];
    for (const [name, message] of atFault) fields[name].complain(faultText(name, message));
    if (atFault.length > 0) fields[atFault[0][0]].input.focus();
    else if (error instanceof Problem && error.retryAfter) countDown(error.retryAfter);
    else alert.tell(explain(error) ?? problemText(error));
  }

  /** Nothing can be sent until the server listens again, and the button says how long that is. */
  function countDown(seconds) {
    clearTimeout(timer);
    button.disabled = seconds > 0;
    button.textContent = seconds > 0 ? words.wait(clock(seconds)) : action;
    alert.tell(seconds > 0 ? strings.problems.tooFast : "");
    if (seconds > 0) timer = setTimeout(() => node.isConnected && countDown(seconds - 1), 1_000);
  }

  function isWrong(values) {
    const faults = Object.entries(values).filter(([name, value]) => faultOf(name, value));
    for (const [name, value] of faults) fields[name].complain(faultOf(name, value));
    if (faults.length > 0) fields[faults[0][0]].input.focus();
    return faults.length > 0;
  }

  async function onSubmit(event) {
    event.preventDefault();
    const values = Object.fromEntries(
      Object.entries(fields).map(([name, { input }]) => [
        name,
        name === "password" ? input.value : input.value.trim(),
      ]),
    );
    if (button.disabled) return;
    alert.tell();
    if (isWrong(values)) return;
    button.disabled = true;
    button.textContent = words.busy;
    try {
      await submit(values);
      countDown(0);
    } catch (error) {
      countDown(0);
      complain(error);
    }
  }

  node.alert = alert;
  return node;
}

/** A line with something else to do instead. */
export function otherWay(question, action, onclick) {
  return element(
    "p",
    { class: "form-other" },
    question && `${question} `,
    element("button", { type: "button", class: "link", onclick }, action),
  );
}

/**
 * A link that does something once and says so, such as sending a mail again.
 *
 * @param {string} action
 * @param {() => Promise<void>} act
 * @param {string} done What it says then.
 * @param {() => HTMLFormElement & {alert: ReturnType<typeof alertLine>}} formOf Where it says it.
 */
export function againLink(action, act, done, formOf) {
  const button = element("button", { type: "button", class: "link", onclick: run }, action);
  async function run() {
    button.disabled = true;
    try {
      await act();
      formOf().alert.inform(done);
    } catch (error) {
      formOf().alert.tell(problemText(error));
    }
    button.disabled = false;
  }
  return element("p", { class: "form-other" }, button);
}

/** @returns {string} Such as "2:05". */
function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function faultOf(name, value) {
  if (!value) return strings.problems.required;
  return name in RULES && !RULES[name].test(value) ? words.wrong[name] : undefined;
}

function faultText(name, message) {
  if (name === "code") return strings.problems.code_invalid;
  return serverText(sentence(message)) ?? words.wrong[name];
}

/** Servers name a fault in a clause, or in the words of a validator; people read sentences. */
function sentence(message) {
  if (message.includes("`")) return undefined;
  const start = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?。]$/u.test(start) ? start : `${start}.`;
}

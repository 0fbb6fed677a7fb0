/** The page before anyone is logged in. */
import { Problem } from "./clients/js/index.js";
import { element, fill } from "./dom.js";
import { field } from "./field.js";
import { problemText } from "./problems.js";
import { strings } from "./strings.js";
import { themeButton } from "./theme_button.js";

const words = strings.entrance;

/** What a sensible value looks like, by field; the server has the last word. */
const RULES = {
  username: /^[\p{L}\p{M}\p{N}_.-]{1,64}$/u,
  email: /^[^@\s]+@[^@\s]+$/u,
};

/**
 * @param {import("./clients/js/api.js").Api} api
 * @param {{notice?: string, onLoggedIn: () => void}} options
 * @returns {HTMLElement}
 */
export function entrance(api, { notice, onLoggedIn }) {
  const place = element("div", { class: "entrance-form" });

  function show(form, message) {
    fill(place, form);
    if (message) form.tell(message);
    form.querySelector("input").focus();
  }
  const showLogIn = (message) =>
    show(logInForm(api, { onLoggedIn, onOther: () => showRegistration() }), message);
  const showRegistration = () =>
    show(registrationForm(api, { onLoggedIn, onOther: () => showLogIn(), onUnconfirmed: showLogIn }));

  showLogIn(notice);
  return element(
    "main",
    { class: "entrance" },
    element(
      "div",
      { class: "entrance-picture" },
      element("img", { class: "entrance-logo", src: "images/logo-light.svg", alt: "" }),
      element(
        "p",
        { class: "entrance-name" },
        strings.product,
        element("span", { lang: "ja", "aria-hidden": "true" }, "会話"),
      ),
      element("p", { class: "entrance-tagline" }, strings.tagline),
    ),
    element(
      "div",
      { class: "entrance-side" },
      element("div", { class: "entrance-corner" }, themeButton()),
      place,
    ),
  );
}

function logInForm(api, { onLoggedIn, onOther }) {
  const fields = {
    email: field(words.email, {
      type: "email",
      name: "email",
      autocomplete: "email",
      autocapitalize: "none",
      inputmode: "email",
    }),
    password: field(words.password, { type: "password", name: "password", autocomplete: "current-password" }),
  };
  return form({
    title: words.welcomeBack,
    action: words.logIn,
    fields,
    other: { question: words.newHere, action: words.register, onclick: onOther },
    async submit(values) {
      await api.logIn(values);
      onLoggedIn();
    },
  });
}

function registrationForm(api, { onLoggedIn, onOther, onUnconfirmed }) {
  const fields = {
    username: field(
      words.username,
      { name: "username", autocomplete: "username", autocapitalize: "none", spellcheck: "false" },
      words.usernameHint,
    ),
    email: field(words.email, {
      type: "email",
      name: "email",
      autocomplete: "email",
      autocapitalize: "none",
      inputmode: "email",
    }),
    password: field(
      words.password,
      { type: "password", name: "password", autocomplete: "new-password" },
      words.passwordHint,
    ),
  };
  return form({
    title: words.welcome,
    action: words.register,
    fields,
    other: { question: words.knownHere, action: words.logIn, onclick: onOther },
    async submit({ username, email, password }) {
      const account = await api.register({ username, email, password });
      if (!account.confirmed) return onUnconfirmed(words.confirm);
      await api.logIn({ email, password });
      onLoggedIn();
    },
  });
}

function form({ title, action, fields, other, submit }) {
  const alert = element("p", { class: "form-alert", role: "alert", hidden: true });
  const button = element("button", { class: "primary", type: "submit" }, action);
  const node = element(
    "form",
    { novalidate: true, "aria-label": action, onsubmit: onSubmit },
    element("h1", {}, title),
    alert,
    Object.values(fields).map((each) => each.element),
    button,
    element(
      "p",
      { class: "form-other" },
      `${other.question} `,
      element("button", { type: "button", class: "link", onclick: other.onclick }, other.action),
    ),
  );

  function tell(message) {
    alert.textContent = message;
    alert.hidden = !message;
  }

  function complain(error) {
    const atFault =
      error instanceof Problem ? Object.entries(error.fields).filter(([name]) => name in fields) : [];
    for (const [name, message] of atFault) fields[name].complain(sentence(message) || words.wrong[name]);
    if (atFault.length > 0) fields[atFault[0][0]].input.focus();
    else tell(problemText(error));
  }

  function isWrong(values) {
    const faults = Object.entries(values).filter(([name, value]) => faultOf(name, value));
    for (const [name, value] of faults) fields[name].complain(faultOf(name, value));
    if (faults.length > 0) fields[faults[0][0]].input.focus();
    return faults.length > 0;
  }

  async function onSubmit(event) {
    event.preventDefault();
    tell("");
    const values = Object.fromEntries(
      Object.entries(fields).map(([name, { input }]) => [
        name,
        name === "password" ? input.value : input.value.trim(),
      ]),
    );
    if (button.disabled || isWrong(values)) return;
    button.disabled = true;
    button.textContent = words.busy;
    try {
      await submit(values);
    } catch (error) {
      complain(error);
    } finally {
      button.disabled = false;
      button.textContent = action;
    }
  }

  node.tell = tell;
  return node;
}

function faultOf(name, value) {
  if (!value) return strings.problems.required;
  return name in RULES && !RULES[name].test(value) ? words.wrong[name] : undefined;
}

/** Servers name a fault in a clause, or in the words of a validator; people read sentences. */
function sentence(message) {
  if (message.includes("`")) return undefined;
  const start = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?。]$/u.test(start) ? start : `${start}.`;
}

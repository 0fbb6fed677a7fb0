/** The page before anyone is logged in. */
import { Account } from "./clients/js/index.js";
import { element, fill } from "./dom.js";
import { entranceForms } from "./entrance_forms.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { languageChoice } from "./language_choice.js";
import { openMails } from "./mails.js";
import { logInProof, onRoute } from "./route.js";
import { themeButton } from "./theme_button.js";

/**
 * @param {import("./clients/js/api.js").Api} api
 * @param {{notice?: string, inbox?: string, onLoggedIn: () => void}} options
 * @returns {{element: HTMLElement, close: () => void}}
 */
export function entrance(api, { notice, inbox, onLoggedIn }) {
  const place = element("div", { class: "entrance-form" });
  const forms = entranceForms(new Account(api), { show, onLoggedIn });

  /** @param {HTMLElement} form @param {{good?: string, bad?: string}} [news] What it says above its fields. */
  function show(form, { good, bad } = {}) {
    fill(place, form);
    if (good) form.alert.inform(good);
    if (bad) form.alert.tell(bad);
    const inputs = [...form.querySelectorAll("input")];
    (inputs.find((input) => input.value === "") ?? inputs[0] ?? form.querySelector("button"))?.focus();
  }

  /** Somebody has opened the link of a mail, perhaps while this page was open already. */
  function followRoute() {
    const proof = logInProof();
    if (!proof) return false;
    // The secret works once; it need not stay in the history.
    history.replaceState(null, "", "#/");
    forms.followLink(proof);
    return true;
  }

  const stop = onRoute(followRoute);
  if (!followRoute()) forms.logIn({ good: notice });
  return {
    element: element(
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
          element("span", { lang: "ja", "aria-hidden": "true" }, strings.mark),
        ),
        element("p", { class: "entrance-tagline" }, strings.tagline),
      ),
      element(
        "div",
        { class: "entrance-side" },
        element("div", { class: "entrance-corner" }, languageChoice(), inbox && mailsButton(inbox), themeButton()),
        place,
      ),
    ),
    close: stop,
  };
}

function mailsButton(inbox) {
  const label = strings.mails.title;
  return element(
    "button",
    {
      type: "button",
      class: "icon-button",
      "aria-label": label,
      title: label,
      onclick: () => openMails(inbox),
    },
    icon("mail"),
  );
}

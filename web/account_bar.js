/** Oneself, below the chats. */
import { openAccount } from "./account.js";
import { personAvatar } from "./avatar.js";
import { connectionState } from "./connection.js";
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { openMails } from "./mails.js";
import { personName } from "./names.js";
import { themeButton } from "./theme_button.js";

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {{onLogOut: (reason?: string) => void, inbox?: string}} options
 */
export function accountBar(client, { onLogOut, inbox }) {
  const state = connectionState(client);
  const who = element("button", {
    type: "button",
    class: "account-who",
    "data-testid": "me",
    title: strings.account.open,
    onclick: () => openAccount(client, { onLogOut }),
  });

  function show(person) {
    if (person.userId !== client.userId) return;
    fill(
      who,
      personAvatar(person),
      element(
        "span",
        { class: "account-names" },
        element("span", { class: "account-name" }, personName(person)),
        state,
      ),
    );
  }
  client.people.on("changed", show);
  show(client.people.get(client.userId));

  const mails = () => openMails(inbox);
  return element(
    "footer",
    { class: "account" },
    who,
    inbox && barButton("mail", strings.mails.title, mails),
    themeButton(),
    barButton("leave", strings.account.logOut, () => onLogOut()),
  );
}

function barButton(name, label, onclick) {
  return element(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, onclick },
    icon(name),
  );
}

/** The dialog about one's own account. */
import { Account } from "./clients/js/index.js";
import { personAvatar } from "./avatar.js";
import { alertLine, askFirst, dialogHeading, openDialog } from "./dialog.js";
import { element, fill } from "./dom.js";
import { field } from "./field.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { personName } from "./names.js";
import { ownFilesView } from "./own_files.js";
import { personParts } from "./people_search.js";
import { pictureButtons } from "./picture.js";
import { problemText } from "./problems.js";
import { settingsView } from "./settings.js";

const words = strings.account;

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {{onLogOut: (reason?: string) => void}} options
 */
export function openAccount(client, { onLogOut }) {
  const account = new Account(client.api);
  const dialog = openDialog();
  const showAccount = () =>
    dialog.show(
      accountView(client, account, {
        dialog,
        onLogOut,
        onSettings: showSettings,
        onFiles: showFiles,
        onBlocks: showBlocks,
        onRemove: showRemoval,
      }),
    );
  const showSettings = () => dialog.show(settingsView({ onClose: dialog.close, onBack: showAccount }));
  const showFiles = () => dialog.show(ownFilesView(client, { dialog, onBack: showAccount }));
  const showBlocks = () => dialog.show(blocksView(client, { dialog, onBack: showAccount }));
  const showRemoval = () =>
    dialog.show(removalView(client, account, { dialog, onLogOut, onBack: showAccount }));
  showAccount();
}

function accountView(client, account, { dialog, onLogOut, onSettings, onFiles, onBlocks, onRemove }) {
  const alert = alertLine();
  const profile = element("div", { class: "profile" });

  function show(me) {
    client.people.learn(me);
    fill(
      profile,
      personAvatar(me),
      element(
        "span",
        { class: "person-names" },
        element("span", { class: "person-name" }, `@${me.username}`),
        element("span", { class: "person-username" }, me.email),
        pictureButtons(client, account, me, { onProblem: alert.tell, onChanged: show }),
      ),
    );
  }

  async function read() {
    try {
      show(await account.read());
    } catch (error) {
      alert.tell(problemText(error));
    }
  }

  function askToSignOut() {
    askFirst({
      title: words.signOutTitle,
      hint: words.signOutHint,
      action: words.signOutEverywhere,
      async onConfirm() {
        await account.signOutEverywhere();
        onLogOut("signedOut");
      },
    });
  }

  read();
  return {
    element: element(
      "div",
      { class: "dialog-view" },
      dialogHeading(words.title, { onClose: dialog.close }),
      profile,
      nameForm(client, account),
      alert.element,
      element(
        "ul",
        { class: "choices" },
        choice("settings", strings.settings.title, onSettings),
        choice("file", strings.ownFiles.title, onFiles),
        choice("stop", strings.blocks.title, onBlocks),
        choice("leave", words.signOutEverywhere, askToSignOut),
        choice("trash", words.remove, onRemove, "danger"),
      ),
    ),
  };
}

function choice(name, label, onclick, kind = "") {
  return element(
    "li",
    {},
    element(
      "button",
      { type: "button", class: `choice ${kind}`, onclick },
      icon(name),
      element("span", {}, label),
    ),
  );
}

function nameForm(client, account) {
  const me = client.people.get(client.userId);
  const name = field(
    words.displayName,
    { name: "displayName", maxlength: 100, autocomplete: "name", value: personName(me) },
    words.displayNameHint,
  );
  const button = element("button", { type: "submit", class: "secondary", disabled: true }, words.save);
  name.input.addEventListener("input", () => {
    button.disabled = name.input.value.trim() === "";
    button.textContent = words.save;
  });

  async function onSubmit(event) {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    try {
      client.people.learn(await account.change({ displayName: name.input.value.trim() }));
      button.textContent = words.saved;
    } catch (error) {
      name.complain(problemText(error));
    }
  }
  return element("form", { class: "line-form", novalidate: true, onsubmit: onSubmit }, name.element, button);
}

function blocksView(client, { dialog, onBack }) {
  const alert = alertLine();
  const list = element("ul", { class: "people", "aria-label": strings.blocks.title });
  const note = element("p", { class: "quiet" }, strings.blocks.hint);

  function show() {
    const people = client.blocks.list().map((userId) => client.people.get(userId));
    note.textContent = people.length === 0 ? strings.blocks.none : strings.blocks.hint;
    fill(list, people.map(row));
  }

  function row(person) {
    const button = element(
      "button",
      {
        type: "button",
        class: "secondary small",
        "aria-label": strings.blocks.unblock(personName(person)),
        onclick: () => unblock(person.userId),
      },
      strings.blocks.unblockShort,
    );
    return element("li", { class: "member" }, personParts(person), button);
  }

  async function unblock(userId) {
    alert.tell();
    try {
      await client.blocks.remove(userId);
    } catch (error) {
      alert.tell(problemText(error));
    }
  }

  const stops = [client.blocks.on("changed", show), client.people.on("changed", show)];
  client.blocks.refresh().catch((error) => alert.tell(problemText(error)));
  show();
  return {
    element: element(
      "div",
      { class: "dialog-view" },
      dialogHeading(strings.blocks.title, { onClose: dialog.close, onBack }),
      note,
      alert.element,
      list,
    ),
    stop: () => stops.forEach((stop) => stop()),
  };
}

/** An account is given up by typing its name: nobody does that by mistake. */
function removalView(client, account, { dialog, onLogOut, onBack }) {
  const { username } = client.people.get(client.userId);
  const alert = alertLine();
  const name = field(words.removeConfirm(username), {
    name: "confirmation",
    autocomplete: "off",
    spellcheck: "false",
  });
  const button = element("button", { type: "submit", class: "primary danger" }, words.remove);

  async function onSubmit(event) {
    event.preventDefault();
    if (name.input.value.trim() !== username) {
      name.complain(words.removeWrong);
      return name.input.focus();
    }
    button.disabled = true;
    try {
      await account.remove();
      onLogOut("removed");
    } catch (error) {
      alert.tell(problemText(error));
      button.disabled = false;
    }
  }
  return {
    element: element(
      "form",
      { class: "dialog-view", novalidate: true, onsubmit: onSubmit },
      dialogHeading(words.remove, { onClose: dialog.close, onBack }),
      element("p", { class: "quiet" }, words.removeHint),
      name.element,
      alert.element,
      button,
    ),
    focus: () => name.input.focus(),
  };
}

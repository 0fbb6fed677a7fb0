/** The dialog that begins a direct chat or a group. */
import { Problem } from "./clients/js/index.js";
import { alertLine, dialogHeading, openDialog } from "./dialog.js";
import { element } from "./dom.js";
import { field } from "./field.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { peopleChoice } from "./people_choice.js";
import { peoplePicker, personParts } from "./people_search.js";
import { problemText, serverText } from "./problems.js";
import { goToChat } from "./route.js";

const words = strings.newChat;

/** @param {import("./clients/js/client.js").Client} client */
export function openNewChat(client) {
  const dialog = openDialog();
  const showPeople = () => dialog.show(directView(client, { dialog, onGroup: showGroup }));
  const showGroup = () => dialog.show(groupView(client, { dialog, onBack: showPeople }));
  showPeople();
}

function directView(client, { dialog, onGroup }) {
  const alert = alertLine();
  const picker = peoplePicker(client, (person) =>
    element("button", { type: "button", class: "person", onclick: () => start(person) }, personParts(person)),
  );

  async function start(person) {
    try {
      const chat = await client.startDirectChat(person.userId);
      dialog.close();
      goToChat(chat.chatId);
    } catch (error) {
      alert.tell(problemText(error));
    }
  }

  const group = element(
    "button",
    { type: "button", class: "person", onclick: onGroup },
    element("span", { class: "avatar square accent", "aria-hidden": "true" }, icon("group")),
    element(
      "span",
      { class: "person-names" },
      element("span", { class: "person-name" }, words.startGroup),
      element("span", { class: "person-username" }, words.startGroupHint),
    ),
  );
  return {
    element: element(
      "div",
      { class: "dialog-view" },
      dialogHeading(words.title, { onClose: dialog.close }),
      group,
      alert.element,
      picker.element,
    ),
    focus: () => picker.input.focus(),
    stop: picker.stop,
  };
}

function groupView(client, { dialog, onBack }) {
  const name = field(words.groupName, { name: "name", maxlength: 100, autocomplete: "off" });
  const alert = alertLine();
  const choice = peopleChoice(client, { onChanged: () => alert.tell() });
  const button = element("button", { type: "submit", class: "primary" }, words.create);
  const form = element(
    "form",
    { class: "dialog-view", novalidate: true, onsubmit: onSubmit },
    dialogHeading(words.groupTitle, { onClose: dialog.close, onBack }),
    name.element,
    choice.chips,
    alert.element,
    choice.element,
    button,
  );

  async function onSubmit(event) {
    event.preventDefault();
    alert.tell();
    const groupName = name.input.value.trim();
    if (!groupName) {
      name.complain(words.needsName);
      return name.input.focus();
    }
    if (choice.userIds().length === 0) {
      alert.tell(words.needsMembers);
      return choice.input.focus();
    }
    button.disabled = true;
    try {
      const chat = await client.startGroup(groupName, choice.userIds());
      dialog.close();
      goToChat(chat.chatId);
    } catch (error) {
      if (error instanceof Problem && error.fields.name) name.complain(serverText(error.fields.name) ?? problemText(error));
      else alert.tell(problemText(error));
    } finally {
      button.disabled = false;
    }
  }
  return { element: form, focus: () => name.input.focus(), stop: choice.stop };
}

/** The dialog that begins a direct chat or a group. */
import { Problem } from "./clients/js/index.js";
import { personAvatar } from "./avatar.js";
import { element, fill } from "./dom.js";
import { field } from "./field.js";
import { icon } from "./icons.js";
import { personName } from "./names.js";
import { peoplePicker, personParts } from "./people_search.js";
import { problemText } from "./problems.js";
import { goToChat } from "./route.js";
import { strings } from "./strings.js";

const words = strings.newChat;

/** @param {import("./clients/js/client.js").Client} client */
export function openNewChat(client) {
  const dialog = element("dialog", {
    class: "dialog",
    "aria-labelledby": "dialog-title",
    onclose: () => dialog.remove(),
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);

  function show(view) {
    fill(dialog, element("div", { class: "dialog-content" }, view.element));
    view.focus();
  }
  const showPeople = () => show(directView(client, { dialog, onGroup: showGroup }));
  const showGroup = () => show(groupView(client, { dialog, onBack: showPeople }));

  dialog.showModal();
  showPeople();
}

function directView(client, { dialog, onGroup }) {
  const alert = element("p", { class: "form-alert", role: "alert", hidden: true });
  const picker = peoplePicker(client, (person) =>
    element("button", { type: "button", class: "person", onclick: () => start(person) }, personParts(person)),
  );

  async function start(person) {
    try {
      const chat = await client.startDirectChat(person.userId);
      dialog.close();
      goToChat(chat.chatId);
    } catch (error) {
      alert.textContent = problemText(error);
      alert.hidden = false;
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
      heading(words.title, dialog),
      group,
      alert,
      picker.element,
    ),
    focus: () => picker.input.focus(),
  };
}

function groupView(client, { dialog, onBack }) {
  /** @type {Map<string, object>} */
  const chosen = new Map();
  const name = field(words.groupName, { name: "name", maxlength: 100, autocomplete: "off" });
  const alert = element("p", { class: "form-alert", role: "alert", hidden: true });
  const chips = element("ul", { class: "chips", "aria-label": words.chosen });
  const picker = peoplePicker(client, personChoice);
  const button = element("button", { type: "submit", class: "primary" }, words.create);
  const form = element(
    "form",
    { class: "dialog-view", novalidate: true, onsubmit: onSubmit },
    heading(words.groupTitle, dialog, onBack),
    name.element,
    chips,
    alert,
    picker.element,
    button,
  );
  // Enter in the search is for searching, not for finishing.
  picker.input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());

  function personChoice(person) {
    const box = element("input", {
      type: "checkbox",
      "aria-label": personName(person),
      onchange: () => choose(person, box.checked),
    });
    box.checked = chosen.has(person.userId);
    return element("label", { class: "person" }, personParts(person), box);
  }

  function choose(person, isChosen) {
    if (isChosen) chosen.set(person.userId, person);
    else chosen.delete(person.userId);
    tell("");
    fill(chips, [...chosen.values()].map(chip));
  }

  function chip(person) {
    const label = words.remove(personName(person));
    function remove() {
      choose(person, false);
      picker.input.dispatchEvent(new Event("input"));
      picker.input.focus();
    }
    const cross = element(
      "button",
      { type: "button", class: "chip-remove", "aria-label": label, onclick: remove },
      icon("close"),
    );
    return element(
      "li",
      { class: "chip" },
      personAvatar(person, "small"),
      element("span", {}, personName(person)),
      cross,
    );
  }

  function tell(message) {
    alert.textContent = message;
    alert.hidden = !message;
  }

  async function onSubmit(event) {
    event.preventDefault();
    tell("");
    const groupName = name.input.value.trim();
    if (!groupName) {
      name.complain(words.needsName);
      return name.input.focus();
    }
    if (chosen.size === 0) {
      tell(words.needsMembers);
      return picker.input.focus();
    }
    button.disabled = true;
    try {
      const chat = await client.startGroup(groupName, [...chosen.keys()]);
      dialog.close();
      goToChat(chat.chatId);
    } catch (error) {
      if (error instanceof Problem && error.fields.name) name.complain(error.fields.name);
      else tell(problemText(error));
    } finally {
      button.disabled = false;
    }
  }
  return { element: form, focus: () => name.input.focus() };
}

function heading(title, dialog, onBack) {
  return element(
    "header",
    { class: "dialog-heading" },
    onBack &&
      element(
        "button",
        { type: "button", class: "icon-button", "aria-label": words.back, onclick: onBack },
        icon("back"),
      ),
    element("h2", { id: "dialog-title" }, title),
    element(
      "button",
      { type: "button", class: "icon-button", "aria-label": words.close, onclick: () => dialog.close() },
      icon("close"),
    ),
  );
}

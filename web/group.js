/** The dialog about a group: its name, its members, and what an admin may do with them. */
import { presentAvatar } from "./avatar.js";
import { alertLine, askFirst, dialogHeading, openDialog } from "./dialog.js";
import { element, showRows } from "./dom.js";
import { field } from "./field.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { openMenu } from "./menu.js";
import { personName } from "./names.js";
import { peopleChoice } from "./people_choice.js";
import { problemText } from "./problems.js";
import { goToChats } from "./route.js";

const words = strings.group;

/** @param {import("./clients/js/client.js").Client} client @param {string} chatId */
export function openGroup(client, chatId) {
  const dialog = openDialog();
  const showMembers = () => dialog.show(membersView(client, chatId, { dialog, onAdd: showAdding }));
  const showAdding = () => dialog.show(addingView(client, chatId, { dialog, onBack: showMembers }));
  showMembers();
}

/** Ask, and leave the group. */
export function askToLeave(client, chatId) {
  askFirst({
    title: words.leaveTitle,
    hint: words.leaveHint,
    action: words.leave,
    async onConfirm() {
      await client.removeMember(chatId, client.userId);
      goToChats();
    },
  });
}

function membersView(client, chatId, { dialog, onAdd }) {
  const alert = alertLine();
  const count = element("h3", {});
  const list = element("ul", { class: "people", "aria-label": words.members });
  const naming = nameForm(client, chatId);
  const add = element(
    "button",
    { type: "button", class: "person", onclick: onAdd },
    element("span", { class: "avatar accent", "aria-hidden": "true" }, icon("plus")),
    element("span", { class: "person-names" }, element("span", { class: "person-name" }, words.add)),
  );
  const leave = element(
    "button",
    {
      type: "button",
      class: "person danger",
      onclick() {
        dialog.close();
        askToLeave(client, chatId);
      },
    },
    element("span", { class: "avatar accent", "aria-hidden": "true" }, icon("leave")),
    element("span", { class: "person-names" }, element("span", { class: "person-name" }, words.leave)),
  );

  function show() {
    const chat = client.chats.get(chatId);
    if (!chat) return dialog.close();
    const isAdmin = chat.admins.includes(client.userId);
    naming.show(chat.name ?? "", isAdmin);
    add.hidden = !isAdmin;
    count.textContent = strings.conversation.members(chat.memberIds.length);
    showRows(
      list,
      [...chat.memberIds].sort(byRank(client, chat)).map((userId) => memberRow(userId, chat, isAdmin)),
    );
  }

  function memberRow(userId, chat, canChange) {
    const person = client.people.get(userId);
    const isSelf = userId === client.userId;
    const name = personName(person);
    const isAdmin = chat.admins.includes(userId);
    const isOnline = Boolean(client.presence.get(userId)?.online);
    return {
      key: userId,
      signature: JSON.stringify([name, person.username, isAdmin, isOnline, canChange]),
      build() {
        const button = element(
          "button",
          {
            type: "button",
            class: "icon-button",
            "aria-label": words.actionsFor(name),
            "aria-haspopup": "menu",
            onclick: () => openMenu(button, { label: words.actionsFor(name), items: items() }),
          },
          icon("more"),
        );
        return element(
          "li",
          { class: "member", "data-testid": "member" },
          presentAvatar(client, userId),
          element(
            "span",
            { class: "person-names" },
            element("span", { class: "person-name" }, isSelf ? strings.people.withSelf(name) : name),
            person.username && element("span", { class: "person-username" }, `@${person.username}`),
          ),
          isAdmin && element("span", { class: "tag" }, words.admin),
          canChange && !isSelf && button,
        );
      },
    };

    function items() {
      const promote = {
        label: words.makeAdmin,
        icon: "crown",
        onclick: () => attempt(() => client.makeAdmin(chatId, userId)),
      };
      const remove = { label: words.remove, icon: "trash", isDanger: true, onclick: askToRemove };
      return isAdmin ? [remove] : [promote, remove];
    }

    function askToRemove() {
      askFirst({
        title: words.removeTitle(name),
        hint: words.removeHint,
        action: words.remove,
        onConfirm: () => client.removeMember(chatId, userId),
      });
    }
  }

  async function attempt(act) {
    alert.tell();
    try {
      await act();
    } catch (error) {
      alert.tell(problemText(error));
    }
  }

  const stops = [
    client.on("chats", show),
    client.people.on("changed", show),
    client.presence.on("changed", show),
  ];
  show();
  return {
    element: element(
      "div",
      { class: "dialog-view" },
      dialogHeading(words.title, { onClose: dialog.close }),
      naming.element,
      alert.element,
      count,
      element("div", { class: "members" }, add, list, leave),
    ),
    stop: () => stops.forEach((stop) => stop()),
  };
}

/** The admins first, then by name; oneself above all. */
function byRank(client, chat) {
  const rank = (userId) => (userId === client.userId ? 0 : chat.admins.includes(userId) ? 1 : 2);
  const name = (userId) => personName(client.people.get(userId));
  return (one, other) => rank(one) - rank(other) || name(one).localeCompare(name(other));
}

function nameForm(client, chatId) {
  const name = field(words.name, { name: "name", maxlength: 100, autocomplete: "off" });
  const button = element("button", { type: "submit", class: "secondary" }, words.rename);
  const form = element(
    "form",
    { class: "line-form", novalidate: true, onsubmit: onSubmit },
    name.element,
    button,
  );
  name.input.addEventListener("input", showButton);
  let shown;

  function show(current, isAdmin) {
    if (current !== shown) name.input.value = shown = current;
    form.hidden = !isAdmin;
    showButton();
  }

  function showButton() {
    const value = name.input.value.trim();
    button.disabled = value === "" || value === shown;
  }

  async function onSubmit(event) {
    event.preventDefault();
    if (button.disabled) return;
    try {
      await client.updateChat(chatId, { name: name.input.value.trim() });
    } catch (error) {
      name.complain(problemText(error));
    }
  }
  return { element: form, show };
}

function addingView(client, chatId, { dialog, onBack }) {
  const alert = alertLine();
  const choice = peopleChoice(client, {
    onChanged() {
      alert.tell();
      button.disabled = choice.userIds().length === 0;
    },
    isTaken: (userId) => Boolean(client.chats.get(chatId)?.memberIds.includes(userId)),
  });
  const button = element("button", { type: "submit", class: "primary", disabled: true }, words.add);

  async function onSubmit(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      await client.addMembers(chatId, choice.userIds());
      onBack();
    } catch (error) {
      alert.tell(problemText(error));
      button.disabled = false;
    }
  }
  return {
    element: element(
      "form",
      { class: "dialog-view", novalidate: true, onsubmit: onSubmit },
      dialogHeading(words.addTitle, { onClose: dialog.close, onBack }),
      choice.chips,
      alert.element,
      choice.element,
      button,
    ),
    focus: () => choice.input.focus(),
    stop: choice.stop,
  };
}

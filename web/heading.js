/** The top of an open chat: who it is with, whether they are there, and what can be done about it. */
import { chatAvatar } from "./avatar.js";
import { callButtons, callChoice } from "./call_buttons.js";
import { askFirst } from "./dialog.js";
import { announce, element, fill } from "./dom.js";
import { askToLeave, openGroup } from "./group.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { openMenu } from "./menu.js";
import { chatName, partnerId, personName } from "./names.js";
import { problemText } from "./problems.js";
import { goToChats } from "./route.js";
import { pastTime } from "./times.js";

const words = strings.conversation;
const NAMES_SHOWN = 12;

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {string} chatId
 * @param {{onSearch: () => void}} listeners
 */
export function conversationHeading(client, chatId, { onSearch }) {
  const node = element("header", { class: "conversation-heading" });
  let signature;

  function show() {
    const chat = client.chats.get(chatId);
    if (!chat) return;
    const name = chatName(client, chat);
    const detail = chat.kind === "group" ? memberNames(chat) : personDetail(partnerId(client, chat));
    const isOnline = chat.kind === "direct" && client.presence.get(partnerId(client, chat))?.online;
    const choice = callChoice(client, chat);
    const next = JSON.stringify([name, detail, isOnline, choice]);
    // Built again only when it differs, or a menu would lose what it stands beside.
    if (next === signature) return;
    signature = next;
    const who = [
      chatAvatar(client, chat),
      element(
        "div",
        { class: "heading-names" },
        element("h1", {}, name),
        element("p", { title: detail, "data-testid": "detail" }, detail),
      ),
    ];
    fill(
      node,
      backLink(),
      element(
        "div",
        chat.kind === "group"
          ? { class: "heading-who clickable", onclick: () => openGroup(client, chatId) }
          : { class: "heading-who" },
        who,
      ),
      searchButton(),
      callButtons(client, chat, choice),
      menuButton(),
    );
  }

  function searchButton() {
    const label = strings.search.open;
    return element(
      "button",
      { type: "button", class: "icon-button roomy", "aria-label": label, title: label, onclick: onSearch },
      icon("search"),
    );
  }

  function menuButton() {
    const button = element(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": words.menu,
        "aria-haspopup": "menu",
        title: words.menu,
        onclick: () => openMenu(button, { label: words.menu, items: menuItems() }),
      },
      icon("more"),
    );
    return button;
  }

  function menuItems() {
    return [{ label: strings.search.open, icon: "search", onclick: onSearch }, ...otherItems()];
  }

  function otherItems() {
    const chat = client.chats.get(chatId);
    if (chat.kind === "group") {
      return [
        { label: strings.group.members, icon: "group", onclick: () => openGroup(client, chatId) },
        {
          label: strings.group.leave,
          icon: "leave",
          isDanger: true,
          onclick: () => askToLeave(client, chatId),
        },
      ];
    }
    const person = client.people.get(partnerId(client, chat));
    const name = personName(person);
    if (client.blocks.has(person.userId)) {
      return [{ label: strings.blocks.unblock(name), icon: "check", onclick: () => unblock(person.userId) }];
    }
    return [
      { label: strings.blocks.block(name), icon: "stop", isDanger: true, onclick: () => askToBlock(person) },
    ];
  }

  function askToBlock(person) {
    askFirst({
      title: strings.blocks.confirmTitle(personName(person)),
      hint: strings.blocks.hint,
      action: strings.blocks.block(personName(person)),
      onConfirm: () => client.blocks.add(person.userId),
    });
  }

  async function unblock(userId) {
    try {
      await client.blocks.remove(userId);
    } catch (error) {
      announce(problemText(error));
    }
  }

  function memberNames({ memberIds }) {
    const others = memberIds.filter((userId) => userId !== client.userId).slice(0, NAMES_SHOWN);
    const names = others.map((userId) => personName(client.people.get(userId)));
    return words.membersNamed(words.members(memberIds.length), [...names, strings.people.self]);
  }

  function personDetail(userId) {
    if (client.blocks.has(userId)) return strings.blocks.notice(personName(client.people.get(userId)));
    const presence = client.presence.get(userId);
    if (presence?.online) return words.online;
    if (presence?.lastSeenAt) return words.lastSeen(pastTime(presence.lastSeenAt));
    const { username } = client.people.get(userId);
    return username ? `@${username}` : "";
  }

  return { element: node, show, showNothing: () => fill(node, backLink()) };
}

function backLink() {
  return element(
    "button",
    { type: "button", class: "icon-button back", "aria-label": words.back, onclick: goToChats },
    icon("back"),
  );
}

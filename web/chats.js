/** The list of chats, with the search above it and oneself below. */
import { accountBar } from "./account_bar.js";
import { chatAvatar } from "./avatar.js";
import { callsButton } from "./call_history.js";
import { element, fill, showRows, unseen } from "./dom.js";
import { plainText } from "./format.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { chatName, partnerId, personName, writerNames } from "./names.js";
import { openNewChat } from "./new_chat.js";
import { peopleSearch, personParts } from "./people_search.js";
import { problemText } from "./problems.js";
import { chatAddress, goToChat } from "./route.js";
import { listTime } from "./times.js";

const words = strings.chats;
const NEAR_END_PX = 300;
const PREVIEW_LENGTH = 200;

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {{drafts: import("./drafts.js").Drafts, onLogOut: () => void, inbox?: string}} options
 * @returns {{element: HTMLElement, mark: (chatId: string | undefined, options: {isReturning: boolean}) =>
 *   void, close: () => void}}
 */
export function chatsPane(client, { drafts, onLogOut, inbox }) {
  let openChatId;
  let query = "";
  let peopleFound = [];
  let isSearching = false;
  const list = element("ul", { class: "chats" });
  const note = element("div", { class: "chats-note" });
  const found = element("section", { class: "found", hidden: true, "aria-label": words.people });
  const scroller = element(
    "nav",
    { class: "chats-scroller", "aria-label": words.title, onscroll: loadMore },
    list,
    found,
    note,
  );
  const input = element("input", {
    type: "search",
    class: "search-input",
    "aria-label": words.search,
    placeholder: words.search,
    autocapitalize: "none",
    autocomplete: "off",
    spellcheck: "false",
    oninput: onSearch,
    onkeydown: (event) => event.key === "Escape" && clearSearch(),
  });
  const finder = peopleSearch(client, {
    onFound(people) {
      peopleFound = people;
      isSearching = false;
      show();
    },
    onFailed(error) {
      isSearching = false;
      fill(note, element("p", { role: "alert" }, problemText(error)));
    },
  });

  function onSearch() {
    query = input.value.trim();
    if (query === "") peopleFound = [];
    isSearching = query !== "";
    finder.search(query);
    show();
  }

  function clearSearch() {
    input.value = "";
    onSearch();
  }

  function show() {
    const chats = client.chats.list().filter(isSought);
    showRows(
      list,
      chats.map((chat) => chatRow(client, chat, { isOpen: chat.chatId === openChatId, draft: drafts.get(chat.chatId) })),
    );
    const people = peopleFound.filter((person) => !chats.some((chat) => isDirectWith(person, chat)));
    fill(
      found,
      people.length > 0 && [element("h2", {}, words.people), element("ul", {}, people.map(personItem))],
    );
    found.hidden = people.length === 0;
    fill(note, chats.length === 0 && people.length === 0 && emptyNote());
  }

  function isSought(chat) {
    if (query === "") return true;
    const { username } = chat.kind === "direct" ? client.people.get(partnerId(client, chat)) : {};
    const sought = query.replace(/^@/u, "").toLocaleLowerCase();
    return [chatName(client, chat), username].some((name) => name?.toLocaleLowerCase().includes(sought));
  }

  function isDirectWith(person, chat) {
    return chat.kind === "direct" && partnerId(client, chat) === person.userId;
  }

  function emptyNote() {
    if (isSearching) return false;
    if (query !== "")
      return [element("h2", {}, words.nothingFound), element("p", {}, words.nothingFoundHint(query))];
    if (!client.chats.isLoaded) return element("p", { role: "status" }, words.loading);
    return [
      element("h2", {}, words.none),
      element("p", {}, words.noneHint),
      element(
        "button",
        { type: "button", class: "secondary", onclick: () => openNewChat(client) },
        words.newChat,
      ),
    ];
  }

  function personItem(person) {
    async function start() {
      try {
        const chat = await client.startDirectChat(person.userId);
        clearSearch();
        goToChat(chat.chatId);
      } catch (error) {
        fill(note, element("p", { role: "alert" }, problemText(error)));
      }
    }
    return element(
      "li",
      {},
      element("button", { type: "button", class: "person", onclick: start }, personParts(person)),
    );
  }

  function loadMore() {
    if (scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX) {
      const isMore = client.chats.nextCursor;
      // What is held already makes the list no longer, and so brings no further scrolling.
      client.loadEarlierChats().then(isMore ? loadMore : () => {}, () => {});
    }
  }

  function mark(chatId, { isReturning }) {
    const left = openChatId && chatAddress(openChatId);
    openChatId = chatId;
    show();
    if (isReturning)
      [...list.querySelectorAll("a")].find((link) => link.getAttribute("href") === left)?.focus();
  }

  const stops = [
    client.on("chats", show),
    drafts.on("changed", show),
    client.people.on("changed", show),
    client.presence.on("changed", show),
    client.typing.on("changed", show),
  ];
  // The times in the list age: what was "today" becomes "yesterday".
  const timer = setInterval(show, 60_000);
  show();

  return {
    element: element(
      "div",
      { class: "chats-pane" },
      element(
        "header",
        { class: "chats-heading" },
        element("img", { src: "images/logo.svg", alt: "" }),
        element("h1", {}, strings.product),
        callsButton(client),
        element(
          "button",
          {
            type: "button",
            class: "icon-button",
            "aria-label": words.newChat,
            title: words.newChat,
            onclick: () => openNewChat(client),
          },
          icon("compose"),
        ),
      ),
      element("div", { class: "search", role: "search" }, icon("search"), input),
      scroller,
      accountBar(client, { onLogOut, inbox }),
    ),
    mark,
    close() {
      for (const stop of stops) stop();
      clearInterval(timer);
      finder.stop();
    },
  };
}

function chatRow(client, chat, { isOpen, draft }) {
  const name = chatName(client, chat);
  const writers = writerNames(client, chat.chatId);
  const isDraft = writers.length === 0 && draft !== "" && !isOpen;
  const preview = isDraft
    ? words.draft(lineOf(draft))
    : writers.length > 0
      ? typingText(chat, writers)
      : previewText(client, chat);
  const isOnline = chat.kind === "direct" && Boolean(client.presence.get(partnerId(client, chat))?.online);
  const time = listTime(chat.lastMessage?.sentAt ?? chat.createdAt);
  return {
    key: chat.chatId,
    signature: JSON.stringify([name, preview, time, chat.unreadCount, isOpen, isOnline, writers.length]),
    build: () =>
      element(
        "li",
        { "data-testid": "chat" },
        element(
          "a",
          { class: "chat", href: chatAddress(chat.chatId), "aria-current": isOpen && "page" },
          chatAvatar(client, chat),
          element(
            "span",
            { class: "chat-name" },
            name,
            isOnline && unseen(words.online),
          ),
          element("time", { class: "chat-time" }, time),
          element("span", { class: writers.length > 0 ? "chat-preview typing" : "chat-preview" }, preview),
          chat.unreadCount > 0 &&
            element(
              "span",
              { class: "badge", "data-testid": "unread" },
              element(
                "span",
                { "aria-hidden": "true" },
                chat.unreadCount > 99 ? words.manyUnread : String(chat.unreadCount),
              ),
              unseen(words.unread(chat.unreadCount)),
            ),
        ),
      ),
  };
}

function typingText(chat, writers) {
  return chat.kind === "group" ? words.typingIn(writers[0]) : words.typing;
}

function previewText(client, chat) {
  const message = chat.lastMessage;
  if (!message) return words.noMessages;
  const text = message.deletedAt ? words.deleted : message.text || words.file;
  const line = lineOf(text);
  if (message.senderId === client.userId) return words.preview(words.you, line);
  return chat.kind === "group" ? words.preview(personName(client.people.get(message.senderId)), line) : line;
}

function lineOf(text) {
  return plainText(text.slice(0, PREVIEW_LENGTH)).replace(/\s+/gu, " ");
}

/** One open chat: its heading, its messages, and the composer. */
import { Problem } from "./clients/js/index.js";
import { chatAvatar } from "./avatar.js";
import { composer } from "./composer.js";
import { announce, element } from "./dom.js";
import { placesOf } from "./entries.js";
import { conversationHeading } from "./heading.js";
import { strings } from "./language.js";
import { messageList, retryNote, spinner } from "./message_list.js";
import { openMessageMenu } from "./message_menu.js";
import { messageSearch } from "./message_search.js";
import { messageRows } from "./messages.js";
import { chatName, personName } from "./names.js";
import { onLongPress } from "./press.js";
import { problemText } from "./problems.js";
import { typingLine } from "./typing_line.js";

const words = strings.conversation;
/** How many times older messages are fetched to find the one that was answered. */
const MAX_SEARCHES = 40;

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {string} chatId
 * @param {{drafts: import("./drafts.js").Drafts}} options
 * @returns {{element: HTMLElement, start: () => void, close: () => void}}
 */
export function conversation(client, chatId, { drafts }) {
  let hasFailedToOpen = false;
  /** Where the line above the new messages stands; undefined until that can be told, null once it has served. */
  let firstUnreadId;

  /** What is searched for. */
  let sought;

  const heading = conversationHeading(client, chatId, { onSearch: () => search.open() });
  const messages = messageList({
    places: () => placesOf(client, chatId),
    rows,
    hasEarlier: () => client.log(chatId).hasEarlier,
    loadEarlier: () => client.loadEarlier(chatId),
    onMove: readIfSeen,
  });
  const search = messageSearch({
    messages: () => client.log(chatId).messages,
    hasEarlier: () => client.log(chatId).hasEarlier,
    loadEarlier: () => client.loadEarlier(chatId),
    onSought,
    onFound: (messageId) => messages.reveal(placeOf(messageId).id),
    onClose: () => writing.focus(),
  });
  const writing = composer({
    client,
    chatId,
    drafts,
    onSend,
    onEdit: (messageId, text) => client.editMessage(chatId, messageId, text),
    onTyping: (isTyping) => client.typing.tell(chatId, isTyping),
    onEditLast: editLast,
  });
  const typing = typingLine(client, chatId);
  const actions = { onMenu, onReply, onReact, onJump };
  const node = element(
    "section",
    {
      class: "conversation",
      tabindex: "-1",
      onkeydown: onKey,
      ondragover: onDrag,
      ondragleave: onDragEnd,
      ondrop: onDrop,
    },
    heading.element,
    search.element,
    messages.element,
    typing.element,
    writing.element,
  );

  /** The browser's own search finds only what stands on the page; asked for twice, it comes all the same. */
  function onKey(event) {
    const isFind = (event.ctrlKey || event.metaKey) && !event.altKey && event.key === "f";
    if (!isFind || search.isOpen) return;
    event.preventDefault();
    search.open();
  }

  function onSought(pattern) {
    sought = pattern;
    showMessages();
  }

  function onDrag(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    node.dataset.drop = strings.files.drop;
  }

  function onDragEnd(event) {
    if (!node.contains(event.relatedTarget)) delete node.dataset.drop;
  }

  function onDrop(event) {
    delete node.dataset.drop;
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    writing.attach(event.dataTransfer.files);
  }

  function chat() {
    return client.chats.get(chatId);
  }

  function onChats() {
    showHeading();
    if (firstUnreadId === undefined) showMessages();
  }

  function showHeading() {
    if (!chat()) return;
    const name = chatName(client, chat());
    writing.rename(name);
    messages.scroller.setAttribute("aria-label", words.messages(name));
    heading.show();
  }

  function showMessages() {
    if (!client.log(chatId).isLoaded || !chat()) return;
    if (firstUnreadId === undefined) firstUnreadId = firstUnread();
    messages.show();
    messages.note(messages.isEmpty && emptyNote());
    messages.place(firstUnreadId);
    search.refresh();
  }

  function rows(places, from, to) {
    const shown = {
      entries: places.slice(from, to).map(({ entry }) => entry()),
      before: places[from - 1]?.entry(),
      after: places[to]?.entry(),
    };
    const isAtBeginning = from === 0 && !client.log(chatId).hasEarlier;
    return messageRows(client, chatId, shown, { firstUnreadId, isAtBeginning, actions, sought });
  }

  /** Whether all is held up to the last message that is known of. It need not be there: its time may be over. */
  function isCurrent() {
    const { lastMessage } = chat();
    const log = client.log(chatId);
    return !lastMessage || (log.isLoaded && !log.isStale && log.contiguousSeq >= lastMessage.seq);
  }

  /** The first of the messages that are unread when the chat is opened. */
  function firstUnread() {
    if (!isCurrent()) return undefined;
    // What is known from another time counts none of those that have come since.
    if (chat().unreadCount === 0 && !client.chats.isLoaded) return undefined;
    const foreign = client.log(chatId).messages.filter(({ senderId }) => senderId !== client.userId);
    const count = Math.min(chat().unreadCount, foreign.length);
    return count > 0 ? foreign.at(-count).messageId : null;
  }

  function emptyNote() {
    const name = chatName(client, chat());
    return [
      chatAvatar(client, chat()),
      element("h2", {}, words.none),
      element("p", {}, words.noneHint(name)),
    ];
  }

  function readIfSeen() {
    const isKnown = firstUnreadId !== undefined && chat() && isCurrent();
    if (isKnown && messages.isAtEnd && document.visibilityState === "visible") client.markRead(chatId);
  }

  async function open() {
    hasFailedToOpen = false;
    if (!client.log(chatId).isLoaded) messages.note(spinner());
    try {
      await client.openChat(chatId);
      showHeading();
      showMessages();
    } catch (error) {
      if (client.log(chatId).isLoaded) return;
      hasFailedToOpen = true;
      const isMissing = error instanceof Problem && error.status === 404;
      if (isMissing) heading.showNothing();
      writing.element.hidden = isMissing;
      messages.note(isMissing ? element("p", { role: "alert" }, words.notFound) : retryNote(error, open));
    }
  }

  function onSend(text, options) {
    firstUnreadId = null;
    messages.follow();
    client.send(chatId, text, options);
  }

  function onMenu(entry, anchor) {
    openMessageMenu(client, chatId, entry, anchor, { onReact, onReply, onEdit });
  }

  function onReply({ messageId, senderId, text }) {
    const name = senderId === client.userId ? strings.people.self : personName(client.people.get(senderId));
    writing.reply({ messageId, name, text });
  }

  function onEdit({ messageId, text }) {
    writing.edit({ messageId, text });
  }

  function editLast() {
    const { messages: all } = client.log(chatId);
    const last = all.findLast(({ senderId, deletedAt }) => senderId === client.userId && !deletedAt);
    if (last) onEdit({ messageId: last.messageId, text: last.text ?? "" });
  }

  async function onReact({ messageId }, emoji, isSet) {
    try {
      await client.react(chatId, messageId, emoji, isSet);
    } catch (error) {
      announce(problemText(error));
    }
  }

  /** Bring a message into view; one from before those held is fetched first. */
  async function onJump(messageId) {
    try {
      for (let search = 0; search < MAX_SEARCHES && !placeOf(messageId); search += 1) {
        if (!client.log(chatId).hasEarlier) break;
        await client.loadEarlier(chatId);
      }
    } catch (error) {
      return announce(problemText(error));
    }
    const place = placeOf(messageId);
    if (!place) return announce(words.quoteGone);
    messages.reveal(place.id, { isFocused: true });
  }

  function placeOf(messageId) {
    return placesOf(client, chatId).find((place) => place.messageId === messageId);
  }

  function onPress({ dataset }) {
    const row = [...messages.list.children].find((each) => each.dataset.message === dataset.message);
    row?.querySelector("[data-actions]")?.click();
  }

  function onLeft(left) {
    if (left !== chatId) return;
    messages.clear();
    messages.note(element("p", { role: "alert" }, words.left));
    writing.element.hidden = true;
    heading.showNothing();
  }

  function onMessage(message) {
    if (message.chatId !== chatId) return;
    announce(words.incoming(personName(client.people.get(message.senderId)), message.text ?? ""));
    messages.count();
  }

  function onLearned() {
    showHeading();
    showMessages();
  }

  document.addEventListener("visibilitychange", readIfSeen);
  const stops = [
    client.on("log", (changed) => changed === chatId && showMessages()),
    client.on("reads", (changed) => changed === chatId && showMessages()),
    client.on("chats", onChats),
    client.on("left", onLeft),
    client.on("message", onMessage),
    client.on("state", (state) => state === "online" && hasFailedToOpen && open()),
    client.people.on("changed", onLearned),
    client.presence.on("changed", showHeading),
    client.blocks.on("changed", showHeading),
    client.calls.on("changed", showHeading),
    onLongPress(messages.list, ".message[data-message]", onPress),
    () => document.removeEventListener("visibilitychange", readIfSeen),
  ];

  return {
    element: node,
    start() {
      showHeading();
      writing.start();
      // Where typing should not begin by itself, the reader still has to be brought here.
      if (!node.contains(document.activeElement)) node.focus({ preventScroll: true });
      messages.start();
      // What is known from another time is shown before the server is asked.
      showMessages();
      open();
    },
    close() {
      for (const stop of stops) stop();
      messages.close();
      typing.close();
      writing.close();
      client.typing.tell(chatId, false);
      client.closeChat();
    },
  };
}

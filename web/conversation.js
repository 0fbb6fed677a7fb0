/** One open chat: its heading, its messages, and the composer. */
import { Problem } from "./clients/js/index.js";
import { chatAvatar } from "./avatar.js";
import { composer } from "./composer.js";
import { announce, element, fill, showRows } from "./dom.js";
import { entriesOf } from "./entries.js";
import { conversationHeading } from "./heading.js";
import { icon } from "./icons.js";
import { openMessageMenu } from "./message_menu.js";
import { messageRows } from "./messages.js";
import { chatName, personName } from "./names.js";
import { onLongPress } from "./press.js";
import { problemText } from "./problems.js";
import { strings } from "./strings.js";
import { typingLine } from "./typing_line.js";

const words = strings.conversation;
/** How near to its end the log counts as read to the end. */
const NEAR_END_PX = 80;
/** How near to its beginning earlier messages are fetched. */
const NEAR_BEGINNING_PX = 900;
const FLASH_MS = 1_600;
/** How many times older messages are fetched to find the one that was answered. */
const MAX_SEARCHES = 40;

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {string} chatId
 * @returns {{element: HTMLElement, start: () => void, close: () => void}}
 */
export function conversation(client, chatId) {
  /** Whether the end of the log is in view, and stays there as messages come. */
  let isAtEnd = true;
  let isLoadingEarlier = false;
  let hasFailedEarlier = false;
  let hasFailedToOpen = false;
  let lowestShown;
  let isPlaced = false;
  let heightSeen;
  /** Where the line above the new messages stands; null once it has served. */
  let firstUnreadId;
  let newBelow = 0;

  const heading = conversationHeading(client, chatId);
  const list = element("ol", { class: "messages" });
  const top = element("div", { class: "messages-top" });
  const empty = element("div", { class: "messages-empty" });
  const content = element("div", { class: "messages-content" }, top, empty, list);
  const scroller = element(
    "div",
    {
      class: "messages-scroller",
      role: "log",
      "aria-live": "off",
      tabindex: "0",
      onscroll: onScroll,
      onkeydown: onKey,
    },
    content,
  );
  const toEnd = element("button", {
    type: "button",
    class: "to-end",
    hidden: true,
    onclick: () => scrollToEnd("smooth"),
  });
  const writing = composer({
    client,
    chatId,
    onSend,
    onEdit: (messageId, text) => client.editMessage(chatId, messageId, text),
    onTyping: (isTyping) => client.typing.tell(chatId, isTyping),
    onEditLast: editLast,
  });
  const typing = typingLine(client, chatId);
  const actions = { onMenu, onReply, onReact, onJump };
  const node = element(
    "section",
    { class: "conversation", tabindex: "-1", ondragover: onDrag, ondragleave: onDragEnd, ondrop: onDrop },
    heading.element,
    element("div", { class: "messages-frame" }, scroller, toEnd),
    typing.element,
    writing.element,
  );

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

  function showHeading() {
    if (!chat()) return;
    const name = chatName(client, chat());
    writing.rename(name);
    scroller.setAttribute("aria-label", words.messages(name));
    heading.show();
  }

  function showMessages() {
    const log = client.log(chatId);
    if (!log.isLoaded || !chat()) return;
    const entries = entriesOf(client, chatId);
    if (firstUnreadId === undefined) firstUnreadId = firstUnread(entries);
    const { scrollTop, scrollHeight } = scroller;
    showRows(
      list,
      messageRows(client, entries, {
        isGroup: chat().kind === "group",
        firstUnreadId,
        isAtBeginning: !log.hasEarlier,
        actions,
      }),
    );
    keepOneInTabOrder();
    fill(empty, entries.length === 0 && emptyNote());
    // What came in above must not move what is being read.
    if (log.startSeq < lowestShown) scroller.scrollTop = scrollTop + scroller.scrollHeight - scrollHeight;
    lowestShown = log.startSeq;
    place();
    readIfSeen();
  }

  /** The first of the messages that are unread when the chat is opened. */
  function firstUnread(entries) {
    const foreign = entries.filter((entry) => entry.senderId && entry.senderId !== client.userId);
    const count = Math.min(chat().unreadCount, foreign.length);
    return count > 0 ? foreign.at(-count).id : null;
  }

  /** Keep the end in view; the first time, rather the first unread message. */
  function place() {
    if (!isPlaced) {
      isPlaced = true;
      scrollToEnd();
      const divider = list.querySelector(".divider.new");
      if (divider && divider.offsetTop < scroller.scrollTop)
        scroller.scrollTop = divider.offsetTop - NEAR_END_PX;
      isAtEnd = distanceToEnd() < NEAR_END_PX;
    } else if (isAtEnd) {
      scrollToEnd();
    }
    showToEnd();
    loadEarlierIfNear();
  }

  function emptyNote() {
    const name = chatName(client, chat());
    return [
      chatAvatar(client, chat()),
      element("h2", {}, words.none),
      element("p", {}, words.noneHint(name)),
    ];
  }

  function onScroll() {
    // A keyboard that opens moves the messages too; the resize decides what to do about that.
    if (scroller.clientHeight !== heightSeen) return;
    isAtEnd = distanceToEnd() < NEAR_END_PX;
    if (isAtEnd) newBelow = 0;
    showToEnd();
    readIfSeen();
    loadEarlierIfNear();
  }

  function distanceToEnd() {
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
  }

  function scrollToEnd(behavior = "instant") {
    scroller.scrollTo({ top: scroller.scrollHeight, behavior });
  }

  function showToEnd() {
    toEnd.hidden = isAtEnd;
    const label = newBelow > 0 ? words.newBelow(newBelow) : words.toLatest;
    toEnd.setAttribute("aria-label", label);
    fill(toEnd, newBelow > 0 && element("span", {}, label), icon("down"));
  }

  function readIfSeen() {
    if (isAtEnd && document.visibilityState === "visible" && client.log(chatId).isLoaded)
      client.markRead(chatId);
  }

  function loadEarlierIfNear() {
    const isNear = scroller.scrollTop < NEAR_BEGINNING_PX && client.log(chatId).hasEarlier;
    if (isNear && !isLoadingEarlier && !hasFailedEarlier) loadEarlier();
  }

  async function loadEarlier() {
    isLoadingEarlier = true;
    hasFailedEarlier = false;
    fill(top, element("span", { class: "spinner", role: "status", "aria-label": words.loading }));
    try {
      await client.loadEarlier(chatId);
      fill(top);
    } catch (error) {
      // From here on only the button tries again, or every movement would.
      hasFailedEarlier = true;
      fill(top, retryNote(error, loadEarlier));
    }
    isLoadingEarlier = false;
    loadEarlierIfNear();
  }

  function retryNote(error, again) {
    const button = element("button", { type: "button", class: "link", onclick: again }, words.tryAgain);
    return element(
      "p",
      { class: "retry-note", role: "alert" },
      `${words.loadFailed} ${problemText(error)} `,
      button,
    );
  }

  async function open() {
    hasFailedToOpen = false;
    if (!client.log(chatId).isLoaded)
      fill(empty, element("span", { class: "spinner", role: "status", "aria-label": words.loading }));
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
      fill(empty, isMissing ? element("p", { role: "alert" }, words.notFound) : retryNote(error, open));
    }
  }

  function onResize() {
    heightSeen = scroller.clientHeight;
    if (isPlaced && isAtEnd) scrollToEnd();
  }

  function onSend(text, options) {
    isAtEnd = true;
    newBelow = 0;
    firstUnreadId = null;
    client.send(chatId, text, options);
    scrollToEnd();
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
    const own = entriesOf(client, chatId).filter(
      (entry) => entry.senderId === client.userId && entry.messageId && !entry.isDeleted,
    );
    if (own.length > 0) onEdit(own.at(-1));
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
      for (let search = 0; search < MAX_SEARCHES && !rowOf(messageId); search += 1) {
        if (!client.log(chatId).hasEarlier) break;
        isAtEnd = false;
        await client.loadEarlier(chatId);
      }
    } catch (error) {
      return announce(problemText(error));
    }
    const row = rowOf(messageId);
    if (!row) return announce(words.quoteGone);
    row.scrollIntoView({ block: "center" });
    row.classList.add("flash");
    setTimeout(() => row.classList.remove("flash"), FLASH_MS);
    row.querySelector("[data-actions]")?.focus({ preventScroll: true });
  }

  function rowOf(messageId) {
    return [...list.children].find((row) => row.dataset.message === messageId);
  }

  /** The arrow keys go from the actions of one message to those of the next. */
  function onKey(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || !event.target.matches("[data-actions]")) return;
    event.preventDefault();
    const all = [...list.querySelectorAll("[data-actions]")];
    const next = all[all.indexOf(event.target) + step];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  /** The last message's, unless the reader is among them. */
  function keepOneInTabOrder() {
    if (list.contains(document.activeElement)) return;
    const all = [...list.querySelectorAll("[data-actions]")];
    for (const button of all) button.tabIndex = button === all.at(-1) ? 0 : -1;
  }

  function onPress({ dataset }) {
    rowOf(dataset.message)?.querySelector("[data-actions]")?.click();
  }

  function onLeft(left) {
    if (left !== chatId) return;
    fill(list);
    fill(top);
    writing.element.hidden = true;
    heading.showNothing();
    fill(empty, element("p", { role: "alert" }, words.left));
  }

  function onMessage(message) {
    if (message.chatId !== chatId) return;
    announce(words.incoming(personName(client.people.get(message.senderId)), message.text ?? ""));
    if (!isAtEnd) {
      newBelow += 1;
      showToEnd();
    }
  }

  function onLearned() {
    showHeading();
    showMessages();
  }

  const resizes = new ResizeObserver(onResize);
  document.addEventListener("visibilitychange", readIfSeen);
  const stops = [
    client.on("log", (changed) => changed === chatId && showMessages()),
    client.on("reads", (changed) => changed === chatId && showMessages()),
    client.on("chats", showHeading),
    client.on("left", onLeft),
    client.on("message", onMessage),
    client.on("state", (state) => state === "online" && hasFailedToOpen && open()),
    client.people.on("changed", onLearned),
    client.presence.on("changed", showHeading),
    client.blocks.on("changed", showHeading),
    client.calls.on("changed", showHeading),
    onLongPress(list, ".message[data-message]", onPress),
    () => document.removeEventListener("visibilitychange", readIfSeen),
    () => resizes.disconnect(),
  ];

  return {
    element: node,
    start() {
      showHeading();
      writing.start();
      // Where typing should not begin by itself, the reader still has to be brought here.
      if (!node.contains(document.activeElement)) node.focus({ preventScroll: true });
      resizes.observe(scroller);
      resizes.observe(content);
      open();
    },
    close() {
      for (const stop of stops) stop();
      typing.close();
      writing.close();
      client.typing.tell(chatId, false);
      client.closeChat();
    },
  };
}

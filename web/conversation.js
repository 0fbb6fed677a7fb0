/** One open chat: its heading, its messages, and the composer. */
import { Problem } from "./clients/js/index.js";
import { chatAvatar } from "./avatar.js";
import { composer } from "./composer.js";
import { announce, element, fill, showRows } from "./dom.js";
import { icon } from "./icons.js";
import { entriesOf, messageRows } from "./messages.js";
import { chatName, partnerId, personName } from "./names.js";
import { problemText } from "./problems.js";
import { goToChats } from "./route.js";
import { strings } from "./strings.js";

const words = strings.conversation;
/** How near to its end the log counts as read to the end. */
const NEAR_END_PX = 80;
/** How near to its beginning earlier messages are fetched. */
const NEAR_BEGINNING_PX = 900;
const NAMES_IN_HEADING = 12;

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

  const heading = element("header", { class: "conversation-heading" });
  const list = element("ol", { class: "messages" });
  const top = element("div", { class: "messages-top" });
  const empty = element("div", { class: "messages-empty" });
  const content = element("div", { class: "messages-content" }, top, empty, list);
  const scroller = element(
    "div",
    { class: "messages-scroller", role: "log", "aria-live": "off", tabindex: "0", onscroll: onScroll },
    content,
  );
  const toEnd = element("button", {
    type: "button",
    class: "to-end",
    hidden: true,
    onclick: () => scrollToEnd("smooth"),
  });
  const writing = composer({ userId: client.userId, chatId, onSend });
  const node = element(
    "section",
    { class: "conversation", tabindex: "-1" },
    heading,
    element("div", { class: "messages-frame" }, scroller, toEnd),
    writing.element,
  );

  function chat() {
    return client.chats.get(chatId);
  }

  function showHeading() {
    if (!chat()) return;
    const name = chatName(client, chat());
    const isGroup = chat().kind === "group";
    const detail = isGroup ? memberNames() : usernameLine();
    writing.rename(name);
    scroller.setAttribute("aria-label", words.messages(name));
    fill(
      heading,
      backLink(),
      chatAvatar(client, chat()),
      element(
        "div",
        { class: "heading-names" },
        element("h1", {}, name),
        element("p", { title: detail }, detail),
      ),
    );
  }

  function usernameLine() {
    const { username } = client.people.get(partnerId(client, chat()));
    return username ? `@${username}` : "";
  }

  function memberNames() {
    const { memberIds } = chat();
    const others = memberIds.filter((userId) => userId !== client.userId).slice(0, NAMES_IN_HEADING);
    const names = others.map((userId) => personName(client.people.get(userId)));
    return `${words.members(memberIds.length)}: ${[...names, strings.people.self].join(", ")}`;
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
      }),
    );
    fill(empty, entries.length === 0 && emptyNote());
    // What came in above must not move what is being read.
    if (log.lowestSeq < lowestShown) scroller.scrollTop = scrollTop + scroller.scrollHeight - scrollHeight;
    lowestShown = log.lowestSeq;
    place();
    readIfSeen();
  }

  /** The first of the messages that are unread when the chat is opened. */
  function firstUnread(entries) {
    const foreign = entries.filter((entry) => entry.senderId !== client.userId);
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
      if (isMissing) fill(heading, backLink());
      writing.element.hidden = isMissing;
      fill(empty, isMissing ? element("p", { role: "alert" }, words.notFound) : retryNote(error, open));
    }
  }

  function onResize() {
    heightSeen = scroller.clientHeight;
    if (isPlaced && isAtEnd) scrollToEnd();
  }

  function onSend(text) {
    isAtEnd = true;
    newBelow = 0;
    firstUnreadId = null;
    client.send(chatId, text);
    scrollToEnd();
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
    client.on("message", onMessage),
    client.on("state", (state) => state === "online" && hasFailedToOpen && open()),
    client.people.on("changed", onLearned),
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
      client.closeChat();
    },
  };
}

function backLink() {
  return element(
    "button",
    { type: "button", class: "icon-button back", "aria-label": words.back, onclick: goToChats },
    icon("back"),
  );
}

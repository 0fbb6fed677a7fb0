/**
 * The two panes of someone logged in: the chats, and the one that is open. On a phone one of them at a time.
 */
import { showPictures } from "./avatar.js";
import { callLayer } from "./call_layer.js";
import { chatsPane } from "./chats.js";
import { connectionBanner } from "./connection.js";
import { conversation } from "./conversation.js";
import { element, fill } from "./dom.js";
import { Drafts } from "./drafts.js";
import { watchFiles } from "./files.js";
import { strings } from "./language.js";
import { notifyOf } from "./notifications.js";
import { goToChats, logInProof, onRoute, routedChatId } from "./route.js";

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {{onLogOut: (reason?: string) => void, inbox?: string}} options
 * @returns {{element: HTMLElement, close: () => void}}
 */
export function workspace(client, { onLogOut, inbox }) {
  const stopPictures = showPictures(client);
  const banner = connectionBanner(client);
  const drafts = new Drafts(client.userId);
  const calls = callLayer(client, { onTitle: showTitle });
  const chats = chatsPane(client, { drafts, onLogOut, inbox });
  const place = element("section", { class: "conversation-pane", "aria-label": strings.conversation.region });
  const node = element(
    "main",
    { class: "workspace" },
    calls.element,
    chats.element,
    element("div", { class: "right-pane" }, banner.element, place),
  );
  let open;

  function showRouted() {
    // The link of a mail, opened by somebody who is in already.
    if (logInProof()) return goToChats();
    const chatId = routedChatId();
    if (open && open.chatId === chatId) return;
    const wasOpen = Boolean(open);
    open?.close();
    open = chatId ? { chatId, ...conversation(client, chatId, { drafts }) } : undefined;
    node.classList.toggle("has-chat", Boolean(open));
    if (open) {
      fill(place, open.element);
      open.start();
    } else {
      fill(place, nothingOpen());
    }
    chats.mark(chatId, { isReturning: wasOpen && !open });
  }

  function showTitle() {
    const unread = client.chats.unreadTotal;
    document.title = calls.title ?? (unread > 0 ? `(${unread}) ${strings.product}` : strings.product);
  }

  function wake() {
    client.socket.wake();
  }

  function watch() {
    client.isWatched = document.visibilityState === "visible";
    if (client.isWatched) wake();
  }

  addEventListener("online", wake);
  addEventListener("offline", wake);
  document.addEventListener("visibilitychange", watch);
  watch();
  const stops = [
    stopPictures,
    notifyOf(client),
    watchFiles(client),
    onRoute(showRouted),
    client.on("chats", showTitle),
    () => removeEventListener("online", wake),
    () => removeEventListener("offline", wake),
    () => document.removeEventListener("visibilitychange", watch),
  ];
  showRouted();
  client.blocks.refresh().catch(() => {});

  function close() {
    calls.close();
    for (const stop of stops) stop();
    for (const dialog of document.querySelectorAll("dialog")) dialog.close();
    open?.close();
    chats.close();
    banner.close();
  }
  return { element: node, close };
}

function nothingOpen() {
  return element(
    "div",
    { class: "nothing-open" },
    element("img", { src: "images/logo.svg", alt: "" }),
    element("h2", {}, strings.chats.pickOne),
    element("p", {}, strings.chats.pickOneHint),
  );
}

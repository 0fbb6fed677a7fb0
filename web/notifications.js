/**
 * What the device says of messages while nobody looks at the page, or at another one of this browser. Without words of
 * theirs, unless one wants them.
 */
import { plainText } from "./format.js";
import { strings } from "./language.js";
import { chatName, personName } from "./names.js";
import { isAnyInView, tellOfView } from "./pages.js";
import { prefer, preferences } from "./preferences.js";
import { goToChat } from "./route.js";

const words = strings.notifications;
const ICON = "images/icon-192.png";
const MOST_CHARACTERS = 120;

/** @returns {boolean} Whether this browser can notify at all. */
export function canNotify() {
  return globalThis.Notification !== undefined;
}

/** @returns {boolean} Whether it does: wanted here, and permitted. */
export function notifies() {
  return canNotify() && preferences().notify && Notification.permission === "granted";
}

/**
 * Ask the browser for permission; only in answer to a press, for browsers refuse anything else.
 *
 * @returns {Promise<boolean>} Whether it is permitted.
 */
export async function startNotifying() {
  const isPermitted = (await Notification.requestPermission()) === "granted";
  prefer({ notify: isPermitted });
  return isPermitted;
}

export function stopNotifying() {
  prefer({ notify: false });
}

/**
 * @param {import("./clients/js/client.js").Client} client
 * @returns {() => void} Stops it.
 */
export function notifyOf(client) {
  const shown = new Map();

  async function onMessage(message) {
    if (!notifies() || (await isAnyInView())) return;
    const { chatId } = message;
    const chat = client.chats.get(chatId);
    const sender = personName(client.people.get(message.senderId));
    const title = chat?.kind === "group" ? words.inGroup(sender, chatName(client, chat)) : sender;
    // One for each chat: a later one takes the place of the one before.
    const notification = await show(title, { tag: chatId, body: bodyOf(message), data: { chatId } });
    if (notification) shown.set(chatId, notification);
  }

  function close(chatId) {
    shown.get(chatId)?.close();
    shown.delete(chatId);
  }

  function onChats() {
    for (const chatId of shown.keys()) if (!client.chats.get(chatId)?.unreadCount) close(chatId);
  }

  const stops = [tellOfView(), client.on("message", onMessage), client.on("chats", onChats)];
  return () => {
    stops.forEach((stop) => stop());
    for (const chatId of [...shown.keys()]) close(chatId);
  };
}

function bodyOf({ text }) {
  if (!preferences().notifyWords) return words.newMessage;
  return plainText(text ?? "").slice(0, MOST_CHARACTERS) || strings.chats.file;
}

/** Phones let only a service worker notify; it tells this page of a press (see service_worker.js). */
async function show(title, options) {
  const registration = await navigator.serviceWorker?.getRegistration();
  const all = { icon: ICON, lang: strings.language, ...options };
  if (registration?.active) {
    await registration.showNotification(title, all);
    const [notification] = await registration.getNotifications({ tag: options.tag });
    return notification;
  }
  const notification = new Notification(title, all);
  notification.addEventListener("click", () => {
    focus();
    goToChat(options.data.chatId);
    notification.close();
  });
  return notification;
}

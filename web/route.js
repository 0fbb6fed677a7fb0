/** Which chat is open, kept in the address so that the browser's own back button works. */

const PREFIX = "#/chats/";

/** @returns {string | undefined} */
export function routedChatId() {
  return location.hash.startsWith(PREFIX)
    ? decodeURIComponent(location.hash.slice(PREFIX.length))
    : undefined;
}

/** @param {string} chatId @returns {string} For a link. */
export function chatAddress(chatId) {
  return PREFIX + encodeURIComponent(chatId);
}

/** @param {string} chatId */
export function goToChat(chatId) {
  location.hash = chatAddress(chatId);
}

export function goToChats() {
  location.hash = "#/";
}

/** @param {() => void} listener @returns {() => void} Call it to stop listening. */
export function onRoute(listener) {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

/** Where the page is, kept in the address so that the browser's own back button works. */

const PREFIX = "#/chats/";
const LOG_IN = "#/log-in?";

/** @returns {string | undefined} */
export function routedChatId() {
  if (!location.hash.startsWith(PREFIX)) return undefined;
  try {
    return decodeURIComponent(location.hash.slice(PREFIX.length));
  } catch {
    // Somebody has written it by hand, or a part of it is lost.
    return undefined;
  }
}

/** @returns {{email: string, session: string, code: string} | undefined} What the link of a mail holds. */
export function logInProof() {
  if (!location.hash.startsWith(LOG_IN)) return undefined;
  const query = new URLSearchParams(location.hash.slice(LOG_IN.length));
  return Object.fromEntries(["email", "session", "code"].map((name) => [name, query.get(name) ?? ""]));
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

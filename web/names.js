/** What people and chats are called. Pure, apart from asking for people not known yet. */
import { strings } from "./language.js";

const segmenter = new Intl.Segmenter();
/** Of a group that nobody has named, so many members are. */
const MAX_NAMES = 4;

/** @param {import("./clients/js/people.js").Person} person */
export function personName(person) {
  if (person.isGone) return strings.people.gone;
  return person.displayName || person.username || strings.people.unknown;
}

/** @param {import("./clients/js/client.js").Client} client @param {object} chat @returns {string} */
export function chatName(client, chat) {
  if (chat.kind === "group") return chat.name || peopleName(client, chat.memberIds);
  return personName(client.people.get(partnerId(client, chat)));
}

/**
 * What people are called together: by the names of all but oneself, unless one is alone.
 *
 * @param {import("./clients/js/client.js").Client} client
 * @param {string[]} userIds
 * @returns {string}
 */
export function peopleName(client, userIds) {
  const others = userIds.filter((userId) => userId !== client.userId);
  const named = others.length > 0 ? others : userIds;
  if (named.length === 0) return strings.people.unknown;
  const names = named.slice(0, MAX_NAMES).map((userId) => personName(client.people.get(userId)));
  return strings.people.together(names, named.length - names.length);
}

/** The other one in a direct chat; oneself in a chat with oneself. */
export function partnerId(client, chat) {
  return chat.memberIds.find((userId) => userId !== client.userId) ?? client.userId;
}

/** Those who write in a chat, the longest first; not oneself, on another device. @returns {string[]} */
export function writerNames(client, chatId) {
  const others = client.typing.in(chatId).filter((userId) => userId !== client.userId);
  return others.map((userId) => personName(client.people.get(userId)));
}

/** @param {string} name @returns {string} One or two letters, whatever the script. */
export function initials(name) {
  const words = name.trim().split(/\s+/u);
  const letters = [words[0], ...(words.length > 1 ? [words.at(-1)] : [])].map(firstLetter);
  // Two letters of a script without capitals are too wide to read at this size.
  const isCased = letters.every((letter) => letter.toLowerCase() !== letter.toUpperCase());
  return (isCased ? letters.join("") : letters[0]).toUpperCase();
}

function firstLetter(word) {
  return segmenter.segment(word)[Symbol.iterator]().next().value?.segment ?? "?";
}

/** The round picture of a person, the square one of a group: initials on a colour of their own. */
import { element } from "./dom.js";
import { chatName, initials, partnerId, personName } from "./names.js";

/** @type {import("./clients/js/pictures.js").Pictures | undefined} Of the person who is logged in. */
let pictures;

/** @param {import("./clients/js/people.js").Person} person @param {string} [size] "small" */
export function personAvatar(person, size) {
  const node = avatar(person.userId, personName(person), size);
  node.dataset.person = person.userId;
  showPicture(node, person);
  return node;
}

/**
 * From now on show people's pictures, in avatars that stand on the page as in those to come.
 *
 * @param {import("./clients/js/client.js").Client} client
 * @returns {() => void} Stops it.
 */
export function showPictures(client) {
  pictures = client.pictures;
  const refresh = (person) => {
    for (const node of document.querySelectorAll(`[data-person="${CSS.escape(person.userId)}"]`))
      showPicture(node, person);
  };
  const stops = [
    client.people.on("changed", refresh),
    pictures.on("ready", (fileId) => {
      for (const person of client.people.list()) if (person.avatarFileId === fileId) refresh(person);
    }),
  ];
  return () => {
    pictures = undefined;
    stops.forEach((stop) => stop());
  };
}

function showPicture(node, person) {
  const url = person.avatarFileId && pictures?.get(person.avatarFileId);
  const shown = node.querySelector("img");
  if (shown?.getAttribute("src") === url) return;
  shown?.remove();
  // Before the dot of somebody who is there, which stays on top.
  if (url) node.prepend(element("img", { src: url, alt: "" }));
}

/** @param {import("./clients/js/client.js").Client} client @param {object} chat */
export function chatAvatar(client, chat) {
  if (chat.kind === "group") return avatar(chat.chatId, chatName(client, chat), "square");
  return presentAvatar(client, partnerId(client, chat));
}

/** With a dot while that person is there. */
export function presentAvatar(client, userId) {
  const node = personAvatar(client.people.get(userId));
  if (client.presence.get(userId)?.online)
    node.append(element("span", { class: "presence", "data-testid": "online" }));
  return node;
}

/** @param {string} id @returns {number} A hue in degrees, always the same for an id. */
export function hueOf(id) {
  let sum = 0;
  for (const character of id) sum = Math.imul(sum ^ character.codePointAt(0), 0x01000193);
  // Twelve hues, far enough apart to be told from each other, from the well-mixed upper bits.
  return ((sum >>> 20) % 12) * 30 + 10;
}

function avatar(id, name, shape = "") {
  const node = element("span", { class: `avatar ${shape}`, "aria-hidden": "true" }, initials(name));
  node.style.setProperty("--hue", hueOf(id));
  return node;
}

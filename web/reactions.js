/** Reactions: the few to choose from, and those below a message. */
import { element, unseen } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { personName } from "./names.js";

const words = strings.conversation;

export const CHOICES = ["👍", "❤️", "😂", "🎉", "😮", "🙏", "👀"];

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {Record<string, string[]>} reactions The people by emoji.
 * @param {(emoji: string, isSet: boolean) => void} onReact
 */
export function reactionList(client, reactions, onReact) {
  const given = Object.entries(reactions);
  if (given.length === 0) return undefined;
  return element(
    "div",
    { class: "reactions" },
    given.map(([emoji, userIds]) => {
      const isOwn = userIds.includes(client.userId);
      const names = strings.people.list(userIds.map((userId) => nameOf(client, userId)));
      return element(
        "button",
        {
          type: "button",
          class: "reaction",
          "data-testid": "reaction",
          "aria-pressed": String(isOwn),
          title: names,
          tabindex: "-1",
          onclick: () => onReact(emoji, !isOwn),
        },
        element("span", { class: "reaction-emoji" }, emoji),
        element("span", {}, String(userIds.length)),
        unseen(` ${names}`),
      );
    }),
  );
}

/** The row of choices at the top of a message's menu. */
export function reactionChoices(client, reactions, { onReact, onMore }) {
  return element(
    "div",
    { class: "menu-reactions", role: "group", "aria-label": words.react },
    CHOICES.map((emoji) => {
      const isOwn = Boolean(reactions[emoji]?.includes(client.userId));
      return element(
        "button",
        {
          type: "button",
          role: "menuitemcheckbox",
          "aria-checked": String(isOwn),
          "aria-label": words.reactWith(emoji),
          tabindex: "-1",
          onclick: () => onReact(emoji, !isOwn),
        },
        emoji,
      );
    }),
    element(
      "button",
      { type: "button", role: "menuitem", "aria-label": strings.emoji.more, tabindex: "-1", onclick: onMore },
      icon("plus"),
    ),
  );
}

function nameOf(client, userId) {
  return userId === client.userId ? strings.people.self : personName(client.people.get(userId));
}

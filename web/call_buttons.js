/** Calling from a chat. */
import { element } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { partnerId } from "./names.js";

const words = strings.call;
/** As the protocol has it: in a mesh each sends their picture to every other one. */
const MAX_PARTICIPANTS = 8;

/**
 * What can be done about calls in a chat now.
 *
 * @param {import("./clients/js/client.js").Client} client
 * @param {object} chat
 * @returns {"start" | "join" | undefined}
 */
export function callChoice(client, chat) {
  if (client.calls.current) return undefined;
  if (client.calls.openIn(chat.chatId)) return "join";
  const count = chat.memberIds.length;
  if (count < 2 || count > MAX_PARTICIPANTS) return undefined;
  if (chat.kind === "direct" && client.blocks.has(partnerId(client, chat))) return undefined;
  return "start";
}

/** @returns {HTMLElement[]} Buttons for that, in the heading of the chat. */
export function callButtons(client, { chatId }, choice) {
  if (choice === "join") {
    const join = () => client.calls.accept(client.calls.openIn(chatId));
    return [
      element(
        "button",
        {
          type: "button",
          class: "join-call",
          "aria-label": words.joinLabel,
          title: words.joinLabel,
          onclick: join,
        },
        icon("call"),
        element("span", {}, words.join),
      ),
    ];
  }
  if (choice !== "start") return [];
  return ["audio", "video"].map((kind) =>
    element(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": words.start[kind],
        title: words.start[kind],
        onclick: () => client.calls.start({ chatId, kind }),
      },
      icon(kind === "audio" ? "call" : "camera"),
    ),
  );
}

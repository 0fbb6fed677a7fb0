/** Who is writing, above the composer; its place is kept free, so that nothing jumps. */
import { element, fill } from "./dom.js";
import { strings } from "./language.js";
import { writerNames } from "./names.js";

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {string} chatId
 */
export function typingLine(client, chatId) {
  const node = element("p", { class: "typing-line", "data-testid": "typing" });

  function show() {
    const names = writerNames(client, chatId);
    fill(
      node,
      names.length > 0 && [
        element(
          "span",
          { class: "typing-dots", "aria-hidden": "true" },
          [0, 1, 2].map(() => element("i")),
        ),
        element("span", {}, strings.conversation.typing(names)),
      ],
    );
  }

  const stops = [client.typing.on("changed", (changed) => changed === chatId && show())];
  show();
  return { element: node, close: () => stops.forEach((stop) => stop()) };
}

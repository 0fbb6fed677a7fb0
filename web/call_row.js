/** What stands in a chat about a call that was held in it, or missed. */
import { durationText, isMissed, loggedText } from "./call_words.js";
import { element } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { clockTime, fullTime } from "./times.js";

const words = strings.call;

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {import("./entries.js").Entry} entry
 * @returns {import("./dom.js").Row}
 */
export function callRow(client, { id, call, time }) {
  const text = loggedText(client, call);
  const duration = durationText(call);
  const isMissedOne = isMissed(call, client.userId);
  return {
    key: id,
    signature: JSON.stringify([text, duration]),
    build: () =>
      element(
        "li",
        { class: isMissedOne ? "call-entry missed" : "call-entry", "data-testid": "call-entry" },
        element(
          "div",
          { class: "call-entry-box" },
          element("span", { class: "call-entry-icon" }, icon(call.kind === "video" ? "camera" : "call")),
          element(
            "span",
            { class: "call-entry-words" },
            element("span", { class: "call-entry-text" }, text),
            element(
              "span",
              { class: "call-entry-detail" },
              element("time", { datetime: time, title: fullTime(time) }, clockTime(time)),
              duration && ` · ${duration}`,
            ),
          ),
          element(
            "button",
            { type: "button", class: "link", onclick: () => again(client, call) },
            isMissedOne ? words.back : words.again,
          ),
        ),
      ),
  };
}

function again(client, { chatId, kind }) {
  if (!client.calls.current) client.calls.start({ chatId, kind });
}

/** The call one is in, while one looks at a chat. */
import { roundButton, sourceButton } from "./call_controls.js";
import { callName } from "./call_words.js";
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";

const words = strings.call;
const TICK_MS = 1_000;

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {{onOpen: () => void, onHangUp: () => void}} listeners
 */
export function callBar(client, { onOpen, onHangUp }) {
  const node = element("section", { class: "call-bar", hidden: true, "data-testid": "call-bar" });
  const name = element("span", { class: "call-bar-name" });
  const status = element("span", { class: "call-bar-status" });
  const hangUp = roundButton("callEnd", words.hangUp, onHangUp);
  hangUp.classList.add("danger");
  const open = element(
    "button",
    { type: "button", class: "call-bar-open", title: words.toCall, onclick: onOpen },
    icon("call"),
    name,
    status,
    element("span", { class: "unseen" }, words.toCall),
  );
  let shown;
  let microphone;
  let timer;

  /** @param {ReturnType<typeof import("./call_screen.js").callScreen> | undefined} screen */
  function show(screen) {
    const isShown = Boolean(screen) && !screen.isOpen;
    if (screen !== shown) {
      shown = screen;
      microphone = screen && sourceButton(screen.call, "microphone", { on: words.mute, off: words.unmute });
      fill(node, screen && [open, microphone.element, hangUp]);
    }
    node.hidden = !isShown;
    clearInterval(timer);
    if (!isShown) return;
    timer = setInterval(tick, TICK_MS);
    tick();
  }

  function tick() {
    const { call } = shown;
    const title = callName(client, { chatId: call.chatId, participants: call.others });
    node.setAttribute("aria-label", words.region(title));
    name.textContent = title;
    status.textContent = shown.statusText();
    microphone.show();
    for (const button of [microphone.element, hangUp]) button.hidden = call.phase === "ended";
  }

  return { element: node, show, close: () => clearInterval(timer) };
}

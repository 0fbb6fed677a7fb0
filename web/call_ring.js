/** Somebody calls. */
import { hueOf, personAvatar } from "./avatar.js";
import { keepDeadline } from "./call_deadline.js";
import { playTune } from "./call_tone.js";
import { callName } from "./call_words.js";
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { chatName, personName } from "./names.js";

const words = strings.call;
const BUZZ_MS = [300, 200, 300];

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {import("./clients/js/call.js").Call} call One that rings, or that this page was in before it was opened again.
 * @returns {{call: import("./clients/js/call.js").Call, title: string, close: () => void}}
 */
export function ringScreen(client, call) {
  const { callerId } = call.data;
  const isRinging = call.phase === "incoming";
  const face = element("div", { class: "ring-face" });
  const title = element("h2", { id: "ring-title" });
  const detail = element("p", { id: "ring-detail", class: "quiet" });
  const node = element(
    "dialog",
    {
      class: "ring",
      role: "alertdialog",
      "aria-labelledby": "ring-title",
      "aria-describedby": "ring-detail",
      tabindex: "-1",
      "data-testid": "ring",
      // Escape makes it quiet, and leaves the rest to be decided.
      oncancel: (event) => {
        event.preventDefault();
        quiet();
      },
    },
    face,
    title,
    detail,
    element("div", { class: "ring-buttons" }, isRinging ? answers() : returns()),
  );
  node.style.setProperty("--hue", hueOf(callerId));
  const quiet = isRinging ? playTune("incoming") : () => {};
  if (isRinging && navigator.userActivation?.hasBeenActive) navigator.vibrate?.(BUZZ_MS);

  function answers() {
    const isVideo = call.kind === "video";
    return [
      answer("decline", "callEnd", words.decline, () => call.reject().catch(() => {})),
      answer("accept", "call", words.accept, () => client.calls.accept(call, { camera: false })),
      isVideo && answer("accept", "camera", words.acceptVideo, () => client.calls.accept(call)),
    ];
  }

  function returns() {
    return [
      answer("decline", "callEnd", words.leave, () => call.hangUp().catch(() => {})),
      answer("accept", "call", words.goOn, () => client.calls.accept(call)),
    ];
  }

  function show() {
    const person = client.people.get(callerId);
    fill(face, personAvatar(person));
    title.textContent = isRinging
      ? words.ringsTitle(personName(person))
      : words.unfinished(nameOf(client, call));
    const chat = client.chats.get(call.chatId);
    const place = chat?.kind === "group" ? ` ${words.ringsIn(chatName(client, chat))}` : "";
    detail.textContent = `${words.kind[call.kind]}${place}`;
  }

  const stops = [client.people.on("changed", show), client.on("chats", show), keepDeadline(client, call)];
  show();
  document.querySelector("main").append(node);
  node.showModal();
  // The dialog itself rather than a button, so that a key pressed in the middle of a sentence answers nothing.
  node.focus();

  return {
    call,
    get title() {
      return title.textContent;
    },
    close() {
      quiet();
      for (const stop of stops) stop();
      node.close();
      node.remove();
    },
  };
}

function answer(kind, name, label, onclick) {
  return element(
    "button",
    { type: "button", class: `ring-button ${kind}`, onclick },
    element("span", { class: "ring-circle" }, icon(name)),
    label,
  );
}

function nameOf(client, call) {
  return callName(client, { chatId: call.chatId, participants: call.others });
}

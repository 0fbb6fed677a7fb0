/** One's own calls, the latest first. */
import { Shelf } from "./clients/js/shelf.js";
import { chatAvatar, personAvatar } from "./avatar.js";
import { callName, durationText, isMissed } from "./call_words.js";
import { alertLine, dialogHeading, openDialog } from "./dialog.js";
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { problemText } from "./problems.js";
import { fullTime, pastTime } from "./times.js";

const words = strings.call;

/**
 * The button above the chats, with a dot while there are missed calls nobody has looked at.
 *
 * @param {import("./clients/js/client.js").Client} client
 */
export function callsButton(client) {
  const seen = new Shelf(localStorage, `kaiwa.callsSeen.${client.userId}`);
  const node = element(
    "button",
    { type: "button", class: "icon-button calls-button", onclick: open },
    icon("call"),
  );

  function open() {
    openCallHistory(client);
    if (client.calls.missedAt) seen.save(client.calls.missedAt);
    show();
  }

  function show() {
    const hasMissed = client.calls.missedAt > (seen.load() ?? "");
    const label = hasMissed ? words.historyMissed : words.history;
    node.classList.toggle("missed", hasMissed);
    node.setAttribute("aria-label", label);
    node.title = label;
  }

  client.calls.on("changed", show);
  show();
  return node;
}

/** @param {import("./clients/js/client.js").Client} client */
function openCallHistory(client) {
  const dialog = openDialog();
  const alert = alertLine();
  const list = element("ul", { class: "calls" });
  const none = element("div", { class: "calls-none" });
  const more = element(
    "button",
    { type: "button", class: "secondary", hidden: true, onclick: load },
    words.earlier,
  );
  let calls = [];
  let cursor;

  async function load() {
    more.disabled = true;
    alert.tell();
    try {
      const page = await client.calls.list(cursor);
      calls = [...calls, ...page.calls];
      cursor = page.nextCursor;
      show();
    } catch (error) {
      alert.tell(`${words.historyFailed} ${problemText(error)}`);
      more.hidden = false;
    }
    more.disabled = false;
  }

  function show() {
    fill(
      list,
      calls.map((call) => historyItem(client, call, dialog.close)),
    );
    fill(
      none,
      calls.length === 0 && [element("h3", {}, words.historyNone), element("p", {}, words.historyNoneHint)],
    );
    more.hidden = !cursor;
  }

  const stop = client.people.on("changed", show);
  fill(none, element("span", { class: "spinner", role: "status", "aria-label": strings.chats.loading }));
  dialog.show({
    element: element(
      "div",
      { class: "dialog-view" },
      dialogHeading(words.history, { onClose: dialog.close }),
      alert.element,
      element("div", { class: "calls-scroller" }, list, none, more),
    ),
    stop,
  });
  load();
}

function historyItem(client, call, close) {
  const name = callName(client, call);
  const isOwn = call.callerId === client.userId;
  const isMissedOne = isMissed(call, client.userId);
  const direction = isMissedOne ? words.missed : isOwn ? words.outgoing : words.incoming;
  const detail = [
    direction,
    call.state === "ended" ? pastTime(call.createdAt) : words.logged.now,
    durationText(call),
  ];
  return element(
    "li",
    { class: isMissedOne ? "past-call missed" : "past-call", "data-testid": "past-call" },
    face(client, call),
    element(
      "div",
      { class: "past-call-names" },
      element("span", { class: "past-call-name" }, name),
      element(
        "span",
        { class: "past-call-detail", title: fullTime(call.createdAt) },
        icon(isOwn ? "outgoing" : "incoming"),
        detail.filter(Boolean).join(" · "),
      ),
    ),
    element(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": `${words.callAgain(name)}: ${words.kind[call.kind]}`,
        title: words.callAgain(name),
        onclick() {
          close();
          again(client, call);
        },
      },
      icon(call.kind === "video" ? "camera" : "call"),
    ),
  );
}

function face(client, call) {
  const chat = client.chats.get(call.chatId);
  if (chat) return chatAvatar(client, chat);
  const other = call.participants.find(({ userId }) => userId !== client.userId) ?? call.participants[0];
  return personAvatar(client.people.get(other.userId));
}

function again(client, { chatId, kind, participants }) {
  if (client.calls.current) return;
  const calleeIds = participants.map(({ userId }) => userId).filter((userId) => userId !== client.userId);
  client.calls.start(client.chats.get(chatId) ? { chatId, kind } : { calleeIds, kind });
}

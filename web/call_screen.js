/** The call one is in: everybody's pictures, and what can be done. */
import { hueOf } from "./avatar.js";
import { KEYS, callControls } from "./call_controls.js";
import { keepDeadline } from "./call_deadline.js";
import { tileSize } from "./call_grid.js";
import { callTile } from "./call_tile.js";
import { callName, clockText, mediaText } from "./call_words.js";
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { personName } from "./names.js";

const words = strings.call;
const GAP_PX = 12;
const TICK_MS = 1_000;
const LISTEN_MS = 200;
const NOTHING = { microphone: false, camera: false, screen: false };
/** Of one who says nothing of it, what comes is taken for what is shown. */
const UNTOLD = { microphone: true, camera: true, screen: false };

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {import("./clients/js/call.js").Call} call
 * @param {{onMinimise: () => void, onHangUp: () => void}} listeners
 */
export function callScreen(client, call, { onMinimise, onHangUp }) {
  /** @type {Map<string, ReturnType<typeof callTile>>} */
  const tiles = new Map();
  /** @type {Set<string>} Who was there at the last look. */
  let there = new Set();
  const speaker = { id: "", choose: chooseSpeaker };
  const title = element("h1", { id: "call-title" });
  const status = element("p", { class: "call-status", "data-testid": "call-status" });
  const spoken = element("p", { class: "unseen", role: "status", "aria-live": "polite" });
  const notices = element("div", { class: "call-notices" });
  const stage = element("ul", { class: "stage", "aria-label": words.participants });
  const controls = callControls(call, { onHangUp, speaker });
  const node = element(
    "dialog",
    {
      class: "call-screen",
      "aria-labelledby": "call-title",
      "data-testid": "call",
      onkeydown: onKey,
      onclose: () => isOpen && onMinimise(),
    },
    element(
      "header",
      { class: "call-heading" },
      element(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": words.toChat,
          title: words.toChat,
          onclick: minimise,
        },
        icon("minimise"),
      ),
      element("div", { class: "call-names" }, title, status),
    ),
    notices,
    element("div", { class: "stage-frame" }, stage),
    controls.element,
    spoken,
  );
  let isOpen = false;

  function show() {
    title.textContent = callName(client, { chatId: call.chatId, participants: call.others });
    controls.show();
    for (const source of Object.keys(NOTHING)) if (call.media.shown[source]) dismiss(source);
    const people = seen();
    const isDuo = people.length === 2;
    node.style.setProperty("--hue", hueOf(isDuo ? people[0].userId : (call.chatId ?? client.userId)));
    stage.dataset.layout = isDuo ? "duo" : "grid";
    for (const [userId, tile] of tiles)
      if (!people.some((one) => one.userId === userId)) remove(userId, tile);
    for (const { userId, ...look } of people) tileOf(userId).show(look);
    tiles.get(client.userId).element.hidden = isDuo && !call.media.tracks.video;
    tellWhoCame();
    tick();
    lay();
  }

  /** Everybody who has a tile: oneself last. */
  function seen() {
    const others = call.others.filter(({ state }) => state === "joined" || state === "ringing").map(lookOf);
    const self = { tracks: call.media.tracks, shown: call.media.shown, state: "live" };
    // At the end, and where all the others have gone, one who was called is still to be seen.
    const shown = others.length > 0 ? others : call.others.slice(0, 1).map(lookOf);
    return [...shown, { userId: client.userId, ...self }];
  }

  function lookOf({ userId, state }) {
    const peer = call.peers.get(userId);
    const isOver = call.phase === "ended";
    if (state !== "joined" || !peer || isOver) {
      const text = isOver ? undefined : state === "ringing" ? words.ringing : words.states[state];
      return { userId, tracks: {}, shown: NOTHING, state, text };
    }
    const look = { userId, tracks: peer.tracks, shown: peer.shown ?? UNTOLD };
    if (peer.state === "connected") return { ...look, state: "live" };
    const isNew = peer.state === "new" || peer.state === "connecting";
    return {
      ...look,
      state: isNew ? "connecting" : "away",
      text: isNew ? words.connecting : words.reconnecting,
    };
  }

  function tileOf(userId) {
    let tile = tiles.get(userId);
    if (!tile) {
      tile = callTile(client, userId);
      tiles.set(userId, tile);
      if (userId === client.userId) stage.append(tile.element);
      else stage.insertBefore(tile.element, tiles.get(client.userId)?.element ?? null);
      if (speaker.id) tile.video.setSinkId(speaker.id).catch(() => {});
    }
    return tile;
  }

  function remove(userId, tile) {
    tile.close();
    tiles.delete(userId);
  }

  function tellWhoCame() {
    const now = new Set(call.others.filter(({ state }) => state === "joined").map(({ userId }) => userId));
    const name = (userId) => personName(client.people.get(userId));
    const lines = [
      ...[...now].filter((userId) => !there.has(userId)).map((userId) => words.joined(name(userId))),
      ...[...there].filter((userId) => !now.has(userId)).map((userId) => words.left(name(userId))),
    ];
    there = now;
    if (lines.length > 0) spoken.textContent = lines.join(". ");
  }

  function tick() {
    const text = statusText();
    if (status.textContent === text) return;
    status.textContent = text;
    // A clock that is read out every second helps nobody.
    if (call.seconds === undefined || !/^[\d:]+$/u.test(text)) spoken.textContent = text;
  }

  /** @returns {string} How the call is. */
  function statusText() {
    const { phase } = call;
    if (phase === "ended") return words.over[call.reason] ?? words.over.hangup;
    if (phase === "starting") return words.starting;
    if (client.socket.state !== "online") return words.reconnecting;
    if (phase === "outgoing") return words.ringing;
    const states = [...call.peers.values()].map(({ state }) => state);
    if (states.length === 0) return words.waiting;
    if (!states.includes("connected"))
      return states.includes("connecting") ? words.connecting : words.reconnecting;
    return clockText(call.seconds ?? 0);
  }

  function lay() {
    const { clientWidth, clientHeight } = stage;
    const { width, height } = tileSize(tiles.size, clientWidth, clientHeight, GAP_PX);
    stage.style.setProperty("--tile-width", `${width}px`);
    stage.style.setProperty("--tile-height", `${height}px`);
  }

  function listen() {
    for (const [userId, tile] of tiles) tile.hear(call.peers.get(userId)?.level ?? 0);
  }

  function onKey(event) {
    const source = KEYS[event.key.toLowerCase()];
    if (!source || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest("input, select, textarea") || call.phase === "ended") return;
    call.media.set(source, !call.media.shown[source]);
  }

  function onProblem(source, error) {
    // Who closes the browser's own choice of screens has changed their mind, and knows it.
    if (source === "screen" && error.name === "NotAllowedError") return;
    dismiss(source);
    const close = element(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": words.dismiss,
        onclick: () => dismiss(source),
      },
      icon("close"),
    );
    notices.append(
      element(
        "p",
        { class: "call-notice", role: "alert", "data-source": source },
        icon(source === "screen" ? "alert" : `${source}Off`),
        element("span", {}, mediaText(source, error)),
        close,
      ),
    );
    lay();
  }

  function dismiss(source) {
    notices.querySelector(`[data-source="${source}"]`)?.remove();
  }

  function chooseSpeaker(deviceId) {
    speaker.id = deviceId;
    for (const { video } of tiles.values()) video.setSinkId(deviceId).catch(() => {});
  }

  function minimise() {
    node.close();
  }

  const resizes = new ResizeObserver(lay);
  resizes.observe(stage);
  const timer = setInterval(tick, TICK_MS);
  const ear = setInterval(listen, LISTEN_MS);
  const stops = [
    call.on("changed", show),
    call.on("problem", onProblem),
    client.on("state", tick),
    client.people.on("changed", show),
    client.on("chats", show),
    keepDeadline(client, call),
  ];
  document.querySelector("main").append(node);
  show();

  return {
    call,
    element: node,
    statusText,
    get isOpen() {
      return isOpen;
    },
    open() {
      if (isOpen) return;
      isOpen = true;
      node.showModal();
      lay();
      controls.focus();
    },
    minimise() {
      isOpen = false;
      node.close();
    },
    /** It is over: only why is left to be read. */
    finish(text) {
      node.dataset.over = "true";
      fill(controls.element);
      if (text) status.textContent = text;
    },
    close() {
      isOpen = false;
      clearInterval(timer);
      clearInterval(ear);
      resizes.disconnect();
      for (const stop of stops) stop();
      for (const [userId, tile] of tiles) remove(userId, tile);
      node.close();
      node.remove();
    },
  };
}

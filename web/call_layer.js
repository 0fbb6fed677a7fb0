/** Calls above the rest of the page: what rings, the call one is in, and a bar while one looks at something else. */
import { callBar } from "./call_bar.js";
import { ringScreen } from "./call_ring.js";
import { callScreen } from "./call_screen.js";
import { playTune } from "./call_tone.js";
import { announce } from "./dom.js";
import { problemText } from "./problems.js";

/** How long one can read why a call is over. */
const FAREWELL_MS = 2_500;

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {{onTitle: () => void}} listeners `onTitle`: what the window should be called may have changed.
 * @returns {{element: HTMLElement, title: string | undefined, close: () => void}} `element`: the bar.
 */
export function callLayer(client, { onTitle }) {
  const { calls } = client;
  let screen;
  let ring;
  let tune = { call: undefined, end: () => {} };
  let farewell;
  const bar = callBar(client, { onOpen: () => openScreen(), onHangUp: hangUp });

  function follow() {
    followRing();
    followScreen();
    followTune();
    bar.show(screen);
    onTitle();
  }

  function followRing() {
    const call = calls.incoming ?? (calls.current ? undefined : calls.unfinished);
    if (ring?.call === call) return;
    ring?.close();
    ring = call && ringScreen(client, call);
  }

  function followScreen() {
    const call = calls.current;
    if (!call || screen?.call === call) return;
    closeScreen();
    screen = callScreen(client, call, { onMinimise: onMinimised, onHangUp: hangUp });
    openScreen();
  }

  /** It rings at the other end. */
  function followTune() {
    const call = calls.current?.phase === "outgoing" ? calls.current : undefined;
    if (tune.call === call) return;
    tune.end();
    tune = { call, end: call ? playTune("outgoing") : () => {} };
  }

  function openScreen() {
    screen.open();
    bar.show(screen);
  }

  function onMinimised() {
    screen?.minimise();
    bar.show(screen);
  }

  function closeScreen() {
    clearTimeout(farewell);
    screen?.close();
    screen = undefined;
    bar.show(screen);
  }

  function hangUp() {
    const { call } = screen;
    closeScreen();
    call.hangUp().catch(() => {});
  }

  function onOver(call) {
    if (screen?.call !== call) return;
    playTune("over");
    announce(screen.statusText());
    sayWhy();
  }

  function onRefused(call, error) {
    announce(problemText(error));
    if (screen?.call === call && error.code !== "busy") sayWhy(problemText(error));
  }

  function sayWhy(text) {
    screen.finish(text);
    clearTimeout(farewell);
    farewell = setTimeout(closeScreen, FAREWELL_MS);
  }

  /** Whoever leaves the page leaves the call; the others need not wait until that is noticed. */
  function leave() {
    calls.stop();
  }

  function ask(event) {
    if (calls.current) event.preventDefault();
  }

  addEventListener("pagehide", leave);
  addEventListener("beforeunload", ask);
  const stops = [
    calls.on("changed", follow),
    calls.on("over", onOver),
    calls.on("refused", onRefused),
    () => removeEventListener("pagehide", leave),
    () => removeEventListener("beforeunload", ask),
  ];

  return {
    element: bar.element,
    get title() {
      return ring?.title;
    },
    close() {
      for (const stop of stops) stop();
      tune.end();
      ring?.close();
      closeScreen();
      bar.close();
    },
  };
}

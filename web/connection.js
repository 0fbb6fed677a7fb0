/** How the line to the server is doing. */
import { element, fill } from "./dom.js";
import { strings } from "./language.js";

/** A short break is nobody's business. */
const PATIENCE_MS = 1_500;

/**
 * @param {import("./clients/js/client.js").Client} client
 * @returns {HTMLElement} Always there: a dot and a word.
 */
export function connectionState(client) {
  const node = element("span", { class: "connection-state", role: "status", "data-testid": "connection" });
  function show() {
    const { state } = client.socket;
    node.dataset.state = state;
    fill(node, element("span", { class: "dot" }), strings.connection[state]);
  }
  client.on("state", show);
  show();
  return node;
}

/** @returns {{element: HTMLElement, close: () => void}} There only while the line is broken. */
export function connectionBanner(client) {
  const node = element("div", { class: "banner", role: "alert", hidden: true, "data-testid": "banner" });
  let timer;

  function show() {
    const { banner, offline } = strings.connection;
    const button = element(
      "button",
      { type: "button", class: "link", onclick: () => client.socket.wake() },
      strings.connection.tryNow,
    );
    fill(
      node,
      element("span", { class: "spinner" }),
      element("span", {}, navigator.onLine ? banner : offline),
      button,
    );
    node.hidden = false;
  }

  function follow(state) {
    clearTimeout(timer);
    if (state === "reconnecting" || state === "connecting") timer = setTimeout(show, PATIENCE_MS);
    else node.hidden = true;
  }

  const stop = client.on("state", follow);
  follow(client.socket.state);
  return {
    element: node,
    close() {
      stop();
      clearTimeout(timer);
    },
  };
}

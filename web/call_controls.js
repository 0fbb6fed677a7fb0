/** What one can do in a call, as a row of round buttons. */
import { openDevices } from "./call_devices.js";
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";

const words = strings.call;
/** Keys for it while the call is to be seen. */
export const KEYS = { m: "microphone", v: "camera" };

/**
 * @param {import("./clients/js/call.js").Call} call
 * @param {{onHangUp: () => void, speaker: import("./call_devices.js").Speaker}} options
 */
export function callControls(call, { onHangUp, speaker }) {
  const { media } = call;
  const microphone = sourceButton(call, "microphone", { on: words.mute, off: words.unmute });
  const camera = sourceButton(call, "camera", { on: words.cameraOff, off: words.cameraOn });
  const screen = sourceButton(call, "screen", { on: words.unshare, off: words.share });
  const devices = roundButton("sliders", words.devices, () => openDevices(media, speaker));
  const hangUp = roundButton("callEnd", words.hangUp, onHangUp);
  hangUp.classList.add("danger");
  screen.element.hidden = !media.canShare;

  function show() {
    for (const each of [microphone, camera, screen]) each.show();
  }

  return {
    element: element(
      "div",
      { class: "call-controls", role: "group", "aria-label": words.controls },
      microphone.element,
      camera.element,
      screen.element,
      devices,
      hangUp,
    ),
    focus: () => microphone.element.focus(),
    show,
  };
}

/** A button that lets others hear or see, and stops it. */
export function sourceButton({ media }, source, { on, off }) {
  const node = roundButton("close", off, () => media.set(source, !media.shown[source]));
  const key = Object.keys(KEYS).find((each) => KEYS[each] === source);
  if (key) node.setAttribute("aria-keyshortcuts", key.toUpperCase());
  node.dataset.source = source;
  let shown;

  function show() {
    const isOn = media.shown[source];
    if (isOn === shown) return;
    shown = isOn;
    const label = isOn ? on : off;
    node.setAttribute("aria-label", label);
    node.title = label;
    node.dataset.on = String(isOn);
    fill(node, icon(isOn || source === "screen" ? source : `${source}Off`));
  }

  show();
  return { element: node, show };
}

/** @param {string} name Of an icon. @param {string} label @param {() => void} onclick */
export function roundButton(name, label, onclick) {
  return element(
    "button",
    { type: "button", class: "round-button", "aria-label": label, title: label, onclick },
    icon(name),
  );
}

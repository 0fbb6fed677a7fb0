/** Which microphone, camera and speaker a call uses. */
import { openDialog } from "./dialog.js";
import { element, fill } from "./dom.js";
import { strings } from "./language.js";

const words = strings.call;

/**
 * Where a call is heard.
 *
 * @typedef {{id: string, choose: (deviceId: string) => void}} Speaker
 */

const KINDS = [
  { source: "microphone", kind: "audioinput" },
  { source: "camera", kind: "videoinput" },
  { source: "speaker", kind: "audiooutput" },
];

/**
 * @param {import("./clients/js/media.js").Media} media
 * @param {Speaker} speaker
 */
export function openDevices(media, speaker) {
  const dialog = openDialog({ isSmall: true });
  const fields = element("div", { class: "devices" });
  const done = element("button", { type: "button", class: "primary", onclick: dialog.close }, words.done);

  async function show() {
    const devices = await media.list().catch(() => []);
    fill(
      fields,
      KINDS.filter(isChoosable).map(({ source, kind }) => field(source, devices.filter(of(kind)))),
    );
  }

  function field(source, devices) {
    const chosen = source === "speaker" ? speaker.id : media.chosen(source);
    const select = element(
      "select",
      { id: `device-${source}`, onchange: () => choose(source, select.value) },
      devices.map((device, index) =>
        element(
          "option",
          { value: device.deviceId, selected: device.deviceId === chosen },
          device.label || words.device(index + 1),
        ),
      ),
      devices.length === 0 && element("option", {}, words.noDevice),
    );
    select.disabled = devices.length === 0;
    return element(
      "div",
      { class: "field" },
      element("label", { for: `device-${source}` }, words[source]),
      element("div", { class: "field-box" }, select),
    );
  }

  function choose(source, deviceId) {
    if (source === "speaker") speaker.choose(deviceId);
    else media.choose(source, deviceId);
  }

  // What is plugged in meanwhile can be chosen at once.
  navigator.mediaDevices?.addEventListener("devicechange", show);
  dialog.show({
    element: element(
      "div",
      { class: "question" },
      element("h2", { id: "dialog-title" }, words.devices),
      fields,
      element("div", { class: "question-buttons" }, done),
    ),
    focus: () => done.focus(),
    stop: () => navigator.mediaDevices?.removeEventListener("devicechange", show),
  });
  show();
}

function isChoosable({ source }) {
  return source !== "speaker" || "setSinkId" in HTMLMediaElement.prototype;
}

function of(kind) {
  return (device) => device.kind === kind && device.deviceId !== "";
}

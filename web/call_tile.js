/** One person in a call: their picture, or their avatar where there is none, and how they are there. */
import { hueOf, personAvatar } from "./avatar.js";
import { element, fill } from "./dom.js";
import { icon } from "./icons.js";
import { strings } from "./language.js";
import { personName } from "./names.js";

const words = strings.call;
/** Somebody who is louder than this is speaking. */
const SPEAKING_LEVEL = 0.015;

/**
 * @param {import("./clients/js/client.js").Client} client
 * @param {string} userId
 */
export function callTile(client, userId) {
  const isSelf = userId === client.userId;
  const stream = new MediaStream();
  const video = element("video", { class: "tile-video", autoplay: true, playsinline: true, tabindex: "-1" });
  video.muted = isSelf;
  const face = element("span", { class: "tile-face" });
  const caption = element("span", { class: "tile-caption" });
  const note = element("span", { class: "tile-note" });
  const node = element(
    "li",
    { class: isSelf ? "tile own" : "tile", "data-testid": "tile", "data-user": userId },
    video,
    face,
    note,
    caption,
  );
  node.style.setProperty("--hue", hueOf(userId));
  let signature;

  /**
   * @param {object} seen
   * @param {{audio?: MediaStreamTrack, video?: MediaStreamTrack}} seen.tracks
   * @param {import("./clients/js/peer.js").Shown} seen.shown
   * @param {string} [seen.text] How they are there, when they are not simply there.
   * @param {string} seen.state For the tests and the style: "live" or why not.
   */
  function show({ tracks, shown, text, state }) {
    play(isSelf ? [tracks.video] : [tracks.audio, tracks.video]);
    const isPictured = Boolean(tracks.video) && (shown.camera || shown.screen);
    const person = client.people.get(userId);
    const name = isSelf ? words.self : personName(person);
    const next = JSON.stringify([name, person.avatarFileId, isPictured, shown, text, state]);
    if (next === signature) return;
    signature = next;
    node.dataset.state = state;
    node.dataset.picture = shown.screen ? "screen" : isPictured ? "camera" : "none";
    video.hidden = !isPictured;
    video.setAttribute("aria-label", shown.screen ? words.shares(name) : name);
    fill(face, !isPictured && personAvatar(person));
    fill(note, text);
    fill(caption, name, !shown.microphone && state === "live" && mutedMark(name));
  }

  function play(wanted) {
    const tracks = wanted.filter(Boolean);
    const held = stream.getTracks();
    if (tracks.length === held.length && tracks.every((track) => held.includes(track))) return;
    for (const track of held) if (!tracks.includes(track)) stream.removeTrack(track);
    for (const track of tracks) if (!held.includes(track)) stream.addTrack(track);
    video.srcObject = tracks.length > 0 ? stream : null;
    // A browser that lets nothing be heard before the person has touched the page plays once they do.
    if (tracks.length > 0) video.play().catch(() => {});
  }

  return {
    element: node,
    video,
    show,
    /** @param {number} level From 0 to 1. */
    hear: (level) => node.classList.toggle("speaking", level > SPEAKING_LEVEL),
    close: () => {
      video.srcObject = null;
      node.remove();
    },
  };
}

function mutedMark(name) {
  const mark = element("span", { class: "tile-muted", role: "img", "aria-label": words.mutedOf(name) });
  mark.append(icon("microphoneOff"));
  return mark;
}

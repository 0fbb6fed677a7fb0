import { Listeners } from "./listeners.js";

/** @typedef {"microphone" | "camera" | "screen"} Source */

/** @type {Record<Source, "audio" | "video">} */
const KINDS = { microphone: "audio", camera: "video", screen: "video" };

/**
 * What this device lets others hear and see. A microphone that is muted stays open, so that it is heard again at once; a
 * camera that is off is let go, and so is its light.
 *
 * Tells `changed`, and `problem` with a source and the error for which it cannot be used.
 */
export class Media extends Listeners {
  #devices;
  /** @type {Partial<Record<Source, MediaStreamTrack>>} */
  #open = {};
  /** @type {Partial<Record<Source, boolean>>} What was asked for last, while the answer is awaited. */
  #wanted = {};
  /** @type {Partial<Record<Source, string>>} */
  #chosen = {};
  #isMuted = false;
  #isStopped = false;

  /** @param {MediaDevices} devices */
  constructor(devices) {
    super();
    this.#devices = devices;
  }

  /** @returns {{audio?: MediaStreamTrack, video?: MediaStreamTrack}} What is sent: a screen in the place of the camera. */
  get tracks() {
    return { audio: this.#open.microphone, video: this.#open.screen ?? this.#open.camera };
  }

  /** @returns {import("./peer.js").Shown} */
  get shown() {
    const { microphone, camera, screen } = this.#open;
    return {
      microphone: Boolean(microphone) && !this.#isMuted,
      camera: Boolean(camera),
      screen: Boolean(screen),
    };
  }

  /** Whether this browser can share a screen; those of phones cannot. */
  get canShare() {
    return Boolean(this.#devices?.getDisplayMedia);
  }

  /**
   * Open several sources with one question to the person; of those that cannot be had the others are left.
   *
   * @param {Source[]} sources
   */
  async open(sources) {
    for (const source of sources) this.#wanted[source] = true;
    try {
      this.#take(await this.#ask(sources), sources);
    } catch (error) {
      if (sources.length === 1) return this.#fail(sources[0], error);
      for (const source of sources) await this.open([source]);
    }
  }

  /** @param {Source} source @param {boolean} isOn */
  async set(source, isOn) {
    if (source === "microphone" && this.#open.microphone) return this.#mute(!isOn);
    if (!isOn) return this.#close(source);
    if (source === "microphone") this.#isMuted = false;
    if (!this.#open[source]) await this.open([source]);
  }

  /** @returns {Promise<MediaDeviceInfo[]>} Without names until the person has let the page use one. */
  async list() {
    return (await this.#devices?.enumerateDevices()) ?? [];
  }

  /** Which device a source is, or undefined for what it would be by itself. @param {Source} source */
  chosen(source) {
    return this.#open[source]?.getSettings?.().deviceId ?? this.#chosen[source];
  }

  /** Use another device. @param {Source} source @param {string} deviceId */
  async choose(source, deviceId) {
    this.#chosen[source] = deviceId;
    if (this.#open[source]) await this.open([source]);
  }

  /** Let go of everything, and open nothing any more. */
  stop() {
    this.#isStopped = true;
    for (const track of Object.values(this.#open)) track?.stop();
    this.#open = {};
  }

  /** @param {Source[]} sources */
  async #ask(sources) {
    if (!this.#devices) throw new DOMException("", "SecurityError");
    if (sources.includes("screen")) return this.#devices.getDisplayMedia({ video: true });
    return this.#devices.getUserMedia(
      Object.fromEntries(sources.map((source) => [KINDS[source], this.#constraints(source)])),
    );
  }

  /** @param {Source} source */
  #constraints(source) {
    const deviceId = this.#chosen[source] && { exact: this.#chosen[source] };
    // Enough for a tile, and little enough to be sent to seven others.
    const size = source === "camera" ? { width: { ideal: 1280 }, height: { ideal: 720 } } : {};
    return { ...size, ...(deviceId && { deviceId }) };
  }

  /** @param {MediaStream} stream @param {Source[]} sources */
  #take(stream, sources) {
    for (const track of stream.getTracks()) {
      const source = sources.find((each) => KINDS[each] === track.kind);
      // The person has changed their mind, or the call is over.
      if (this.#isStopped || !source || !this.#wanted[source]) {
        track.stop();
        continue;
      }
      this.#open[source]?.stop();
      this.#open[source] = track;
      if (source === "microphone") track.enabled = !this.#isMuted;
      // Unplugged, taken back in the browser's own menu, or "stop sharing".
      track.onended = () => this.#open[source] === track && this.#close(source);
    }
    this.tell("changed");
  }

  /** @param {boolean} isMuted */
  #mute(isMuted) {
    this.#isMuted = isMuted;
    if (this.#open.microphone) this.#open.microphone.enabled = !isMuted;
    this.tell("changed");
  }

  /** @param {Source} source */
  #close(source) {
    this.#wanted[source] = false;
    this.#open[source]?.stop();
    delete this.#open[source];
    this.tell("changed");
  }

  /** @param {Source} source @param {unknown} error */
  #fail(source, error) {
    this.#wanted[source] = false;
    if (!this.#isStopped) this.tell("problem", source, error);
  }
}

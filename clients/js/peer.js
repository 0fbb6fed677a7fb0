import { parse } from "./json.js";
import { Listeners } from "./listeners.js";
import { Signals } from "./signals.js";

/** How long the polite one leaves the first offer to the other, so that there is seldom a collision. */
const COURTESY_MS = 2_000;
/** How long to wait for an answer, or for a line, before it is tried anew. */
const PATIENCE_MS = 5_000;
/** As many as the server keeps of one party. */
const MAX_KEPT = 64;

/** @typedef {RTCSessionDescriptionInit & {line?: number, answers?: number}} Description */
/** @typedef {{description?: Description, candidate?: RTCIceCandidateInit, candidates?: RTCIceCandidateInit[]}} Signal */
/** @typedef {{microphone: boolean, camera: boolean, screen: boolean}} Shown What somebody lets others hear and see. */

/**
 * The line to one other device in a call: an RTCPeerConnection that negotiates itself, and mends itself.
 *
 * Both sides may offer at any moment; where two offers meet, the polite one takes its own back ("perfect negotiation").
 * Signals may come late, twice or not at all, and candidates before the description they belong to. Tells `changed`.
 */
export class Peer extends Listeners {
  #options;
  #signals;
  /** Both are there from the beginning, and are others whenever the line is opened anew. */
  #connection = /** @type {RTCPeerConnection} */ (/** @type {unknown} */ (undefined));
  #channel = /** @type {RTCDataChannel} */ (/** @type {unknown} */ (undefined));
  /** Which connection this is: a later one has a higher number. It goes with each description. */
  #line = 0;
  /** @type {number | undefined} Which one of the other's is known. */
  #otherLine;
  /** @type {Promise<unknown>} One step at a time, so that each finds the connection as the one before has left it. */
  #work = Promise.resolve();
  /** @type {Record<string, MediaStreamTrack | undefined>} What is sent, by kind. */
  #sent = {};
  /** @type {Record<string, RTCRtpSender>} */
  #senders = {};
  /** @type {RTCIceCandidateInit[]} Candidates whose description has not come. */
  #kept = [];
  /** @type {Shown | undefined} */
  #told;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isClosed = false;
  /** @type {Record<string, MediaStreamTrack | undefined>} What the other sends, by kind. */
  tracks = {};
  /** @type {Shown | undefined} As the other says; undefined for one that says nothing. */
  shown;

  /**
   * @param {object} options
   * @param {string} options.deviceId
   * @param {boolean} options.isPolite Whether this side gives way to the other.
   * @param {RTCConfiguration} options.configuration
   * @param {(signal: Signal) => Promise<unknown>} options.send Takes a signal to the other, for as long as it is worth it; never rejects.
   * @param {typeof RTCPeerConnection} options.RTCPeerConnection
   */
  constructor(options) {
    super();
    this.#options = { ...options };
    this.#signals = new Signals(options.send);
    this.#open();
  }

  get deviceId() {
    return this.#options.deviceId;
  }

  /** @returns {RTCPeerConnectionState} */
  get state() {
    return this.#connection.connectionState;
  }

  /** @returns {number} How loud the other is now, from 0 to 1. */
  get level() {
    const receiver = this.#connection.getReceivers().find(({ track }) => track.kind === "audio");
    return receiver?.getSynchronizationSources()[0]?.audioLevel ?? 0;
  }

  /**
   * Send these tracks in the place of those before, and say what they are.
   *
   * @param {{audio?: MediaStreamTrack, video?: MediaStreamTrack}} tracks
   * @param {Shown} shown
   */
  send(tracks, shown) {
    this.#sent = tracks;
    this.#told = shown;
    this.#attach();
    this.#tell();
  }

  /** Go on with newer credentials; the relays there are last. @param {RTCIceServer[]} iceServers */
  setIceServers(iceServers) {
    this.#options.configuration = { ...this.#options.configuration, iceServers };
    this.#connection.setConfiguration(this.#options.configuration);
  }

  /** @param {Signal} signal From the other. */
  receive({ description, candidate, candidates }) {
    if (description) this.#do(() => this.#describe(description));
    for (const each of candidates ?? (candidate ? [candidate] : [])) this.#do(() => this.#consider(each));
  }

  /** Find another way to each other: the network has changed, or signals may have been lost. */
  mend() {
    const { connectionState, signalingState, localDescription } = this.#connection;
    if (this.#isClosed) return;
    if (signalingState === "have-local-offer" && localDescription) this.#say(localDescription);
    else if (connectionState !== "connected") this.#connection.restartIce();
    this.#watch();
  }

  close() {
    this.#isClosed = true;
    this.#signals.clear();
    clearTimeout(this.#timer);
    this.#connection.close();
  }

  #open() {
    const { RTCPeerConnection, configuration, isPolite } = this.#options;
    const connection = new RTCPeerConnection(configuration);
    this.#connection = connection;
    this.#line = Math.max(Date.now(), this.#line + 1);
    this.#senders = {};
    this.tracks = {};
    this.shown = undefined;
    connection.onnegotiationneeded = () => {
      const offer = () => this.#do(() => this.#offer(connection));
      // Once the other has spoken there is no first offer to wait for.
      if (!isPolite || connection.remoteDescription) offer();
      else setTimeout(() => connection.remoteDescription || offer(), COURTESY_MS);
    };
    connection.onicecandidate = ({ candidate }) => {
      if (candidate && connection === this.#connection) this.#signals.post({ candidate });
    };
    connection.ontrack = ({ track }) => {
      this.tracks = { ...this.tracks, [track.kind]: track };
      this.tell("changed");
    };
    connection.onconnectionstatechange = () => {
      if (connection !== this.#connection) return;
      if (connection.connectionState === "failed") connection.restartIce();
      this.#watch();
      this.tell("changed");
    };
    // Agreed on beforehand rather than offered, it is there on both sides, and gives even the silent something to say.
    this.#channel = connection.createDataChannel("shown", { negotiated: true, id: 0 });
    this.#channel.onopen = () => this.#tell();
    this.#channel.onmessage = ({ data }) => {
      this.shown = parse(data);
      this.tell("changed");
    };
    this.#attach();
    this.#watch();
  }

  #attach() {
    if (this.#isClosed) return;
    for (const kind of ["audio", "video"]) {
      const track = this.#sent[kind];
      if (this.#senders[kind]) this.#senders[kind].replaceTrack(track ?? null);
      else if (track) this.#senders[kind] = this.#connection.addTrack(track);
    }
  }

  #tell() {
    if (this.#told && this.#channel.readyState === "open") this.#channel.send(JSON.stringify(this.#told));
  }

  /** @param {RTCPeerConnection} connection */
  async #offer(connection) {
    // Where it is not stable, what needs to be negotiated is asked for again once it is.
    if (connection === this.#connection && connection.signalingState === "stable") await this.#describeSelf();
  }

  async #describeSelf() {
    const connection = this.#connection;
    await connection.setLocalDescription();
    if (connection.localDescription) this.#say(connection.localDescription);
    this.#watch();
  }

  /**
   * Post a description with the number of its line, and an answer with that of the line it is for.
   *
   * @param {RTCSessionDescriptionInit} description
   */
  #say({ type, sdp }) {
    const answers = type === "answer" ? this.#otherLine : undefined;
    this.#signals.post({ description: { type, sdp, line: this.#line, answers } });
  }

  /** @param {Description} description */
  async #describe(description) {
    const isOffer = description.type === "offer";
    const { line, answers = this.#line } = description;
    // From before the other, or this side, has begun anew.
    const isEarlier = line !== undefined && this.#otherLine !== undefined && line < this.#otherLine;
    if (isEarlier || (!isOffer && answers !== this.#line)) return;
    if (this.#isFromAnother(description)) {
      this.#connection.close();
      this.#open();
    }
    const { signalingState } = this.#connection;
    // Two offers have met: the polite side's is taken back by the next line, the other stands.
    if (isOffer && signalingState !== "stable" && !this.#options.isPolite) return;
    await this.#connection.setRemoteDescription(description);
    this.#otherLine = line;
    for (const candidate of this.#kept.splice(0)) await this.#consider(candidate);
    if (isOffer) await this.#describeSelf();
    this.#watch();
  }

  /** @param {RTCIceCandidateInit} candidate */
  async #consider(candidate) {
    const { remoteDescription } = this.#connection;
    if (remoteDescription && belongs(candidate, remoteDescription)) {
      await this.#connection.addIceCandidate(candidate);
    } else {
      this.#kept.push(candidate);
      if (this.#kept.length > MAX_KEPT) this.#kept.shift();
    }
  }

  /**
   * The other device has begun anew, as a page that was loaded again does: the line to what it was cannot be mended.
   *
   * @param {Description} description
   */
  #isFromAnother(description) {
    const { remoteDescription } = this.#connection;
    if (remoteDescription && description.line !== undefined) return description.line !== this.#otherLine;
    return remoteDescription !== null && fingerprint(remoteDescription) !== fingerprint(description);
  }

  /** @param {() => unknown} step */
  #do(step) {
    // What the other sent may make no sense; the line is mended if it does not come about.
    this.#work = this.#work.then(() => this.#isClosed || step()).catch(() => {});
  }

  #watch() {
    const { connectionState, signalingState } = this.#connection;
    clearTimeout(this.#timer);
    if (this.#isClosed || (connectionState === "connected" && signalingState === "stable")) return;
    this.#timer = setTimeout(() => this.mend(), PATIENCE_MS);
  }
}

/** @param {RTCIceCandidateInit} candidate @param {RTCSessionDescriptionInit} description */
function belongs({ usernameFragment }, { sdp }) {
  return !usernameFragment || lines(sdp).includes(`a=ice-ufrag:${usernameFragment}`);
}

/** @param {RTCSessionDescriptionInit} description */
function fingerprint({ sdp }) {
  return lines(sdp).find((line) => line.startsWith("a=fingerprint:"));
}

/** @param {string | undefined} sdp */
function lines(sdp) {
  return (sdp ?? "").split(/\r?\n/u);
}

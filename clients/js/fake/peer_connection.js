/**
 * RTCPeerConnections for tests, which keep the order of states that the WebRTC specification has: implicit descriptions,
 * rollback, candidates that belong to a description by their `usernameFragment`. Two of a world are connected once each
 * has the newest description of the other and a candidate of it.
 */

const CANDIDATES = 3;

export class FakeWorld {
  /** @type {FakePeerConnection[]} Every connection that was ever made. */
  connections = [];
  /** Whether no packet comes through. */
  isCut = false;
  /** Whether a connection only gets to asking for a negotiation once it has done what else there was to do. */
  isBusy = false;

  constructor() {
    const world = this;
    this.RTCPeerConnection = class extends FakePeerConnection {
      constructor(configuration) {
        super(configuration, world);
      }
    };
  }

  get open() {
    return this.connections.filter(({ signalingState }) => signalingState !== "closed");
  }

  /** Let those who can reach each other now be connected. */
  settle() {
    for (const one of this.open) {
      const other = this.open.find((each) => each !== one && each.reaches(one) && one.reaches(each));
      one.link(this.isCut ? undefined : other);
    }
  }
}

class FakePeerConnection {
  connectionState = "new";
  signalingState = "stable";
  localDescription = null;
  remoteDescription = null;
  /** @type {object[]} Every candidate that was taken. */
  candidates = [];
  /** How often an offer was taken back. */
  rollbacks = 0;
  senders = [];
  #world;
  #number;
  #ufrag;
  #generation = 0;
  #stableLocal = null;
  #needsNegotiation = false;
  #wantsRestart = false;
  #isAsking = false;
  #channel;
  #told = new Set();
  /** The last line that was cut. */
  #ufragGone;

  constructor(configuration, world) {
    this.configuration = configuration;
    this.#world = world;
    this.#number = world.connections.push(this);
  }

  createDataChannel(label, { negotiated, id }) {
    this.#channel = new FakeChannel(label, negotiated, id);
    this.#need();
    return this.#channel;
  }

  get channel() {
    return this.#channel;
  }

  setConfiguration(configuration) {
    this.configuration = configuration;
  }

  addTrack(track) {
    const sender = {
      track,
      replaceTrack: async (next) => {
        sender.track = next;
      },
    };
    this.senders.push(sender);
    this.#need();
    return sender;
  }

  getReceivers() {
    return [];
  }

  restartIce() {
    this.#wantsRestart = true;
    this.#need();
  }

  async setLocalDescription() {
    const type = this.signalingState === "have-remote-offer" ? "answer" : "offer";
    if (type === "offer" && this.signalingState !== "stable") throw new Error("InvalidStateError");
    await undefined;
    if (!this.#ufrag || this.#wantsRestart) {
      this.#generation += 1;
      this.#ufrag = `${this.#number}-${this.#generation}`;
    }
    this.#wantsRestart = false;
    this.#needsNegotiation = false;
    this.#stableLocal ??= this.localDescription;
    this.localDescription = { type, sdp: this.#sdp(type) };
    this.#become(type === "offer" ? "have-local-offer" : "stable");
    const { sdp } = this.localDescription;
    for (let number = 0; number < CANDIDATES; number += 1) {
      const candidate = {
        candidate: `candidate ${this.#ufrag} ${number}`,
        usernameFragment: this.#ufrag,
        sdpMid: "0",
      };
      queueMicrotask(() => this.localDescription?.sdp === sdp && this.onicecandidate?.({ candidate }));
    }
    queueMicrotask(() => this.onicecandidate?.({ candidate: null }));
  }

  async setRemoteDescription({ type, sdp }) {
    await undefined;
    if (!sdp.startsWith("v=0")) throw new Error("InvalidAccessError");
    if (type === "answer" && this.signalingState !== "have-local-offer") throw new Error("InvalidStateError");
    if (type === "offer" && this.signalingState === "have-local-offer") {
      this.rollbacks += 1;
      this.localDescription = this.#stableLocal;
      this.#ufrag = this.localDescription && ufragOf(this.localDescription.sdp);
      // What the offer was for is still to be negotiated.
      this.#needsNegotiation = true;
    }
    // Who is offered a restart answers with one.
    const before = this.remoteDescription && ufragOf(this.remoteDescription.sdp);
    if (type === "offer" && before && before !== ufragOf(sdp)) this.#wantsRestart = true;
    this.remoteDescription = { type, sdp };
    this.#become(type === "offer" ? "have-remote-offer" : "stable");
  }

  async addIceCandidate(candidate) {
    if (!this.remoteDescription) throw new Error("InvalidStateError");
    if (candidate.usernameFragment !== ufragOf(this.remoteDescription.sdp)) throw new Error("OperationError");
    this.candidates.push(candidate);
    this.#world.settle();
  }

  close() {
    this.signalingState = "closed";
    this.connectionState = "closed";
    this.#world.settle();
  }

  /** The network has gone another way. */
  break(state) {
    this.#ufragGone = this.#ufrag;
    this.#turn(state);
  }

  reaches(other) {
    const isSettled = this.signalingState === "stable" && this.remoteDescription;
    const ufrag = isSettled && ufragOf(this.remoteDescription.sdp);
    if (!isSettled || this.#ufrag === this.#ufragGone) return false;
    return (
      ufrag === other.ufrag && this.candidates.some(({ usernameFragment }) => usernameFragment === ufrag)
    );
  }

  get ufrag() {
    return this.#ufrag;
  }

  link(other) {
    if (!other) return;
    for (const { track } of other.senders) {
      if (!track || this.#told.has(track.kind) || !this.remoteDescription.sdp.includes(`m=${track.kind}`))
        continue;
      this.#told.add(track.kind);
      this.ontrack?.({ track: { kind: track.kind } });
    }
    this.#turn("connected");
    if (other.channel) this.#channel?.open(other.channel);
  }

  #turn(state) {
    if (this.connectionState === state) return;
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  #become(state) {
    this.signalingState = state;
    if (state !== "stable") return;
    this.#stableLocal = null;
    this.#needsNegotiation ||= this.#hasMore();
    if (this.#needsNegotiation || this.#wantsRestart) this.#ask();
    this.#world.settle();
  }

  /** Whether there is something to send that neither description speaks of. */
  #hasMore() {
    const agreed = this.localDescription?.sdp ?? "";
    return this.senders.some(({ track }) => track && !agreed.includes(`m=${track.kind}`));
  }

  #need() {
    this.#needsNegotiation = true;
    this.#ask();
  }

  #ask() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const soon = this.#world.isBusy ? setImmediate : queueMicrotask;
    soon(() => {
      this.#isAsking = false;
      if (this.signalingState !== "stable") return;
      if (this.#needsNegotiation || this.#wantsRestart) this.onnegotiationneeded?.();
    });
  }

  /** An answer speaks of what the offer does, and of nothing else. */
  #sdp(type) {
    const sent = this.senders.map(({ track }) => track && `m=${track.kind}`).filter(Boolean);
    const media = type === "answer" ? mediaOf(this.remoteDescription) : [...mediaOf(this.localDescription), ...sent];
    return [
      "v=0",
      `a=fingerprint:${this.#number}`,
      `a=ice-ufrag:${this.#ufrag}`,
      ...[...new Set(media)].sort(),
    ].join("\r\n");
  }
}

class FakeChannel {
  readyState = "connecting";

  constructor(label, negotiated, id) {
    this.label = label;
    this.isAgreed = negotiated && id === 0;
  }

  open(other) {
    this.other = other;
    if (this.readyState === "open") return;
    this.readyState = "open";
    queueMicrotask(() => this.onopen?.());
  }

  send(data) {
    queueMicrotask(() => this.other.onmessage?.({ data }));
  }
}

function mediaOf(description) {
  return description?.sdp.match(/^m=\w+/gmu) ?? [];
}

function ufragOf(sdp) {
  return /a=ice-ufrag:(\S+)/u.exec(sdp)?.[1];
}

import { Listeners } from "./listeners.js";
import { Media } from "./media.js";
import { Peer } from "./peer.js";

/** Signals that overtake the news of who sent them. */
const MAX_EARLY = 100;

/** Why a call is over that did not come about, by what the server said. @type {Record<string, string>} */
const REASONS = { busy: "busy", conflict: "answeredElsewhere" };

/**
 * @typedef {{userId: string, deviceId?: string, state: string}} Participant
 * @typedef {object} CallData As the protocol has it.
 * @property {string} callId
 * @property {"audio" | "video"} kind
 * @property {string} [chatId]
 * @property {"ringing" | "active" | "ended"} state
 * @property {string} callerId
 * @property {Participant[]} participants
 * @property {string} createdAt
 * @property {string} ringExpiresAt
 * @property {string} [answeredAt]
 * @property {string} [endedAt]
 * @property {string} [endReason]
 */

/**
 * A call as it is for this device, with a line to each of the other devices that take part.
 *
 * Tells `changed` when anything about it has, `problem` with a source of media and why it cannot be used, and `ended`
 * once: when the call is over, or over for this device.
 */
export class Call extends Listeners {
  #exchange;
  /** @type {CallData | undefined} */
  data;
  /** @type {Map<string, Peer>} The lines to the others, by userId. */
  peers = new Map();
  /** @type {{fromUserId: string, fromDeviceId: string, signal: object}[]} */
  #early = [];
  /** @type {Map<string, boolean>} To which devices this one is polite, as the server says. */
  #polite = new Map();
  /** Whether this device takes part, or is about to. */
  isHere = false;
  /** Whether the server has let it in. */
  #isLetIn = false;
  #isLooking = false;
  isOver = false;
  /** @type {string | undefined} An end reason of the protocol, or "answeredElsewhere". */
  reason;

  /**
   * @param {import("./calls.js").Calls} exchange Through which it asks the server, and what its lines are made with.
   * @param {{kind: "audio" | "video", chatId?: string}} intent What is known of it before the server knows it.
   */
  constructor(exchange, { kind, chatId }) {
    super();
    this.#exchange = exchange;
    this.kind = kind;
    this.chatId = chatId;
    this.media = new Media(exchange.mediaDevices);
    this.media.on("changed", () => this.#show());
    this.media.on("problem", (source, error) => this.tell("problem", source, error));
  }

  get callId() {
    return this.data?.callId;
  }

  /**
   * "starting" until the server knows of it; "incoming" while it rings here, "outgoing" while it rings at others alone;
   * "active"; "open" when it goes on without this device, which may still join; "ended".
   */
  get phase() {
    if (this.isOver) return "ended";
    if (!this.data) return "starting";
    if (this.isHere) return this.data.state === "active" ? "active" : "outgoing";
    return this.#self?.state === "ringing" ? "incoming" : "open";
  }

  /** Whether the server has this device in the call though it is not: its page was closed and opened again. */
  get isUnfinished() {
    return this.phase === "open" && this.#self?.state === "joined";
  }

  /** @returns {Participant[]} Everybody but oneself. */
  get others() {
    return (this.data?.participants ?? []).filter(({ userId }) => userId !== this.#exchange.userId);
  }

  /** @returns {number | undefined} How many seconds ago somebody answered, by the server's clock. */
  get seconds() {
    const { answeredAt } = this.data ?? {};
    if (answeredAt) return Math.max(0, Math.floor((this.#exchange.now() - Date.parse(answeredAt)) / 1000));
  }

  /**
   * Call somebody, or the members of a chat.
   *
   * @param {{calleeIds?: string[], chatId?: string, kind: "audio" | "video"}} request
   * @throws {import("./errors.js").Problem} It is over then.
   */
  async start(request) {
    this.isHere = true;
    this.#openMedia(this.kind === "video");
    await this.#enter("startCall", request);
  }

  /**
   * Take part on this device.
   *
   * @param {{camera?: boolean}} [options] Whether to be seen from the beginning: as the call is meant, unless said.
   * @throws {import("./errors.js").Problem} Such as `call_ended`. It is over then.
   */
  async accept({ camera = this.kind === "video" } = {}) {
    if (this.isHere || this.isOver) return;
    this.isHere = true;
    this.#openMedia(camera);
    this.tell("changed");
    await this.#enter("acceptCall", { callId: this.callId });
  }

  /** Do not answer; it stops ringing on every device of this person. */
  async reject() {
    this.end("rejected");
    await this.#exchange.ask("rejectCall", { callId: this.callId });
  }

  /** Leave, or give up calling. The others hear of it even if the line is broken just now. */
  async hangUp() {
    this.end("hangup");
    // A call that the server is only about to hear of is hung up once it has.
    if (this.callId) await this.#leave(this.callId);
  }

  /** @param {CallData} data As the server tells it; what is older than what is known changes nothing. */
  take(data) {
    const isOlder = this.data?.state === "active" && data.state === "ringing";
    if (this.isOver || isOlder) return;
    this.data = data;
    this.kind = data.kind;
    this.chatId = data.chatId;
    const { state, deviceId } = this.#self ?? { state: "left" };
    if (data.state === "ended") return this.end(data.endReason);
    if (this.isHere && state === "left") return this.end("connection_lost");
    if (state === "joined" && deviceId !== this.#exchange.deviceId) return this.end("answeredElsewhere");
    this.#meet();
    this.tell("changed");
  }

  /** @param {{fromUserId: string, fromDeviceId: string, signal: object}} frame */
  receive(frame) {
    const peer = this.peers.get(frame.fromUserId);
    if (peer?.deviceId === frame.fromDeviceId) return peer.receive(frame.signal);
    // What was meant for this device before it left.
    if (this.phase === "open") return;
    if (this.#early.push(frame) > MAX_EARLY) this.#early.shift();
    if (this.#isLetIn) this.#look();
  }

  /** The socket is back: signals may have been lost on either way. */
  mend() {
    for (const peer of this.peers.values()) peer.mend();
  }

  /** @param {RTCIceServer[]} iceServers With newer credentials. */
  setIceServers(iceServers) {
    for (const peer of this.peers.values()) peer.setIceServers(iceServers);
  }

  /** Let go of everything on this device; the server is not told. @param {string} [reason] */
  end(reason) {
    if (this.isOver) return;
    this.isOver = true;
    this.reason = reason;
    this.media.stop();
    for (const userId of [...this.peers.keys()]) this.#part(userId);
    this.tell("ended", this);
    this.tell("changed");
  }

  get #self() {
    return this.data?.participants.find(({ userId }) => userId === this.#exchange.userId);
  }

  /** @param {boolean} hasCamera */
  #openMedia(hasCamera) {
    this.media.open(hasCamera ? ["microphone", "camera"] : ["microphone"]);
  }

  /** @param {string} action @param {object} request */
  async #enter(action, request) {
    try {
      const answer = await this.#exchange.ask(action, request, () => !this.isOver);
      if (this.isOver) return await this.#leave(answer.call.callId);
      this.#exchange.useIceServers(answer.iceServers ?? []);
      for (const { deviceId, polite } of answer.peers ?? []) this.#polite.set(deviceId, polite);
      this.#isLetIn = true;
      this.take(answer.call);
      // Whoever leaves and comes back comes later than this device, and is the polite one then.
      this.#polite.clear();
    } catch (/** @type {any} */ error) {
      if (this.isOver) return;
      this.end(REASONS[error.code] ?? "failed");
      throw error;
    }
  }

  /** Somebody speaks who is not known to take part, or who does cannot be told: news was lost, or is still to come. */
  async #look() {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const { call } = await this.#exchange.ask("getCall", { callId: this.callId }, () => !this.isOver);
      this.take(call);
    } catch {
      // They speak again, or are told again.
    }
    this.#isLooking = false;
  }

  /** @param {string} callId */
  async #leave(callId) {
    const { call } = await this.#exchange.ask("endCall", { callId });
    this.#exchange.hear(call);
  }

  /** Have a line to everybody who takes part, and to nobody else. */
  #meet() {
    if (!this.#isLetIn || this.#self?.state !== "joined") return;
    /** @type {Map<string, string>} */
    const joined = new Map();
    for (const { userId, deviceId, state } of this.others)
      if (state === "joined" && deviceId !== undefined) joined.set(userId, deviceId);
    for (const [userId, peer] of this.peers) if (joined.get(userId) !== peer.deviceId) this.#part(userId);
    for (const [userId, deviceId] of joined) if (!this.peers.has(userId)) this.#connect(userId, deviceId);
  }

  /** @param {string} userId @param {string} deviceId */
  #connect(userId, deviceId) {
    const exchange = this.#exchange;
    const { callId } = this;
    const isHere = () => this.peers.get(userId) === peer;
    const peer = new Peer({
      deviceId,
      // Who comes later is polite to who was there; the server says so to who comes.
      isPolite: this.#polite.get(deviceId) ?? false,
      configuration: { ...exchange.configuration, iceServers: exchange.iceServers },
      send: async (signal) => {
        try {
          await exchange.ask("sendSignal", { callId, toUserId: userId, toDeviceId: deviceId, signal }, isHere);
        } catch {
          // It was refused for good; a peer that misses it asks again.
          if (isHere()) this.#look();
        }
      },
      RTCPeerConnection: exchange.RTCPeerConnection,
    });
    this.peers.set(userId, peer);
    peer.on("changed", () => this.tell("changed"));
    peer.send(this.media.tracks, this.media.shown);
    for (const frame of this.#early.splice(0)) this.receive(frame);
  }

  /** @param {string} userId */
  #part(userId) {
    this.peers.get(userId)?.close();
    this.peers.delete(userId);
  }

  #show() {
    for (const peer of this.peers.values()) peer.send(this.media.tracks, this.media.shown);
    this.tell("changed");
  }
}

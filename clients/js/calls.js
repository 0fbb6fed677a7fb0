import { pauseAfter } from "./backoff.js";
import { Call } from "./call.js";
import { ConnectionLost } from "./errors.js";
import { Listeners } from "./listeners.js";
import { path } from "./path.js";

/** How long before their end credentials are renewed. */
const RENEWAL_LEAD_MS = 5 * 60_000;
/** As long as a call can ring, and longer than one may be away from it: who asks in vain for so long is not in it. */
const MAX_ASKING_MS = 45_000;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** @typedef {import("./call.js").CallData} CallData */

/**
 * The calls of one person on this device: the one they are in, those that ring, and those that go on without them.
 *
 * Tells `changed`, `ringing` with a call that has begun to ring here, `over` with a call that has ended or gone on
 * without this device, and `refused` with a call that did not come about, and the error.
 */
export class Calls extends Listeners {
  #api;
  #socket;
  /** @type {RTCIceServer[]} The newest. */
  iceServers = [];
  /** @type {Map<string, Call>} Those that are not over, by callId. */
  #known = new Map();
  /** @type {Set<string>} Those that this device was done with; a late push does not let them ring again. */
  #done = new Set();
  #isStopped = false;
  /** @type {CallData[]} What was heard of a call before the answer that starts it. */
  #early = [];
  /** @type {string | undefined} When the latest call began of those known to have been missed. */
  missedAt;
  /** @type {Call | undefined} */
  #current;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #renewal;

  /**
   * @param {object} options
   * @param {import("./api.js").Api} options.api
   * @param {import("./socket.js").Socket} options.socket
   * @param {string} options.userId
   * @param {string} [options.deviceId] As far as it is known before the server tells it.
   * @param {() => number} options.now By the server's clock, in milliseconds.
   * @param {typeof globalThis.RTCPeerConnection} [options.RTCPeerConnection]
   * @param {MediaDevices} [options.mediaDevices]
   * @param {RTCConfiguration} [options.configuration] Such as an `iceTransportPolicy`.
   */
  constructor({
    api,
    socket,
    userId,
    deviceId,
    now,
    RTCPeerConnection = globalThis.RTCPeerConnection,
    mediaDevices = globalThis.navigator?.mediaDevices,
    configuration = {},
  }) {
    super();
    this.#api = api;
    this.#socket = socket;
    this.userId = userId;
    this.deviceId = deviceId;
    this.now = now;
    this.configuration = configuration;
    this.RTCPeerConnection = RTCPeerConnection;
    this.mediaDevices = mediaDevices;
  }

  /** @returns {Call | undefined} The one that this device takes part in. */
  get current() {
    return this.#current;
  }

  /** @returns {Call | undefined} The one that rings here, or the first of them. */
  get incoming() {
    // Whom one calls may be calling at the same moment: both are in one call then, and nothing rings.
    if (this.#current?.phase === "starting") return undefined;
    return this.#find(({ phase }) => phase === "incoming");
  }

  /** @returns {Call | undefined} One that this device was in before its page was opened again. */
  get unfinished() {
    return this.#find(({ isUnfinished }) => isUnfinished);
  }

  /**
   * @param {string} chatId
   * @returns {Call | undefined} One of a chat that goes on, and that this device may join.
   */
  openIn(chatId) {
    return this.#find((call) => call.chatId === chatId && call.phase === "open");
  }

  /**
   * Call somebody, or the members of a chat. Whatever call one is in is left.
   *
   * @param {{calleeIds?: string[], chatId?: string, kind: "audio" | "video"}} request
   * @returns {Call} At once; it ends with the reason "failed" or "busy" if it does not come about.
   */
  start(request) {
    const call = this.#make(request);
    this.#enter(call);
    call.start(request).then(
      () => this.#started(call),
      (error) => this.tell("refused", call, error),
    );
    return call;
  }

  /**
   * Take part in a call on this device. Whatever call one is in is left.
   *
   * @param {Call} call
   * @param {{camera?: boolean}} [options] Whether to be seen from the beginning: as the call is meant, unless said.
   */
  accept(call, options) {
    this.#enter(call);
    return call.accept(options).catch((error) => this.tell("refused", call, error));
  }

  /**
   * @param {string} [cursor]
   * @returns {Promise<{calls: CallData[], nextCursor?: string}>} One's own, the latest first.
   */
  list(cursor) {
    return this.#api.request("GET", "/calls", { query: { cursor } });
  }

  /**
   * @param {string} callId
   * @returns {Promise<{call: CallData}>} As the server has it now.
   */
  read(callId) {
    return this.#api.request("GET", path`/calls/${callId}`);
  }

  /** @returns {Promise<{iceServers: RTCIceServer[], expiresAt: string}>} With credentials that end by themselves. */
  readIceServers() {
    return this.#api.request("GET", "/ice-servers");
  }

  /** @param {import("./connection.js").Frame} frame A push about a call. */
  take(frame) {
    if (frame.type === "call.signal") this.#known.get(frame.callId)?.receive(/** @type {any} */ (frame));
    else if (frame.call) this.hear(frame.call);
  }

  /** After every (re)connection: what happened meanwhile is not pushed again. @param {{deviceId: string}} hello */
  async resume({ deviceId }) {
    this.deviceId = deviceId;
    this.#current?.mend();
    const { calls } = await this.list();
    for (const data of calls) this.hear(data);
  }

  /** Leave whatever call there is. */
  stop() {
    this.#isStopped = true;
    clearTimeout(this.#renewal);
    if (this.#current) this.#current.hangUp().catch(() => {});
    for (const call of this.#known.values()) call.end();
  }

  /** @param {(call: Call) => boolean} isSought */
  #find(isSought) {
    return [...this.#known.values()].find(isSought);
  }

  /** Take in what the server tells of a call. @param {CallData} data */
  hear(data) {
    this.#note(data);
    const known = this.#known.get(data.callId);
    if (known) return known.take(data);
    if (data.state === "ended") return;
    if (this.#current?.phase === "starting" && data.callerId === this.userId)
      return this.#early.push(data);
    const state = this.#stateIn(data);
    if (this.#done.has(data.callId) && (state === "ringing" || state === "joined")) return;
    const call = this.#make(data);
    this.#known.set(data.callId, call);
    call.take(data);
    if (call.phase === "incoming") this.tell("ringing", call);
  }

  /** @param {CallData} data */
  #note(data) {
    if (this.#stateIn(data) !== "missed" || data.createdAt <= (this.missedAt ?? "")) return;
    this.missedAt = data.createdAt;
    this.tell("changed");
  }

  /** @param {CallData} data */
  #stateIn({ participants }) {
    return participants.find(({ userId }) => userId === this.userId)?.state;
  }

  /** A call that was started here is known to the server. @param {Call} call */
  #started(call) {
    const early = this.#early.splice(0);
    if (call.isOver) return;
    // In the place of the same call that has rung here, if the other has called at the same moment.
    this.#known.set(call.callId ?? "", call);
    for (const data of early) this.hear(data);
  }

  /** @param {{kind: "audio" | "video", chatId?: string}} intent */
  #make(intent) {
    const call = new Call(this, intent);
    call.on("changed", () => this.tell("changed"));
    call.on("ended", () => this.#forget(call));
    return call;
  }

  /** @param {Call} call */
  #enter(call) {
    if (this.#current && this.#current !== call) this.#current.hangUp().catch(() => {});
    this.#current = call;
    this.tell("changed");
  }

  /** @param {Call} call */
  #forget(call) {
    const { callId = "" } = call;
    if (callId) this.#done.add(callId);
    if (this.#known.get(callId) === call) this.#known.delete(callId);
    if (this.#current === call) this.#current = undefined;
    if (!this.#current) clearTimeout(this.#renewal);
    this.tell("over", call);
    this.tell("changed");
  }

  /**
   * Ask over the socket, again and again over lost ones.
   *
   * @param {string} action
   * @param {object} fields
   * @param {() => boolean} [isWanted]
   * @returns {Promise<any>}
   */
  async ask(action, fields, isWanted = () => true) {
    const deadline = Date.now() + MAX_ASKING_MS;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#socket.request(action, fields);
      } catch (/** @type {any} */ error) {
        if (!error.isTemporary || this.#isStopped || !isWanted() || Date.now() > deadline) throw error;
        await this.#pause(pauseAfter(error, attempt));
      }
      if (!isWanted()) throw new ConnectionLost();
    }
  }

  /** Wait, but no longer than until the socket is there again. @param {number} milliseconds @returns {Promise<void>} */
  #pause(milliseconds) {
    return new Promise((resolve) => {
      setTimeout(resolve, milliseconds);
      this.#socket.next("online").then(resolve);
    });
  }

  /** @param {RTCIceServer[]} iceServers */
  useIceServers(iceServers) {
    this.iceServers = iceServers;
    this.#current?.setIceServers(iceServers);
    clearTimeout(this.#renewal);
    const end = expiry(iceServers);
    if (end === undefined) return;
    const wait = Math.max(RENEWAL_LEAD_MS, end - this.now() - RENEWAL_LEAD_MS);
    this.#renewal = setTimeout(() => this.#renew(), Math.min(MAX_TIMER_MS, wait));
  }

  async #renew() {
    try {
      const { iceServers } = await this.readIceServers();
      this.useIceServers(iceServers);
    } catch {
      this.useIceServers(this.iceServers);
    }
  }
}

/** When TURN credentials end: their name begins with it, in seconds. @param {RTCIceServer[]} iceServers */
function expiry(iceServers) {
  const ends = iceServers
    .map(({ username }) => Number.parseInt(username ?? "", 10) * 1000)
    .filter(Number.isFinite);
  return ends.length > 0 ? Math.min(...ends) : undefined;
}

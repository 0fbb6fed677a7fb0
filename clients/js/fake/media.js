/** Microphones, cameras and screens for tests. */

let made = 0;

export class FakeTrack {
  enabled = true;
  readyState = "live";
  onended = null;

  constructor(kind, deviceId = `${kind} 1`) {
    made += 1;
    this.id = `track ${made}`;
    this.kind = kind;
    this.deviceId = deviceId;
  }

  getSettings() {
    return { deviceId: this.deviceId };
  }

  stop() {
    this.readyState = "ended";
  }

  /** It was unplugged, or taken back by the person. */
  end() {
    this.readyState = "ended";
    this.onended?.();
  }
}

/** In the place of `navigator.mediaDevices`. */
export class FakeDevices {
  /** @type {FakeTrack[]} Every track that was ever given. */
  tracks = [];
  /** @type {object[]} What was asked for. */
  asked = [];
  /** @type {Record<string, Error>} Why a kind cannot be had. */
  refusals = {};
  /** @type {Promise<void> | undefined} What the person takes their time for. */
  thought;

  async getUserMedia(constraints) {
    this.asked.push(constraints);
    await this.thought;
    const kinds = Object.keys(constraints);
    for (const kind of kinds) if (this.refusals[kind]) throw this.refusals[kind];
    return this.#stream(kinds.map((kind) => new FakeTrack(kind, constraints[kind].deviceId?.exact)));
  }

  async getDisplayMedia() {
    this.asked.push("display");
    if (this.refusals.display) throw this.refusals.display;
    return this.#stream([new FakeTrack("video", "screen")]);
  }

  async enumerateDevices() {
    return ["audioinput", "videoinput"].map((kind) => ({ kind, deviceId: `${kind} 1`, label: kind }));
  }

  #stream(tracks) {
    this.tracks.push(...tracks);
    return { getTracks: () => tracks };
  }
}

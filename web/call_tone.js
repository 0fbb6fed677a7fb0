/** What one hears of a call before one hears anybody: quiet tones, made here. */

/** Loud enough to be noticed in a quiet room. */
const LOUDNESS = 0.07;
const ATTACK_SECONDS = 0.03;

/** @typedef {{hertz: number, at: number, seconds: number}} Note */

/** @type {Record<string, {every: number, notes: Note[]}>} Seconds; what has no `every` is heard once. */
const TUNES = {
  incoming: {
    every: 3,
    notes: [
      { hertz: 659.3, at: 0, seconds: 0.35 },
      { hertz: 880, at: 0.18, seconds: 0.5 },
      { hertz: 659.3, at: 0.75, seconds: 0.35 },
      { hertz: 880, at: 0.93, seconds: 0.7 },
    ],
  },
  outgoing: { every: 4, notes: [{ hertz: 440, at: 0, seconds: 1 }] },
  over: {
    every: 0,
    notes: [
      { hertz: 523.3, at: 0, seconds: 0.2 },
      { hertz: 392, at: 0.16, seconds: 0.35 },
    ],
  },
};

/** @type {AudioContext | undefined} */
let context;

/**
 * Begin a tune. Before a person has touched the page the browser lets it make no sound; then it begins once they do.
 *
 * @param {"incoming" | "outgoing" | "over"} name
 * @returns {() => void} Ends it.
 */
export function playTune(name) {
  const { every, notes } = TUNES[name];
  let timer;
  /** @type {OscillatorNode[]} */
  let sounding = [];

  function round() {
    if (navigator.userActivation?.hasBeenActive ?? true) sounding = notes.map(sound);
    if (every) timer = setTimeout(round, every * 1000);
  }

  round();
  return () => {
    clearTimeout(timer);
    for (const one of sounding) one.stop();
  };
}

function sound({ hertz, at, seconds }) {
  context ??= new AudioContext();
  context.resume().catch(() => {});
  const begin = context.currentTime + at;
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, begin);
  volume.gain.linearRampToValueAtTime(LOUDNESS, begin + ATTACK_SECONDS);
  volume.gain.exponentialRampToValueAtTime(0.0001, begin + seconds);
  const oscillator = new OscillatorNode(context, { type: "sine", frequency: hertz });
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(begin);
  oscillator.stop(begin + seconds);
  return oscillator;
}

// The sound of the DJ's page: two decks, the crossfader, a voice over them, and the one stream that is sent. It knows neither
// the page nor the box. `MediaElementAudioSourceNode` leads into a stream on every phone; `captureStream` does not exist on iOS.

import { crossfade, DUCK_MS, factor, level, RISE_MS } from './mix.js';

/** How long a slider's step takes to be heard in full, in seconds: shorter clicks. */
const SMOOTH_S = 0.03;
/** Samples that a level is taken of: two looks of the meter overlap. */
const METER_SAMPLES = 8192;

export class Booth {
  /** @type {HTMLAudioElement[]} */
  #decks;
  /** @type {AudioContext | null} made in a tap: before that no page may play */
  #context = null;
  /** @type {GainNode[]} */
  #gains = [];
  /** @type {GainNode[]} */
  #fades = [];
  /** @type {GainNode | null} */
  #music = null;
  /** @type {GainNode | null} */
  #monitor = null;
  /** @type {AnalyserNode | null} */
  #meter = null;
  /** What is sent: kept here, because a stream that nobody holds falls silent. @type {MediaStreamAudioDestinationNode | null} */
  #out = null;
  /** @type {MediaStreamAudioSourceNode | null} */
  #voice = null;
  #samples = new Float32Array(METER_SAMPLES);
  #at = 0;
  #gainsDb = [0, 0];
  #isMonitored = false;

  /** @param {HTMLAudioElement[]} decks */
  constructor(decks) {
    this.#decks = decks;
  }

  /** Builds the desk, or wakes it: to be called in a tap. */
  open() {
    // What iOS takes a page's sound for decides whether it goes on while the screen is dark.
    if (navigator.audioSession !== undefined && this.#voice === null) navigator.audioSession.type = 'playback';
    if (this.#context !== null) {
      // It wakes when it can; until then nothing is heard, which the meter shows.
      if (this.#context.state !== 'running') this.#context.resume().catch(() => {});
      return this.#context;
    }
    const context = new AudioContext();
    const [music, meter, out, monitor] = [context.createGain(), context.createAnalyser(), context.createMediaStreamDestination(), context.createGain()];
    meter.fftSize = METER_SAMPLES;
    monitor.gain.value = 0;
    music.connect(meter).connect(out);
    music.connect(monitor).connect(context.destination);
    this.#decks.forEach((deck, n) => {
      const [gain, fade] = [context.createGain(), context.createGain()];
      context.createMediaElementSource(deck).connect(gain).connect(fade).connect(music);
      this.#gains[n] = gain;
      this.#fades[n] = fade;
    });
    [this.#context, this.#music, this.#meter, this.#out, this.#monitor] = [context, music, meter, out, monitor];
    // Browsers spend bits on speech unless they are told what it is.
    for (const track of out.stream.getAudioTracks()) track.contentHint = 'music';
    this.fade(this.#at);
    this.#gainsDb.forEach((db, n) => this.gain(n, db));
    this.monitor(this.#isMonitored);
    return context;
  }

  /** What is sent. */
  stream() {
    this.open();
    return /** @type {MediaStreamAudioDestinationNode} */ (this.#out).stream;
  }

  /** @param {number} at 0: deck A alone, 1: deck B alone */
  fade(at) {
    this.#at = at;
    crossfade(at).forEach((loudness, n) => this.#slide(this.#fades[n], loudness, SMOOTH_S));
  }

  /**
   * @param {number} deck
   * @param {number} db
   */
  gain(deck, db) {
    this.#gainsDb[deck] = db;
    this.#slide(this.#gains[deck], factor(db), SMOOTH_S);
  }

  /** @param {boolean} on whether the decks are heard on this phone as well; never the voice, which would howl */
  monitor(on) {
    this.#isMonitored = on;
    this.#slide(this.#monitor, on ? 1 : 0, SMOOTH_S);
  }

  /**
   * How loud a deck is sent, as a factor.
   * @param {number} deck
   */
  loudness(deck) {
    return crossfade(this.#at)[deck] * factor(this.#gainsDb[deck]);
  }

  /**
   * A voice over the music, which steps back; `null`: the voice is over.
   * @param {MediaStream | null} voice
   * @param {number} duckDb how far the music steps back
   */
  speak(voice, duckDb) {
    const context = this.open();
    this.#voice?.disconnect();
    this.#voice = null;
    if (voice !== null && this.#meter !== null) {
      this.#voice = context.createMediaStreamSource(voice);
      this.#voice.connect(this.#meter);
    }
    if (navigator.audioSession !== undefined) navigator.audioSession.type = voice === null ? 'playback' : 'play-and-record';
    if (voice === null) this.#slide(this.#music, 1, RISE_MS / 1000);
    else this.#slide(this.#music, factor(-duckDb), DUCK_MS / 1000);
  }

  /** How loud it is what is sent, dBFS. */
  level() {
    this.#meter?.getFloatTimeDomainData(this.#samples);
    return level(this.#samples);
  }

  /**
   * @param {GainNode | null | undefined} node
   * @param {number} to
   * @param {number} seconds
   */
  #slide(node, to, seconds) {
    if (this.#context === null || node === null || node === undefined) return;
    const now = this.#context.currentTime;
    const { gain } = node;
    const from = gain.value;
    gain.cancelScheduledValues(now);
    gain.setValueAtTime(from, now);
    gain.linearRampToValueAtTime(to, now + seconds);
  }
}

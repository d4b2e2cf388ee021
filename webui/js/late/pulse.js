// How bright the lamp is, from how loud it is: gentle, and never a flash that harms (WCAG 2.2, 2.3.1). Pure.

/** Two rises are at least this far apart, in milliseconds: two and a half in a second, of which three are allowed. */
const RISE_EVERY_MS = 400;
/** How long a rise takes, and how long it takes to fade to a third, in milliseconds. */
const RISE_MS = 120;
const FADE_MS = 450;
/** How dark it gets between two, as a share of the colour. */
const LEAST = 0.6;
/** A beat is this much above what has been lately, of 0 to 1. */
const BEAT = 0.06;
/** How long lately is, in milliseconds. */
const LATELY_MS = 600;

export class Pulse {
  #lately = 0;
  #glow = 0;
  #riseLeftMs = 0;
  #sinceRiseMs = Infinity;

  /**
   * The brightness, as a share of the full colour.
   * @param {number} level how loud it is, 0 to 1
   * @param {number} passedMs since the last call
   */
  step(level, passedMs) {
    const passed = Math.min(Math.max(0, passedMs), LATELY_MS);
    this.#sinceRiseMs += passed;
    if (level - this.#lately > BEAT && this.#sinceRiseMs >= RISE_EVERY_MS) {
      this.#sinceRiseMs = 0;
      this.#riseLeftMs = RISE_MS;
    }
    this.#lately += (level - this.#lately) * (passed / LATELY_MS);
    if (this.#riseLeftMs > 0) {
      this.#riseLeftMs -= passed;
      this.#glow = Math.min(1, this.#glow + passed / RISE_MS);
    } else {
      this.#glow *= Math.exp(-passed / FADE_MS);
    }
    return LEAST + (1 - LEAST) * this.#glow;
  }
}

// Notices that nothing arrives any more. Pure: it is told the time and the count, and answers.

/**
 * One look counts at most this much. A page that the phone froze for a minute has not seen a minute of silence.
 */
const LOOK_LIMIT_MS = 1000;

/** Watches a number that must keep growing: packets received, or the position of the audio element. */
export class StallWatch {
  #limitMs;
  /** @type {number | null} */
  #last = null;
  #lookedAtMs = 0;
  #stillMs = 0;

  /** @param {number} limitMs how long the number may stand still */
  constructor(limitMs) {
    this.#limitMs = limitMs;
  }

  /**
   * @param {number} nowMs
   * @param {number} count
   * @returns {boolean} true when it has stood still for too long
   */
  look(nowMs, count) {
    const stepMs = Math.min(nowMs - this.#lookedAtMs, LOOK_LIMIT_MS);
    const first = this.#last === null;
    this.#stillMs = first || count !== this.#last ? 0 : this.#stillMs + stepMs;
    this.#last = count;
    this.#lookedAtMs = nowMs;
    return this.#stillMs >= this.#limitMs;
  }
}

/**
 * Watches how much sound the browser has piled up. After a rough start a browser may keep playing hundreds of
 * milliseconds late for minutes, because it only catches up where the sound lets it; a new connection starts near
 * the target again.
 */
export class LatenessWatch {
  #limitMs;
  #holdMs;
  /** @type {{delayS: number, count: number} | null} */
  #last = null;
  #lookedAtMs = 0;
  #lateMs = 0;

  /**
   * @param {number} limitMs the mean delay that is too much
   * @param {number} holdMs how long it must have been too much
   */
  constructor(limitMs, holdMs) {
    this.#limitMs = limitMs;
    this.#holdMs = holdMs;
  }

  /**
   * @param {number} nowMs
   * @param {number} delayS `jitterBufferDelay`: seconds summed over all samples
   * @param {number} count `jitterBufferEmittedCount`: samples
   * @returns {boolean} true when the sound has been late for too long
   */
  look(nowMs, delayS, count) {
    const stepMs = Math.min(nowMs - this.#lookedAtMs, LOOK_LIMIT_MS);
    if (this.#last !== null && count > this.#last.count) {
      const meanMs = (1000 * (delayS - this.#last.delayS)) / (count - this.#last.count);
      this.#lateMs = meanMs > this.#limitMs ? this.#lateMs + stepMs : 0;
    }
    this.#last = { delayS, count };
    this.#lookedAtMs = nowMs;
    return this.#lateMs >= this.#holdMs;
  }
}

// How long to wait before trying again. Pure: it is given its random numbers and keeps no clock.

/** The first pause is short, because most losses are a short dip of the radio. */
export const FIRST_PAUSE_MS = 250;

/** The longest pause. A box that restarts is asked again at most this much, and the spread, after it is ready. */
export const LONGEST_PAUSE_MS = 1500;

/** Every pause is up to this share shorter or longer, so that a full room does not knock in one beat. */
const SPREAD = 0.3;

/** Pauses that double from `FIRST_PAUSE_MS` up to `LONGEST_PAUSE_MS`. */
export class Backoff {
  #tries = 0;
  #random;

  /** @param {() => number} random numbers from 0 up to 1 */
  constructor(random = Math.random) {
    this.#random = random;
  }

  /**
   * The pause before the next try.
   * @param {number | null} atLeastMs what the box asked for, when it asked
   * @returns {number} milliseconds
   */
  next(atLeastMs = null) {
    const plain = Math.min(FIRST_PAUSE_MS * 2 ** this.#tries, LONGEST_PAUSE_MS);
    // The exponent stops growing once the cap is reached, so that no number of tries overflows it.
    if (plain < LONGEST_PAUSE_MS) {
      this.#tries += 1;
    }
    const spread = plain * (1 + SPREAD * (2 * this.#random() - 1));
    return Math.round(Math.max(spread, atLeastMs ?? 0));
  }

  /** To be called when a connection has proved itself. */
  reset() {
    this.#tries = 0;
  }
}

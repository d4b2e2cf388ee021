// Which of several sentences is shown, and for how long. What answers a tap comes at once; news waits until what is shown could
// be read, and is shown again if an answer took its place before. Pure: the time comes in, the sentence comes out.

/** Long enough to read two lines (WCAG 2.2.1 asks for no less where nothing is lost with it). */
export const SHOWN_MS = 6000;
/** Long enough to read one line: what comes after it may take its place. */
export const READ_MS = 2500;
/** News that wait. Of more the oldest are dropped: they are the least true. */
export const WAITING_MAX = 3;

export class Turns {
  /** @type {{text: string, isNews: boolean, since: number} | null} */
  #shown = null;
  /** @type {string[]} */
  #waiting = [];

  /**
   * Shows what answers a tap, at once.
   * @param {string} text
   * @param {number} now milliseconds of any steady clock
   */
  answer(text, now) {
    this.at(now);
    if (this.#shown?.isNews && now < this.#shown.since + READ_MS) this.#waiting.unshift(this.#shown.text);
    this.#limit();
    this.#shown = { text, isNews: false, since: now };
  }

  /**
   * Shows news, when it is their turn.
   * @param {string} text
   * @param {number} now
   */
  announce(text, now) {
    this.at(now);
    this.#waiting.push(text);
    this.#limit();
  }

  /**
   * The sentence that is shown now; empty for none.
   * @param {number} now
   */
  at(now) {
    if (this.#shown === null || now >= this.#shown.since + (this.#waiting.length > 0 ? READ_MS : SHOWN_MS)) {
      const text = this.#waiting.shift();
      this.#shown = text === undefined ? null : { text, isNews: true, since: now };
    }
    return this.#shown?.text ?? '';
  }

  /**
   * When the next sentence is due, or none any more; `null` while nothing is shown.
   * @param {number} now
   */
  due(now) {
    this.at(now);
    return this.#shown && this.#shown.since + (this.#waiting.length > 0 ? READ_MS : SHOWN_MS);
  }

  /** Drops what waits and what is shown: it is no longer true. */
  clear() {
    this.#shown = null;
    this.#waiting = [];
  }

  #limit() {
    this.#waiting.splice(0, this.#waiting.length - WAITING_MAX);
  }
}

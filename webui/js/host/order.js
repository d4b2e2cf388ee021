// Where a row goes when it is dragged or moved by a key, and which order the page shows meanwhile. Pure: numbers in, numbers
// out, told the time and keeping no clock.

/** How long the box may take to tell what it has done, in milliseconds: it tells of changes five times a second. */
export const TELLING_LIMIT_MS = 1000;

/** @typedef {{top: number, height: number}} Row where a row lies before anything moved, in pixels */

/**
 * The place a dragged row would take: its centre decides, against the centres of the others.
 * @param {Row[]} rows
 * @param {number} from its place before
 * @param {number} dy how far it was dragged, in pixels; down is positive
 */
export function landing(rows, from, dy) {
  const centre = (/** @type {Row} */ row) => row.top + row.height / 2;
  const at = centre(rows[from]) + dy;
  let to = from;
  while (to > 0 && at < centre(rows[to - 1])) to -= 1;
  while (to < rows.length - 1 && at > centre(rows[to + 1])) to += 1;
  return to;
}

/**
 * How far each row must step aside while one of them is dragged, in pixels.
 * @param {Row[]} rows
 * @param {number} from
 * @param {number} to
 */
export function asides(rows, from, to) {
  // A row takes its height and the gap below it along.
  const pitch = rows.length > 1 ? Math.abs(rows[1].top - rows[0].top) - rows[0].height + rows[from].height : 0;
  return rows.map((_, at) => {
    if (at > from && at <= to) return -pitch;
    return at < from && at >= to ? pitch : 0;
  });
}

/**
 * The order after a move.
 * @template T
 * @param {T[]} order
 * @param {number} from
 * @param {number} to
 */
export function moved(order, from, to) {
  const after = order.filter((_, at) => at !== from);
  after.splice(to, 0, order[from]);
  return after;
}

/**
 * The place a key sends a row to; null for a key that moves nothing.
 * @param {string} key as in `KeyboardEvent.key`
 * @param {number} from
 * @param {number} length
 */
export function keyed(key, from, length) {
  const to = { ArrowUp: from - 1, ArrowDown: from + 1, Home: 0, End: length - 1 }[key];
  return to === undefined || to < 0 || to >= length || to === from ? null : to;
}

/**
 * The order on the page: the box's, or what moves on this page make of it. It stays so until the box has told of the moves,
 * because a row that went back for a moment would leave another one under a finger that is about to tap.
 */
export class PageOrder {
  /** What the page shows. @type {number[]} */
  ids = [];
  /** @type {number[]} */
  #told = [];
  #onTheirWay = 0;
  #untilMs = 0;

  /**
   * @param {number[]} order what the box tells
   * @param {number} nowMs
   */
  tell(order, nowMs) {
    this.#told = order;
    // What is gone is gone at once, so that places on the page and in the box stay the same.
    this.ids = this.ids.filter((id) => order.includes(id));
    const isKnown = String(order) === String(this.ids);
    if (this.#onTheirWay > 0 || (nowMs < this.#untilMs && !isKnown)) return;
    this.ids = order;
    this.#untilMs = 0;
  }

  /**
   * Moves a row on the page; the box is being asked.
   * @param {number} from
   * @param {number} to
   */
  move(from, to) {
    this.ids = moved(this.ids, from, to);
    this.#onTheirWay += 1;
  }

  /**
   * The box has answered. What it refused is not waited for.
   * @param {boolean} done
   * @param {number} nowMs
   */
  answer(done, nowMs) {
    this.#onTheirWay -= 1;
    this.#untilMs = done ? nowMs + TELLING_LIMIT_MS : 0;
    this.tell(this.#told, nowMs);
  }
}

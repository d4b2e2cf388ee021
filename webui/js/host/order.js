// Where a row goes when it is dragged or moved by a key. Pure: numbers in, numbers out.

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

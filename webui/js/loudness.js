// How loud a place on a slider is. Pure.

/** So many powers of the place are the gain: half-way is 18 dB down, which ears call about a quarter as loud and more than half
 * of what matters; a straight line would have everything happen in its last tenth. */
const POWER = 3;

/**
 * The gain of a place on a slider, both from 0 to 1.
 * @param {number} place
 */
export const gainOf = (place) => Math.min(1, Math.max(0, place)) ** POWER;

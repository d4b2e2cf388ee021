// Keeps a screen that shows the same thing for hours from burning in: the page wanders along a slow, never quite closing
// curve. The style moves it smoothly from place to place.

/** How often a new place is taken, in milliseconds; the style's transition lasts as long. */
const EVERY_MS = 20000;
/** How far it goes from the middle, in pixels of the page. More would be seen, less would wear the same dots. */
const REACH_PX = 14;

/**
 * Where the page stands after so many steps. Two turns whose lengths share no divisor come back after 11 x 17 steps.
 * @param {number} step
 */
export function place(step) {
  const turn = (/** @type {number} */ steps) => Math.sin((2 * Math.PI * step) / steps) * REACH_PX;
  return { x: Math.round(turn(11)), y: Math.round(turn(17)) };
}

/** @param {HTMLElement} page */
export function drift(page) {
  let step = 0;
  setInterval(() => {
    step += 1;
    const { x, y } = place(step);
    page.style.transform = `translate(${x}px, ${y}px)`;
  }, EVERY_MS);
}

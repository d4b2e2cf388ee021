// A finger that wipes over the page from side to side. It only watches: scrolling, zooming and sliders stay the browser's.

/** Less is a tap with a nervous finger, in pixels. */
const FAR_PX = 60;
/** So many times as far across as up or down; else the finger scrolls. */
const FLAT = 2;
/** Longer is a press that selects text, in milliseconds. */
const QUICK_MS = 700;
/** A finger that comes from the very edge is the phone's own way back, in pixels. */
const EDGE_PX = 24;
/** What a finger pushes from side to side by itself, or writes in. */
const OWN_USE = 'input[type="range"], input[type="text"], input[type="search"], select, progress, .volume, .timeline, .channel-list';

/** @typedef {{x: number, y: number, ms: number}} Point */

/**
 * Where a wipe went: -1 to the left, 1 to the right, 0 was none. Pure.
 * @param {Point} from
 * @param {Point} to
 * @param {number} width of the page, in pixels
 */
export function wiped(from, to, width) {
  const across = to.x - from.x;
  const isFlat = Math.abs(across) >= FLAT * Math.abs(to.y - from.y);
  const isInside = from.x >= EDGE_PX && from.x <= width - EDGE_PX;
  return Math.abs(across) >= FAR_PX && isFlat && isInside && to.ms - from.ms <= QUICK_MS ? Math.sign(across) : 0;
}

/**
 * @param {HTMLElement} where
 * @param {(way: number) => void} act called with -1 for a wipe to the left, and 1 for one to the right
 */
export function watchSwipes(where, act) {
  /** @type {Point | null} */
  let from = null;
  const point = (/** @type {Touch} */ { clientX, clientY }) => ({ x: clientX, y: clientY, ms: performance.now() });
  const forget = () => {
    from = null;
  };
  where.addEventListener('touchstart', (event) => {
    // A second finger zooms, and in a page that is zoomed in one finger moves it about.
    const alone = event.touches.length === 1 && (window.visualViewport?.scale ?? 1) === 1;
    const taken = event.target instanceof Element && event.target.closest(OWN_USE) !== null;
    from = alone && !taken ? point(event.touches[0]) : null;
  }, { passive: true });
  where.addEventListener('touchcancel', forget, { passive: true });
  where.addEventListener('touchend', ({ changedTouches }) => {
    const way = from === null ? 0 : wiped(from, point(changedTouches[0]), window.innerWidth);
    forget();
    if (way !== 0) act(way);
  }, { passive: true });
}

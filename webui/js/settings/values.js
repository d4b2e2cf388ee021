// Values of the box's settings as people read and type them: lists, pins, ranges with their units. Pure.

/** Units by the end of a key. */
const UNITS = { ms: 'ms', percent: '%', bps: 'bit/s' };

/** Words of a pin's line that are neither its name nor a number. */
const PIN_WORDS = { high: ['active', 'high'], low: ['active', 'low'], up: ['pull', 'up'], down: ['pull', 'down'], none: ['pull', 'none'] };

/** @param {string} key */
export const unit = (key) => UNITS[/** @type {keyof typeof UNITS} */ (/_(ms|percent|bps)$/.exec(key)?.[1] ?? '')] ?? '';

/**
 * The section of a key; empty where it has none.
 * @param {string} key
 */
export const section = (key) => (key.includes('.') ? key.split('.')[0] : '');

/**
 * What a number may be.
 * @param {{key: string, min?: number, max?: number}} setting
 */
export function range({ key, min = 0, max = 0 }) {
  return [`${min} – ${max}`, unit(key)].filter(Boolean).join(' ');
}

/**
 * A list as one line.
 * @param {unknown} value
 */
export const listed = (value) => (Array.isArray(value) ? value.join(', ') : '');

/**
 * A line as a list.
 * @param {string} text
 */
export const unlisted = (text) => text.split(',').map((part) => part.trim()).filter(Boolean);

/**
 * A table of pins as lines, such as `play-button 16 low up` and `guests-led off`.
 * @param {unknown} value
 */
export function pinLines(value) {
  const pins = /** @type {Record<string, {wired?: boolean, line?: number, active?: string, pull?: string}>} */ (value ?? {});
  const line = (/** @type {string} */ name) => {
    const { wired, line: number, active, pull } = pins[name];
    return [name, wired === false ? 'off' : wired ? 'on' : '', number ?? '', active ?? '', pull ?? ''].filter((part) => part !== '').join(' ');
  };
  return Object.keys(pins).map(line).join('\n');
}

/**
 * Lines as a table of pins; `null` if one of them makes no sense.
 * @param {string} text
 */
export function pinTable(text) {
  /** @type {Record<string, Record<string, unknown>>} */
  const table = {};
  for (const line of text.split('\n').map((one) => one.trim()).filter(Boolean)) {
    const [name, ...rest] = line.split(/[\s,=]+/);
    /** @type {Record<string, unknown>} */
    const pin = {};
    for (const part of rest.filter(Boolean)) {
      const known = PIN_WORDS[/** @type {keyof typeof PIN_WORDS} */ (part)];
      if (part === 'off' || part === 'on') pin.wired = part === 'on';
      else if (/^\d{1,5}$/.test(part)) pin.line = Number(part);
      else if (known) pin[known[0]] = known[1];
      else return null;
    }
    table[name] = pin;
  }
  return table;
}

/**
 * The chosen ones of a list, of which the first counts most: it stays the first as long as it is chosen.
 * @param {unknown} before
 * @param {number[]} chosen
 */
export function firstFirst(before, chosen) {
  const first = Array.isArray(before) && chosen.includes(before[0]) ? [before[0]] : [];
  return [...first, ...chosen.filter((one) => one !== first[0])];
}

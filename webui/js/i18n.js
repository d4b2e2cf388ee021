// Messages by key. One language is loaded; it is the only place where words come from.

import words from '../lang/en.js';

/** The language of `words`, for plural rules. */
const LANGUAGE = 'en';

const plurals = new Intl.PluralRules(LANGUAGE);

/**
 * The message of a key. A missing key is shown as itself: ugly, but it says what is wrong, and a test finds it.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const message = /** @type {Record<string, string>} */ (words)[key] ?? key;
  return message.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * The message for a number of things, as `key.one` or `key.other`.
 * @param {string} key
 * @param {number} n
 */
export function count(key, n) {
  return t(`${key}.${plurals.select(n)}`, { n });
}

/**
 * Whether there is a message of this key.
 * @param {string} key
 */
export function known(key) {
  return key in words;
}

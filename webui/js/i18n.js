// Messages by key, in the language of the phone or the one chosen on the page. It is the only place where words come
// from; only the files of the language that is spoken are loaded.

import { LANGUAGES } from '../lang/languages.js';
import { keep, recall } from './keep.js';

/** Where the chosen language is kept between visits. */
const KEPT = 'partybox.language';

/** @type {Record<string, string>} */
let words = {};
let spoken = LANGUAGES[0];
let plurals = new Intl.PluralRules(spoken.code);
/** @type {string[]} the files of words this page needs */
let parts = [];

/**
 * Loads the words of a page and turns it into their language. To be awaited before anything is said.
 * @param {...string} wanted names of files in the folders of `lang/`
 */
export async function speak(...wanted) {
  parts = wanted;
  await learn(choose([recall(KEPT) ?? '', ...(navigator.languages ?? [])]));
}

/**
 * Speaks another language from now on, also at the next visit.
 * @param {string} code
 */
export async function speakIn(code) {
  keep(KEPT, code);
  await learn(choose([code]));
}

/** @param {typeof LANGUAGES[number]} language */
async function learn(language) {
  const files = await Promise.all(parts.map((part) => import(`../lang/${language.code}/${part}.js`)));
  spoken = language;
  plurals = new Intl.PluralRules(language.code);
  words = Object.assign({}, ...files.map((file) => file.default));
  document.documentElement.lang = language.code;
  document.documentElement.dir = language.direction;
}

/**
 * The first language of the list that the pages speak, else English. Regions do not count: `pt-BR` is `pt`.
 * @param {readonly string[]} wanted language tags, the best first
 */
export function choose(wanted) {
  for (const tag of wanted) {
    const found = LANGUAGES.find(({ code }) => code === tag.toLowerCase().split('-')[0]);
    if (found !== undefined) return found;
  }
  return LANGUAGES[0];
}

/** The code of the language spoken now. */
export const language = () => spoken.code;

/**
 * The message of a key. A missing key is shown as itself: ugly, but it says what is wrong, and a test finds it.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * The message for a number of things: `key.one`, `key.few` and so on as the language has it, else `key.other`.
 * @param {string} key
 * @param {number} n
 * @param {Record<string, string | number>} [values]
 */
export function count(key, n, values = {}) {
  const form = `${key}.${plurals.select(n)}`;
  return t(form in words ? form : `${key}.other`, { n, ...values });
}

/**
 * Whether there is a message of this key.
 * @param {string} key
 */
export const known = (key) => key in words;

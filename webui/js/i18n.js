// Messages by key, in the language of the phone or the one chosen on the page. It is the only place where words come
// from; only the files of the language that is spoken are loaded.

import { LANGUAGES } from '../lang/languages.js';
import { keep, recall } from './keep.js';

/** Where the chosen language is kept between visits. */
const KEPT = 'partybox.language';

/** What has been learned, by language and file. @type {Map<string, Record<string, string>>} */
const learned = new Map();
/** @type {Record<string, string>} */
let words = {};
let spoken = LANGUAGES[0];
let plurals = new Intl.PluralRules(spoken.code);
/** @type {string[]} the files of words that the page shown needs; what they have not is looked for in the others */
let parts = [];

/**
 * Loads the words of a page and turns it into their language. To be awaited before anything is said, and again when the page
 * is shown after another.
 * @param {...string} wanted names of files in the folders of `lang/`
 */
export async function speak(...wanted) {
  parts = wanted;
  await learn(ours());
}

/**
 * Loads more words of the page shown, in the language that it speaks.
 * @param {string} part the name of a file in the folders of `lang/`
 */
export async function speakMore(part) {
  if (!parts.includes(part)) parts = [...parts, part];
  await learn(spoken);
}

/**
 * Loads words before the modules that speak them are there.
 * @param {...string} wanted names of files in the folders of `lang/`
 */
export const foresee = (...wanted) => read(ours(), wanted);

/** The language of this phone, as far as the pages speak it. */
const ours = () => choose([recall(KEPT) ?? '', ...(navigator.languages ?? [])]);

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
  const wanted = parts;
  // Other pages of this document keep their words: what they do while they are put aside may need them.
  const others = [...learned.keys()].map((name) => name.split('/')[1]).filter((part) => !wanted.includes(part));
  await read(language, [...new Set(others)]);
  await read(language, wanted);
  // Another page was shown in the meantime, and speaks.
  if (wanted !== parts) return;
  spoken = language;
  plurals = new Intl.PluralRules(language.code);
  words = Object.assign({}, ...[...others, ...wanted].map((part) => learned.get(`${language.code}/${part}`)));
  document.documentElement.lang = language.code;
  document.documentElement.dir = language.direction;
}

/**
 * @param {typeof LANGUAGES[number]} language
 * @param {string[]} wanted
 */
async function read(language, wanted) {
  const missing = wanted.filter((part) => !learned.has(`${language.code}/${part}`));
  const files = await Promise.all(missing.map((part) => import(`../lang/${language.code}/${part}.js`)));
  missing.forEach((part, n) => learned.set(`${language.code}/${part}`, files[n].default));
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
export const count = (key, n, values = {}) => t(formOf(key, n, words, plurals), { n, ...values });

/**
 * The key of the form that a number chooses, of those there are words for. Pure.
 * @param {string} key
 * @param {number} n
 * @param {Record<string, string>} words
 * @param {Intl.PluralRules} plurals
 */
export function formOf(key, n, words, plurals) {
  const form = `${key}.${plurals.select(n)}`;
  return form in words ? form : `${key}.other`;
}

/**
 * A time of day as the language writes it, to the minute.
 * @param {number} ms of this phone's epoch
 */
export const timeOfDay = (ms) => new Intl.DateTimeFormat(spoken.code, { hour: '2-digit', minute: '2-digit' }).format(ms);

/**
 * Whether there is a message of this key.
 * @param {string} key
 */
export const known = (key) => key in words;

// A control for each kind of setting: made from what the box says of a key, and of no key in particular. It shows a value and
// reads one; it sends nothing.

import { make, mark } from '../dom.js';
import { known, language, t } from '../i18n.js';
import { named, ownZone } from './country.js';
import { firstFirst, listed, pinLines, pinTable, range, section, unlisted } from './values.js';

/**
 * @typedef {object} Control
 * @property {HTMLElement} field what is shown
 * @property {(value: unknown) => void} put
 * @property {() => unknown} read `undefined` for what can be no value
 */

/** What the box makes up by itself where nobody says anything. */
const MADE = ['wifi.ssid', 'wifi.passphrase'];

/**
 * What a key is called.
 * @param {string} key
 */
export function label(key) {
  const [table, button, gesture] = key.split('.');
  if (table === 'buttons' && gesture !== undefined) return t('set.gesture', { button: t(`set.button.${button}`), gesture: t(`set.gesture.${gesture}`) });
  return known(`set.key.${key}`) ? t(`set.key.${key}`) : key;
}

/**
 * What a value is called.
 * @param {string} key
 * @param {unknown} value
 */
export function words(key, value) {
  if (typeof value === 'boolean') return t(value ? 'set.yes' : 'set.no');
  if (value === '' || value === null) return t(MADE.includes(key) ? 'set.made' : 'set.nothing');
  if (key === 'wifi.country') return named(language()).find(({ code }) => code === value)?.name ?? String(value);
  if (key === 'wifi.passphrase') return t('set.other');
  if (Array.isArray(value)) return listed(value);
  if (typeof value === 'object') return t('set.other');
  return choiceWords(key, String(value));
}

/**
 * @param {string} key
 * @param {string} choice
 */
function choiceWords(key, choice) {
  if (key === 'wifi.band' && choice !== 'auto') return `${choice} GHz`;
  const own = `set.value.${choice}`;
  return known(own) && section(key) !== 'log' ? t(own) : choice;
}

/**
 * Makes the control of a setting, which has this id.
 * @param {Party.BoxSetting} setting
 * @param {string} id
 * @returns {Control}
 */
export function control(setting, id) {
  switch (setting.kind) {
    case 'switch':
      return switched(id);
    case 'number':
      return number(setting, id);
    case 'choice':
      return select(id, (setting.choices ?? []).map((one) => ({ value: String(one), text: choiceWords(setting.key, String(one)) })));
    case 'number-choice': {
      const made = select(id, (setting.choices ?? []).map((one) => ({ value: String(one), text: String(one) })));
      return { ...made, read: () => Number(made.read()) };
    }
    case 'country': {
      const countries = named(language()).map(({ code, name }) => ({ value: code, text: name }));
      return select(id, [{ value: '', text: t('set.nothing') }, ...countries]);
    }
    case 'numbers':
      return numbers(setting);
    case 'texts': {
      const made = text(setting, id);
      return { field: made.field, put: (value) => made.put(listed(value)), read: () => unlisted(String(made.read())) };
    }
    case 'pins':
      return pins(id);
    default:
      return text(setting, id);
  }
}

/** @param {string} id @returns {Control} */
function switched(id) {
  const field = make('input', { id, type: 'checkbox', role: 'switch' });
  return { field, put: (value) => void (field.checked = value === true), read: () => field.checked };
}

/** @param {Party.BoxSetting} setting @param {string} id @returns {Control} */
function number(setting, id) {
  const { min = 0, max = 0 } = setting;
  const field = make('input', { id, type: 'number', inputmode: 'numeric', step: '1', min: String(min), max: String(max) });
  return {
    field,
    put: (value) => void (field.value = String(value)),
    read: () => (field.value !== '' && field.checkValidity() ? field.valueAsNumber : undefined),
  };
}

/** @param {string} id @param {{value: string, text: string}[]} choices @returns {Control} */
function select(id, choices) {
  const field = make('select', { id }, ...choices.map(({ value, text: shown }) => make('option', { value, text: shown })));
  return { field, put: (value) => void (field.value = String(value)), read: () => field.value };
}

/** @param {Party.BoxSetting} setting @param {string} id @returns {Control} */
function text({ key, kind, max = 200, suggestions = [] }, id) {
  const hint = kind === 'hours' ? '22:00-07:00' : '';
  const maxlength = String(kind === 'hours' ? 11 : kind === 'texts' ? 400 : max);
  const field = make('input', { id, type: 'text', maxlength, placeholder: hint, autocomplete: 'off', spellcheck: 'false', dir: 'auto' });
  mark(field, 'autocapitalize', 'off');
  const offered = key === 'time_zone' ? [ownZone()] : suggestions;
  const list = make('datalist', { id: `${id}-list` }, ...offered.map((value) => make('option', { value })));
  if (offered.length > 0) mark(field, 'list', list.id);
  const whole = offered.length > 0 ? make('span', { class: 'with' }, field, list) : field;
  return { field: whole, put: (value) => void (field.value = String(value ?? '')), read: () => field.value.trim() };
}

/** @param {Party.BoxSetting} setting @returns {Control} */
function numbers(setting) {
  /** @type {unknown} */
  let before = setting.value;
  const boxes = (setting.choices ?? []).map((one) => make('input', { type: 'checkbox', value: String(one) }));
  const rows = boxes.map((box) => make('label', { class: 'tick' }, box, make('span', { text: box.value })));
  const field = make('span', { class: 'ticks', role: 'group', 'aria-label': label(setting.key) }, ...rows);
  return {
    field,
    put: (value) => {
      before = value;
      for (const box of boxes) box.checked = Array.isArray(value) && value.includes(Number(box.value));
    },
    read: () => {
      const chosen = boxes.filter((box) => box.checked).map((box) => Number(box.value));
      return chosen.length === 0 ? undefined : firstFirst(before, chosen);
    },
  };
}

/** @param {string} id @returns {Control} */
function pins(id) {
  const field = make('textarea', { id, rows: '4', spellcheck: 'false', placeholder: 'play-button 16 low up', dir: 'ltr' });
  return { field, put: (value) => void (field.value = pinLines(value)), read: () => pinTable(field.value) ?? undefined };
}

/**
 * What may be said below a control of what is allowed; empty where the control itself shows it.
 * @param {Party.BoxSetting} setting
 */
export function allowed(setting) {
  switch (setting.kind) {
    case 'number':
      return range(setting);
    case 'secret':
      return t('set.letters', { min: setting.min ?? 0, max: setting.max ?? 0 });
    case 'hours':
      return t('set.hours');
    case 'texts':
      return t('set.commas');
    case 'pins':
      return t('set.pins');
    default:
      return '';
  }
}

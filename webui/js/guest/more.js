// What a guest sets about the page: a name for this party, and the language.

import { callMe } from '../api.js';
import { fill, make, translate } from '../dom.js';
import { language, speakIn, t } from '../i18n.js';
import { LANGUAGES } from '../../lang/languages.js';
import { element } from './page.js';
import { attempt, say } from './toast.js';

/**
 * The guest's name, which the box knows until the party ends.
 * @returns {(you: import('../api.js').You) => void} to be called with what the box says
 */
export function offerName() {
  const field = /** @type {HTMLInputElement} */ (element('name'));
  const button = /** @type {HTMLElement} */ (element('name-form').querySelector('button'));
  element('name-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const name = field.value.trim();
    if (await attempt(() => callMe(name === '' ? null : name), button)) {
      say(name === '' ? t('name.forgotten') : t('name.saved', { name }));
    }
  });
  let known = '';
  return ({ name }) => {
    if ((name ?? '') === known) return;
    known = name ?? '';
    // What is being typed is not overwritten.
    if (document.activeElement !== field) field.value = known;
  };
}

/** @param {() => void} onChange called when the page speaks another language */
export function offerLanguages(onChange) {
  const choice = /** @type {HTMLSelectElement} */ (element('language'));
  fill(choice, LANGUAGES, ({ code }) => code, ({ code, name }) => make('option', { value: code, lang: code, text: name }), () => {});
  choice.value = language();
  choice.addEventListener('change', async () => {
    const worked = await attempt(() => speakIn(choice.value));
    choice.value = language();
    if (!worked) return;
    translate();
    onChange();
  });
}

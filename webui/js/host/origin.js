// Who said what a setting is: a word below it, so that nobody wonders why a line of a file has no effect; and the way back to what
// it would be without a host's word. Nothing is sent from here.

import { t } from '../i18n.js';
import { make, mark, write } from '../dom.js';

/**
 * @param {Element} field in the label that names it
 * @param {Party.Origin | undefined} origin nothing is shown where nobody said so
 * @param {{to: string, go: () => void}} [back] what the setting goes back to, and how
 */
export function showOrigin(field, origin, back) {
  const label = field.closest('label');
  if (!label) return;
  let shown = label.querySelector('small');
  if (!shown) {
    shown = document.createElement('small');
    shown.className = 'origin';
    label.append(shown);
  }
  const words = { default: '', file: t('origin.file'), card: t('origin.card'), page: t('origin.page'), command: '' };
  write(shown, words[origin ?? 'default']);
  showBack(label, origin === 'page' ? back : undefined);
}

/**
 * @param {HTMLElement} label before the button
 * @param {{to: string, go: () => void}} [back]
 */
function showBack(label, back) {
  const next = label.nextElementSibling;
  let button = next instanceof HTMLButtonElement && next.dataset.back !== undefined ? next : null;
  if (back === undefined) return button?.remove();
  if (button === null) {
    button = make('button', { type: 'button', class: 'button quiet small', 'data-back': '' });
    label.after(button);
  }
  write(button, t('origin.back', { value: back.to }));
  mark(button, 'aria-label', `${label.querySelector('span')?.textContent}: ${button.textContent}`);
  button.onclick = back.go;
}

/**
 * What a value of a field is called.
 * @param {HTMLInputElement | HTMLSelectElement} field
 * @param {unknown} value
 */
export function called(field, value) {
  if (field instanceof HTMLSelectElement) return [...field.options].find((one) => one.value === String(value))?.text ?? String(value);
  return field.type === 'checkbox' ? t(value === true ? 'origin.on' : 'origin.off') : String(value);
}

// Who said what a setting is: a word below it, so that nobody wonders why a line of a file has no effect.

import { t } from '../i18n.js';
import { write } from '../dom.js';

/**
 * @param {Element} field in the label that names it
 * @param {Party.Origin | undefined} origin nothing is shown where nobody said so
 */
export function showOrigin(field, origin) {
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
}

// Whose wish a song is, as a chip says it.

import { t } from './i18n.js';

/**
 * @param {Party.By} by
 * @param {number} [own] label of this phone
 */
export function whoseWish(by, own) {
  if (by === null || by === undefined) return '';
  if (by === 'host') return t('wish.host');
  if (by.label === own) return t('wish.you');
  return by.name ? t('wish.name', { name: by.name }) : t('wish.guest', { n: by.label });
}

/**
 * The sign on somebody's chip: the first letter of their name, else a heart.
 * @param {Party.By} by
 */
export function initial(by) {
  const name = typeof by === 'object' && by !== null ? (by.name ?? '') : '';
  return [...name][0]?.toUpperCase() ?? '♥';
}

// How the box feels: its card, its radio, its power, its heat. It says what is wrong and what helps, and is quiet when all is well.

import { count, t } from '../i18n.js';
import { icon, make, redraw } from '../dom.js';
import { element } from './page.js';
import { dotted, fill, line } from './rows.js';

/** Above this a small computer soon slows down by itself (the Raspberry Pi's firmware begins at 80 °C). */
const HOT_C = 75;

/** @typedef {{id: string, drawn: string, title: string, text: string, bad: boolean}} Finding */

/**
 * What there is to say, the troubles first.
 * @param {Party.State} state
 * @param {Party.CardProblem[]} problems what is wrong with the card's file
 * @returns {Finding[]}
 */
export function findings({ forgets, network_trouble: trouble, radio, power, name, version }, problems = []) {
  /** @type {Finding[]} */
  const said = [];
  if (forgets) said.push({ id: 'card', drawn: 'file', title: t('forgets.heading'), text: t(`forgets.${forgets}`), bad: true });
  if (trouble) {
    const text = t(`trouble.${trouble.kind}`, { files: (trouble.files ?? []).join(', ') });
    said.push({ id: 'network', drawn: 'wifi', title: t('trouble.heading'), text, bad: true });
  }
  problems.forEach(({ line: n, key, code, detail }, at) => {
    const title = dotted(t('cardfile.heading'), n === null ? '' : t('cardfile.line', { n }), key);
    said.push({ id: `card-file-${at}`, drawn: 'file', title, text: dotted(t(`cardfile.${code}`), detail), bad: true });
  });
  if (radio) {
    const title = t('radio.guests', { n: radio.guests, of: radio.guests_max });
    said.push({ id: 'radio', drawn: 'wifi', title, text: t(radio.nearly_full ? 'radio.full' : 'radio.room'), bad: radio.nearly_full });
  }
  if (power) {
    const state = power.undervoltage ? 'low' : power.undervoltage_seen ? 'was_low' : power.undervoltage == null ? 'unknown' : 'good';
    const volt = power.volt == null ? '' : t('power.volt', { n: power.volt.toFixed(2) });
    const title = dotted(t('power.heading'), volt);
    said.push({ id: 'power', drawn: 'bolt', title, text: t(`power.${state}`), bad: state.endsWith('low') });
    const hot = power.throttled || (power.temperature_c ?? 0) >= HOT_C;
    if (power.temperature_c != null || hot) {
      const heat = power.temperature_c == null ? t('heat.heading') : t('heat.degrees', { n: Math.round(power.temperature_c) });
      const text = t(power.throttled ? 'heat.throttled' : hot ? 'heat.hot' : 'heat.good');
      said.push({ id: 'heat', drawn: 'heat', title: heat, text, bad: hot });
    }
  }
  said.sort((a, b) => Number(b.bad) - Number(a.bad));
  return [...said, { id: 'version', drawn: 'box', title: name, text: t('health.version', { version }), bad: false }];
}

/**
 * @param {Party.State} state
 * @param {Party.CardProblem[]} problems what is wrong with the card's file
 */
export function showHealth(state, problems) {
  const said = findings(state, problems);
  const bad = said.filter((each) => each.bad).length;
  const badge = element('box-badge');
  badge.hidden = bad === 0;
  badge.setAttribute('aria-label', count('health.troubles', bad));
  fill(
    element('health'),
    said,
    ({ id }) => id,
    ({ drawn }) => line([make('span', { class: 'row-sign' }, icon(drawn))], []),
    (row, { title, text, bad: isBad, drawn }) => {
      row.dataset.bad = String(isBad);
      const drawing = row.querySelector('.icon');
      if (drawing !== null) redraw(drawing, isBad ? 'warn' : drawn);
      row.say(title, text);
    },
  );
}

// Who is here: guests, of whom a host can make DJs, and hosts, who can be removed.

import { readHosts, removeHost } from '../api.js';
import { count, t } from '../i18n.js';
import { make, mark, write } from '../dom.js';
import { dj, guests } from './api.js';
import { element } from './page.js';
import { button, dotted, fill, line } from './rows.js';
import { person } from './sentences.js';
import { sure } from './sure.js';
import { attempt } from './toast.js';

/** While they are looked at, the lists are read again this often, in milliseconds. */
const READ_EVERY_MS = 3000;
/** Who has been away for so long, in seconds, is folded away: a phone that went home. */
const AWAY_S = 600;

export class PeoplePanel {
  #looked = false;

  constructor() {
    setInterval(() => {
      if (this.#looked && document.visibilityState === 'visible') this.#read();
    }, READ_EVERY_MS);
  }

  /** @param {boolean} looked whether somebody looks at the lists */
  show(looked) {
    const opened = looked && !this.#looked;
    this.#looked = looked;
    if (opened) this.#read();
  }

  async #read() {
    // A list that cannot be read stays as it was; it is read again soon.
    const [here, hosts] = await Promise.all([guests().catch(() => null), readHosts().catch(() => null)]);
    if (here !== null) this.#showGuests(here);
    if (hosts !== null) this.#showHosts(hosts);
  }

  /** @param {Party.Guest[]} here */
  #showGuests(here) {
    element('guests-empty').hidden = here.length > 0;
    write(element('guests-heading'), here.length === 0 ? t('people.guests') : count('people.guests_n', here.length));
    const isAway = (/** @type {Party.Guest} */ guest) => !guest.listening && !guest.here && guest.away_s >= AWAY_S && guest.role !== 'dj';
    const present = here.filter((guest) => !isAway(guest));
    // Who listens comes first, then who looks at the page, then who was here last.
    const rank = (/** @type {Party.Guest} */ { listening, here: looks, away_s: away }) => (listening ? -2 : looks ? -1 : away);
    present.sort((one, other) => rank(one) - rank(other) || one.label - other.label);
    this.#list('guests', present);
    const away = here.filter(isAway).sort((one, other) => one.away_s - other.away_s);
    element('away').hidden = away.length === 0;
    write(element('away-summary'), count('people.away', away.length));
    this.#list('away-list', away);
  }

  /**
   * @param {string} id
   * @param {Party.Guest[]} guests_
   */
  #list(id, guests_) {
    fill(element(id), guests_, ({ label }) => String(label), ({ label }) => this.#guestRow(label), (row, guest) => row.set(guest));
  }

  /** @param {number} label */
  #guestRow(label) {
    let isDj = false;
    let who = '';
    const toggle = button('button small', async () => {
      const done = t(isDj ? 'people.dj_taken' : 'people.dj_given', { who });
      if (await attempt(() => dj(label, !isDj), { done })) this.#read();
    }, 'star');
    toggle.append(make('span', { text: t('people.dj') }));
    const dot = make('span', { class: 'dot' });
    const row = line([dot], [toggle]);
    const set = (/** @type {Party.Guest} */ guest) => {
      isDj = guest.role === 'dj';
      who = person(guest);
      dot.dataset.on = String(guest.listening);
      const songs = guest.requests > 0 ? count('people.songs', guest.requests) : '';
      const minutes = Math.floor(guest.away_s / 60);
      const seen = guest.listening ? t('people.listens') : guest.here ? t('people.here') : minutes > 0 ? count('people.seen', minutes) : t('people.silent');
      row.say(who, dotted(seen, songs));
      toggle.hidden = guest.role === 'host';
      mark(toggle, 'aria-pressed', String(isDj));
      mark(toggle, 'aria-label', t('people.dj_which', { who }));
    };
    return Object.assign(row, { set });
  }

  /** @param {import('../api.js').Host[]} hosts */
  #showHosts(hosts) {
    fill(element('hosts-list'), hosts, ({ id }) => String(id), (host) => this.#hostRow(host), () => {});
  }

  /** @param {import('../api.js').Host} host */
  #hostRow(host) {
    const known = host.browser !== '' && host.system !== '';
    const name = known ? t('hosts.name', { browser: host.browser, system: host.system }) : t('hosts.unknown');
    const sub = t(host.you ? 'hosts.this_phone' : 'hosts.number', { n: host.label });
    const out = button('button small', async () => {
      const question = host.you ? t('people.leave_sure') : t('people.remove_sure', { name });
      const yes = t(host.you ? 'hosts.leave' : 'hosts.remove');
      if (!(await sure(question, yes))) return;
      await attempt(() => removeHost(host.id), { done: t(host.you ? 'people.left' : 'people.removed', { name }) });
      element('hosts-summary').focus();
      if (!host.you) this.#read();
    });
    write(out, t(host.you ? 'hosts.leave' : 'hosts.remove'));
    if (!host.you) out.setAttribute('aria-label', t('hosts.remove_which', { name, n: host.label }));
    const row = line([], [out]);
    row.say(name, sub);
    return row;
  }
}

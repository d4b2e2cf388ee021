// Which channel this phone wants: the one that the page's address names, as a poster with a code for each does, else the one
// that was chosen at the last visit.

import { keep, recall } from './keep.js';

/** Where the choice is kept between visits. */
const KEPT = 'partybox.channel';
/** What an id of a channel is made of; an address may hold anything. */
const ID = /^[a-z0-9_-]{1,32}$/;

/** @param {string | null} text */
const idOf = (text) => (text !== null && ID.test(text) ? text : null);

/** The channel that the page's address names, `null` if none. */
export const namedChannel = () => idOf(new URLSearchParams(location.search).get('channel'));

/** The channel this phone wants, `null` if it has never chosen. */
export const chosenChannel = () => namedChannel() ?? idOf(recall(KEPT));

/**
 * Keeps a choice for the next visit.
 * @param {string} channel
 */
export function keepChannel(channel) {
  keep(KEPT, channel);
  // A reload shall not go back to what the poster said.
  if (namedChannel() !== null) nameChannel(channel);
}

/**
 * Writes a channel into the page's address, so that a reload stays with it.
 * @param {string} channel
 */
export function nameChannel(channel) {
  const place = new URL(location.href);
  place.searchParams.set('channel', channel);
  history.replaceState(history.state, '', place);
}

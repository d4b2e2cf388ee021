// What was played this evening, as far as this phone has followed it: for the goodbye. It is kept on the phone, until the
// browser is closed or the next party begins; the box forgets all of it when the party ends.

const KEPT = 'partybox.evening';

/** Most songs that are kept: a night of twelve hours. */
const SONGS_MAX = 240;

/** `time` is of the day, in words. @typedef {{id: number, title: string, artist: string, mine: boolean, time?: string}} Song */
/** @typedef {{started: number, songs: Song[], now: Song | null}} Kept */

/**
 * What was known, and what the box says of the last songs (both the oldest first), as one list. Pure. Where they overlap the
 * box is right: a host may have gone back to a song.
 * @param {Song[]} known
 * @param {Song[]} last
 * @returns {Song[]}
 */
export function grown(known, last) {
  if (last.length === 0) return known;
  for (let at = 0; at < known.length; at += 1) {
    const shared = Math.min(known.length - at, last.length);
    if (last.slice(0, shared).every(({ id }, n) => id === known[at + n].id)) {
      const mine = last.map((song, n) => ({ ...song, mine: song.mine || (known[at + n]?.id === song.id && known[at + n].mine) }));
      return [...known.slice(0, at), ...mine];
    }
  }
  return [...known, ...last];
}

export class Evening {
  /** @type {Kept} */
  #kept = recallEvening();

  /**
   * Takes in what the box says.
   * @param {Pick<import('./api.js').State, 'session' | 'history' | 'track'>} state
   * @param {number | undefined} label the number of this phone's guest
   */
  note({ session, history, track }, label) {
    if (session?.live !== true) return;
    const before = JSON.stringify(this.#kept);
    if (this.#kept.started !== session.started_ms) this.#kept = { started: session.started_ms, songs: [], now: null };
    const isMine = (/** @type {import('./api.js').By | undefined} */ by) => typeof by === 'object' && by !== null && by.label === label;
    const song = (/** @type {import('./api.js').Track} */ { id, title, artist }, /** @type {import('./api.js').By | undefined} */ by) => ({ id, title, artist, mine: isMine(by) });
    const last = (history ?? []).map((played) => song(played.track, played.by)).reverse();
    this.#kept.songs = grown(this.#kept.songs, last).slice(-SONGS_MAX);
    this.#kept.now = track ? song(track, track.by) : null;
    const now = JSON.stringify(this.#kept);
    if (now !== before) keepEvening(now);
  }

  /** What was played, the oldest first, with what played when the party ended. */
  get songs() {
    const { songs, now } = this.#kept;
    return now === null ? songs : [...songs, now];
  }
}

/** @returns {Kept} */
function recallEvening() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
    if (typeof kept?.started === 'number' && Array.isArray(kept.songs)) return kept;
  } catch {
    // Then it begins now.
  }
  return { started: -1, songs: [], now: null };
}

/** @param {string} text */
function keepEvening(text) {
  try {
    sessionStorage.setItem(KEPT, text);
  } catch {
    // Then it is known until the page is closed.
  }
}

// How loud each deck is: the crossfader, gains and how the music steps back under a voice. Pure: numbers in, numbers out.

/** How far a deck's gain goes, dB; at the least it is silent. */
export const GAIN_LEAST_DB = -30;
export const GAIN_MOST_DB = 6;

/** How long the music takes to step back under a voice, and to come back, in milliseconds: as long as the box's own. */
export const DUCK_MS = 150;
export const RISE_MS = 800;

/** How far the music steps back while the box has not said how far it shall, dB. */
export const DUCK_DB = 14;

/** What a level meter shows as nothing, dBFS. */
export const SILENCE_DBFS = -60;

/**
 * A gain as the factor that samples are multiplied by.
 * @param {number} db
 */
export const factor = (db) => (db <= GAIN_LEAST_DB ? 0 : 10 ** (db / 20));

/**
 * How loud both decks are at a place of the crossfader, as factors. Their powers add up to one everywhere, because two songs
 * that have nothing to do with each other add as powers do.
 * @param {number} at 0: deck A alone, 1: deck B alone
 * @returns {[number, number]}
 */
export function crossfade(at) {
  const angle = (Math.min(1, Math.max(0, at)) * Math.PI) / 2;
  return [at >= 1 ? 0 : Math.cos(angle), at <= 0 ? 0 : Math.sin(angle)];
}

/**
 * The level of samples at full scale ±1 as a meter shows it, dBFS: their peak, or `SILENCE_DBFS`.
 * @param {ArrayLike<number>} samples
 */
export function level(samples) {
  let peak = 0;
  for (let at = 0; at < samples.length; at += 1) peak = Math.max(peak, Math.abs(samples[at]));
  return peak === 0 ? SILENCE_DBFS : Math.max(SILENCE_DBFS, 20 * Math.log10(peak));
}

/**
 * Which deck listeners hear most, to be told what plays; `null` while none plays.
 * @param {{playing: boolean, loudness: number}[]} decks `loudness`: as a factor
 */
export function loudest(decks) {
  const playing = decks.map((deck, at) => ({ ...deck, at })).filter((deck) => deck.playing && deck.loudness > 0);
  return playing.sort((one, other) => other.loudness - one.loudness)[0]?.at ?? null;
}

/**
 * How late the box plays what this phone sends, milliseconds, to the next ten; `null` while it is not known. What each listener's
 * phone adds is not in it.
 * @param {number | null} roundTripMs between phone and box
 * @param {number | null} waitsMs how long packets wait at the box
 */
export function lateness(roundTripMs, waitsMs) {
  if (roundTripMs === null || waitsMs === null) return null;
  return Math.ceil((roundTripMs / 2 + waitsMs) / 10) * 10;
}

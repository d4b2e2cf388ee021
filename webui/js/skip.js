// What is said of votes to skip: who may vote, how many are for it, how long it is too early, and who skipped the song
// before. Pure: it returns keys of messages, not text.

/** How long the next song says that the one before it was skipped, in milliseconds. */
const SKIPPED_SHOWN_MS = 20_000;

/**
 * @typedef {object} SkipWords
 * @property {boolean} button whether there is anything to vote on for this guest
 * @property {{key: string, values: Record<string, number>}} label
 * @property {boolean} disabled whether it is too early
 * @property {number} by how many guests skipped the song before, while that is news; 0 for none
 */

/**
 * @param {import('./api.js').State | null} status
 * @param {import('./api.js').You | null} you
 * @param {import('./listening.js').Listening} listening
 * @param {number} boxMs the box's clock
 * @param {number | null} positionMs where the song is
 * @returns {SkipWords}
 */
export function skipWords(status, you, listening, boxMs, positionMs) {
  const { votes = 0, needed = 0, from_ms: fromMs = 0 } = status?.skip ?? {};
  const plays = status?.session?.live === true && (status.track ?? null) !== null;
  const hears = listening.phase === 'live' || listening.phase === 'pocket';
  const by = skippedBy(status, positionMs);
  const waitS = Math.ceil((Math.max(fromMs, you?.skip_from_ms ?? 0) - boxMs) / 1000);
  const tooEarly = waitS > 0 && !(you?.skip_vote ?? false);
  /** @type {{key: string, values: Record<string, number>}} */
  const label = tooEarly ? { key: 'skip.wait', values: { n: waitS } } : { key: 'skip.vote', values: { votes, needed } };
  return { button: plays && hears && needed > 0 && you !== null, label, disabled: tooEarly, by };
}

/**
 * How many guests skipped the song before, while that is news.
 * @param {{history?: {skipped_by: number}[], session?: {live: boolean}} | null} status
 * @param {number | null} positionMs
 */
export function skippedBy(status, positionMs) {
  const isNews = status?.session?.live === true && positionMs !== null && positionMs < SKIPPED_SHOWN_MS;
  return isNews ? (status.history?.[0]?.skipped_by ?? 0) : 0;
}

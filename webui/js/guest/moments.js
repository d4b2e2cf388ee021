// What happened to this guest's own wishes between two words of the box: taken, declined, next, playing, loved. Pure: two
// states in, moments out; what is done about one is decided elsewhere.

/**
 * @typedef {{kind: 'taken' | 'declined' | 'removed' | 'broken' | 'next' | 'playing', title: string}
 *   | {kind: 'loved', title: string, n: number}} Moment
 */

/** @typedef {Pick<import('../api.js').State, 'queue' | 'track' | 'history'>} Seen */
/** @typedef {Pick<import('../api.js').You, 'label' | 'items' | 'requests'>} Own */

/**
 * @param {{state: Seen, you: Own} | null} before `null`: nothing was known, so nothing is news
 * @param {{state: Seen, you: Own}} now
 * @returns {Moment[]}
 */
export function moments(before, now) {
  if (before === null || now.you.label === undefined) return [];
  /** @type {Moment[]} */
  const found = [];
  const stood = new Map((before.you.requests ?? []).map((wish) => [wish.id, wish.state]));
  for (const { id, track, state, why } of now.you.requests ?? []) {
    const was = stood.get(id);
    if (was === undefined || was === state) continue;
    // What went into the queue at once was said when it was asked for.
    if (state === 'queued' && was === 'pending') found.push({ kind: 'taken', title: track.title });
    if (state === 'declined') found.push({ kind: why === 'removed' || why === 'broken' ? why : 'declined', title: track.title });
  }
  const next = ownNext(now);
  const wasNext = ownNext(before);
  if (next !== null && next.id !== wasNext?.id) {
    // What is next was taken; one word says both.
    if (found[found.length - 1]?.kind === 'taken' && found[found.length - 1].title === next.title) found.pop();
    found.push({ kind: 'next', title: next.title });
  }
  const [last] = now.state.history ?? [];
  const [known] = before.state.history ?? [];
  if (last !== undefined && last.at_ms !== known?.at_ms && isMine(last.by, now.you) && last.hearts > 0) {
    found.push({ kind: 'loved', title: last.track.title, n: last.hearts });
  }
  const { track } = now.state;
  const isAnother = track?.item !== before.state.track?.item || track?.id !== before.state.track?.id;
  if (track && isMine(track.by, now.you) && isAnother) found.push({ kind: 'playing', title: track.title });
  return found;
}

/**
 * @param {import('../api.js').By | undefined} by
 * @param {Own} you
 */
const isMine = (by, you) => typeof by === 'object' && by !== null && by.label === you.label;

/**
 * The guest's own song, if it is the next.
 * @param {{state: Seen, you: Own}} of
 */
function ownNext({ state, you }) {
  const id = state.queue?.order[0];
  const item = id === undefined ? undefined : state.queue?.items[id];
  return item !== undefined && id !== undefined && (you.items ?? []).includes(id) ? { id, title: item.track.title } : null;
}

// Which words go with which situation: what is happening, and what to do next. Pure; it returns keys, not text.

/**
 * @typedef {object} Situation
 * @property {import('./listening.js').Listening} listening
 * @property {import('./api.js').State | null} status null until the box has said something
 * @property {boolean} reachable whether the box answered the last time it was asked
 */

/**
 * What the button does and what is written below it.
 * @param {Situation} situation
 * @returns {{action: 'listen' | 'stop', button: string, state: string, hint: string}} message keys
 */
export function describe(situation) {
  const { phase } = situation.listening;
  const listens = phase === 'idle' || phase === 'blocked';
  return {
    action: listens ? 'listen' : 'stop',
    button: listens ? 'button.listen' : 'button.stop',
    state: isOver(situation.status) ? 'state.ended' : isFull(situation) ? 'state.full' : phase === 'idle' ? (situation.reachable ? 'state.ready' : 'state.reconnecting') : `state.${phase}`,
    hint: hint(situation),
  };
}

/**
 * Whether the box has no place for this phone on any way.
 * @param {Situation} situation
 */
const isFull = ({ listening: { phase, reason } }) => reason === 'full' && (phase === 'connecting' || phase === 'reconnecting');

/** @param {Situation} situation */
function hint({ listening, status, reachable }) {
  if (isOver(status)) return 'hint.ended';
  if (isFull({ listening, status, reachable })) return 'hint.full';
  switch (listening.phase) {
    case 'idle':
      if (!reachable) return 'hint.unreachable_idle';
      if (listening.reason === 'elsewhere') return 'hint.elsewhere';
      return listening.reason === 'phone_paused' ? 'hint.phone_paused' : 'hint.tap';
    case 'connecting':
      return listening.path === 'pocket' ? 'hint.connecting_pocket' : 'hint.connecting';
    case 'reconnecting':
      return listening.reason === 'unreachable' || !reachable ? 'hint.unreachable' : 'hint.reconnecting';
    case 'blocked':
      return 'hint.blocked';
    case 'live':
      return silence(status) ?? 'hint.live';
    case 'pocket':
      return silence(status) ?? (listening.reason === '' ? 'hint.pocket' : `hint.pocket_${listening.reason}`);
  }
}

/**
 * Whether the party is over: music that plays is a party, whether or not somebody has begun one.
 * @param {Pick<import('./api.js').State, 'session' | 'playing'> | null} status
 */
export const isOver = (status) => status !== null && status.session?.live === false && !status.playing;

/**
 * Why a connected guest hears nothing, or not what was chosen.
 * @param {import('./api.js').State | null} status
 */
function silence(status) {
  if (status === null) return null;
  if (!status.playing) return 'hint.host_paused';
  if (status.source === 'files' && sourceState(status, 'files') === 'empty') return 'hint.no_music';
  return status.fallback && status.source === 'line-in' ? 'hint.fallback' : null;
}

/**
 * @param {import('./api.js').State} status
 * @param {string} id
 */
function sourceState(status, id) {
  return status.sources.find((source) => source.id === id)?.state;
}

/**
 * What is playing, as text or as keys of messages.
 * @param {import('./api.js').State | null} status
 * @returns {{title: string, artist: string, titleKey: string, artistKey: string}}
 */
export function nowPlaying(status) {
  const nothing = { title: '', artist: '', titleKey: '', artistKey: '' };
  if (status === null) return { ...nothing, titleKey: 'now.waiting' };
  if (isOver(status)) return { ...nothing, titleKey: 'now.over' };
  const track = status.track ?? null;
  if (track !== null) {
    return { ...nothing, title: track.title, titleKey: track.title === '' ? 'now.untitled' : '', artist: track.artist };
  }
  if (status.source === 'line-in' && !status.fallback) {
    return { ...nothing, titleKey: 'now.line_in', artistKey: 'now.line_in_artist' };
  }
  const sender = senderOf(status);
  if (sender !== null) return { ...nothing, ...sender, artistKey: sender.artist === '' ? 'now.sender_artist' : '' };
  return { ...nothing, titleKey: 'now.nothing' };
}

/**
 * What is heard from the sender: what it says that plays, with its own name where it names no artist; else its name alone. `null`: it
 * is not heard.
 * @param {Pick<Party.State, 'source' | 'fallback' | 'sources'>} status
 * @returns {{title: string, artist: string} | null}
 */
export function senderOf({ source, fallback, sources }) {
  const sender = source === 'sender' && !fallback ? sources.find(({ id }) => id === 'sender') : undefined;
  const { detail: name = '', title = '', artist = '' } = sender ?? {};
  if (name === '') return null;
  return title === '' ? { title: name, artist: '' } : { title, artist: artist || name };
}

// A room as this phone knows it, from what the box says. Pure: a room and a message in, a room out.

/** @typedef {{id: number, name: string}} Participant */

/**
 * @typedef {object} Room
 * @property {string} code empty outside
 * @property {number} you
 * @property {number | null} dj who plays; `null` where the DJ was lost
 * @property {string} lost the name of the DJ who was lost; empty while somebody plays
 * @property {Participant[]} participants in the order in which they came
 */

/**
 * What the box says about rooms, and what participants say to each other through it.
 * @typedef {{type: 'room', code: string, you: number, key: string, dj: number | null, participants: Participant[]}
 *   | {type: 'left'}
 *   | {type: 'participant-joined', participant: Participant}
 *   | {type: 'participant-left', id: number}
 *   | {type: 'dj-changed', dj: number}
 *   | {type: 'dj-lost', id: number, name: string}
 *   | {type: 'offer', from: number, sdp: string}
 *   | {type: 'answer', from: number, sdp: string}
 *   | {type: 'ice-candidate', from: number, candidate: RTCIceCandidateInit | null}
 *   | {type: 'pong'}
 *   | {type: 'refused', about: string, code: string, max?: number}} Told
 */

/** No room. @returns {Room} */
export const outside = () => ({ code: '', you: 0, dj: null, lost: '', participants: [] });

/**
 * The room after a message.
 * @param {Room} room
 * @param {Told} told
 * @returns {Room}
 */
export function next(room, told) {
  switch (told.type) {
    case 'room':
      return { code: told.code, you: told.you, dj: told.dj, lost: '', participants: told.participants };
    case 'left':
      return outside();
    case 'participant-joined':
      return { ...room, participants: [...room.participants, told.participant] };
    case 'participant-left':
      return { ...room, participants: room.participants.filter(({ id }) => id !== told.id) };
    case 'dj-changed':
      return { ...room, dj: told.dj, lost: '' };
    case 'dj-lost':
      return { ...room, dj: null, lost: told.name };
    default:
      return room;
  }
}

/**
 * Whether this phone plays.
 * @param {Room} room
 */
export const plays = (room) => room.code !== '' && room.dj === room.you;

/**
 * Who is there besides this phone.
 * @param {Room} room
 */
export const others = (room) => room.participants.filter(({ id }) => id !== room.you);

/**
 * What the DJ is called; empty where there is none.
 * @param {Room} room
 */
export const djName = (room) => room.participants.find(({ id }) => id === room.dj)?.name ?? '';

/** Letters of a code; the box has the same number. */
const CODE_LETTERS = 5;

/**
 * A code as the box writes it, of what somebody typed or scanned; empty if it cannot be one.
 * @param {string} typed
 */
export function codeOf(typed) {
  const letters = typed.toUpperCase().replace(/[\s-]/g, '');
  return letters.length === CODE_LETTERS && /^[A-Z]+$/.test(letters) ? letters : '';
}

// Why a song stands where it stands, as keys of messages. Pure.

/**
 * The one reason that says most, with its numbers.
 * @param {{code: string, votes?: number, before?: number, round?: number}[]} why as the box gives it, the weightiest first
 * @returns {{key: string, n: number | null}} an empty key when there is nothing to say
 */
export function reason(why) {
  const first = why.find(({ code }) => code !== 'votes') ?? why[0];
  switch (first?.code) {
    case 'pinned':
      return { key: 'why.pinned', n: null };
    case 'boost':
      return { key: 'why.boost', n: null };
    case 'turn':
      return (first.before ?? 0) > 0 ? { key: 'why.turn', n: first.before ?? 0 } : { key: 'why.turn_next', n: null };
    case 'votes':
      return { key: 'why.votes', n: first.votes ?? 0 };
    case 'oldest':
      return { key: 'why.oldest', n: null };
    case 'waiting-turn':
      return { key: 'why.waiting', n: first.round ?? 2 };
    default:
      return { key: '', n: null };
  }
}

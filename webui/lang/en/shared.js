// Words of every page, in English. `{name}` stands for a value; a key ending in a plural form (`.one`, `.other`) is chosen
// by a number. Every language has the same keys.

export default {
  'page.title': 'Partybox',
  'page.listening_title': '{track} · {box}',

  'now.heading': 'Playing now',
  'now.line_in': 'Line-in',
  'now.line_in_artist': 'Live from the cable',
  'now.nothing': 'Nothing is playing',
  'now.untitled': 'Untitled',
  'now.waiting': 'Asking the box what is playing…',
  'now.progress': 'Position in the track',
  'now.position': '{position} of {duration}',

  'listeners.one': '{n} listening',
  'listeners.other': '{n} listening',

  'channel.red': 'Red',
  'channel.green': 'Green',
  'channel.blue': 'Blue',
  'channel.yellow': 'Yellow',
  'channel.purple': 'Purple',
  'channel.orange': 'Orange',
  'channel.teal': 'Teal',
  'channel.pink': 'Pink',
  'channel.paused': 'Paused',

  'source.files': 'Music files',
  'source.line-in': 'Line-in',

  'refused.no_answer': 'The box did not answer. Check that this phone is on the party’s Wi‑Fi.',
  'refused.unknown': 'That did not work: {detail}',
  'refused.requests-off': 'The host takes no requests right now.',
  'refused.already-queued': 'This song is in the queue already. Vote for it there.',
  'refused.recently-played': 'This song was played a short while ago.',
  'refused.not-in-repertoire': 'On this channel, guests choose from its own music alone.',
  'refused.too-many': 'You have as many wishes open as a guest may have. Wait until one was played.',
  'refused.no-such-track': 'This song is no longer on the box.',
  'refused.own-item': 'Nobody can vote for their own wish.',
  'refused.queue-full': 'The queue is full. Try again when a song was played.',
  'refused.no-boosts': 'You have moved up all you can at this party.',
  'refused.already-boosted': 'This song was moved up already.',
  'refused.no-such-item': 'This song is no longer in the queue.',
  'refused.nothing-to-skip': 'Nothing plays that could be skipped.',
  'refused.ended': 'The party has ended.',
  'refused.too-many-guests': 'The box cannot remember more guests.',
  'refused.guests-full': 'The box cannot remember more guests.',
  'refused.busy': 'The box is busy. Try again in a moment.',
  'refused.not-host': 'Only a host may do this.',
  'refused.no-such-channel': 'This channel is no longer there.',
};

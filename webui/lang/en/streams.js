// Words of the list of streams, in English.

export default {
  'streams.heading': 'Streams',
  'streams.tap': 'Tap what you want to hear.',
  'streams.none': 'Nothing plays right now.',
  'streams.waiting': 'Waiting for the music. It starts by itself.',
  'streams.play': 'Listen to {name}',
  'streams.stop': 'Stop {name}',
  'streams.since': 'since {time}',
  'streams.others': 'For other players:',
  'streams.party': 'Open the party’s page',
  'streams.all': 'All streams',
};

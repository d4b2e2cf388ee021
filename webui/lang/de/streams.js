// Words of the list of streams, in German.

export default {
  'streams.heading': 'Streams',
  'streams.tap': 'Tippe an, was du hören willst.',
  'streams.none': 'Gerade läuft nichts.',
  'streams.waiting': 'Wartet auf die Musik. Sie beginnt von selbst.',
  'streams.play': '{name} hören',
  'streams.stop': '{name} anhalten',
  'streams.since': 'seit {time}',
  'streams.others': 'Für andere Player:',
  'streams.party': 'Zur Seite der Party',
  'streams.all': 'Alle Streams',
};

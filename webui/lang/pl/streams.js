// Words of the list of streams, in Polish.

export default {
  'streams.heading': 'Transmisje',
  'streams.tap': 'Stuknij to, czego chcesz słuchać.',
  'streams.none': 'Nic teraz nie gra.',
  'streams.waiting': 'Czekam na muzykę. Ruszy sama.',
  'streams.play': 'Słuchaj: {name}',
  'streams.stop': 'Zatrzymaj: {name}',
  'streams.since': 'od {time}',
  'streams.others': 'Dla innych odtwarzaczy:',
  'streams.party': 'Otwórz stronę imprezy',
  'streams.all': 'Wszystkie transmisje',
};

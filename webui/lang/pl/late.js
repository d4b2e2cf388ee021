// Words of what pages load late (`js/late/`), in Polish: bars, lamp and sound check.

export default {
  'bars.on': 'Słupki, które ruszają się z muzyką',
  'bars.note': 'nie przy słabej baterii',

  'lamp.on': 'Zrób z tego telefonu lampę',
  'lamp.label': 'Lampa w kolorze kanału',
  'lamp.out': 'Stuknij, żeby zgasić',

  'check.none': 'Nic nie płynie.',
  'check.silent': 'Podłączone, ale cicho. Puść coś.',
  'check.quiet': 'Za cicho. Podgłośnij u źródła.',
  'check.good': 'Dobrze. Tak zostaw.',
  'check.loud': 'Za głośno. Trochę ścisz u źródła.',
  'check.clipping': 'O wiele za głośno: dźwięk jest obcinany i brzmi ostro. Ścisz u źródła.',
  'check.numbers': 'głośność {loudness} LUFS · szczyt {peak} dBFS',
};

// Words of every page, in German.

export default {
  'page.title': 'Partybox',
  'page.listening_title': '{track} · {box}',

  'now.heading': 'Jetzt läuft',
  'now.line_in': 'Line-in',
  'now.line_in_artist': 'Live vom Kabel',
  'now.nothing': 'Gerade läuft nichts',
  'now.untitled': 'Ohne Titel',
  'now.waiting': 'Frage die Box, was läuft …',
  'now.progress': 'Stelle im Stück',
  'now.position': '{position} von {duration}',

  'listeners.one': '{n} hört zu',
  'listeners.other': '{n} hören zu',

  'source.files': 'Musikdateien',
  'source.line-in': 'Line-in',

  'refused.no_answer': 'Die Box hat nicht geantwortet. Ist dieses Handy im WLAN der Party?',
  'refused.unknown': 'Das hat nicht geklappt: {detail}',
  'refused.requests-off': 'Gerade werden keine Wünsche angenommen.',
  'refused.already-queued': 'Dieses Lied steht schon in der Liste. Stimm dort dafür ab.',
  'refused.recently-played': 'Dieses Lied lief gerade erst.',
  'refused.too-many': 'Mehr offene Wünsche darf ein Gast nicht haben. Warte, bis einer gelaufen ist.',
  'refused.no-such-track': 'Dieses Lied ist nicht mehr auf der Box.',
  'refused.own-item': 'Für den eigenen Wunsch kann niemand stimmen.',
  'refused.queue-full': 'Die Liste ist voll. Versuch es, wenn ein Lied gelaufen ist.',
  'refused.no-boosts': 'Du hast für diese Party alles vorgezogen, was geht.',
  'refused.already-boosted': 'Dieses Lied ist schon vorgezogen.',
  'refused.no-such-item': 'Dieses Lied steht nicht mehr in der Liste.',
  'refused.nothing-to-skip': 'Gerade läuft nichts, was sich überspringen lässt.',
  'refused.ended': 'Die Party ist zu Ende.',
  'refused.too-many-guests': 'Mehr Gäste kann sich die Box nicht merken.',
  'refused.guests-full': 'Mehr Gäste kann sich die Box nicht merken.',
  'refused.busy': 'Die Box hat gerade viel zu tun. Versuch es gleich noch einmal.',
  'refused.not-host': 'Das darf nur ein Gastgeber.',
};

// Words of every page, in Italian.

export default {
  'page.title': 'Partybox',
  'page.listening_title': '{track} · {box}',

  'now.heading': 'In riproduzione',
  'now.line_in': 'Ingresso linea',
  'now.line_in_artist': 'In diretta dal cavo',
  'now.nothing': 'Non suona nulla',
  'now.untitled': 'Senza titolo',
  'now.waiting': 'Chiedo alla cassa cosa suona…',
  'now.progress': 'Posizione nel brano',
  'now.position': '{position} di {duration}',

  'listeners.one': '{n} in ascolto',
  'listeners.other': '{n} in ascolto',

  'source.files': 'File musicali',
  'source.line-in': 'Ingresso linea',

  'refused.no_answer': 'La cassa non ha risposto. Controlla che questo telefono sia sul Wi‑Fi della festa.',
  'refused.unknown': 'Non ha funzionato: {detail}',
  'refused.requests-off': 'Per ora non si accettano richieste.',
  'refused.already-queued': 'Questo brano è già in coda. Votalo lì.',
  'refused.recently-played': 'Questo brano è passato da poco.',
  'refused.too-many': 'Hai già tutte le richieste che un ospite può avere. Aspetta che una passi.',
  'refused.no-such-track': 'Questo brano non è più sulla cassa.',
  'refused.busy': 'La cassa è occupata. Riprova tra un attimo.',
  'refused.not-host': 'Solo un padrone di casa può farlo.',
};

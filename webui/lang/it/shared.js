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
  'refused.own-item': 'Non si può votare la propria richiesta.',
  'refused.queue-full': 'La coda è piena. Riprova quando sarà passato un brano.',
  'refused.no-boosts': 'Per questa festa non puoi portare avanti altro.',
  'refused.already-boosted': 'Questo brano è già stato portato avanti.',
  'refused.no-such-item': 'Questo brano non è più in coda.',
  'refused.nothing-to-skip': 'Non suona nulla da saltare.',
  'refused.ended': 'La festa è finita.',
  'refused.too-many-guests': 'La cassa non può ricordare altri ospiti.',
  'refused.guests-full': 'La cassa non può ricordare altri ospiti.',
  'refused.busy': 'La cassa è occupata. Riprova tra un attimo.',
  'refused.not-host': 'Solo un padrone di casa può farlo.',
};

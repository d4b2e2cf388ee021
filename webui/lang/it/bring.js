// Words of a guest’s own music on its way to the box, in Italian.

export default {
  'bring.goes': '{title}: {n} % inviato',
  'bring.reads': 'La cassa ascolta {title}…',
  'bring.more': 'Ancora: {n}.',
  'bring.done': 'La cassa ha {title}. Dopo la festa viene cancellato, se chi ospita non lo tiene.',
  'bring.given_up': 'Non inviato',
  'refused.files-off': 'Per ora non si accettano file dai telefoni.',
  'refused.too-many-files': 'Hai già tutti i file in attesa che un ospite può avere. Aspetta che uno passi.',
  'refused.guests-files-full': 'Gli ospiti hanno portato quanto la cassa può tenere. Chiedi a chi ospita.',
  'refused.too-often': 'Sono molti file di seguito. Aspetta un minuto.',
  'refused.no-place': 'Questa cassa non accetta file.',
  'refused.name': 'Questo file non ha un nome che la cassa possa usare.',
  'refused.too-large': 'Questo file è troppo grande per la cassa.',
  'refused.no-space': 'Sulla cassa non c’è più posto.',
  'refused.not-music': 'Questa non è musica che la cassa sa suonare.',
};

// Words of the list of streams, in French.

export default {
  'streams.heading': 'Flux',
  'streams.tap': 'Touchez ce que vous voulez écouter.',
  'streams.none': 'Rien ne passe en ce moment.',
  'streams.waiting': 'En attente de la musique. Elle démarre toute seule.',
  'streams.play': 'Écouter {name}',
  'streams.stop': 'Arrêter {name}',
  'streams.since': 'depuis {time}',
  'streams.others': 'Pour d’autres lecteurs :',
  'streams.party': 'Ouvrir la page de la fête',
  'streams.all': 'Tous les flux',
};

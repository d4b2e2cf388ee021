// Words of every page, in French.

export default {
  'page.title': 'Partybox',
  'page.listening_title': '{track} · {box}',

  'now.heading': 'En ce moment',
  'now.line_in': 'Entrée ligne',
  'now.line_in_artist': 'En direct du câble',
  'now.nothing': 'Rien en cours',
  'now.untitled': 'Sans titre',
  'now.waiting': 'On demande à la boîte ce qui passe…',
  'now.progress': 'Position dans le morceau',
  'now.position': '{position} sur {duration}',

  'listeners.one': '{n} à l’écoute',
  'listeners.other': '{n} à l’écoute',

  'source.files': 'Fichiers musicaux',
  'source.line-in': 'Entrée ligne',

  'refused.no_answer': 'La boîte n’a pas répondu. Ce téléphone est-il sur le Wi‑Fi de la fête ?',
  'refused.unknown': 'Cela n’a pas marché : {detail}',
  'refused.requests-off': 'L’hôte ne prend pas de demandes pour l’instant.',
  'refused.already-queued': 'Ce morceau est déjà dans la file. Votez pour lui là-bas.',
  'refused.recently-played': 'Ce morceau est passé il y a peu.',
  'refused.too-many': 'Vous avez autant de demandes qu’un invité peut en avoir. Attendez qu’une soit passée.',
  'refused.no-such-track': 'Ce morceau n’est plus sur la boîte.',
  'refused.own-item': 'On ne peut pas voter pour sa propre demande.',
  'refused.queue-full': 'La file est pleine. Réessayez quand un morceau sera passé.',
  'refused.no-boosts': 'Vous ne pouvez plus rien avancer à cette fête.',
  'refused.already-boosted': 'Ce morceau est déjà avancé.',
  'refused.no-such-item': 'Ce morceau n’est plus dans la file.',
  'refused.nothing-to-skip': 'Rien à passer pour l’instant.',
  'refused.ended': 'La fête est finie.',
  'refused.too-many-guests': 'La boîte ne peut pas retenir plus d’invités.',
  'refused.guests-full': 'La boîte ne peut pas retenir plus d’invités.',
  'refused.busy': 'La boîte est occupée. Réessayez dans un instant.',
  'refused.not-host': 'Seul un hôte peut le faire.',
};

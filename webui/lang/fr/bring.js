// Words of a guest’s own music on its way to the box, in French.

export default {
  'bring.goes': '{title} : {n} % envoyés',
  'bring.reads': 'La boîte écoute {title}…',
  'bring.more': 'Encore à venir : {n}.',
  'bring.done': 'La boîte a {title}. Après la fête, le fichier est effacé, sauf si l’hôte le garde.',
  'bring.given_up': 'Non envoyé',
  'refused.files-off': 'L’hôte ne prend pas de fichiers pour l’instant.',
  'refused.too-many-files': 'Vous avez autant de fichiers en attente qu’un invité peut en avoir. Attendez qu’un soit passé.',
  'refused.guests-files-full': 'Les invités ont apporté autant que la boîte peut garder. Demandez à l’hôte.',
  'refused.too-often': 'Cela fait beaucoup de fichiers de suite. Attendez une minute.',
  'refused.no-place': 'Cette boîte ne prend pas de fichiers.',
  'refused.name': 'Ce fichier n’a pas de nom que la boîte puisse utiliser.',
  'refused.too-large': 'Ce fichier est trop grand pour la boîte.',
  'refused.no-space': 'Il n’y a plus de place sur la boîte.',
  'refused.not-music': 'Ce n’est pas de la musique que la boîte sait jouer.',
};

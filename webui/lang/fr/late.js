// Words of what pages load late (`js/late/`), in French: bars, lamp and sound check.

export default {
  'bars.on': 'Des barres qui bougent avec la musique',
  'bars.note': 'pas quand la batterie est faible',

  'lamp.on': 'Faire de ce téléphone une lampe',
  'lamp.label': 'Lampe de la couleur du canal',
  'lamp.out': 'Touchez pour l’éteindre',

  'check.none': 'Rien n’arrive.',
  'check.silent': 'Branché, mais silencieux. Passez quelque chose.',
  'check.quiet': 'Trop faible. Montez le son à la source.',
  'check.good': 'C’est bon. Laissez comme ça.',
  'check.loud': 'Trop fort. Baissez un peu le son à la source.',
  'check.clipping': 'Beaucoup trop fort : le son est écrêté et dur. Baissez-le à la source.',
  'check.numbers': 'sonie {loudness} LUFS · crête {peak} dBFS',
};

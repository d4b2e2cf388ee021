// Words of a guest’s own music on its way to the box, in German.

export default {
  'bring.goes': '{title}: {n} % gesendet',
  'bring.reads': 'Die Box hört sich {title} an …',
  'bring.more': 'Danach noch: {n}.',
  'bring.done': 'Die Box hat {title}. Nach der Party wird die Datei gelöscht, wenn der Gastgeber sie nicht behält.',
  'bring.given_up': 'Nicht gesendet',
  'refused.files-off': 'Gerade werden keine Dateien von Handys angenommen.',
  'refused.too-many-files': 'Mehr wartende Dateien darf ein Gast nicht haben. Warte, bis eine gelaufen ist.',
  'refused.guests-files-full': 'Die Gäste haben so viel mitgebracht, wie die Box halten darf. Frag den Gastgeber.',
  'refused.too-often': 'Das waren viele Dateien hintereinander. Warte eine Minute.',
  'refused.no-place': 'Diese Box nimmt keine Dateien an.',
  'refused.name': 'Diese Datei hat keinen Namen, den die Box verwenden kann.',
  'refused.too-large': 'Diese Datei ist zu groß für die Box.',
  'refused.no-space': 'Auf der Box ist kein Platz mehr.',
  'refused.not-music': 'Das ist keine Musik, die die Box spielen kann.',
};

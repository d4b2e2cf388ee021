// Words of every page, in Spanish.

export default {
  'page.title': 'Partybox',
  'page.listening_title': '{track} · {box}',

  'now.heading': 'Suena ahora',
  'now.line_in': 'Entrada de línea',
  'now.line_in_artist': 'En directo por el cable',
  'now.nothing': 'No suena nada',
  'now.untitled': 'Sin título',
  'now.waiting': 'Preguntando a la caja qué suena…',
  'now.progress': 'Posición en la canción',
  'now.position': '{position} de {duration}',

  'listeners.one': '{n} escuchando',
  'listeners.other': '{n} escuchando',

  'source.files': 'Archivos de música',
  'source.line-in': 'Entrada de línea',

  'refused.no_answer': 'La caja no ha respondido. Comprueba que este móvil está en el wifi de la fiesta.',
  'refused.unknown': 'No ha funcionado: {detail}',
  'refused.requests-off': 'Ahora no se aceptan peticiones.',
  'refused.already-queued': 'Esta canción ya está en la cola. Vótala allí.',
  'refused.recently-played': 'Esta canción ha sonado hace poco.',
  'refused.too-many': 'Ya tienes todas las peticiones que puede tener un invitado. Espera a que suene una.',
  'refused.no-such-track': 'Esta canción ya no está en la caja.',
  'refused.own-item': 'Nadie puede votar su propia petición.',
  'refused.queue-full': 'La cola está llena. Inténtalo cuando suene una canción.',
  'refused.no-boosts': 'Ya no puedes adelantar más en esta fiesta.',
  'refused.already-boosted': 'Esta canción ya está adelantada.',
  'refused.no-such-item': 'Esta canción ya no está en la cola.',
  'refused.nothing-to-skip': 'No suena nada que saltar.',
  'refused.ended': 'La fiesta ha terminado.',
  'refused.too-many-guests': 'La caja no puede recordar a más invitados.',
  'refused.guests-full': 'La caja no puede recordar a más invitados.',
  'refused.busy': 'La caja está ocupada. Inténtalo en un momento.',
  'refused.not-host': 'Solo un anfitrión puede hacerlo.',
};

// Words of the list of streams, in Spanish.

export default {
  'streams.heading': 'Emisiones',
  'streams.tap': 'Toca lo que quieras oír.',
  'streams.none': 'Ahora no suena nada.',
  'streams.waiting': 'Esperando la música. Empieza sola.',
  'streams.play': 'Escuchar {name}',
  'streams.stop': 'Parar {name}',
  'streams.since': 'desde las {time}',
  'streams.others': 'Para otros reproductores:',
  'streams.party': 'Abrir la página de la fiesta',
  'streams.all': 'Todas las emisiones',
};

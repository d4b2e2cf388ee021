// Words of a guest’s own music on its way to the box, in Spanish.

export default {
  'bring.goes': '{title}: {n} % enviado',
  'bring.reads': 'La caja escucha {title}…',
  'bring.more': 'Faltan: {n}.',
  'bring.done': 'La caja tiene {title}. Tras la fiesta se borra, salvo que el anfitrión lo guarde.',
  'bring.given_up': 'No enviado',
  'refused.files-off': 'Ahora no se aceptan archivos de móviles.',
  'refused.too-many-files': 'Ya tienes todos los archivos en espera que puede tener un invitado. Espera a que suene uno.',
  'refused.guests-files-full': 'Los invitados han traído todo lo que cabe en la caja. Pregunta al anfitrión.',
  'refused.too-often': 'Son muchos archivos seguidos. Espera un minuto.',
  'refused.no-place': 'Esta caja no acepta archivos.',
  'refused.name': 'Este archivo no tiene un nombre que la caja pueda usar.',
  'refused.too-large': 'Este archivo es demasiado grande para la caja.',
  'refused.no-space': 'No queda sitio en la caja.',
  'refused.not-music': 'Esto no es música que la caja pueda tocar.',
};

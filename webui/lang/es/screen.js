// Words of the party screen and the poster, in Spanish.

export default {
  'screen.next': 'A continuación',
  'screen.paused': 'En pausa',
  'screen.over': 'La fiesta ha terminado. ¡Buenas noches!',
  'screen.wifi': '1. Únete al wifi',
  'screen.page': 'Escanea, escucha, pide',
  'screen.page_second': '2. Abre la página',
  'screen.channels': 'Una fiesta, varios canales: elige el tuyo',
  'screen.lost': 'La caja vuelve enseguida.',

  'poster.listen': 'Oye la fiesta en tu propio móvil.',
  'poster.wifi': 'Escanea esto para unirte al wifi de la fiesta.',
  'poster.page': 'Después escanea esto, toca una vez y escucha.',
  'poster.page_only': 'Escanea esto, toca una vez y escucha.',
  'poster.print': 'Imprimir',
  'poster.paper': 'Papel',
  'poster.four': '4 × A6 en A4',
  'poster.how': 'Elige el papel, imprime a tamaño completo, recórtalo y ponlo donde esté la gente.',
  'poster.no_wifi': 'Solo el móvil de un anfitrión puede imprimir el código del wifi. Abre esta página en uno.',
};

// Words of the party screen and the poster, in Italian.

export default {
  'screen.next': 'In arrivo',
  'screen.paused': 'In pausa',
  'screen.over': 'La festa è finita. Buona notte!',
  'screen.wifi': '1. Entra nel Wi‑Fi',
  'screen.page': 'Inquadra, ascolta, chiedi',
  'screen.page_second': '2. Apri la pagina',
  'screen.channels': 'Una festa, più canali: scegli il tuo',
  'screen.lost': 'La cassa torna subito.',

  'poster.listen': 'Ascolta la festa sul tuo telefono.',
  'poster.wifi': 'Inquadra questo per entrare nel Wi‑Fi della festa.',
  'poster.page': 'Poi inquadra questo, tocca una volta e ascolta.',
  'poster.page_only': 'Inquadra questo, tocca una volta e ascolta.',
  'poster.print': 'Stampa',
  'poster.paper': 'Carta',
  'poster.four': '4 × A6 su A4',
  'poster.how': 'Scegli la carta, stampa a grandezza naturale, ritaglia e mettilo dove sta la gente.',
  'poster.no_wifi': 'Solo il telefono di chi ospita può stampare il codice del Wi‑Fi. Apri questa pagina lì.',
};

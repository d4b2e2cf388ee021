// Words of the party screen and the poster, in French.

export default {
  'screen.next': 'À suivre',
  'screen.paused': 'En pause',
  'screen.over': 'La fête est finie. Bonne nuit !',
  'screen.wifi': '1. Rejoindre le Wi‑Fi',
  'screen.page': 'Scanner, écouter, demander',
  'screen.page_second': '2. Ouvrir la page',
  'screen.channels': 'Une fête, plusieurs canaux : choisissez le vôtre',
  'screen.lost': 'La boîte revient tout de suite.',

  'poster.listen': 'Écoutez la fête sur votre téléphone.',
  'poster.wifi': 'Scannez ceci pour rejoindre le Wi‑Fi de la fête.',
  'poster.page': 'Puis scannez ceci, touchez une fois et écoutez.',
  'poster.page_only': 'Scannez ceci, touchez une fois et écoutez.',
  'poster.print': 'Imprimer',
  'poster.paper': 'Papier',
  'poster.four': '4 × A6 sur A4',
  'poster.how': 'Choisissez le papier, imprimez en taille réelle, découpez et posez là où les gens s’arrêtent.',
  'poster.no_wifi':
    'Seul le téléphone d’un hôte peut imprimer le code du Wi‑Fi. Ouvrez cette page sur un tel téléphone.',
};

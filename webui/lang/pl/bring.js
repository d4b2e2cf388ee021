// Words of a guest’s own music on its way to the box, in Polish.

export default {
  'bring.goes': '{title}: wysłano {n} %',
  'bring.reads': 'Box słucha: {title}…',
  'bring.more': 'Czeka jeszcze: {n}.',
  'bring.done': 'Box ma {title}. Po imprezie plik zostanie usunięty, chyba że gospodarz go zachowa.',
  'bring.given_up': 'Nie wysłano',
  'refused.files-off': 'Gospodarz nie przyjmuje teraz plików z telefonów.',
  'refused.too-many-files': 'Masz już tyle czekających plików, ile może mieć gość. Poczekaj, aż któryś zagra.',
  'refused.guests-files-full': 'Goście przynieśli już tyle, ile box może pomieścić. Zapytaj gospodarza.',
  'refused.too-often': 'To dużo plików z rzędu. Poczekaj minutę.',
  'refused.no-place': 'Ten box nie przyjmuje plików.',
  'refused.name': 'Ten plik nie ma nazwy, której box może użyć.',
  'refused.too-large': 'Ten plik jest za duży dla boxa.',
  'refused.no-space': 'Na boxie nie ma już miejsca.',
  'refused.not-music': 'To nie jest muzyka, którą box umie zagrać.',
};

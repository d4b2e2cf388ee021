// Words of the party screen and the poster, in Polish.

export default {
  'screen.next': 'Co dalej',
  'screen.paused': 'Pauza',
  'screen.over': 'Impreza się skończyła. Dobranoc!',
  'screen.wifi': '1. Połącz się z Wi‑Fi',
  'screen.page': 'Zeskanuj, słuchaj, proś',
  'screen.page_second': '2. Otwórz stronę',
  'screen.channels': 'Jedna impreza, kilka kanałów: wybierz swój',
  'screen.lost': 'Box zaraz wróci.',

  'poster.listen': 'Słuchaj imprezy na własnym telefonie.',
  'poster.wifi': 'Zeskanuj to, żeby wejść do Wi‑Fi imprezy.',
  'poster.page': 'Potem zeskanuj to, stuknij raz i słuchaj.',
  'poster.page_only': 'Zeskanuj to, stuknij raz i słuchaj.',
  'poster.print': 'Drukuj',
  'poster.paper': 'Papier',
  'poster.four': '4 × A6 na A4',
  'poster.how': 'Wybierz papier, wydrukuj w pełnym rozmiarze, wytnij i powieś tam, gdzie stoją ludzie.',
  'poster.no_wifi': 'Kod Wi‑Fi wydrukuje tylko telefon gospodarza. Otwórz tę stronę na takim telefonie.',
};

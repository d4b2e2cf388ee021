// Words of the party screen and the poster, in Portuguese.

export default {
  'screen.next': 'A seguir',
  'screen.paused': 'Em pausa',
  'screen.over': 'A festa acabou. Boa noite!',
  'screen.wifi': '1. Entrar no Wi‑Fi',
  'screen.page': 'Leia, ouça, peça',
  'screen.page_second': '2. Abrir a página',
  'screen.channels': 'Uma festa, vários canais: escolhe o teu',
  'screen.lost': 'A caixa volta já.',

  'poster.listen': 'Ouça a festa no seu telefone.',
  'poster.wifi': 'Leia isto para entrar no Wi‑Fi da festa.',
  'poster.page': 'Depois leia isto, toque uma vez e ouça.',
  'poster.page_only': 'Leia isto, toque uma vez e ouça.',
  'poster.print': 'Imprimir',
  'poster.paper': 'Papel',
  'poster.four': '4 × A6 em A4',
  'poster.how': 'Escolhe o papel, imprime em tamanho real, recorta e põe onde as pessoas param.',
  'poster.no_wifi': 'Só o telefone de um anfitrião pode imprimir o código do Wi‑Fi. Abra esta página num deles.',
};

// Words of the party screen and the poster, in Portuguese.

export default {
  'screen.next': 'A seguir',
  'screen.paused': 'Em pausa',
  'screen.over': 'A festa acabou. Boa noite!',
  'screen.wifi': '1. Entrar no Wi‑Fi',
  'screen.page': 'Lê, ouve, pede',
  'screen.page_second': '2. Abrir a página',
  'screen.channels': 'Uma festa, vários canais: escolhe o teu',
  'screen.lost': 'A caixa volta já.',

  'poster.listen': 'Ouve a festa no teu telemóvel.',
  'poster.wifi': 'Lê isto para entrar no Wi‑Fi da festa.',
  'poster.page': 'Depois lê isto, toca uma vez e ouve.',
  'poster.page_only': 'Lê isto, toca uma vez e ouve.',
  'poster.print': 'Imprimir',
  'poster.paper': 'Papel',
  'poster.four': '4 × A6 em A4',
  'poster.how': 'Escolhe o papel, imprime em tamanho real, recorta e põe onde as pessoas param.',
  'poster.no_wifi': 'Só o telemóvel de um anfitrião pode imprimir o código do Wi‑Fi. Abre esta página num deles.',
};

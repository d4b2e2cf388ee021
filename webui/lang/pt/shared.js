// Words of every page, in Portuguese.

export default {
  'page.title': 'Partybox',
  'page.listening_title': '{track} · {box}',

  'now.heading': 'A tocar agora',
  'now.line_in': 'Entrada de linha',
  'now.line_in_artist': 'Ao vivo pelo cabo',
  'now.nothing': 'Nada a tocar',
  'now.untitled': 'Sem título',
  'now.waiting': 'A perguntar à caixa o que toca…',
  'now.progress': 'Posição na música',
  'now.position': '{position} de {duration}',

  'listeners.one': '{n} a ouvir',
  'listeners.other': '{n} a ouvir',

  'source.files': 'Ficheiros de música',
  'source.line-in': 'Entrada de linha',

  'refused.no_answer': 'A caixa não respondeu. Confirma que este telemóvel está no Wi‑Fi da festa.',
  'refused.unknown': 'Não funcionou: {detail}',
  'refused.requests-off': 'De momento não se aceitam pedidos.',
  'refused.already-queued': 'Esta música já está na fila. Vota nela lá.',
  'refused.recently-played': 'Esta música tocou há pouco.',
  'refused.too-many': 'Já tens os pedidos que um convidado pode ter. Espera que um toque.',
  'refused.no-such-track': 'Esta música já não está na caixa.',
  'refused.own-item': 'Ninguém pode votar no próprio pedido.',
  'refused.queue-full': 'A fila está cheia. Tenta quando tocar uma música.',
  'refused.no-boosts': 'Já não podes adiantar mais nesta festa.',
  'refused.already-boosted': 'Esta música já foi adiantada.',
  'refused.no-such-item': 'Esta música já não está na fila.',
  'refused.nothing-to-skip': 'Nada toca que se possa saltar.',
  'refused.ended': 'A festa acabou.',
  'refused.too-many-guests': 'A caixa não consegue lembrar mais convidados.',
  'refused.guests-full': 'A caixa não consegue lembrar mais convidados.',
  'refused.busy': 'A caixa está ocupada. Tenta daqui a pouco.',
  'refused.not-host': 'Só um anfitrião pode fazer isto.',
};

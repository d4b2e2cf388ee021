// Words of a guest’s own music on its way to the box, in Portuguese.

export default {
  'bring.goes': '{title}: {n} % enviado',
  'bring.reads': 'A caixa está a ouvir {title}…',
  'bring.more': 'Ainda faltam: {n}.',
  'bring.done': 'A caixa tem {title}. Depois da festa é apagado, a não ser que o anfitrião o guarde.',
  'bring.given_up': 'Não enviado',
  'refused.files-off': 'De momento não se aceitam ficheiros de telemóveis.',
  'refused.too-many-files': 'Já tens os ficheiros à espera que um convidado pode ter. Espera que um toque.',
  'refused.guests-files-full': 'Os convidados trouxeram tudo o que a caixa pode guardar. Pergunta ao anfitrião.',
  'refused.too-often': 'São muitos ficheiros seguidos. Espera um minuto.',
  'refused.no-place': 'Esta caixa não aceita ficheiros.',
  'refused.name': 'Este ficheiro não tem um nome que a caixa possa usar.',
  'refused.too-large': 'Este ficheiro é grande demais para a caixa.',
  'refused.no-space': 'Já não há espaço na caixa.',
  'refused.not-music': 'Isto não é música que a caixa consiga tocar.',
};

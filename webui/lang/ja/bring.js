// Words of a guest’s own music on its way to the box, in Japanese.

export default {
  'bring.goes': '{title}：{n} %送信',
  'bring.reads': 'ボックスが{title}を確認しています…',
  'bring.more': '残り{n}件。',
  'bring.done': '{title}が届きました。ホストが残さないかぎり、パーティーが終わると消えます。',
  'bring.given_up': '送りませんでした',
  'refused.files-off': '今はスマホのファイルを受け付けていません。',
  'refused.too-many-files': '待っているファイルの数がいっぱいです。1曲流れるまでお待ちください。',
  'refused.guests-files-full': 'ボックスに置けるファイルがいっぱいです。ホストに聞いてください。',
  'refused.too-often': '続けて送りすぎです。1分ほどお待ちください。',
  'refused.no-place': 'このボックスはファイルを受け付けません。',
  'refused.name': 'このファイルの名前は使えません。',
  'refused.too-large': 'ファイルが大きすぎます。',
  'refused.no-space': 'ボックスに空きがありません。',
  'refused.not-music': 'ボックスで再生できる音楽ではありません。',
};

// Words of what pages load late (`js/late/`), in Japanese: bars, lamp and sound check.

export default {
  'bars.on': '音楽に合わせて動くバー',
  'bars.note': '電池が少ないときは出ません',

  'lamp.on': 'このスマホをランプにする',
  'lamp.label': 'チャンネルの色のランプ',
  'lamp.out': 'タップで消す',

  'check.none': '音が来ていません。',
  'check.silent': 'つながっていますが、無音です。何か鳴らしてください。',
  'check.quiet': '小さすぎます。送る側で音量を上げてください。',
  'check.good': 'ちょうどいいです。このままで。',
  'check.loud': '大きすぎます。送る側で少し下げてください。',
  'check.clipping': '大きすぎて音が割れています。送る側で下げてください。',
  'check.numbers': 'ラウドネス {loudness} LUFS · ピーク {peak} dBFS',
};

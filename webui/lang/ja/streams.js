// Words of the list of streams, in Japanese.

export default {
  'streams.heading': '配信',
  'streams.tap': '聴きたいものをタップしてください。',
  'streams.none': '今は何も流れていません。',
  'streams.waiting': '音楽を待っています。自動で始まります。',
  'streams.play': '{name}を聴く',
  'streams.stop': '{name}を止める',
  'streams.since': '{time}から',
  'streams.others': 'ほかのプレーヤー用：',
  'streams.party': 'パーティーのページを開く',
  'streams.all': 'すべての配信',
};

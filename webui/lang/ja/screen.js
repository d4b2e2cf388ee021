// Words of the party screen and the poster, in Japanese.

export default {
  'screen.next': 'このあとの曲',
  'screen.paused': '一時停止',
  'screen.over': 'パーティーは終わりました。おやすみなさい！',
  'screen.wifi': '1. Wi‑Fiにつなぐ',
  'screen.page': '読み取って、聴いて、リクエスト',
  'screen.page_second': '2. ページを開く',
  'screen.channels': 'パーティーはひとつ、チャンネルはいろいろ。好きなものをどうぞ',
  'screen.lost': 'ボックスはまもなく戻ります。',

  'poster.listen': '自分のスマホでパーティーを聴こう。',
  'poster.wifi': 'これを読み取って、パーティーのWi‑Fiにつなぐ。',
  'poster.page': '次にこれを読み取って、一度タップして聴く。',
  'poster.page_only': 'これを読み取って、一度タップして聴く。',
  'poster.print': '印刷',
  'poster.paper': '用紙',
  'poster.four': 'A4にA6を4枚',
  'poster.how': '用紙を選び、原寸で印刷して切り取り、人が集まる場所に貼ってください。',
  'poster.no_wifi': 'Wi‑Fiのコードを印刷できるのはホストのスマホだけです。ホストのスマホでこのページを開いてください。',
};

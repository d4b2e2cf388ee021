// Words of the list of streams, in Arabic.

export default {
  'streams.heading': 'البث',
  'streams.tap': 'المس ما تريد سماعه.',
  'streams.none': 'لا شيء يعزف الآن.',
  'streams.waiting': 'في انتظار الموسيقى. ستبدأ من تلقاء نفسها.',
  'streams.play': 'استمع إلى {name}',
  'streams.stop': 'أوقف {name}',
  'streams.since': 'منذ {time}',
  'streams.others': 'لمشغلات أخرى:',
  'streams.party': 'افتح صفحة الحفلة',
  'streams.all': 'كل البث',
};

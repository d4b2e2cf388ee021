// Words of what pages load late (`js/late/`), in Arabic: bars, lamp and sound check.

export default {
  'bars.on': 'أعمدة تتحرك مع الموسيقى',
  'bars.note': 'ليس عند ضعف البطارية',

  'lamp.on': 'اجعل هذا الهاتف مصباحًا',
  'lamp.label': 'مصباح بلون القناة',
  'lamp.out': 'المس لإطفائه',

  'check.none': 'لا يصل شيء.',
  'check.silent': 'موصول لكنه صامت. شغّل شيئًا.',
  'check.quiet': 'منخفض جدًا. ارفع الصوت من المصدر.',
  'check.good': 'جيد. اتركه هكذا.',
  'check.loud': 'عالٍ جدًا. اخفضه قليلًا من المصدر.',
  'check.clipping': 'عالٍ أكثر من اللازم: الصوت مقطوع وخشن. اخفضه من المصدر.',
  'check.numbers': 'الجهارة {loudness} LUFS · الذروة {peak} dBFS',
};

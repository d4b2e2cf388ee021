// Words of a guest’s own music on its way to the box, in Arabic.

export default {
  'bring.goes': '{title}: أُرسل {n}٪',
  'bring.reads': 'يستمع الصندوق إلى {title}…',
  'bring.more': 'ما زال هناك: {n}.',
  'bring.done': '{title} على الصندوق. يُحذف بعد الحفلة إلا إذا احتفظ به المضيف.',
  'bring.given_up': 'لم يُرسل',
  'refused.files-off': 'لا تُقبل ملفات من الهواتف الآن.',
  'refused.too-many-files': 'لديك كل ما يُسمح به من ملفات منتظرة. انتظر حتى يُعزف أحدها.',
  'refused.guests-files-full': 'جلب الضيوف كل ما يسعه الصندوق. اسأل المضيف.',
  'refused.too-often': 'هذه ملفات كثيرة متتالية. انتظر دقيقة.',
  'refused.no-place': 'هذا الصندوق لا يقبل ملفات.',
  'refused.name': 'ليس لهذا الملف اسم يستطيع الصندوق استعماله.',
  'refused.too-large': 'هذا الملف أكبر مما يسعه الصندوق.',
  'refused.no-space': 'لم يبق مكان على الصندوق.',
  'refused.not-music': 'ليست هذه موسيقى يستطيع الصندوق تشغيلها.',
};

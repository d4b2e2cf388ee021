// Words of every page, in Arabic.

export default {
  'page.title': 'Partybox',
  'page.listening_title': '{track} · {box}',

  'now.heading': 'يُعزف الآن',
  'now.line_in': 'مدخل الصوت',
  'now.line_in_artist': 'مباشرة من السلك',
  'now.nothing': 'لا شيء يُعزف',
  'now.untitled': 'بلا عنوان',
  'now.waiting': 'نسأل الصندوق عمّا يُعزف…',
  'now.progress': 'الموضع في الأغنية',
  'now.position': '{position} من {duration}',

  'listeners.one': 'مستمع واحد',
  'listeners.zero': 'لا مستمعين',
  'listeners.two': 'مستمعان',
  'listeners.few': '{n} مستمعين',
  'listeners.many': '{n} مستمعًا',
  'listeners.other': '{n} مستمع',

  'source.files': 'ملفات الموسيقى',
  'source.line-in': 'مدخل الصوت',

  'refused.no_answer': 'لم يُجب الصندوق. تأكّد من أن هذا الهاتف على شبكة الحفلة.',
  'refused.unknown': 'لم ينجح ذلك: {detail}',
  'refused.requests-off': 'لا تُقبل الطلبات الآن.',
  'refused.already-queued': 'هذه الأغنية في القائمة. صوّت لها هناك.',
  'refused.recently-played': 'عُزفت هذه الأغنية قبل قليل.',
  'refused.too-many': 'لديك كل ما يُسمح به من طلبات. انتظر حتى يُعزف أحدها.',
  'refused.no-such-track': 'لم تعد هذه الأغنية على الصندوق.',
  'refused.own-item': 'لا يمكن التصويت لطلبك.',
  'refused.queue-full': 'القائمة ممتلئة. حاول بعد أن تُعزف أغنية.',
  'refused.no-boosts': 'لم يبقَ لك تقديم في هذه الحفلة.',
  'refused.already-boosted': 'قُدّمت هذه الأغنية بالفعل.',
  'refused.no-such-item': 'لم تعد هذه الأغنية في القائمة.',
  'refused.nothing-to-skip': 'لا شيء يُعزف ليُتخطّى.',
  'refused.ended': 'انتهت الحفلة.',
  'refused.too-many-guests': 'لا يستطيع الصندوق تذكّر مزيد من الضيوف.',
  'refused.guests-full': 'لا يستطيع الصندوق تذكّر مزيد من الضيوف.',
  'refused.busy': 'الصندوق مشغول. حاول بعد لحظة.',
  'refused.not-host': 'هذا للمضيف فقط.',
};

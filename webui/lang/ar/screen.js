// Words of the party screen and the poster, in Arabic.

export default {
  'screen.next': 'التالي',
  'screen.paused': 'متوقفة مؤقتًا',
  'screen.over': 'انتهت الحفلة. تصبحون على خير!',
  'screen.wifi': '1. انضم إلى Wi‑Fi',
  'screen.page': 'امسح، استمع، اطلب',
  'screen.page_second': '2. افتح الصفحة',
  'screen.channels': 'حفلة واحدة وقنوات عدة: اختر قناتك',
  'screen.lost': 'الصندوق في طريق العودة.',

  'poster.listen': 'اسمع الحفلة على هاتفك.',
  'poster.wifi': 'امسح هذا لتنضم إلى شبكة الحفلة.',
  'poster.page': 'ثم امسح هذا، والمس مرة، واستمع.',
  'poster.page_only': 'امسح هذا، والمس مرة، واستمع.',
  'poster.print': 'طباعة',
  'poster.paper': 'الورق',
  'poster.four': '4 × A6 على A4',
  'poster.how': 'اختر الورق واطبع بالحجم الكامل ثم قصّها وضعها حيث يقف الناس.',
  'poster.no_wifi': 'هاتف المضيف وحده يطبع رمز الشبكة. افتح هذه الصفحة على هاتف مضيف.',
};

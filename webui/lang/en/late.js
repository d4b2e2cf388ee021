// Words of what pages load late (`js/late/`), in English: bars, lamp and sound check.

export default {
  'bars.on': 'Bars that move with the music',
  'bars.note': 'not on a weak battery',

  'lamp.on': 'Make this phone a lamp',
  'lamp.label': 'Lamp in the channel’s colour',
  'lamp.out': 'Tap to put it out',

  'check.none': 'Nothing comes in.',
  'check.silent': 'Plugged in, but silent. Play something.',
  'check.quiet': 'Too quiet. Turn it up where it comes from.',
  'check.good': 'Good. Leave it like this.',
  'check.loud': 'Too loud. Turn it down a little where it comes from.',
  'check.clipping': 'Far too loud: it is cut off and sounds harsh. Turn it down where it comes from.',
  'check.numbers': 'loudness {loudness} LUFS · peak {peak} dBFS',
};

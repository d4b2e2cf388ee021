// Words of the guest page, in English. The text in `pages/guest.html`, shown until the scripts run, must equal these.

export default {
  'button.listen': 'Listen',
  'button.stop': 'Stop',

  'state.ready': 'Ready to play',
  'state.connecting': 'Connecting',
  'state.live': 'Live',
  'state.pocket': 'Pocket',
  'state.reconnecting': 'Reconnecting',
  'state.blocked': 'One more tap',

  'hint.tap': 'Tap once to hear the party on this phone.',
  'hint.connecting': 'Finding the sound. This takes a moment.',
  'hint.connecting_pocket': 'Pocket takes up to ten seconds to start.',
  'hint.live': 'You hear the party as it happens.',
  'hint.host_paused': 'The host has paused the music. It goes on by itself.',
  'hint.fallback': 'Nothing comes in on line-in right now, so the box plays its own music.',
  'hint.no_music': 'There is no music on the box yet. Ask the host to add some.',
  'hint.reconnecting': 'The sound broke off. It comes back by itself; no need to tap.',
  'hint.unreachable':
    'The box does not answer. Check that this phone is on the party’s Wi‑Fi. The sound then comes back by itself.',
  'hint.unreachable_idle': 'The box does not answer. Check that this phone is on the party’s Wi‑Fi.',
  'hint.pocket': 'A few seconds behind, and it goes on with the screen locked.',
  'hint.pocket_no_webrtc': 'This browser cannot play Live, so you hear Pocket, a few seconds behind.',
  'hint.pocket_live_failed': 'Live does not get through to this phone, so you hear Pocket, a few seconds behind.',
  'hint.pocket_live_full': 'Live is full right now, so you hear Pocket, a few seconds behind.',
  'hint.blocked': 'This phone wants one more tap before it plays.',
  'hint.phone_paused': 'This phone paused the sound. Tap to go on.',

  'volume.label': 'Volume',
  'volume.value': '{n} percent',

  'path.heading': 'How to listen',
  'path.live': 'Live',
  'path.live_note': 'least delay',
  'path.pocket': 'Pocket',
  'path.pocket_note': 'screen locked',

  'other.summary': 'Listen in another player',
  'other.text': 'Open this address in VLC, a radio app or a loudspeaker:',
};

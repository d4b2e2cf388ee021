// The two small things the phone's own offer must say and no browser says by itself. Pure text in, text out.

/**
 * Asks for stereo and for retransmission of lost packets on every Opus line of an offer.
 *
 * - `stereo=1`: Chromium and Safari decode Opus to mono unless their own offer says that they want stereo.
 * - `rtcp-fb … nack`: browsers ask for lost audio packets again only when their own offer lists it.
 *
 * An offer without Opus is returned as it was.
 * @param {string} sdp
 */
export function wantMusic(sdp) {
  const payloadTypes = new Set([...sdp.matchAll(/^a=rtpmap:(\d+) opus\/48000\/2\r?$/gim)].map((hit) => hit[1]));
  let music = sdp;
  for (const payloadType of payloadTypes) {
    music = withNack(withStereo(music, payloadType), payloadType);
  }
  return music;
}

/**
 * @param {string} sdp
 * @param {string} payloadType
 */
function withStereo(sdp, payloadType) {
  const line = new RegExp(`^(a=fmtp:${payloadType} )([^\\r\\n]*)`, 'm');
  const hit = line.exec(sdp);
  if (hit === null) {
    return afterRtpmap(sdp, payloadType, `a=fmtp:${payloadType} stereo=1`);
  }
  return /(^|;)\s*stereo=/.test(hit[2]) ? sdp : sdp.replace(line, `$1$2;stereo=1`);
}

/**
 * @param {string} sdp
 * @param {string} payloadType
 */
function withNack(sdp, payloadType) {
  const there = new RegExp(`^a=rtcp-fb:(${payloadType}|\\*) nack\\r?$`, 'm').test(sdp);
  return there ? sdp : afterRtpmap(sdp, payloadType, `a=rtcp-fb:${payloadType} nack`);
}

/**
 * @param {string} sdp
 * @param {string} payloadType
 * @param {string} added
 */
function afterRtpmap(sdp, payloadType, added) {
  return sdp.replace(new RegExp(`^(a=rtpmap:${payloadType} [^\\r\\n]*)(\\r?\\n)`, 'm'), `$1$2${added}$2`);
}

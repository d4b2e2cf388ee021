// What offers and answers between phones say so that music arrives as music: stereo, at a rate that is enough for it. Pure text in,
// text out.

import { wantMusic } from '../sdp.js';

/** Enough for music in stereo, and for sixteen phones on one radio, bit/s. */
const BITRATE_BPS = 128000;

/**
 * Asks whoever sends for stereo and for this rate: browsers send 32 kbit/s of mono unless they are asked.
 * @param {string} sdp
 */
export function forMusic(sdp) {
  return wantMusic(sdp).replace(/^a=fmtp:\d+ [^\r\n]*\bstereo=1[^\r\n]*/gm, (line) =>
    line.includes('maxaveragebitrate') ? line : `${line};sprop-stereo=1;maxaveragebitrate=${BITRATE_BPS}`,
  );
}

/**
 * Sets what this phone offers or answers; a browser that takes nothing but its own words sends mono, but it sends.
 * @param {RTCPeerConnection} peer
 * @param {RTCSessionDescriptionInit} own
 */
export async function describe(peer, own) {
  try {
    await peer.setLocalDescription({ type: own.type, sdp: forMusic(own.sdp ?? '') });
  } catch {
    await peer.setLocalDescription(own);
  }
  return peer.localDescription?.sdp ?? '';
}

// The microphone of this phone, which browsers hand out on secure pages alone. Nothing else of the page needs one; this module
// asks first whether the page is.

/** Whether this page may ask for a microphone at all. */
export const mayListen = () => globalThis.isSecureContext === true && navigator.mediaDevices?.getUserMedia !== undefined;

/**
 * Asks for the microphone, as it hears: what calls do to a voice makes noise of the music beside it.
 * @returns {Promise<MediaStream>}
 */
export const openMicrophone = () =>
  navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });

/** @param {MediaStream | null} voice */
export function closeMicrophone(voice) {
  for (const track of voice?.getTracks() ?? []) track.stop();
}

/**
 * This page at the box's secure address, for phones whose browser wants one.
 * @param {string} here the page's address
 * @param {number} port
 */
export function secureAddress(here, port) {
  const place = new URL(here);
  place.protocol = 'https:';
  place.port = String(port);
  return place.href;
}

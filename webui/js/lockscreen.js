// The lock screen and the keys of a headset: they show and steer the same thing as the page.

/** @typedef {{title: string, artist: string, album: string, art: string | null}} Shown */

let shown = '';

/**
 * @param {Shown} what
 * @param {boolean} active whether something plays or is on its way
 */
export function tellThePhone(what, active) {
  if (!('mediaSession' in navigator)) return;
  const now = JSON.stringify(what);
  if (now !== shown) {
    shown = now;
    const { art, ...texts } = what;
    // A picture of any size; the phone scales it.
    const artwork = art === null ? [] : [{ src: new URL(art, location.href).href, sizes: '512x512' }];
    navigator.mediaSession.metadata = new MediaMetadata({ ...texts, artwork });
  }
  navigator.mediaSession.playbackState = active ? 'playing' : 'paused';
}

/**
 * @param {{listen: () => void, stop: () => void}} player
 */
export function offerMediaKeys(player) {
  if (!('mediaSession' in navigator)) return;
  navigator.mediaSession.setActionHandler('play', () => player.listen());
  navigator.mediaSession.setActionHandler('pause', () => player.stop());
  navigator.mediaSession.setActionHandler('stop', () => player.stop());
}

/**
 * How far the track is, so that the lock screen draws a bar; without a length it draws none.
 * @param {number | null} positionMs
 * @param {number | null} durationMs
 */
export function tellPosition(positionMs, durationMs) {
  if (!('mediaSession' in navigator) || navigator.mediaSession.setPositionState === undefined) return;
  if (positionMs === null || durationMs === null || durationMs <= 0) {
    navigator.mediaSession.setPositionState();
    return;
  }
  const [position, duration] = [Math.min(positionMs, durationMs) / 1000, durationMs / 1000];
  navigator.mediaSession.setPositionState({ position, duration, playbackRate: 1 });
}

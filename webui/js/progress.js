// Where a track is between two messages of the box, and how that is written. Pure: it is told the time.

/**
 * The position now, from the position at the last message.
 * @param {import('./api.js').Track | null} track
 * @param {boolean} playing
 * @param {number} elapsedMs since the message arrived
 * @returns {number | null} milliseconds, never past the end; null without a track
 */
export function positionMs(track, playing, elapsedMs) {
  if (track === null) {
    return null;
  }
  const moved = Math.max(0, track.position_ms + (playing ? Math.max(0, elapsedMs) : 0));
  return track.duration_ms === null ? moved : Math.min(moved, track.duration_ms);
}

/**
 * Minutes and seconds, with hours only when there are any: `0:07`, `12:30`, `1:02:03`.
 * @param {number} ms
 */
export function clock(ms) {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

// The phone as a lamp in the channel's colour: over the whole screen, kept awake where the browser lets a page do that, and a
// little brighter with the beat for who wants things to move. Loaded by the tap that lights it.

import { Pulse } from './pulse.js';

/** How long the words on it stay bright, in milliseconds. */
const WORDS_MS = 4000;

/**
 * Lights the lamp until it is tapped.
 * @param {object} tools
 * @param {() => string} tools.paint the channel's colour, such as `#e53935`
 * @param {() => number | null} tools.level how loud what is heard is, 0 to 1
 * @param {string} tools.label what it is called
 * @param {string} tools.close what a tap does
 * @param {() => void} tools.onOut
 */
export function light({ paint, level, label, close, onOut }) {
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const dialog = document.createElement('dialog');
  dialog.id = 'lamp';
  dialog.setAttribute('aria-label', label);
  dialog.style.cssText =
    'position:fixed;inset:0;width:100%;height:100%;max-width:none;max-height:none;margin:0;padding:0;border:0;display:grid;place-items:end center;overflow:hidden';
  const out = document.createElement('button');
  out.type = 'button';
  out.textContent = close;
  out.style.cssText =
    'margin-bottom:max(2rem,env(safe-area-inset-bottom));min-height:3rem;padding:0 1.5rem;border:0;border-radius:2rem;background:#000a;color:#fff;font:inherit;font-weight:650;transition:opacity .5s';
  dialog.append(out);
  document.body.append(dialog);
  // Nothing of the page is seen beside it.
  const { overflow } = document.documentElement.style;
  document.documentElement.style.overflow = 'hidden';
  const pulse = new Pulse();
  let lastMs = performance.now();
  const glow = () => {
    if (!dialog.isConnected) return;
    const nowMs = performance.now();
    const share = calm.matches ? 1 : pulse.step(level() ?? 0, nowMs - lastMs);
    lastMs = nowMs;
    dialog.style.background = shaded(paint(), share);
    requestAnimationFrame(glow);
  };
  const awake = keepAwake();
  const end = () => {
    awake.then((lock) => lock?.release()).catch(() => {});
    if (document.fullscreenElement === dialog) document.exitFullscreen().catch(() => {});
    dialog.remove();
    document.documentElement.style.overflow = overflow;
    onOut();
  };
  dialog.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', end, { once: true });
  // What a phone's own back gesture ends is ended whole.
  dialog.addEventListener('fullscreenchange', () => {
    if (document.fullscreenElement === null && dialog.open) dialog.close();
  });
  dialog.showModal();
  out.focus();
  // Some phones have no full screen for pages: then the page's is the lamp.
  dialog.requestFullscreen?.().catch(() => {});
  setTimeout(() => (out.style.opacity = '.5'), WORDS_MS);
  glow();
}

/** Keeps the screen on, where the page is a secure one and the phone lets it. */
async function keepAwake() {
  if (globalThis.isSecureContext !== true || navigator.wakeLock === undefined) return null;
  return navigator.wakeLock.request('screen').catch(() => null);
}

/**
 * A colour with a share of its light.
 * @param {string} colour such as `#e53935`
 * @param {number} share
 */
export function shaded(colour, share) {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return `rgb(${parts.map((part) => Math.round(part * share)).join(' ')})`;
}

// Sends files, with what tells how it goes, and goes on where a bad radio has stopped one. The caller says where to.

import { ask, RefusedError } from './api.js';

/** How often a file is taken up again that a bad radio has stopped, and the pause before each time, in milliseconds. */
const TRIES = 20;
const TRY_PAUSE_MS = 3000;

/**
 * Sends a file to `to`, and goes on where a bad radio has stopped it. See {@link sendFile}.
 * @param {string} to an address without query, below which `unfinished/ID` says how much there is
 * @param {File} file
 * @param {(share: number) => void} onProgress
 * @param {string} [rest] the same of the address that says how much there is, if that is another
 */
export function sendWhole(to, file, onProgress, rest = to) {
  // No browser outside a secure context makes an id by itself.
  const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const path = `${to}?name=${encodeURIComponent(file.name)}&id=${id}`;
  let given = false;
  let now = { abort: () => {} };
  const go = async (/** @type {number} */ from, /** @type {number} */ tries) => {
    const left = from === 0 ? file : file.slice(from);
    const share = (/** @type {number} */ part) => onProgress((from + part * left.size) / Math.max(1, file.size));
    const sending = sendFile(from === 0 ? path : `${path}&from=${from}`, left, share);
    now = sending;
    try {
      await sending.done;
    } catch (error) {
      if (given || !(error instanceof TypeError) || tries === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, TRY_PAUSE_MS));
      if (given) throw new DOMException('given up', 'AbortError');
      await go(await bytesOf(`${rest}/unfinished/${id}`, from), tries - 1);
    }
  };
  return {
    done: go(0, TRIES),
    abort: () => {
      given = true;
      now.abort();
    },
  };
}

/**
 * How much of a file the box has; as much as before if it does not answer.
 * @param {string} path
 * @param {number} before
 * @returns {Promise<number>}
 */
async function bytesOf(path, before) {
  try {
    return (await (await ask(path, { cache: 'no-store' })).json()).bytes;
  } catch {
    return before;
  }
}

/**
 * Why a file was refused.
 * @param {number} status
 * @param {string} text the body of the answer
 */
function refusal(status, text) {
  try {
    const { error, code } = JSON.parse(text);
    return new RefusedError(status, String(error ?? ''), String(code ?? ''), null);
  } catch {
    return new RefusedError(status, '', '', null);
  }
}

/**
 * Sends a file and tells how it goes. `fetch` does not say how much it has sent, so this is the older way.
 * @param {string} path
 * @param {Blob} file
 * @param {(share: number) => void} onProgress 0 to 1
 * @returns {{done: Promise<void>, abort: () => void}} `done` rejects with `RefusedError` if the box said no, with a
 *   `TypeError` if it did not answer, and with an `AbortError` after `abort`
 */
export function sendFile(path, file, onProgress) {
  const request = new XMLHttpRequest();
  const done = new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0));
    request.addEventListener('load', () =>
      request.status >= 200 && request.status < 300 ? resolve() : reject(refusal(request.status, request.responseText)),
    );
    request.addEventListener('error', () => reject(new TypeError('the box did not answer')));
    request.addEventListener('abort', () => reject(new DOMException('given up', 'AbortError')));
    request.open('POST', path);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.send(file);
  });
  return { done, abort: () => request.abort() };
}

// How listening goes on the guest page, told to the page that says why nothing is heard: to the next page in this tab, and
// to other tabs of this phone that ask.

const KEPT = 'partybox.report';
const CHANNEL = 'partybox';

/**
 * @typedef {object} Report
 * @property {import('./listening.js').Phase} phase
 * @property {string} reason
 * @property {number} volume 0 to 1
 */

/** @type {Report | null} */
let latest = null;

/**
 * Keeps what is told if asked.
 * @param {Report} report
 */
export function tell(report) {
  latest = report;
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(report));
  } catch {
    // Then only other tabs can be told.
  }
}

/** Answers other tabs from now on. */
export function answerOthers() {
  if (typeof BroadcastChannel !== 'function') return;
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener('message', (event) => {
    if (event.data === 'how' && latest !== null) channel.postMessage(latest);
  });
}

/**
 * What this tab last told.
 * @returns {Report | null}
 */
export function recallReport() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  } catch {
    return null;
  }
}

/**
 * What other tabs of this phone say.
 * @param {number} limitMs how long answers are waited for
 * @returns {Promise<Report[]>}
 */
export function askOthers(limitMs) {
  if (typeof BroadcastChannel !== 'function') return Promise.resolve([]);
  const channel = new BroadcastChannel(CHANNEL);
  /** @type {Report[]} */
  const reports = [];
  channel.addEventListener('message', (event) => {
    if (typeof event.data?.phase === 'string') reports.push(event.data);
  });
  channel.postMessage('how');
  return new Promise((resolve) => {
    setTimeout(() => {
      channel.close();
      resolve(reports);
    }, limitMs);
  });
}

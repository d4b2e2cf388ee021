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

/** Tells this document from others. */
const ME = String(Math.random());

/** @type {Report | null} */
let latest = null;
/** @type {BroadcastChannel | null} */
let others = null;

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

/**
 * Answers other tabs from now on.
 * @param {() => void} onPlay called when another tab begins to play: two that do are an echo
 */
export function answerOthers(onPlay) {
  if (typeof BroadcastChannel !== 'function') return;
  const channel = new BroadcastChannel(CHANNEL);
  others = channel;
  channel.addEventListener('message', ({ data }) => {
    if (data?.ask === 'how' && data.from !== ME && latest !== null) channel.postMessage({ ...latest, from: ME });
    if (data?.ask === 'quiet' && data.from !== ME) onPlay();
  });
}

/** Tells other tabs that this one plays from now on. */
export const silenceOthers = () => others?.postMessage({ ask: 'quiet', from: ME });

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
    if (typeof event.data?.phase === 'string' && event.data.from !== ME) reports.push(event.data);
  });
  channel.postMessage({ ask: 'how', from: ME });
  return new Promise((resolve) => {
    setTimeout(() => {
      channel.close();
      resolve(reports);
    }, limitMs);
  });
}

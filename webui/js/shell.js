// The shell around the pages of one phone: goes from one to the other within the document, so that the sound goes on, the
// phone's own back button works, and a page that was fetched is there when the box is not. It knows no page's content.
//
// A page is the element `data-page` of its file and its style. The one shown is in the document; the others are put aside,
// with whatever was typed in them. Where a browser cannot do that, or a page is not among these, links are links.

import { fetchPage } from './api.js';

/** The pages that are shown within one document, by their paths. */
const NAMES = new Map([
  ['/', 'guest'],
  ['/host', 'host'],
  ['/why', 'why'],
  ['/settings', 'settings'],
]);

/**
 * What the modules of a page do when it is shown again, when it is put aside, and when another page that was asked for cannot
 * be fetched.
 * @typedef {{enter: () => unknown, leave: () => void, lost: (error: unknown) => void}} View
 */

/**
 * @typedef {object} Page
 * @property {string} path
 * @property {Element} root
 * @property {string} bodyClass
 * @property {(on: boolean) => void} dress puts its style on, or takes it off
 * @property {string | null} module to be run when it is shown for the first time
 * @property {string[]} modules all that it needs
 * @property {View | null} view
 * @property {number} scrollY
 */

/** @type {Map<string, Page>} */
const pages = new Map();
/** @type {Page | null} */
let shown = null;
/** The last way that was asked for: an earlier one that comes late is given up. */
let latest = 0;

const canDress = 'adoptedStyleSheets' in document && typeof CSSStyleSheet === 'function';

/**
 * To be called by the modules of a page once, when it works.
 * @param {View} view
 */
export function settle(view) {
  if (shown !== null) {
    shown.view = view;
    return;
  }
  const root = document.querySelector('[data-page]');
  const style = document.querySelector('style');
  const path = [...NAMES].find(([, name]) => name === root?.getAttribute('data-page'))?.[0];
  if (root === null || style === null || path === undefined) return;
  const dress = (/** @type {boolean} */ on) => {
    if (style.sheet !== null) style.sheet.disabled = !on;
  };
  shown = { path, root, bodyClass: document.body.className, dress, module: null, modules: [], view, scrollY: 0 };
  pages.set(path, shown);
  if (!canDress) return;
  history.scrollRestoration = 'manual';
  document.addEventListener('click', follow);
  window.addEventListener('popstate', () => go(location.pathname, false));
}

/**
 * Fetches a page that may be needed when the box is away.
 * @param {string} path
 */
export async function prepare(path) {
  if (!canDress) return;
  for (const href of (await get(path)).modules) {
    const link = document.createElement('link');
    link.rel = 'modulepreload';
    link.href = href;
    document.head.append(link);
  }
}

/** @param {MouseEvent} event */
function follow(event) {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target !== '' || link.hasAttribute('download')) return;
  const place = new URL(link.href, location.href);
  if (place.origin !== location.origin || place.hash !== '' || !NAMES.has(place.pathname)) return;
  if (place.pathname === shown?.path) return;
  event.preventDefault();
  // Who came from there goes back there: the phone's own button then leads out, not round in circles.
  if (history.state?.from === place.pathname) history.back();
  else go(place.pathname, true);
}

/**
 * @param {string} path
 * @param {boolean} pushes whether this is a step forward for the phone's back button
 */
async function go(path, pushes) {
  if (path === shown?.path || !NAMES.has(path)) return;
  latest += 1;
  const turn = latest;
  let page;
  try {
    page = await get(path);
  } catch (error) {
    if (turn === latest) shown?.view?.lost(error);
    return;
  }
  if (turn !== latest || shown === null) return;
  if (pushes) history.pushState({ from: shown.path }, '', `${path}${location.search}`);
  swap(shown, page);
  if (page.module === null) {
    await page.view?.enter();
  } else {
    const module = page.module;
    page.module = null;
    await import(module);
  }
  if (turn !== latest) return;
  scrollTo(0, page.scrollY);
  if (page.root.contains(document.activeElement)) return;
  // A screen reader goes on where the eye does.
  const heading = page.root.querySelector('h1');
  heading?.setAttribute('tabindex', '-1');
  heading?.focus({ preventScroll: true });
}

/**
 * @param {Page} before
 * @param {Page} page
 */
function swap(before, page) {
  before.scrollY = scrollY;
  before.view?.leave();
  before.root.remove();
  before.dress(false);
  page.dress(true);
  document.body.className = page.bodyClass;
  document.documentElement.removeAttribute('data-channels');
  document.body.prepend(page.root);
  shown = page;
}

/** @param {string} path */
async function get(path) {
  const known = pages.get(path);
  if (known !== undefined) return known;
  // The style goes its own way: the policy of this document knows no other page's.
  let style = '';
  const body = (await fetchPage(path)).replace(/<style>([^]*?)<\/style>/, (_, found) => {
    style = found;
    return '';
  });
  const text = new DOMParser().parseFromString(body, 'text/html');
  const root = text.querySelector('[data-page]');
  const module = text.querySelector('script[type=module]:not([async])')?.getAttribute('src');
  if (root === null || !module) throw new Error(`${path} is no page of this document`);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  const dress = (/** @type {boolean} */ on) => {
    document.adoptedStyleSheets = on ? [sheet] : [];
  };
  const page = {
    path,
    root: document.adoptNode(root),
    bodyClass: text.body.className,
    dress,
    module,
    modules: [...text.querySelectorAll('link[rel=modulepreload]')].map((link) => link.getAttribute('href') ?? '').concat(module),
    view: null,
    scrollY: 0,
  };
  pages.set(path, page);
  return page;
}

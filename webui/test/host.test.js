// The rules of the host's page that need no page: where a dragged row lands, and what is said of the box's health.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findings } from '../js/host/health.js';
import { asides, keyed, landing, moved, PageOrder, TELLING_LIMIT_MS } from '../js/host/order.js';
import { place } from '../js/screen/drift.js';

/** Four rows of 60 pixels with gaps of 8. */
const ROWS = [0, 1, 2, 3].map((n) => ({ top: 100 + 68 * n, height: 60 }));

test('a dragged row lands where its centre passes those of the others', () => {
  assert.equal(landing(ROWS, 1, 0), 1);
  assert.equal(landing(ROWS, 1, 67), 1);
  assert.equal(landing(ROWS, 1, 69), 2);
  assert.equal(landing(ROWS, 1, -69), 0);
  assert.equal(landing(ROWS, 0, 9999), 3);
  assert.equal(landing(ROWS, 3, -9999), 0);
});

test('a row among others of different heights lands by their centres, too', () => {
  const rows = [
    { top: 0, height: 100 },
    { top: 108, height: 40 },
    { top: 156, height: 40 },
  ];
  assert.equal(landing(rows, 0, 77), 0);
  assert.equal(landing(rows, 0, 79), 1);
  assert.equal(landing(rows, 2, -125), 1);
  assert.equal(landing(rows, 2, -127), 0);
});

test('the rows between step aside by the dragged one and its gap', () => {
  assert.deepEqual(asides(ROWS, 0, 2), [0, -68, -68, 0]);
  assert.deepEqual(asides(ROWS, 3, 1), [0, 68, 68, 0]);
  assert.deepEqual(asides(ROWS, 2, 2), [0, 0, 0, 0]);
  assert.deepEqual(asides([{ top: 0, height: 60 }], 0, 0), [0]);
});

test('a moved thing stands at its new place and the others keep their order', () => {
  assert.deepEqual(moved([1, 2, 3, 4], 0, 2), [2, 3, 1, 4]);
  assert.deepEqual(moved([1, 2, 3, 4], 3, 0), [4, 1, 2, 3]);
  assert.deepEqual(moved([1, 2], 1, 1), [1, 2]);
});

test('keys move by one or to the ends, and never out of the list', () => {
  assert.equal(keyed('ArrowDown', 1, 4), 2);
  assert.equal(keyed('ArrowUp', 1, 4), 0);
  assert.equal(keyed('Home', 3, 4), 0);
  assert.equal(keyed('End', 0, 4), 3);
  assert.equal(keyed('ArrowUp', 0, 4), null);
  assert.equal(keyed('ArrowDown', 3, 4), null);
  assert.equal(keyed('Home', 0, 4), null);
  assert.equal(keyed('Tab', 1, 4), null);
});

test('a moved row stays until the box has told of the move, and no longer than the box may take', () => {
  const order = new PageOrder();
  order.tell([1, 2, 3], 0);
  order.move(0, 2);
  assert.deepEqual(order.ids, [2, 3, 1]);
  order.tell([1, 2, 3], 10);
  assert.deepEqual(order.ids, [2, 3, 1], 'the box has not been told yet');
  order.answer(true, 20);
  order.tell([1, 2, 3], 30);
  assert.deepEqual(order.ids, [2, 3, 1], 'the box has done it and tells of something else');
  order.tell([2, 3, 1], 40);
  order.tell([3, 2, 1], 50);
  assert.deepEqual(order.ids, [3, 2, 1], 'the next change is from somebody else');
  order.move(0, 1);
  order.answer(true, 60);
  order.tell([1, 3], 59 + TELLING_LIMIT_MS);
  assert.deepEqual(order.ids, [3, 1], 'what the box plays now is gone at once');
  order.tell([1, 3], 60 + TELLING_LIMIT_MS);
  assert.deepEqual(order.ids, [1, 3], 'somebody else was faster');
});

test('a move that the box refuses is undone at once, but not while another is on its way', () => {
  const order = new PageOrder();
  order.tell([1, 2, 3], 0);
  order.move(0, 2);
  order.move(0, 1);
  order.answer(false, 10);
  assert.deepEqual(order.ids, [3, 2, 1]);
  order.answer(false, 20);
  assert.deepEqual(order.ids, [1, 2, 3]);
});

test('the party screen wanders over many places and not far', () => {
  const places = Array.from({ length: 11 * 17 }, (_, step) => place(step));
  assert.ok(new Set(places.map(({ x, y }) => `${x} ${y}`)).size > 60);
  assert.ok(places.every(({ x, y }) => Math.abs(x) <= 14 && Math.abs(y) <= 14));
});

test('what is wrong with the card’s file is a trouble each, and none where nothing is', () => {
  const state = /** @type {Party.State} */ (/** @type {unknown} */ ({ name: 'Box', version: '1' }));
  assert.deepEqual(findings(state, []).map(({ bad }) => bad), [false]);
  const wrong = [
    { line: 3, key: 'wifi.country', code: 'value', detail: 'allowed is two letters' },
    { line: null, key: '', code: 'more', detail: '4' },
  ];
  const said = findings(state, wrong).filter(({ bad }) => bad);
  assert.deepEqual(
    said.map(({ title, text }) => [title, text]),
    [
      ['cardfile.heading · cardfile.line · wifi.country', 'cardfile.value · allowed is two letters'],
      ['cardfile.heading', 'cardfile.more · 4'],
    ],
  );
});

test('rules and firmware that are missing are troubles of the box’s own network', () => {
  const with_ = (/** @type {Party.State['network_trouble']} */ trouble) =>
    findings(/** @type {Party.State} */ (/** @type {unknown} */ ({ name: 'Box', version: '1', network_trouble: trouble })))
      .filter(({ bad }) => bad)
      .map(({ title, text }) => [title, text]);
  assert.deepEqual(with_(null), []);
  assert.deepEqual(with_({ kind: 'no-rules' }), [['trouble.heading', 'trouble.no-rules']]);
  assert.deepEqual(with_({ kind: 'no-firmware', files: ['brcm/x.bin'] }), [['trouble.heading', 'trouble.no-firmware']]);
});

test('the power supply is called strong enough only where that was measured', () => {
  const said = (/** @type {Partial<Party.Power>} */ power) =>
    findings(/** @type {Party.State} */ (/** @type {unknown} */ ({ name: 'Box', version: '1', power })), [])
      .filter(({ id }) => id === 'power')
      .map(({ text, bad }) => [text, bad]);
  assert.deepEqual(said({ undervoltage: false, undervoltage_seen: false }), [['power.good', false]]);
  assert.deepEqual(said({ undervoltage: null, undervoltage_seen: false }), [['power.unknown', false]]);
  assert.deepEqual(said({ undervoltage: false, undervoltage_seen: true }), [['power.was_low', true]]);
  assert.deepEqual(said({ undervoltage: true, undervoltage_seen: true }), [['power.low', true]]);
});

// Which channels a host gets by one tap: colours, ids, and what makes a silent disco. Pure.

import { COLOURS } from '../channels.js';

/** The colours of a silent disco: what headsets in every rental have. */
const DISCO = ['red', 'green', 'blue'];

/** @typedef {{id: string, color: string}} Coloured */

/**
 * The first colour that no channel has; nothing if all are taken.
 * @param {Coloured[]} channels
 */
export const freeColour = (channels) =>
  Object.keys(COLOURS).find((colour) => channels.every(({ color }) => color !== colour));

/**
 * An id for a new channel: its colour, with a number if that is taken.
 * @param {string} colour
 * @param {Coloured[]} channels
 */
export function newId(colour, channels) {
  const taken = new Set(channels.map(({ id }) => id));
  let id = colour;
  for (let n = 2; taken.has(id); n += 1) id = `${colour}-${n}`;
  return id;
}

/**
 * What must be set so that there is a red, a green and a blue channel: the first one becomes red unless another one is, and
 * what is missing is added. Nothing when it is so already.
 * @param {Coloured[]} channels
 * @returns {Coloured[]}
 */
export function silentDisco(channels) {
  let there = channels;
  /** @type {Coloured[]} */
  const steps = [];
  for (const color of DISCO) {
    if (there.some((channel) => channel.color === color)) continue;
    const id = color === DISCO[0] ? there[0].id : newId(color, there);
    steps.push({ id, color });
    there = [...there.filter((channel) => channel.id !== id), { id, color }];
  }
  return steps;
}

// What is wrong with the file that the box's owner edits on its card. The box reads that file when it starts; here it is asked
// once, and whenever somebody looks.

import { box } from './api.js';
import { attempt } from './toast.js';

export class CardFile {
  /** @type {Party.CardProblem[]} */
  problems = [];
  #asked = false;
  #looked = false;

  /**
   * @param {boolean} looked whether somebody looks at what is said of the box
   * @param {() => void} told is called once the box has answered
   */
  show(looked, told) {
    const due = !this.#asked || (looked && !this.#looked);
    this.#asked = true;
    this.#looked = looked;
    if (due) attempt(() => this.#read(told));
  }

  /** @param {() => void} told */
  async #read(told) {
    this.problems = (await box()).card_problems ?? [];
    told();
  }
}

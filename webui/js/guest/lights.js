// What the guest page shows of the sound itself: bars around the cover, and the phone as a lamp. All of it is loaded after the first
// sound (`late/stage.js`); here is what it is handed.

import { COLOURS } from '../channels.js';
import { speakMore } from '../i18n.js';
import { heardStream, player } from '../listen.js';

export class Lights {
  #feed;
  /** @type {{show: (hears: boolean) => void} | null} */
  #stage = null;
  #asked = false;
  #paint = COLOURS.red.paint;

  /** @param {import('../feed.js').Feed} feed */
  constructor(feed) {
    this.#feed = feed;
  }

  /**
   * @param {Party.Channel[]} channels
   * @param {boolean} here whether the guest page is the one shown
   */
  show(channels, here) {
    const colour = channels.find(({ id }) => id === heardStream())?.color ?? '';
    this.#paint = COLOURS[colour]?.paint ?? this.#paint;
    const { phase } = player.state;
    const hears = here && (phase === 'live' || phase === 'pocket');
    if (hears && !this.#asked) {
      this.#asked = true;
      // Nothing is lost without it: the next sound tries again.
      this.#begin().catch(() => (this.#asked = false));
    }
    this.#stage?.show(hears);
  }

  async #begin() {
    const [{ Stage }] = await Promise.all([import('../late/stage.js'), speakMore('late')]);
    const look = (/** @type {boolean} */ yes) =>
      this.#feed.look(yes ? 'spectrum' : 'nothing', (seen) => this.#stage !== null && seen.type === 'spectrum' && stage.take(seen));
    const heard = (/** @type {number} */ near) => player.heardTicks(near);
    const stage = new Stage({ look, heard, paint: () => this.#paint });
    this.#stage = stage;
    stage.show(player.state.phase === 'live' || player.state.phase === 'pocket');
  }
}

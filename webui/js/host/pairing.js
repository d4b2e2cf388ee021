// How a guest becomes a host: the button, the number, the count-down. The box decides; this only asks and shows.

import { askToBeHost, giveUpAsking, readPairing, readPairingWay, RefusedError } from '../api.js';
import { asked, atRest, describe, lookAgainMs, refused, secondsLeft, seen } from '../asking.js';
import { known, t } from '../i18n.js';
import { write } from '../dom.js';
import { element } from './page.js';

export class Pairing {
  #card = element('pairing');
  #button = element('pairing-button');
  #bar = /** @type {HTMLProgressElement} */ (element('pairing-bar'));
  #onHost;
  #asking = atRest();
  /** What somebody at the box does to let a phone in. @type {'button' | 'key' | 'none'} */
  #way = 'button';
  #address = '';
  #isHost = false;
  #busy = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} onHost called when this phone has become host */
  constructor(onHost) {
    this.#onHost = onHost;
    this.#button.addEventListener('click', () => (this.#asking.phase === 'asking' ? this.#giveUp() : this.#ask()));
    this.#draw();
    this.wake();
  }

  /** What there is to press depends on the machine. */
  async #findWay() {
    try {
      const { way, address } = await readPairingWay();
      this.#way = way;
      this.#address = address;
      this.#draw();
    } catch {
      // It is asked again when the page wakes.
    }
  }

  /** The page is new, or was asleep: what became of a request is found out by asking. */
  wake() {
    clearTimeout(this.#timer);
    this.#look();
    if (this.#address === '') this.#findWay();
  }

  /** @param {boolean} isHost whether the box calls this phone a host */
  show(isHost) {
    const wasHost = this.#isHost;
    this.#isHost = isHost;
    if (wasHost === this.#isHost) return;
    // Who lost the host's bar is told why.
    if (wasHost) this.wake();
    this.#draw();
  }

  async #ask() {
    if (this.#busy) return;
    this.#busy = true;
    try {
      this.#take(asked(await askToBeHost(), performance.now()));
    } catch (error) {
      const said = error instanceof RefusedError ? error : null;
      this.#take(refused(said?.status ?? 0, said?.retryAfterMs ?? 0));
    } finally {
      this.#busy = false;
    }
  }

  async #giveUp() {
    this.#take(atRest());
    try {
      await giveUpAsking();
    } catch {
      // The request runs out by itself.
    }
  }

  async #look() {
    const before = this.#asking;
    try {
      const stand = await readPairing();
      // What was tapped in the meantime counts more than what the box said before it.
      if (before === this.#asking && !this.#busy) this.#asking = seen(before, stand, performance.now());
    } catch {
      // It is asked again, and the count-down goes on.
    }
    if (!this.#busy) this.#take(this.#asking, before);
  }

  /**
   * @param {import('../asking.js').Asking} asking
   * @param {import('../asking.js').Asking} before
   */
  #take(asking, before = this.#asking) {
    this.#asking = asking;
    clearTimeout(this.#timer);
    const pauseMs = lookAgainMs(asking);
    if (pauseMs !== null) this.#timer = setTimeout(() => this.#look(), pauseMs);
    if (asking.phase === 'host' && before.phase !== 'host') this.#onHost();
    this.#draw();
    // What to do now has grown below the button that was tapped.
    if (asking.phase === 'asking' && before.phase !== 'asking') this.#card.scrollIntoView({ block: 'nearest' });
  }

  #draw() {
    const { button, say, hint } = describe(this.#asking, this.#way);
    const asks = this.#asking.phase === 'asking';
    const left = secondsLeft(this.#asking, performance.now());
    const hadFocus = document.activeElement === this.#button;
    this.#card.dataset.phase = this.#asking.phase;
    // Nobody is left counting down for a press of a button that is not there.
    this.#button.hidden = this.#isHost || this.#way === 'none';
    write(element('gate-text'), t(this.#way === 'button' ? 'gate.text' : `gate.text_${this.#way}`, { address: this.#address }));
    write(this.#button, t(button));
    write(element('pairing-say'), say === '' ? '' : t(say));
    const minutes = Math.max(1, Math.ceil(this.#asking.retryMs / 60000));
    write(element('pairing-hint'), known(hint) ? t(hint, { n: this.#asking.label, minutes }) : '');
    element('pairing-wait').hidden = !asks;
    write(element('pairing-number'), String(this.#asking.label));
    write(element('pairing-left'), t('pairing.left', { n: left }));
    this.#bar.value = left;
    // The button that was tapped is gone; what it led to takes its place for keyboard and screen reader.
    if (this.#isHost && hadFocus) element('host-heading').focus();
  }
}

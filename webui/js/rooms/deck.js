// What a DJ plays: files of this phone, one after the other, heard here and sent to others. By an element and a graph of sounds,
// because iPhones cannot capture what an element plays. No file leaves the phone but as sound.

export class Deck {
  #audio;
  #onChange;
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {MediaStreamAudioDestinationNode | null} */
  #destination = null;
  /** @type {File[]} */
  #files = [];
  #at = 0;
  /** What the element plays, as the address that is to be given back. */
  #address = '';

  /**
   * @param {HTMLAudioElement} audio
   * @param {() => void} onChange called when something else plays, or nothing does
   */
  constructor(audio, onChange) {
    this.#audio = audio;
    this.#onChange = onChange;
    for (const kind of ['play', 'pause', 'emptied']) audio.addEventListener(kind, onChange);
    audio.addEventListener('ended', () => this.skip());
    audio.addEventListener('error', () => {
      // One file that this phone cannot play is no end of the music.
      if (this.#address !== '' && this.#at + 1 < this.#files.length) this.skip();
      else onChange();
    });
  }

  /** What is played, also while nothing is. To be opened within a tap, because only that may start sound. */
  open() {
    if (this.#context === null || this.#destination === null) {
      this.#context = new AudioContext({ latencyHint: 'playback' });
      this.#destination = this.#context.createMediaStreamDestination();
      const source = this.#context.createMediaElementSource(this.#audio);
      source.connect(this.#destination);
      source.connect(this.#context.destination);
    }
    this.#context.resume();
    return this.#destination.stream;
  }

  get playing() {
    // What cannot be played counts as played for the element.
    return !this.#audio.paused && this.loaded && !this.broken;
  }

  /** Whether there is something to play. */
  get loaded() {
    return this.#address !== '';
  }

  /** Whether the file cannot be played here. */
  get broken() {
    return this.#address !== '' && this.#audio.error !== null;
  }

  /** Whether something comes after this. */
  get hasNext() {
    return this.#at + 1 < this.#files.length;
  }

  /** The name of what is loaded, without its ending. */
  get title() {
    return this.#files[this.#at]?.name.replace(/\.[^.]+$/, '') ?? '';
  }

  /** @param {File[]} files in the order in which they are to be heard */
  load(files) {
    if (files.length === 0) return;
    this.#files = files;
    this.#turn(0);
  }

  play() {
    this.open();
    this.#audio.play().catch(() => this.#onChange());
  }

  pause() {
    this.#audio.pause();
  }

  /** The next file, and silence after the last. */
  skip() {
    if (!this.hasNext) {
      this.#onChange();
      return;
    }
    this.#turn(this.#at + 1);
    this.play();
  }

  /** @param {number} at */
  #turn(at) {
    URL.revokeObjectURL(this.#address);
    this.#at = at;
    this.#address = URL.createObjectURL(this.#files[at]);
    this.#audio.src = this.#address;
    this.#onChange();
  }
}

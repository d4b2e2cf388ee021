// What browsers offer and the type checker's own list does not know.

/** Apple's switch for what a page's sound is (WebKit, iOS 16.4); absent elsewhere. */
interface AudioSession {
  type: 'auto' | 'playback' | 'ambient' | 'play-and-record';
}

interface Navigator {
  readonly audioSession?: AudioSession;
}

/** The media source of iPhones, which asks for data when it wants some (WebKit, iOS 17.1); absent elsewhere. */
interface ManagedMediaSource extends MediaSource {
  readonly streaming: boolean;
}

declare var ManagedMediaSource: { prototype: ManagedMediaSource; new (): ManagedMediaSource; isTypeSupported(type: string): boolean } | undefined;

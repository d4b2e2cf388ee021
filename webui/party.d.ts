// What the box says about the party, in types: the shapes of `state` and `you` as the live feed hands them on.
// A merge patch that sets a value to null takes it away, so what may be null may also be missing.

declare namespace Party {
  interface Track {
    id: number;
    title: string;
    artist: string;
    album: string;
    duration_ms?: number | null;
    /** Where its cover lies. */
    art?: string | null;
    /** In lists of the library: a host sent it to the box. */
    uploaded?: boolean;
    /** A guest has brought it from their phone. */
    brought?: boolean;
  }

  /** Who asked for a song; nothing for the box itself. */
  type By = { label: number; name?: string | null } | 'host' | null | undefined;

  /** Why a song stands where it stands. */
  interface Why {
    code: string;
    before?: number;
    votes?: number;
    round?: number;
  }

  interface Item {
    track: Track;
    by?: By;
    votes: number;
    boosted: boolean;
    why: Why[];
  }

  interface Queue {
    order: number[];
    items: Record<string, Item>;
    can_undo: boolean;
  }

  /** Who said what a setting is: nobody, the box's file, the one that its owner edits on its card, or a host on the page. */
  type Origin = 'default' | 'file' | 'card' | 'page' | 'command';

  /** A setting of the box. */
  interface BoxSetting {
    key: string;
    value: unknown;
    origin: Origin;
    default: unknown;
    /** What it goes back to when a host's word is taken back. */
    back?: { value: unknown; origin: Origin };
    kind: 'text' | 'secret' | 'number' | 'switch' | 'choice' | 'number-choice' | 'numbers' | 'texts' | 'hours' | 'country' | 'pins' | 'other';
    min?: number;
    max?: number;
    choices?: (string | number)[];
    /** What is possible now; others may be said as well. */
    suggestions?: string[];
    takes: 'now' | 'restart' | 'never' | { elsewhere: string };
    pending: boolean;
    left_out?: string;
  }

  /** What of a backup was not taken. */
  interface LeftOut {
    name: string;
    why: 'unknown' | 'impossible' | 'damaged' | 'bad-name' | 'too-large' | 'not-written' | 'not-saved';
  }

  interface BoxSettings {
    settings: BoxSetting[];
    pending: boolean;
    /** The first host may be asked what the box needs to know. */
    asks: boolean;
    /** Who has set its clock, and whether a host may. */
    clock: { by: 'system' | 'phone' | 'nobody'; settable: boolean };
  }

  /** What is wrong with the file on the card. */
  interface CardProblem {
    line: number | null;
    key: string;
    code: string;
    /** In English. */
    detail: string;
  }

  interface Settings {
    requests: 'approve' | 'auto' | 'off';
    /** Guests may ask only for what the channel plays by itself, where that is not everything. */
    own_only: boolean;
    /** What becomes of files that guests bring. */
    files: 'approve' | 'auto' | 'off';
    /** 1 to 10. */
    files_per_guest_max: number;
    shuffle: boolean;
    repeat: 'off' | 'all' | 'one';
    per_guest_max: number;
    /** Minutes. */
    recent_min: number;
    /** 0 to 1. */
    skip_share: number;
    skip_votes_min: number;
    skip_after_s: number;
    skip_pause_s: number;
    reactions: boolean;
    crossfade_ms: number;
    level_loudness: boolean;
    fill_silence: boolean;
    /** 6 to 40. */
    duck_db: number;
    /** Whether several may send to the channel at once. */
    together: boolean;
  }

  interface Scan {
    running: boolean;
    files_done: number;
    files_total: number;
    files_per_s: number;
    left_s?: number | null;
    tracks: number;
    broken: number;
  }

  interface Power {
    /** Now; null where the board cannot tell. */
    undervoltage?: boolean | null;
    /** Since it was switched on. */
    undervoltage_seen: boolean;
    throttled: boolean;
    temperature_c?: number | null;
    volt?: number | null;
  }

  interface Update {
    state: string;
    progress?: number | null;
    version?: string | null;
    why?: string | null;
  }

  /** A token with which a desk or program may send. */
  interface SenderToken {
    id: number;
    name: string;
    /** The channel it is for; null: any. */
    channel: string | null;
    /** Whether somebody sends with it. */
    on: boolean;
  }

  interface Senders {
    tokens: SenderToken[];
    on: { channel: string; id: number; name: string; loudness_percent: number; token: number | null; guest: number | null }[];
  }

  interface Radio {
    guests: number;
    guests_max: number;
    nearly_full: boolean;
    full: boolean;
    chipset: string;
  }

  /** One programme guests can choose. */
  interface Channel {
    id: string;
    /** Empty: it is called by its colour. */
    name: string;
    /** One of `COLOURS` in `js/channels.js`. */
    color: string;
    playing: boolean;
    /** `files`, `line-in` or `sender`. */
    source: string;
    title: string;
    artist: string;
    listeners: number;
  }

  /** What a channel plays by itself; keys are the box's. */
  type Repertoire = 'all' | { folder: string } | { playlist: string };

  interface ChannelRepertoire {
    repertoire: Repertoire;
    /** Nothing of it can be played, so that everything plays. */
    repertoire_lost: boolean;
    own_only: boolean;
  }

  interface Folder {
    key: string;
    name: string;
    /** Of a place of music as a whole. */
    kind?: string | null;
    present: boolean;
    tracks: number;
    has_folders: boolean;
  }

  interface Playlist {
    id: number;
    key: string;
    name: string;
    tracks: number;
  }

  interface ChannelStatistics {
    /** How far the values of `listeners` are apart. */
    every_ms: number;
    /** The newest value last. */
    channels: { id: string; listeners: number[] }[];
    switches: { from: string; to: string; count: number }[];
  }

  /** What follows is of one channel, where it is not of the box. */
  interface State {
    name: string;
    version: string;
    channel: string;
    /** All there are, in the host's order; at least one. */
    channels: Channel[];
    session: { live: boolean; title?: string | null; started_ms: number; invite?: string | null; name?: string | null; https_port?: number | null };
    playing: boolean;
    /** `files`, `line-in` or `sender`. */
    source: string;
    sources: { id: string; state: string; detail?: string; title?: string; artist?: string }[];
    /** The chosen source is silent or gone, and another one stands in. */
    fallback: boolean;
    /** Line-in is chosen and has been silent for 30 s, though something waits. */
    line_in_silent: boolean;
    /** Somebody speaks over the music. */
    talk_over: boolean;
    /** 0 to -40. */
    volume_db: number;
    track?: (Track & { item?: number | null; by?: By; hearts?: number }) | null;
    streams: { id: string }[];
    listeners: { live: number; pocket: number };
    queue: Queue;
    upcoming: Track[];
    history: { track: Track; by?: By; how: string; skipped_by: number; at_ms: number; hearts: number }[];
    /** How many of each kind there were at this party. */
    reactions: Record<string, number>;
    skip: { votes: number; needed: number; from_ms: number };
    settings: Settings;
    scan?: Scan | null;
    radio?: Radio | null;
    power?: Power | null;
    update?: Update | null;
    /** Why the box forgets what it is told now when it is switched off: `read-only`, `full`, `refused`, `nowhere`, `lost`, `making` or `failed`. */
    forgets?: string | null;
    /** What is wrong with its own network. */
    network_trouble?: { kind: 'no-rules' | 'no-firmware'; files?: string[] } | null;
  }

  interface Level {
    /** Nothing for silence. */
    peak_dbfs?: number | null;
    clipped: boolean;
  }

  interface Ask {
    id: number;
    track: Track;
    by?: By;
  }

  interface You {
    role: 'guest' | 'dj' | 'host';
    /** For DJs and hosts. */
    pending?: Ask[];
    /** For hosts: who said what each setting is. */
    origins?: Partial<Record<keyof Settings, Origin>>;
    /** For hosts: what those settings that hosts have set would be, were their word taken back. */
    back?: Partial<Settings>;
    /** For hosts. */
    line_level?: Level | null;
    /** For hosts: what each channel plays by itself, by its id. */
    repertoires?: Record<string, ChannelRepertoire>;
    /** For hosts: how many channels there may be. */
    channels_max?: number;
    /** For hosts: how many channels this board is likely to encode. */
    channels_estimate?: number;
  }

  interface Guest {
    label: number;
    name?: string | null;
    role: string;
    listening: boolean;
    /** Whether a page of theirs is open. */
    here: boolean;
    /** Seconds since they were here last. */
    away_s: number;
    requests: number;
  }

  interface Place {
    id: number | string;
    name: string;
    kind: string;
    present: boolean;
    tracks: number;
    /** Its sound files of kinds that are not looked at. */
    passed_over: { ending: string; files: number }[];
  }
}

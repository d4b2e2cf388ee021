//! The party itself: inputs in, outputs out.
//!
//! It keeps [`DECKS`] tracks open ahead (the one heard and the one after it), so that the hand-over is gapless and a
//! skip is immediate. It does not know how far a track has played; the audio room tells when one starts and ends. What
//! people ask for is in `party/wishes.rs`, what is opened in `party/decks.rs`, what outlasts a restart in
//! `party/memory.rs`.

mod decks;
mod memory;
mod view;
mod wishes;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use base::{CueId, GuestId, Time, TrackId};

use crate::history::History;
use crate::mix::{Fades, MixPlan, Source, VOLUME_FADE_MS, Volume};
use crate::order::Order;
use crate::queue::Queue;
use crate::requests::RequestList;
use crate::settings::{Change, Settings};

use decks::Open;
pub use memory::{Saved, SavedItem};
pub use view::View;
pub use wishes::BOOSTS_MAX;

/// Tracks open at once: the one heard and the next.
const DECKS: usize = 2;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A host pressed play.
    Play,
    /// A host pressed pause.
    Pause,
    /// A host wants it to play if it does not, and not to play if it does.
    Toggle,
    /// A host wants it to fade out and stop: what plays next begins with another track.
    Stop,
    /// A host wants the next track.
    Next,
    /// A host turned the volume by so many steps; negative is softer.
    Turn(i8),
    /// A host chose a source.
    Select(Source),
    /// These are the tracks there are, in playing order.
    Catalogue(Vec<TrackId>),
    /// The first frame of an opened track was mixed.
    TrackStarted(CueId),
    /// The last frame of an opened track was mixed, or its turn was skipped.
    TrackEnded(CueId),
    /// A track could not be opened after [`Output::Cue`]: there is no deck for it, and it stays out of the order.
    CueFailed(CueId),
    /// A track turned out unplayable after it was opened; its deck ends by itself. It stays out of the order.
    TrackBroken(CueId),
    /// So many people listen.
    Listening(usize),
    /// Time went on; to be told a few times a second.
    Pass,
}

/// What shall happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Mix like this from now on.
    Mix(MixPlan),
    /// Open this track and put it behind those already open.
    Cue(CueId, TrackId),
    /// Close every open track that has not begun.
    Uncue,
    /// Go on to the next open track now.
    Skip,
}

/// The party as such.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Whether it goes on.
    pub live: bool,
    /// What it is called; may be empty.
    pub title: String,
    /// When it began.
    pub started: Time,
}

/// The state of one channel's party.
#[derive(Debug)]
pub struct Party {
    fades: Fades,
    source: Source,
    playing: bool,
    /// Whether the track that is open first was given up by a stop, and is skipped when it plays again.
    stopped: bool,
    volume: Volume,
    session: Session,
    /// The settings that hold: the configured ones and over them the chosen ones.
    settings: Settings,
    configured: Settings,
    /// The settings that hosts have set.
    chosen: Change,
    order: Order,
    queue: Queue,
    requests: RequestList,
    history: History,
    /// Boosts that guests have spent.
    boosts: BTreeMap<GuestId, u8>,
    skip_votes: BTreeSet<GuestId>,
    listening: usize,
    /// Tracks opened and not yet ended, oldest first; at most [`DECKS`], and one more for the blink of an eye.
    open: VecDeque<Open>,
    /// Tracks closed before they began, as far as the party knows: one may have begun in the meantime.
    closed: VecDeque<Open>,
    next_cue: CueId,
    /// Whether what is heard was skipped, so that it is not repeated.
    leaving: bool,
    /// Whether what is open next is no longer what shall be heard next.
    stale: bool,
    /// Whether what plays by itself was mixed up since it was opened.
    reordered: bool,
    /// When an open track was last replaced.
    replaced: Option<Time>,
    /// Counts changes of what people see, and of what outlasts a restart.
    revision: u64,
    saved_revision: u64,
}

impl Party {
    /// A party that plays `source` at once: music needs no permission after power-up. `settings` are the configured ones;
    /// what hosts have set comes by [`Party::resume`]. `seed` is what mixing up begins with.
    pub fn new(source: Source, fades: Fades, settings: Settings, seed: u64) -> Self {
        let mut order = Order::new(seed);
        order.set_shuffle(settings.shuffle);
        Self {
            fades,
            source,
            playing: true,
            stopped: false,
            volume: Volume::FULL,
            session: Session { live: true, ..Session::default() },
            configured: settings.clone(),
            settings,
            chosen: Change::default(),
            order,
            queue: Queue::default(),
            requests: RequestList::default(),
            history: History::default(),
            boosts: BTreeMap::new(),
            skip_votes: BTreeSet::new(),
            listening: 0,
            open: VecDeque::new(),
            closed: VecDeque::new(),
            next_cue: CueId(0),
            leaving: false,
            stale: false,
            reordered: false,
            replaced: None,
            revision: 0,
            saved_revision: 0,
        }
    }

    /// The plan to start with.
    pub fn plan(&self) -> MixPlan {
        self.plan_within(self.fades.pause_ms)
    }

    fn plan_within(&self, ramp_ms: u16) -> MixPlan {
        MixPlan::new(self.source, self.playing, self.volume, ramp_ms)
    }

    /// Takes in what happened at `now`, on a clock that only goes forward, and returns what shall happen, in order.
    pub fn handle(&mut self, now: Time, input: Input) -> Vec<Output> {
        if !matches!(input, Input::Pass | Input::Listening(_)) {
            self.revision += 1;
        }
        match input {
            Input::Play => self.play(now),
            Input::Pause => self.set_playing(false, self.fades.pause_ms),
            Input::Toggle if self.playing => self.set_playing(false, self.fades.pause_ms),
            Input::Toggle => self.play(now),
            Input::Stop => self.stop(),
            Input::Turn(steps) => self.set_volume(self.volume.turned(steps)),
            Input::Select(source) => self.select(source),
            Input::Next => self.next(now),
            Input::Catalogue(tracks) => {
                self.order.replace(tracks);
                self.settle(now, false)
            }
            Input::TrackStarted(cue) => {
                self.begin(cue, now);
                self.settle(now, false)
            }
            Input::TrackEnded(cue) => {
                self.end(cue);
                self.settle(now, false)
            }
            Input::CueFailed(cue) => {
                self.fail(cue);
                self.settle(now, true)
            }
            Input::TrackBroken(cue) => {
                self.give_up_on(cue);
                self.settle(now, true)
            }
            Input::Listening(count) => self.listen(count, now),
            Input::Pass if self.stale => self.settle(now, false),
            Input::Pass => Vec::new(),
        }
    }

    fn play(&mut self, now: Time) -> Vec<Output> {
        // The box's own buttons have no other way to begin a party.
        if !self.session.live {
            self.begin_session(now);
        }
        if self.stopped { self.next(now) } else { self.set_playing(true, self.fades.pause_ms) }
    }

    fn begin_session(&mut self, now: Time) {
        self.session = Session { live: true, title: std::mem::take(&mut self.session.title), started: now };
    }

    fn set_playing(&mut self, playing: bool, fade_ms: u16) -> Vec<Output> {
        if self.playing == playing {
            return Vec::new();
        }
        self.playing = playing;
        vec![Output::Mix(self.plan_within(fade_ms))]
    }

    /// The track is given up now, but left only when something plays again: until then it is still fading.
    fn stop(&mut self) -> Vec<Output> {
        self.stopped = self.source == Source::Files;
        self.set_playing(false, self.fades.stop_ms)
    }

    fn set_volume(&mut self, volume: Volume) -> Vec<Output> {
        if volume == self.volume {
            return Vec::new();
        }
        self.volume = volume;
        self.saved_revision += 1;
        if self.playing { vec![Output::Mix(self.plan_within(VOLUME_FADE_MS))] } else { Vec::new() }
    }

    fn select(&mut self, source: Source) -> Vec<Output> {
        if self.source == source {
            return Vec::new();
        }
        self.source = source;
        vec![Output::Mix(self.plan_within(self.fades.source_ms))]
    }

    /// Next also resumes: who skips wants to hear something. On line-in there is nothing to skip.
    fn next(&mut self, now: Time) -> Vec<Output> {
        if !self.session.live {
            self.begin_session(now);
        }
        let has_next = self.source == Source::Files && !self.open.is_empty();
        let mut outputs = if has_next { self.leave(now) } else { Vec::new() };
        if has_next || self.stopped {
            outputs.extend(self.set_playing(true, self.fades.pause_ms));
        }
        self.stopped = false;
        outputs
    }

    fn listen(&mut self, count: usize, now: Time) -> Vec<Output> {
        if self.listening != count {
            let needed = self.skips_needed();
            self.listening = count;
            self.revision += u64::from(needed != self.skips_needed());
        }
        self.skip_if_wanted(now)
    }
}

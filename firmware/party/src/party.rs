//! The party itself: inputs in, outputs out.
//!
//! It keeps [`DECKS`] tracks open ahead (the one heard and the one after it), so that the hand-over is gapless and a
//! skip is immediate. It does not know how far a track has played; the audio room tells when one starts and ends. What
//! anybody wants is in `party/wishes.rs` (how it plays in `party/transport.rs`), votes to skip in `party/skips.rs`, hearts and reactions in
//! `party/applause.rs`, files that guests bring in `party/files.rs`, who speaks over the music in `party/voice.rs`, a silent
//! line-in in `party/silence.rs`, what is opened in `party/decks.rs`, what outlasts a restart in `party/memory.rs`.

mod applause;
mod decks;
mod files;
mod memory;
mod silence;
mod skips;
mod transport;
mod view;
mod voice;
mod wishes;

use std::collections::{BTreeMap, VecDeque};

use base::{CueId, GuestId, Time, TrackId};
use serde::{Deserialize, Serialize};

use crate::audience::Audience;
use crate::history::History;
use crate::mix::{Fades, MixPlan, Mouth, Source, Volume};
use crate::order::Order;
use crate::queue::Queue;
use crate::requests::RequestList;
use crate::settings::{Change, Settings};

use applause::Applause;
pub use applause::REACTION_PAUSE_MS;
use decks::Open;
use files::Files;
pub use files::HEARD_FILES_MAX;
pub use memory::{Saved, SavedItem};
pub use silence::SILENT_MS;
use silence::Silence;
use skips::Skips;
pub use view::View;
pub use voice::TALK_OVER_MS;
pub use wishes::BOOSTS_MAX;

/// Tracks open at once: the one heard and the next.
const DECKS: usize = 2;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// These are the tracks there are, in playing order.
    Catalogue(Vec<TrackId>),
    /// These of the tracks there are, in this order, play by themselves; `None`: all of them do.
    Repertoire(Option<Vec<TrackId>>),
    /// What is shown of a track has become known, or has changed.
    Described(TrackId),
    /// A line-in is set up, or none.
    LineIn(bool),
    /// Sound comes in there, or silence.
    LineInHeard(bool),
    /// Somebody sends to the channel, or nobody.
    Sender(bool),
    /// A host's phone is there to be spoken into over the music, or none.
    Voice(bool),
    /// The first frame of an opened track was mixed.
    TrackStarted(CueId),
    /// The last frame of an opened track was mixed, or its turn was skipped.
    TrackEnded(CueId),
    /// A track could not be opened after [`Output::Cue`]: there is no deck for it, and it stays out of the order.
    CueFailed(CueId),
    /// A track turned out unplayable after it was opened; its deck ends by itself. It stays out of the order.
    TrackBroken(CueId),
    /// These people hear the channel.
    Listening(Audience),
    /// Time went on; an input due a few times a second.
    Pass,
}

/// What shall happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Mix like this from now on.
    Mix(MixPlan),
    /// Open this track and put it behind those already open.
    Cue(CueId, TrackId),
    /// Open this track, from so many milliseconds on, and put it behind those already open.
    CueAt(CueId, TrackId, u64),
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
#[derive(Debug, PartialEq)]
pub struct Party {
    fades: Fades,
    source: Source,
    has_line_in: bool,
    has_sender: bool,
    /// Whether a host's phone is there to be spoken into.
    has_voice: bool,
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
    skips: Skips,
    applause: Applause,
    files: Files,
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
    silence: Silence,
    /// Who speaks over the music, if somebody does.
    talk_over: Option<voice::Talk>,
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
            has_line_in: source == Source::LineIn,
            has_sender: false,
            has_voice: false,
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
            skips: Skips::default(),
            applause: Applause::default(),
            files: Files::default(),
            open: VecDeque::new(),
            closed: VecDeque::new(),
            next_cue: CueId(0),
            leaving: false,
            stale: false,
            reordered: false,
            replaced: None,
            silence: Silence::default(),
            talk_over: None,
            revision: 0,
            saved_revision: 0,
        }
    }

    /// The plan to start with.
    pub fn plan(&self) -> MixPlan {
        self.plan_within(self.fades.pause_ms)
    }

    fn plan_within(&self, ramp_ms: u16) -> MixPlan {
        let plan = MixPlan::new(self.source, self.playing, self.volume, ramp_ms);
        let plan = if self.playing && self.silence.is_filled { plan.with_tracks(self.volume) } else { plan };
        let under = |talk: voice::Talk| plan.under_a_voice(talk.mouth, self.volume, self.settings.duck_db);
        self.talk_over.map_or(plan, under)
    }

    /// Takes in what happened at `now`, on a clock that only goes forward, and returns what shall happen, in order.
    pub fn handle(&mut self, now: Time, input: Input) -> Vec<Output> {
        if !matches!(input, Input::Pass | Input::Listening(_)) {
            self.revision += 1;
        }
        match input {
            Input::Catalogue(tracks) => {
                self.order.replace(tracks);
                self.settle(now, false)
            }
            Input::Repertoire(tracks) => {
                self.order.set_own(tracks);
                self.settle(now, true)
            }
            Input::Described(_) => Vec::new(),
            Input::LineIn(is_set_up) => {
                self.has_line_in = is_set_up;
                if is_set_up { Vec::new() } else { self.fall_silent_at(Mouth::LineIn) }
            }
            Input::LineInHeard(is_heard) => self.hear_line_in(is_heard, now),
            Input::Sender(is_there) => {
                self.has_sender = is_there;
                Vec::new()
            }
            Input::Voice(is_there) => {
                self.has_voice = is_there;
                if is_there { Vec::new() } else { self.fall_silent_at(Mouth::Phone) }
            }
            Input::TrackStarted(cue) => {
                self.begin(cue, now);
                self.note_heard_file(cue);
                self.settle(now, false)
            }
            Input::TrackEnded(cue) => {
                self.end(cue);
                self.settle(now, false)
            }
            Input::CueFailed(cue) => {
                self.fail(cue);
                self.tidy_files();
                self.settle(now, true)
            }
            Input::TrackBroken(cue) => {
                self.give_up_on(cue);
                self.tidy_files();
                self.settle(now, true)
            }
            Input::Listening(audience) => self.listen(audience, now),
            Input::Pass => {
                let mut outputs = self.end_of_talk(now);
                outputs.extend(self.watch_silence(now));
                if self.stale {
                    outputs.extend(self.settle(now, false));
                }
                outputs
            }
        }
    }
}

//! The other side of the pump: decks in, events and status out.
//!
//! Everything is bounded and nothing waits, on either side. Tracks are chosen elsewhere.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crossbeam_queue::ArrayQueue;

use crate::audible;
use crate::deck::Deck;
use crate::encode::{Encode, OnDemand};
use crate::limiter::Limiter;
use crate::line::status::LineStatus;
use crate::mixer::{CUED_MAX, Decibels, Event, MixPlan, Mixer};
use crate::status::{Meters, Status};

/// Commands on their way to the pump, which fetches them every 10 ms. When it is full, the command is refused.
pub(super) const COMMANDS: usize = 16;

/// Events on their way from the pump. When nobody fetches them, the oldest is dropped and counted.
pub(super) const EVENTS: usize = 64;

/// Decks on their way back. When nobody fetches them, the next one is dropped on the pump's thread, which costs it the
/// freeing of some memory.
const RETIRED: usize = 8;

pub(super) enum Command {
    Cue(Deck),
    Skip,
    ClearNext,
    Renew(Box<Parts>),
}

/// What of a pump can be replaced while it runs.
pub(super) struct Parts {
    pub(super) mixer: Mixer,
    pub(super) limiter: Limiter,
    pub(super) encoders: Vec<OnDemand>,
}

impl Parts {
    /// Parts in which nothing is heard yet, so that they fade into what the plan wants.
    fn new(sources: usize, encoders: Vec<Box<dyn Encode>>) -> Self {
        let plan = MixPlan { decks: Decibels::SILENCE, ..MixPlan::default() };
        let encoders = encoders.into_iter().map(OnDemand::new).collect();
        Self { mixer: Mixer::new(plan, sources), limiter: Limiter::new(), encoders }
    }
}

/// What was supplied, mixed and encoded since the last look, at its loudest: how somebody hears whether sound gets lost on its
/// way. All of it is measured on the same blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Levels {
    /// What the plan wants of sources and decks, linear.
    pub supplied: f32,
    /// What the encoders were given.
    pub mixed: audible::Level,
    /// Blocks made.
    pub blocks: u32,
}

/// The atomics behind [`Levels`].
#[derive(Default)]
pub(super) struct LevelMeters {
    supplied: AtomicU32,
    peak: AtomicU32,
    audible: AtomicU32,
    blocks: AtomicU32,
}

impl LevelMeters {
    /// Adds a block. The bits of numbers that are not negative have the order of the numbers.
    pub(super) fn add(&self, supplied: f32, mixed: audible::Level) {
        let level = |meter: &AtomicU32, level: f32| _ = meter.fetch_max(level.to_bits(), Ordering::Relaxed);
        level(&self.supplied, supplied);
        level(&self.peak, mixed.peak);
        level(&self.audible, mixed.audible);
        self.blocks.fetch_add(1, Ordering::Relaxed);
    }
}

/// What both sides share.
pub(super) struct Shared {
    pub(super) commands: ArrayQueue<Command>,
    pub(super) events: ArrayQueue<Event>,
    pub(super) retired: ArrayQueue<Deck>,
    /// Decks cued but not yet started, wherever they are.
    pub(super) cued: AtomicUsize,
    /// How many sources the pump has.
    pub(super) sources: usize,
    /// Parts that were replaced. When nobody fetches them, they are freed on the pump's thread.
    pub(super) replaced: ArrayQueue<Box<Parts>>,
    pub(super) levels: LevelMeters,
    pub(super) meters: Meters,
    pub(super) line: Option<Arc<LineStatus>>,
    pub(super) waker: OnceLock<Box<dyn Fn() + Send + Sync>>,
    pub(super) stop: AtomicBool,
}

impl Shared {
    pub(super) fn new(sources: usize, line: Option<Arc<LineStatus>>) -> Self {
        Self {
            commands: ArrayQueue::new(COMMANDS),
            events: ArrayQueue::new(EVENTS),
            retired: ArrayQueue::new(RETIRED),
            cued: AtomicUsize::new(0),
            sources,
            replaced: ArrayQueue::new(1),
            levels: LevelMeters::default(),
            meters: Meters::default(),
            line,
            waker: OnceLock::new(),
            stop: AtomicBool::new(false),
        }
    }
}

/// A handle to one channel's pump. Cheap to clone; its copies steer the same pump. The plan has a handle of its own:
/// [`crate::mixer::PlanWriter`].
#[derive(Clone)]
pub struct Controls {
    pub(super) shared: Arc<Shared>,
}

impl fmt::Debug for Controls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Controls").finish_non_exhaustive()
    }
}

impl Controls {
    /// Cues `deck` behind the current track; it starts at once if there is none.
    ///
    /// # Errors
    /// Returns the deck if [`CUED_MAX`] decks are waiting already (retry after the next [`Event::TrackStarted`]) or the
    /// queue of commands is full.
    pub fn cue(&self, deck: Deck) -> Result<(), Deck> {
        let free = |cued: usize| (cued < CUED_MAX).then_some(cued + 1);
        if self.shared.cued.fetch_update(Ordering::AcqRel, Ordering::Acquire, free).is_err() {
            return Err(deck);
        }
        match self.shared.commands.push(Command::Cue(deck)) {
            Err(Command::Cue(deck)) => {
                self.shared.cued.fetch_sub(1, Ordering::AcqRel);
                Err(deck)
            }
            _ => Ok(()),
        }
    }

    /// Fades to the next track at once; to silence if none is cued. Returns `false` if the queue of commands is full.
    pub fn skip(&self) -> bool {
        self.shared.commands.push(Command::Skip).is_ok()
    }

    /// Drops every cued deck. Returns `false` if the queue of commands is full.
    pub fn clear_next(&self) -> bool {
        self.shared.commands.push(Command::ClearNext).is_ok()
    }

    /// Polls the oldest event not yet fetched. Also frees the memory of decks that are done with.
    pub fn poll_event(&self) -> Option<Event> {
        while self.shared.retired.pop().is_some() {}
        while self.shared.replaced.pop().is_some() {}
        self.shared.events.pop()
    }

    /// Replaces the mixer, the limiter and the encoders, by `encoders`, as if the pump had just started: a cure for whatever is wrong
    /// in them. The current track ends, those cued are kept, and all sinks go on. Returns `false` if the queue of commands
    /// is full.
    pub fn renew(&self, encoders: Vec<Box<dyn Encode>>) -> bool {
        let parts = Box::new(Parts::new(self.shared.sources, encoders));
        self.shared.commands.push(Command::Renew(parts)).is_ok()
    }

    /// Returns the levels since the last call and starts again from silence; for one caller only.
    pub fn drain_levels(&self) -> Levels {
        let LevelMeters { supplied, peak, audible, blocks } = &self.shared.levels;
        let take = |meter: &AtomicU32| f32::from_bits(meter.swap(0, Ordering::Relaxed));
        let blocks = blocks.swap(0, Ordering::Relaxed);
        let mixed = audible::Level { peak: take(peak), audible: take(audible) };
        Levels { supplied: take(supplied), mixed, blocks }
    }

    /// Registers `wake`, which is called on the pump's thread after there are new events. It must return at once
    /// (`notify_one` of an async runtime does). Returns `false` if one is registered already.
    pub fn set_waker(&self, wake: impl Fn() + Send + Sync + 'static) -> bool {
        self.shared.waker.set(Box::new(wake)).is_ok()
    }

    /// Returns a snapshot of what the sound is doing.
    pub fn status(&self) -> Status {
        self.shared.meters.snapshot(self.shared.line.as_deref())
    }

    /// Ends the pump with its next step.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}

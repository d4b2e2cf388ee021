//! The pump: every 10 ms it pulls, mixes, limits, encodes and publishes one block.
//!
//! [`Pump::step`] is told the time and does not wait, lock, log or touch a file; it allocates nothing but the payloads
//! of packets and, where a payload has several owners, their count. [`run`] is the loop around it. What is played is
//! decided at the other end of [`Controls`].

mod controls;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base::{MediaTime, PacketSink, Time, Timeline};
pub use controls::Controls;
use controls::{COMMANDS, Command, Shared};

use crate::clock::Clock;
use crate::deck::Deck;
use crate::encode::Encode;
use crate::limiter::Limiter;
use crate::line::LineIn;
use crate::meter;
use crate::mixer::{Event, FromLine, MixPlan, Mixer, Outlet};
use crate::pcm::{BLOCK_FRAMES, BLOCK_US, Block, Frame, SILENCE};

/// Held up for longer than this, the pump leaves a hole instead of catching up: 200 ms, what players' buffers may ride
/// over. Up to it every block is made, back to back.
pub const CATCH_UP_US_MAX: u64 = 200_000;

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A block was made; there may be another one due.
    Made,
    /// Nothing is due before this instant.
    Wait(Time),
    /// [`Controls::stop`] was called.
    Stop,
}

/// The pump of one channel.
pub struct Pump {
    timeline: Timeline,
    next_block: u64,
    mixer: Mixer,
    limiter: Limiter,
    line: Option<LineIn>,
    line_frames: [Frame; BLOCK_FRAMES],
    encoders: Vec<Box<dyn Encode>>,
    sink: Box<dyn PacketSink>,
    block: Block,
    shared: Arc<Shared>,
}

/// A pump whose first block is due at `origin` (tick 0 of its timeline), and its controls.
///
/// Blocks are stamped with the instant they are due. Sound of line-in was recorded
/// [`crate::status::Status::line_delay_us`] plus one block before that.
pub fn new(
    origin: Time,
    plan: MixPlan,
    line: Option<LineIn>,
    encoders: Vec<Box<dyn Encode>>,
    sink: Box<dyn PacketSink>,
) -> (Pump, Controls) {
    let shared = Arc::new(Shared::new(plan, line.as_ref().map(LineIn::status)));
    let pump = Pump {
        timeline: Timeline::starting_at(origin),
        next_block: 0,
        mixer: Mixer::new(plan),
        limiter: Limiter::new(),
        line,
        line_frames: [SILENCE; BLOCK_FRAMES],
        encoders,
        sink,
        block: Block::SILENT,
        shared: Arc::clone(&shared),
    };
    (pump, Controls { shared })
}

impl Pump {
    /// How the timeline of this channel is tied to the clock.
    pub fn timeline(&self) -> Timeline {
        self.timeline
    }

    /// Makes the next block if it is due.
    pub fn step(&mut self, now: Time) -> Step {
        if self.shared.stop.load(Ordering::Relaxed) {
            return Step::Stop;
        }
        let due = self.timeline.to_time(self.next_media_time());
        if now < due {
            return Step::Wait(due);
        }
        let late_us = now.micros_since(due);
        let meters = &self.shared.meters;
        if late_us > CATCH_UP_US_MAX {
            let missed = late_us / BLOCK_US;
            self.next_block += missed;
            meters.hole_blocks.fetch_add(missed, Ordering::Relaxed);
        } else if late_us > BLOCK_US {
            meters.late_blocks.fetch_add(1, Ordering::Relaxed);
        }
        if meters.blocks.load(Ordering::Relaxed) == 0 {
            meters.first_block.store(now.as_micros(), Ordering::Relaxed);
        }
        self.make_block(self.next_media_time());
        self.next_block += 1;
        Step::Made
    }

    fn next_media_time(&self) -> MediaTime {
        MediaTime::from_ticks(self.next_block * BLOCK_FRAMES as u64)
    }

    fn make_block(&mut self, at: MediaTime) {
        let mut outlet = ToControls { shared: &self.shared, woken: false };
        // No more than the queue can hold: a busy other side must not keep the pump here.
        for _ in 0..COMMANDS {
            let Some(command) = self.shared.commands.pop() else { break };
            obey(&mut self.mixer, command, &mut outlet);
        }
        let scheduled = self.timeline.to_time(at);
        let delivered = self.line.as_mut().is_some_and(|line| line.pull(scheduled, &mut self.line_frames));
        let has_device = self.line.as_ref().is_some_and(LineIn::has_device);
        let line = match (delivered, has_device) {
            (true, _) => FromLine::Sound(&self.line_frames),
            (false, true) => FromLine::Late,
            (false, false) => FromLine::Gone,
        };
        let stood_in = self.mixer.standing_in();
        self.mixer.mix(self.shared.plan.get(), at, line, &mut self.block, &mut outlet);
        let woken = outlet.woken;
        self.limiter.process(&mut self.block);
        for encoder in &mut self.encoders {
            encoder.encode(at, &self.block, &mut *self.sink);
        }
        self.tell(stood_in, at + BLOCK_FRAMES as u64);
        if let Some(wake) = self.shared.waker.get().filter(|_| woken) {
            wake();
        }
    }

    fn tell(&self, stood_in: bool, behind: MediaTime) {
        let meters = &self.shared.meters;
        let (cue, position) = self.mixer.position().map_or((0, 0), |(cue, frames)| (cue.0 + 1, frames));
        meters.cue.store(cue, Ordering::Relaxed);
        meters.position.store(position, Ordering::Relaxed);
        meters.media_ticks.store(behind.as_ticks(), Ordering::Relaxed);
        let standing_in = self.mixer.standing_in();
        meters.standing_in.store(standing_in, Ordering::Relaxed);
        if standing_in && !stood_in {
            meters.fallbacks.fetch_add(1, Ordering::Relaxed);
        }
        meters.out_peak.store(meter::peak(&self.block.frames).to_bits(), Ordering::Relaxed);
        meters.limiter_gain.store(self.limiter.gain_min().to_bits(), Ordering::Relaxed);
        meters.blocks.fetch_add(1, Ordering::Relaxed);
    }
}

fn obey(mixer: &mut Mixer, command: Command, outlet: &mut ToControls<'_>) {
    match command {
        Command::Cue(deck) => {
            // Cannot be full: the controls count what they cue. Handed back rather than lost all the same.
            if let Err(deck) = mixer.cue(deck) {
                outlet.uncue();
                outlet.retire(deck);
            }
        }
        Command::Skip => mixer.skip(outlet),
        Command::ClearNext => {
            let cleared = mixer.clear_next(outlet);
            (0..cleared).for_each(|_| outlet.uncue());
        }
    }
}

/// The way from the mixer to whoever holds the controls.
struct ToControls<'a> {
    shared: &'a Shared,
    woken: bool,
}

impl ToControls<'_> {
    /// One deck less waits.
    fn uncue(&self) {
        self.shared.cued.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Outlet for ToControls<'_> {
    fn event(&mut self, event: Event) {
        match event {
            Event::TrackStarted { .. } => self.uncue(),
            Event::Starved { .. } => _ = self.shared.meters.starved.fetch_add(1, Ordering::Relaxed),
            _ => {}
        }
        if self.shared.events.force_push(event).is_some() {
            self.shared.meters.events_lost.fetch_add(1, Ordering::Relaxed);
        }
        self.woken = true;
    }

    fn retire(&mut self, deck: Deck) {
        // A full queue drops the deck here: see its capacity's comment.
        _ = self.shared.retired.push(deck);
        self.woken = true;
    }
}

/// Steps `pump` on `clock` on this thread until [`Controls::stop`].
pub fn run(mut pump: Pump, clock: Clock) {
    crate::thread::raise_priority("pump");
    loop {
        match pump.step(clock.now()) {
            Step::Made => {}
            Step::Wait(due) => std::thread::sleep(Duration::from_micros(due.micros_since(clock.now()))),
            Step::Stop => return,
        }
    }
}

//! The pump: every 10 ms it pulls, mixes, limits, encodes and publishes one block.
//!
//! [`Pump::step`] is told the time and does not wait, lock, log or touch a file; it allocates nothing but the payloads
//! of packets and, where a payload has several owners, their count. [`run`] is the loop around it. What is played is
//! decided at the other ends of [`Controls`] and [`PlanWriter`].

mod controls;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base::{MediaTime, PacketSink, Time, Timeline};
use controls::{COMMANDS, Command, Parts, Shared};
pub use controls::{Controls, Levels};

use crate::audible;
use crate::clock::Clock;
use crate::deck::Deck;
use crate::encode::{Encode, OnDemand};
use crate::limiter::Limiter;
use crate::meter;
use crate::mixer::{Event, FromSource, MixPlan, Mixer, Outlet, PlanReader, PlanWriter, SOURCES_MAX};
use crate::pcm::{BLOCK_FRAMES, BLOCK_US, Block, Frame, SILENCE};
use crate::sinks::Sinks;
use crate::source::{Delivery, Source};
use crate::tap::Tap;

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
    plan: PlanReader,
    parts: Box<Parts>,
    meter: audible::Meter,
    inputs: Vec<Input>,
    sinks: Sinks,
    block: Block,
    /// Where those who measure what is sent get it.
    tap: Option<Tap>,
    shared: Arc<Shared>,
}

/// A source and what it brought for the current block.
struct Input {
    source: Box<dyn Source>,
    frames: [Frame; BLOCK_FRAMES],
    /// Where those who measure the source get it.
    tap: Option<Tap>,
}

/// Returns a pump on the box's `timeline` whose first block is due at `first` (rounded up to a whole block), its controls and
/// the one end at which its plan is replaced.
///
/// Choose `first` with [`Timeline::next_packet_start`], a few ms ahead: what is due longer ago than [`CATCH_UP_US_MAX`] becomes
/// a hole. Blocks are stamped with the instant they are due; sound of line-in was recorded
/// [`crate::status::Status::line_delay_us`] plus one block before that. Each source has its gain in the plan at its own
/// place; each encoder runs while any of the sinks wants what it makes.
///
/// # Panics
/// More than [`SOURCES_MAX`] sources.
pub fn new(
    timeline: Timeline,
    first: MediaTime,
    plan: MixPlan,
    sources: Vec<Box<dyn Source>>,
    encoders: Vec<Box<dyn Encode>>,
    sinks: Vec<Box<dyn PacketSink>>,
) -> (Pump, Controls, PlanWriter) {
    assert!(sources.len() <= SOURCES_MAX, "{} sources, but a plan has {SOURCES_MAX}", sources.len());
    let shared = Arc::new(Shared::new(sources.len(), sources.iter().find_map(|source| source.line_status())));
    let (writer, reader) = crate::mixer::pair(plan);
    let input = |source| Input { source, frames: [SILENCE; BLOCK_FRAMES], tap: None };
    let pump = Pump {
        timeline,
        next_block: first.as_ticks().div_ceil(BLOCK_FRAMES as u64),
        plan: reader,
        parts: Box::new(Parts {
            mixer: Mixer::new(plan, sources.len()),
            limiter: Limiter::new(),
            encoders: encoders.into_iter().map(OnDemand::new).collect(),
        }),
        meter: audible::Meter::new(),
        inputs: sources.into_iter().map(input).collect(),
        sinks: Sinks::new(sinks),
        block: Block::SILENT,
        tap: None,
        shared: Arc::clone(&shared),
    };
    (pump, Controls { shared }, writer)
}

impl Pump {
    /// Returns the pump, which lets what is sent flow into `tap` as well.
    pub fn with_tap(self, tap: Tap) -> Self {
        Self { tap: Some(tap), ..self }
    }

    /// Returns the pump, which lets what each of its sources brings flow into a tap as well, in their order.
    pub fn with_source_taps(mut self, taps: impl IntoIterator<Item = Tap>) -> Self {
        self.inputs.iter_mut().zip(taps).for_each(|(input, tap)| input.tap = Some(tap));
        self
    }

    /// Returns the timeline of the box, on which this pump's packets lie.
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
            execute(&mut self.parts, command, &mut outlet);
        }
        let Parts { mixer, limiter, encoders } = &mut *self.parts;
        let stood_in = mixer.standing_in();
        let scheduled = self.timeline.to_time(at);
        let mut from = [FromSource::Gone; SOURCES_MAX];
        for (from, input) in from.iter_mut().zip(&mut self.inputs) {
            *from = input.pull(scheduled, at);
        }
        mixer.mix(self.plan.read(), at, &from, &mut self.block, &mut outlet);
        let woken = outlet.woken;
        let supplied = mixer.supplied();
        limiter.process(&mut self.block);
        self.shared.levels.add(supplied, self.meter.hear(&self.block.frames));
        if let Some(tap) = &mut self.tap {
            tap.hear(at, &self.block.frames);
        }
        for encoder in encoders {
            encoder.encode(at, &self.block, &mut self.sinks);
        }
        self.publish_status(stood_in, at + BLOCK_FRAMES as u64);
        if let Some(wake) = self.shared.waker.get().filter(|_| woken) {
            wake();
        }
    }

    fn publish_status(&self, stood_in: bool, behind: MediaTime) {
        let (meters, Parts { mixer, limiter, encoders }) = (&self.shared.meters, &*self.parts);
        let (cue, position) = mixer.position().map_or((0, 0), |(cue, frames)| (cue.0 + 1, frames));
        meters.cue.store(cue, Ordering::Relaxed);
        meters.position.store(position, Ordering::Relaxed);
        meters.media_ticks.store(behind.as_ticks(), Ordering::Relaxed);
        let standing_in = mixer.standing_in();
        meters.standing_in.store(standing_in, Ordering::Relaxed);
        if standing_in && !stood_in {
            meters.fallbacks.fetch_add(1, Ordering::Relaxed);
        }
        meters.out_peak.store(meter::peak(&self.block.frames).to_bits(), Ordering::Relaxed);
        meters.limiter_gain.store(limiter.gain_min().to_bits(), Ordering::Relaxed);
        let failures = encoders.iter().map(OnDemand::failures_total).sum();
        meters.encode_failures.store(failures, Ordering::Relaxed);
        let encoded = encoders.iter().map(OnDemand::blocks_total).sum();
        meters.encoded_blocks.store(encoded, Ordering::Relaxed);
        meters.blocks.fetch_add(1, Ordering::Relaxed);
    }
}

impl Input {
    /// Pulls the block due at `scheduled`, which is `at` on the timeline.
    fn pull(&mut self, scheduled: Time, at: MediaTime) -> FromSource<'_> {
        match self.source.pull(scheduled, &mut self.frames) {
            Delivery::Sound(frames) => {
                // A part of a block is the first or the last of a source.
                if let Some(tap) = self.tap.as_mut().filter(|_| frames >= BLOCK_FRAMES) {
                    tap.hear(at, &self.frames);
                }
                FromSource::Sound(&self.frames[..frames.min(BLOCK_FRAMES)])
            }
            Delivery::Late => FromSource::Late,
            Delivery::Gone => FromSource::Gone,
        }
    }
}

/// Carries out what the controls asked for.
fn execute(parts: &mut Box<Parts>, command: Command, outlet: &mut ToControls<'_>) {
    let mixer = &mut parts.mixer;
    match command {
        Command::Cue(deck) => {
            // Cannot be full: the controls count what they cue. Returned rather than lost all the same.
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
        Command::Renew(mut renewed) => {
            renewed.mixer.replace(mixer, outlet);
            std::mem::swap(parts, &mut renewed);
            // Full, it is freed here: see the queue's comment.
            _ = outlet.shared.replaced.push(renewed);
            outlet.woken = true;
        }
    }
}

/// The way from the mixer to whoever holds the controls.
struct ToControls<'a> {
    shared: &'a Shared,
    woken: bool,
}

impl ToControls<'_> {
    /// Counts one waiting deck less.
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

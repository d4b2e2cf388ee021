//! One opened device as one tap hears it: the ring between two threads, and what the pump needs to fit it to its clock.

use base::Time;
use rtrb::{Consumer, Producer, RingBuffer};

use super::fit::Fit;
use super::level::{Decision, Level, Stamp};
use crate::capture::{Error, Format};
use crate::pcm::{BLOCK_FRAMES, Frame};
use crate::source::Delivery;

/// Sound a session's ring holds, in ms. When it is full the incoming frames are dropped and counted; the pump notices and
/// fills it from empty.
const RING_MS: usize = 400;

/// Arrivals a session can announce before the pump reads them. When it is full, announcements are dropped: the next one
/// says the same and more.
const STAMPS: usize = 256;

/// The pump's half.
pub(super) struct Session {
    frames: Consumer<Frame>,
    stamps: Consumer<Stamp>,
    pub(super) level: Level,
    fit: Fit,
}

/// The capture thread's half.
pub(super) struct Feed {
    frames: Producer<Frame>,
    stamps: Producer<Stamp>,
    total_frames: u64,
}

/// Returns both halves of a session with a device of `format`. All they need is allocated here.
///
/// # Errors
/// [`Error::Unsupported`] if no resampler can be made for the rate.
pub(super) fn pair(format: Format) -> Result<(Feed, Box<Session>), Error> {
    let fit = Fit::new(format.rate_hz)?;
    let ring_frames = format.rate_hz as usize * RING_MS / 1_000 + 2 * format.period_frames;
    let (frames_in, frames) = RingBuffer::new(ring_frames);
    let (stamps_in, stamps) = RingBuffer::new(STAMPS);
    let level = Level::new(format.rate_hz, format.period_frames);
    let feed = Feed { frames: frames_in, stamps: stamps_in, total_frames: 0 };
    Ok((feed, Box::new(Session { frames, stamps, level, fit })))
}

impl Session {
    /// Returns whether the capture thread has closed the device.
    pub(super) fn is_closed(&self) -> bool {
        self.frames.is_abandoned()
    }

    /// Fills `out` with the block due at `scheduled`, or leaves it alone if the ring is being filled.
    pub(super) fn pull(&mut self, scheduled: Time, out: &mut [Frame; BLOCK_FRAMES]) -> Delivery {
        while let Ok(stamp) = self.stamps.pop() {
            self.level.arrived(stamp);
        }
        // Two more than needed: a change of speed may ask for one or two frames more within the block.
        let needed_frames = self.fit.needed_frames() + 2;
        match self.level.decide(scheduled, self.frames.slots(), needed_frames) {
            Decision::Wait => return Delivery::Late,
            Decision::Run { discard_frames, speed } => {
                if let Ok(chunk) = self.frames.read_chunk(discard_frames) {
                    chunk.commit_all();
                }
                self.fit.set_speed(speed);
            }
        }
        let input = self.fit.input();
        let Ok(chunk) = self.frames.read_chunk(input.len()) else { return Delivery::Late };
        let (first, second) = chunk.as_slices();
        input[..first.len()].copy_from_slice(first);
        input[first.len()..].copy_from_slice(second);
        chunk.commit_all();
        self.level.consumed(input.len());
        self.fit.run(out);
        Delivery::Sound(BLOCK_FRAMES)
    }
}

impl Feed {
    /// Moves `frames` into the ring and returns how many did not fit.
    pub(super) fn push(&mut self, frames: &[Frame], now: Time) -> usize {
        let count = self.frames.slots().min(frames.len());
        if let Ok(mut chunk) = self.frames.write_chunk(count) {
            let (first, second) = chunk.as_mut_slices();
            let split = first.len();
            first.copy_from_slice(&frames[..split]);
            second.copy_from_slice(&frames[split..count]);
            chunk.commit_all();
        }
        self.total_frames += count as u64;
        // A full ring of stamps is no loss: the next one says the same and more.
        _ = self.stamps.push(Stamp { at: now, total_frames: self.total_frames });
        frames.len() - count
    }
}

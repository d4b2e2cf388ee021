//! What a channel's sender is doing, as a snapshot: one relaxed store each for the threads that sound passes through.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use crate::meter::Signal;

/// What a channel's sender is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SenderState {
    /// Nobody sends.
    #[default]
    Off,
    /// Somebody is connected, of whom nothing is heard: nothing has come yet, or nothing comes any more.
    Waiting,
    /// Silence is sent.
    Silent,
    /// Sound is sent.
    Signal,
    /// Sound is sent that is cut off at full scale.
    Clipping,
}

/// What both ends of a channel's sender publish. Counters count over all senders since the channel was opened.
#[derive(Debug, Default)]
pub struct SenderStatus {
    state: AtomicU32,
    /// Packets played.
    pub(super) packets: AtomicU64,
    /// Frames that were recovered from the packet after them.
    pub(super) recovered_frames: AtomicU64,
    /// Frames that were concealed.
    pub(super) concealed_frames: AtomicU64,
    /// Packets that came too late, twice, or in too large a number to wait.
    pub(super) refused: AtomicU64,
    /// Packets dropped because the pump did not fetch them, or too large.
    pub(super) dropped: AtomicU64,
    /// Times a sender had to be waited for.
    pub(super) waits: AtomicU64,
    pub(super) delay_us: AtomicU64,
    pub(super) drift_ppb: AtomicI64,
    /// Bits of the linear peak of the last block.
    pub(super) peak: AtomicU32,
}

/// A copy of [`SenderStatus`] as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SenderNumbers {
    /// What the sender is doing.
    pub state: SenderState,
    /// Packets played.
    pub packets_total: u64,
    /// Frames that were recovered from the packet after them.
    pub recovered_frames_total: u64,
    /// Frames that were concealed.
    pub concealed_frames_total: u64,
    /// Packets that came too late, twice, or in too large a number to wait.
    pub refused_total: u64,
    /// Packets dropped because the pump did not fetch them, or too large.
    pub dropped_total: u64,
    /// Times a sender had to be waited for.
    pub waits_total: u64,
    /// How long packets wait, in microseconds.
    pub delay_us: u64,
    /// How much faster than the box's the sender's clock runs, in parts per million.
    pub drift_ppm: f64,
    /// Linear peak of the last block.
    pub peak: f32,
}

impl SenderNumbers {
    /// Returns these numbers and those of another sender of the same channel as one: what is counted is added up, of what is
    /// measured the larger counts.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let drifts_more = other.drift_ppm.abs() > self.drift_ppm.abs();
        Self {
            state: self.state.max(other.state),
            packets_total: self.packets_total + other.packets_total,
            recovered_frames_total: self.recovered_frames_total + other.recovered_frames_total,
            concealed_frames_total: self.concealed_frames_total + other.concealed_frames_total,
            refused_total: self.refused_total + other.refused_total,
            dropped_total: self.dropped_total + other.dropped_total,
            waits_total: self.waits_total + other.waits_total,
            delay_us: self.delay_us.max(other.delay_us),
            drift_ppm: if drifts_more { other.drift_ppm } else { self.drift_ppm },
            peak: self.peak.max(other.peak),
        }
    }
}

impl SenderStatus {
    pub(super) fn set(&self, state: SenderState) {
        self.state.store(state as u32, Ordering::Relaxed);
    }

    pub(super) fn set_signal(&self, signal: Signal) {
        self.set(match signal {
            Signal::Silent => SenderState::Silent,
            Signal::Sound => SenderState::Signal,
            Signal::Clipping => SenderState::Clipping,
        });
    }

    /// Returns the numbers as they are.
    pub fn numbers(&self) -> SenderNumbers {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let states = [SenderState::Off, SenderState::Waiting, SenderState::Silent, SenderState::Signal];
        let state = states.into_iter().find(|state| *state as u32 == self.state.load(Ordering::Relaxed));
        SenderNumbers {
            state: state.unwrap_or(SenderState::Clipping),
            packets_total: get(&self.packets),
            recovered_frames_total: get(&self.recovered_frames),
            concealed_frames_total: get(&self.concealed_frames),
            refused_total: get(&self.refused),
            dropped_total: get(&self.dropped),
            waits_total: get(&self.waits),
            delay_us: get(&self.delay_us),
            drift_ppm: self.drift_ppb.load(Ordering::Relaxed) as f64 / 1e3,
            peak: f32::from_bits(self.peak.load(Ordering::Relaxed)),
        }
    }
}

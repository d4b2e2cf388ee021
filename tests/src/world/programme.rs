//! What makes the packets of one stream of a simulated party: the real pump, and an encoder that numbers its frames.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use audio::encode::Encode;
use audio::mixer::MixPlan;
use audio::pcm::Block;
use audio::pump::{self, Pump, Step};
use base::{Encoding, MediaTime, Packet, PacketDuration, PacketSink, StreamId, Time, Timeline};
use bytes::{BufMut, BytesMut};

use super::FRAME_TICKS;

/// In a payload, the bits of a frame's number; the bits above are the mark of its programme.
const NUMBER_BITS: u32 = 48;

/// One programme.
pub(super) struct Programme {
    pub(super) id: StreamId,
    pump: Pump,
    outlet: Outlet,
    encoder_calls: Arc<AtomicU64>,
    late_us: u64,
    due: Time,
}

impl Programme {
    /// A programme on the timeline that starts at `origin`, whose frames bear `mark`. Its pump steps `late_us` after each
    /// block is due.
    pub(super) fn new(id: StreamId, mark: u64, origin: Time, late_us: u64) -> Self {
        let outlet = Outlet::default();
        let encoder = Numbering { mark, calls: Arc::default() };
        let encoder_calls = Arc::clone(&encoder.calls);
        let timeline = Timeline::starting_at(origin);
        let encoders: Vec<Box<dyn Encode>> = vec![Box::new(encoder)];
        let sinks: Vec<Box<dyn PacketSink>> = vec![Box::new(outlet.clone())];
        let (pump, _, _) = pump::new(timeline, MediaTime::ZERO, MixPlan::default(), Vec::new(), encoders, sinks);
        Self { id, pump, outlet, encoder_calls, late_us, due: origin }
    }

    pub(super) fn encoder_calls(&self) -> u64 {
        self.encoder_calls.load(Ordering::Relaxed)
    }

    /// Returns when [`Self::step`] is due.
    pub(super) fn due(&self) -> Time {
        self.due.plus_micros(self.late_us)
    }

    /// Lets the pump make what is due, in the packet durations that are `wanted`.
    pub(super) fn step(&mut self, now: Time, wanted: [bool; 4]) -> VecDeque<(PacketDuration, Packet)> {
        if self.due() > now {
            return VecDeque::new();
        }
        self.outlet.lock().wanted = wanted;
        while self.pump.step(now) == Step::Made {}
        if let Step::Wait(due) = self.pump.step(now) {
            self.due = due;
        }
        std::mem::take(&mut self.outlet.lock().packets)
    }
}

/// An encoder that counts its calls and publishes packets that name their 20 ms frames, in the durations wanted.
struct Numbering {
    mark: u64,
    calls: Arc<AtomicU64>,
}

impl Encode for Numbering {
    fn is_wanted(&self, _sink: &dyn PacketSink) -> bool {
        true
    }

    fn encode(&mut self, at: MediaTime, _block: &Block, sink: &mut dyn PacketSink) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let end = at.as_ticks() + 480;
        for duration in [PacketDuration::Ms20, PacketDuration::Ms40, PacketDuration::Ms60] {
            if end.is_multiple_of(duration.ticks()) && sink.wants(Encoding::Opus(duration)) {
                let start = end - duration.ticks();
                let mut payload = BytesMut::new();
                let frames = start / FRAME_TICKS..end / FRAME_TICKS;
                frames.for_each(|frame| payload.put_u64(self.mark << NUMBER_BITS | frame));
                let packet = Packet { media_time: MediaTime::from_ticks(start), payload: payload.freeze() };
                sink.publish(Encoding::Opus(duration), packet);
            }
        }
    }

    fn reset(&mut self) {}
}

/// Returns the numbers of the frames in a payload.
pub fn numbers(payload: &[u8]) -> Vec<u64> {
    words(payload).map(|word| word & ((1 << NUMBER_BITS) - 1)).collect()
}

/// Returns the marks of the frames in a payload: which programme they came from.
pub fn marks(payload: &[u8]) -> Vec<u64> {
    words(payload).map(|word| word >> NUMBER_BITS).collect()
}

fn words(payload: &[u8]) -> impl Iterator<Item = u64> {
    payload.chunks_exact(8).map(|bytes| bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

/// Between pump and fan-out, where the real box has a ring.
#[derive(Clone, Default)]
struct Outlet(Arc<Mutex<OutletState>>);

#[derive(Default)]
struct OutletState {
    wanted: [bool; 4],
    packets: VecDeque<(PacketDuration, Packet)>,
}

impl Outlet {
    fn lock(&self) -> MutexGuard<'_, OutletState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PacketSink for Outlet {
    fn wants(&self, encoding: Encoding) -> bool {
        matches!(encoding, Encoding::Opus(duration) if self.lock().wanted[duration.index()])
    }

    fn publish(&mut self, encoding: Encoding, packet: Packet) {
        if let Encoding::Opus(duration) = encoding {
            self.lock().packets.push_back((duration, packet));
        }
    }
}

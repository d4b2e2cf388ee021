//! How many channels this board can encode, measured once by encoding some noise as a channel does.
//!
//! An estimate for hosts to read, not a limit: what else the box does, and how warm it is, is not in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use audio::encode::Encode;
use audio::pcm::{BLOCK_FRAMES, Block, SAMPLE_RATE_HZ};
use base::{Encoding, MediaTime, Packet, PacketSink};
use party::CHANNELS_MAX;
use rustix::time::{ClockId, clock_gettime};

/// Blocks encoded for the measurement: a second of sound.
const BLOCKS: u64 = (SAMPLE_RATE_HZ as usize / BLOCK_FRAMES) as u64;

/// The share of the cores that channels may take: the rest is for listeners, pages, decoders, and a warm evening.
const SHARE: f64 = 0.5;

/// Mixing, resampling, limiting and decoding cost about as much as encoding again (measured with
/// `cargo bench -p tests --bench codecs`).
const BESIDE_ENCODING: f64 = 2.0;

/// The estimate: 0 while it is being measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Estimate(Arc<AtomicUsize>);

impl Estimate {
    /// Starts the measurement with `encoders`, those of one channel, on a thread that stands back behind everything.
    pub(crate) fn start(encoders: Vec<Box<dyn Encode>>) -> Self {
        let estimate = Self::default();
        let measured = Arc::clone(&estimate.0);
        let measure = move || {
            audio::thread::stand_back();
            let cores = thread::available_parallelism().map_or(1, usize::from);
            let channels = channels(cores, share_of_core(encoders));
            log::debug!("this board can encode about {channels} channels");
            measured.store(channels, Ordering::Relaxed);
        };
        if let Err(error) = thread::Builder::new().name("estimate".to_owned()).spawn(measure) {
            log::warn!("how many channels this board can encode is not known: {error}");
        }
        estimate
    }

    /// Returns how many channels this board can encode, at least one: the most there can be while it is not known.
    pub(super) fn channels(&self) -> usize {
        match self.0.load(Ordering::Relaxed) {
            0 => CHANNELS_MAX,
            channels => channels,
        }
    }
}

/// Takes everything, and keeps nothing.
struct Nowhere;

impl PacketSink for Nowhere {
    fn wants(&self, _: Encoding) -> bool {
        true
    }

    fn publish(&mut self, _: Encoding, _: Packet) {}
}

/// Returns the share of one core that encoding one channel takes.
fn share_of_core(mut encoders: Vec<Box<dyn Encode>>) -> f64 {
    let mut noise = 1_u32;
    let mut block = Block::SILENT;
    let used = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let begun = used();
    for n in 0..BLOCKS {
        for sample in block.frames.iter_mut().flatten() {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = (noise >> 8) as f32 / (1 << 24) as f32 - 0.5;
        }
        for encoder in &mut encoders {
            encoder.encode(MediaTime::from_ticks(n * BLOCK_FRAMES as u64), &block, &mut Nowhere);
        }
    }
    used() - begun
}

fn channels(cores: usize, share_of_core: f64) -> usize {
    let channels = cores as f64 * SHARE / (share_of_core * BESIDE_ENCODING).max(f64::MIN_POSITIVE);
    (channels as usize).clamp(1, CHANNELS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_board_carries_all_and_a_slow_one_at_least_one() {
        assert_eq!((channels(4, 0.01), channels(1, 0.9)), (CHANNELS_MAX, 1));
        assert_eq!((channels(4, 0.2), channels(2, 0.1)), (5, 5));
    }
}

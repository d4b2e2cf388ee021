//! One Opus packet of the box's own to the level of its sound, as a phone would hear it.
//!
//! For listening to oneself: no gaps are concealed, and the sound itself is thrown away.

use ::opus::{Channels, Decoder};

use crate::audible::{Level, Meter};
use crate::pcm::{Frame, SAMPLE_RATE_HZ};

/// Samples in the longest packet of the box: 60 ms, stereo.
const SAMPLES_MAX: usize = 2 * 60 * 48;

/// A decoder that only hears how loud it is.
pub struct Ear {
    decoder: Decoder,
    meter: Meter,
    samples: Vec<f32>,
}

impl std::fmt::Debug for Ear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ear").finish_non_exhaustive()
    }
}

impl Ear {
    /// A new one; `None` if libopus has no memory.
    pub fn new() -> Option<Self> {
        let decoder = Decoder::new(SAMPLE_RATE_HZ, Channels::Stereo).ok()?;
        Some(Self { decoder, meter: Meter::new(), samples: vec![0.0; SAMPLES_MAX] })
    }

    /// How loud a packet's sound is; `None` if it is no Opus.
    pub fn hear(&mut self, packet: &[u8]) -> Option<Level> {
        let frames = self.decoder.decode_float(packet, &mut self.samples, false).ok()?;
        let (heard, _) = self.samples.get(..2 * frames)?.as_chunks();
        let heard: &[Frame] = heard;
        Some(self.meter.hear(heard))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{Encode, Opus, OpusConfig, Profile};
    use crate::pcm::{BLOCK_FRAMES, Block};
    use base::{Encoding, MediaTime, Packet, PacketDuration, PacketSink};

    #[derive(Default)]
    struct Kept(Vec<Packet>);

    impl PacketSink for Kept {
        fn wants(&self, encoding: Encoding) -> bool {
            encoding == Encoding::Opus(PacketDuration::Ms20)
        }

        fn publish(&mut self, _: Encoding, packet: Packet) {
            self.0.push(packet);
        }
    }

    fn heard(level: f32) -> f32 {
        let mut encoder = Opus::new(Profile::Default, OpusConfig::default()).unwrap();
        let mut kept = Kept::default();
        for n in 0..100_u64 {
            let mut block = Block::SILENT;
            for (i, frame) in block.frames.iter_mut().enumerate() {
                let tone = level * (((n as usize * BLOCK_FRAMES + i) as f32) * 0.0576).sin();
                *frame = [tone, tone];
            }
            encoder.encode(MediaTime::from_ticks(n * BLOCK_FRAMES as u64), &block, &mut kept);
        }
        let mut ear = Ear::new().unwrap();
        kept.0.iter().map(|packet| ear.hear(&packet.payload).unwrap().peak).fold(0.0, f32::max)
    }

    #[test]
    fn sound_is_heard_as_loud_as_it_is_and_silence_as_silence() {
        assert!((0.4..0.7).contains(&heard(0.5)), "{}", heard(0.5));
        assert!(heard(0.0) < 0.0001, "{}", heard(0.0));
    }

    #[test]
    fn what_is_no_packet_is_not_heard() {
        let mut ear = Ear::new().unwrap();
        for text in [&[][..], &[0xff], &[0x03, 0xff, 0xff], &[0xfb; 2_000]] {
            assert!(ear.hear(text).is_none_or(|level| level.peak.is_finite()), "{text:?}");
        }
    }
}

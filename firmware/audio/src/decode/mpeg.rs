//! MPEG audio, layers I to III: the only file that names `nanomp3-core`.
//!
//! What its headers and its tag say, and one frame to sound; the way through a file is that of all bare streams.

mod about;
mod header;

use nanomp3_core::{Decoder, MAX_SAMPLES_PER_FRAME};

pub(super) use self::header::Header;
use super::bare::{About, Packets, Sound};
use super::sane;
use super::walk::Head;
use crate::pcm::Frame;

impl Head for Header {
    const FIRST: &'static [u8] = &[0xFF];
    const BYTES: usize = 4;

    fn read(bytes: &[u8]) -> Option<Self> {
        Self::read(bytes.try_into().ok()?)
    }

    fn bytes(&self) -> Option<usize> {
        self.bytes
    }

    fn padding(&self) -> usize {
        self.padding
    }

    fn is_like(&self, other: &Self) -> bool {
        self.kind == other.kind && self.is_free() == other.is_free()
    }
}

impl Sound for Header {
    fn samples(&self) -> usize {
        self.samples
    }

    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn about(&self, frame: &[u8]) -> Option<About> {
        about::read(self, frame)
    }
}

/// One stream's decoder.
pub(super) struct Mpeg {
    decoder: Box<Decoder>,
    samples: Box<[f32]>,
}

impl Mpeg {
    pub(super) fn new() -> Self {
        Self { decoder: Box::new(Decoder::new()), samples: vec![0.0; MAX_SAMPLES_PER_FRAME].into() }
    }
}

impl Packets for Mpeg {
    fn decode(&mut self, packet: &[u8], out: &mut Vec<Frame>) -> Option<u32> {
        let (_, decoded) = self.decoder.decode(packet, &mut self.samples);
        let info = decoded.ok().filter(|info| info.samples_produced > 0)?;
        let samples = &self.samples[..info.samples_produced * usize::from(info.channels.num())];
        if info.channels.num() == 1 {
            out.extend(samples.iter().map(|sample| [sane(*sample); 2]));
        } else {
            out.extend(samples.as_chunks().0.iter().map(|[left, right]| [sane(*left), sane(*right)]));
        }
        Some(info.sample_rate)
    }

    fn reset(&mut self) {
        *self.decoder = Decoder::new();
    }
}

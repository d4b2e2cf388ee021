//! Numbers and ADPCM to frames of sound, for WAV and AIFF and for other containers that hold the same.

use super::format::{Coding, Format, Number};
use super::{adpcm, pcm};
use crate::decode::bare::Packets;
use crate::decode::{Error, sane};
use crate::pcm::Frame;

/// Appends the sound of `bytes`, which are whole blocks, to `out`; `floats` is room to work in.
pub(super) fn decode(format: &Format, bytes: &[u8], floats: &mut Vec<f32>, out: &mut Vec<Frame>) {
    floats.clear();
    let (channels, blocks) = (format.channels, bytes.chunks(format.block_bytes));
    match &format.coding {
        Coding::Pcm { kind, bytes: width, is_big } => pcm::decode(bytes, *kind, *width, *is_big, floats),
        Coding::MsAdpcm { coefficients } => {
            blocks.for_each(|block| adpcm::microsoft(block, channels, coefficients, floats));
        }
        Coding::ImaAdpcm => blocks.for_each(|block| adpcm::ima(block, channels, floats)),
        Coding::Ima4 => blocks.for_each(|block| adpcm::ima4(block, channels, floats)),
        Coding::Mpeg | Coding::Aac | Coding::Other(_) => {}
    }
    floats.iter_mut().for_each(|sample| *sample = sane(*sample));
    format.downmix.mix(floats, out);
}

/// Frames of sound in a block.
pub(super) fn frames_per_block(format: &Format) -> u64 {
    let (block, channels) = (format.block_bytes, format.channels.max(1));
    let frames = match &format.coding {
        Coding::MsAdpcm { .. } => (block / channels).saturating_sub(7) * 2 + 2,
        Coding::ImaAdpcm => (block / channels).saturating_sub(4) / 4 * 8 + 1,
        Coding::Ima4 => 64,
        _ => 1,
    };
    frames as u64
}

/// Such sound in packets.
pub(in crate::decode) struct Plain {
    format: Format,
    floats: Vec<f32>,
}

impl Plain {
    fn new(coding: Coding, channels: usize, rate_hz: u32, align: usize) -> Result<Self, Error> {
        Ok(Self { format: Format::new(coding, channels, rate_hz, align, 0)?, floats: Vec::new() })
    }

    fn numbers(kind: Number, bytes: usize, is_big: bool, channels: usize, rate_hz: u32) -> Result<Self, Error> {
        Self::new(Coding::Pcm { kind, bytes, is_big }, channels, rate_hz, bytes * channels)
    }

    /// Whole numbers of so many bytes.
    pub(in crate::decode) fn signed(bytes: usize, is_big: bool, channels: usize, rate_hz: u32) -> Result<Self, Error> {
        Self::numbers(Number::Signed, bytes, is_big, channels, rate_hz)
    }

    /// Bytes around 128.
    pub(in crate::decode) fn unsigned(channels: usize, rate_hz: u32) -> Result<Self, Error> {
        Self::numbers(Number::Unsigned, 1, true, channels, rate_hz)
    }

    /// Floats.
    pub(in crate::decode) fn float(bytes: usize, is_big: bool, channels: usize, rate_hz: u32) -> Result<Self, Error> {
        Self::numbers(Number::Float, bytes, is_big, channels, rate_hz)
    }

    /// A-law or µ-law.
    pub(in crate::decode) fn telephony(is_a: bool, channels: usize, rate_hz: u32) -> Result<Self, Error> {
        Self::numbers(if is_a { Number::ALaw } else { Number::MuLaw }, 1, true, channels, rate_hz)
    }

    /// QuickTime's ADPCM.
    pub(in crate::decode) fn ima4(channels: usize, rate_hz: u32) -> Result<Self, Error> {
        Self::new(Coding::Ima4, channels, rate_hz, adpcm::IMA4_BYTES * channels)
    }

    /// Frames in the smallest piece, and its bytes.
    pub(in crate::decode) fn piece(&self) -> (u64, u64) {
        (frames_per_block(&self.format), self.format.block_bytes as u64)
    }
}

impl Packets for Plain {
    fn decode(&mut self, packet: &[u8], out: &mut Vec<Frame>) -> Option<u32> {
        let from = out.len();
        decode(&self.format, packet, &mut self.floats, out);
        (out.len() > from).then_some(self.format.rate_hz)
    }

    fn reset(&mut self) {}
}

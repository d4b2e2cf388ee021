//! Numbers and ADPCM to frames of sound, for WAV and AIFF and for other containers that hold the same.

use super::format::{Coding, Format, Number};
use super::gsm::{self, Gsm};
use super::{adpcm, pcm};
use crate::decode::bare::Packets;
use crate::decode::{Error, sane};
use crate::pcm::Frame;

/// Frames of sound in a block.
pub(super) fn frames_per_block(format: &Format) -> u64 {
    let (block, channels) = (format.block_bytes, format.channels.max(1));
    let frames = match &format.coding {
        Coding::MsAdpcm { .. } => (block / channels).saturating_sub(7) * 2 + 2,
        Coding::ImaAdpcm => (block / channels).saturating_sub(4) / 4 * 8 + 1,
        Coding::Ima4 => 64,
        Coding::Gsm => block.div_ceil(gsm::FRAME_BYTES) * gsm::FRAME_SAMPLES,
        _ => 1,
    };
    frames as u64
}

/// Such sound in packets.
pub(in crate::decode) struct Plain {
    pub(super) format: Format,
    floats: Vec<f32>,
    /// The only kind whose blocks lean on those before.
    gsm: Option<Gsm>,
}

impl Plain {
    pub(super) fn of(format: Format) -> Self {
        let gsm = (format.coding == Coding::Gsm).then(Gsm::new);
        Self { format, floats: Vec::new(), gsm }
    }

    fn new(coding: Coding, channels: usize, rate_hz: u32, align: usize) -> Result<Self, Error> {
        Ok(Self::of(Format::new(coding, channels, rate_hz, align, 0)?))
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

    /// GSM 06.10 in frames of their own.
    pub(in crate::decode) fn gsm(rate_hz: u32) -> Result<Self, Error> {
        Self::new(Coding::Gsm, 1, rate_hz, gsm::FRAME_BYTES)
    }

    /// Frames in the smallest piece, and its bytes.
    pub(in crate::decode) fn piece(&self) -> (u64, u64) {
        (frames_per_block(&self.format), self.format.block_bytes as u64)
    }
}

impl Packets for Plain {
    fn decode(&mut self, packet: &[u8], out: &mut Vec<Frame>) -> Option<u32> {
        let (from, floats, channels) = (out.len(), &mut self.floats, self.format.channels);
        floats.clear();
        let blocks = packet.chunks(self.format.block_bytes);
        match &self.format.coding {
            Coding::Pcm { kind, bytes: width, is_big } => pcm::decode(packet, *kind, *width, *is_big, floats),
            Coding::MsAdpcm { coefficients } => {
                blocks.for_each(|block| adpcm::microsoft(block, channels, coefficients, floats));
            }
            Coding::ImaAdpcm => blocks.for_each(|block| adpcm::ima(block, channels, floats)),
            Coding::Ima4 => blocks.for_each(|block| adpcm::ima4(block, channels, floats)),
            Coding::Gsm => {
                if let Some(gsm) = &mut self.gsm {
                    gsm.decode(packet, self.format.block_bytes, floats);
                }
            }
            Coding::Mpeg | Coding::Aac | Coding::Ac3 | Coding::Dts | Coding::Other(_) => {}
        }
        floats.iter_mut().for_each(|sample| *sample = sane(*sample));
        self.format.downmix.mix(floats, out);
        (out.len() > from).then_some(self.format.rate_hz)
    }

    fn reset(&mut self) {
        self.gsm = self.gsm.as_ref().map(|_| Gsm::new());
    }
}

//! The headers of bare AAC: ADTS (ISO 13818-7 section 6.2) and LOAS (ISO 14496-3 section 1.7.2).
//!
//! Values only, as for MPEG audio.

use super::bare::Sound;
use super::walk::Head;

/// Rates by index (ISO 14496-3 table 1.18).
const RATES_HZ: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// Frames of sound in a block.
const BLOCK_FRAMES: usize = 1_024;

/// The rate by which LOAS is counted until the decoder, which alone knows it, has decoded.
const LOAS_RATE_HZ: u32 = 44_100;

/// The index of a rate, or of the nearest below.
pub(super) fn rate_index(rate_hz: u32) -> u8 {
    RATES_HZ.iter().position(|known| *known <= rate_hz).unwrap_or(RATES_HZ.len() - 1) as u8
}

/// The header of an ADTS frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Adts {
    bytes: usize,
    rate_hz: u32,
    profile: u8,
    blocks: usize,
}

impl Head for Adts {
    const FIRST: &'static [u8] = &[0xFF];
    const BYTES: usize = 7;

    fn read(bytes: &[u8]) -> Option<Self> {
        let &[0xFF, b1, b2, b3, b4, b5, b6] = bytes else { return None };
        if b1 & 0xF6 != 0xF0 {
            return None;
        }
        let rate_hz = *RATES_HZ.get(usize::from(b2 >> 2 & 15))?;
        let length = usize::from(b3 & 3) << 11 | usize::from(b4) << 3 | usize::from(b5 >> 5);
        (length > Self::BYTES).then_some(Self {
            bytes: length,
            rate_hz,
            profile: b2 >> 6,
            blocks: usize::from(b6 & 3) + 1,
        })
    }

    fn bytes(&self) -> Option<usize> {
        Some(self.bytes)
    }

    fn padding(&self) -> usize {
        0
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.rate_hz, self.profile) == (other.rate_hz, other.profile)
    }
}

impl Sound for Adts {
    fn samples(&self) -> usize {
        self.blocks * BLOCK_FRAMES
    }

    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }
}

/// The header of a frame of LOAS, which holds nothing but its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Loas {
    bytes: usize,
}

impl Head for Loas {
    const FIRST: &'static [u8] = &[0x56];
    const BYTES: usize = 3;

    fn read(bytes: &[u8]) -> Option<Self> {
        let &[0x56, b1, b2] = bytes else { return None };
        let length = usize::from(b1 & 0x1F) << 8 | usize::from(b2);
        (b1 & 0xE0 == 0xE0 && length > 0).then_some(Self { bytes: length + Self::BYTES })
    }

    fn bytes(&self) -> Option<usize> {
        Some(self.bytes)
    }

    fn padding(&self) -> usize {
        0
    }

    fn is_like(&self, _: &Self) -> bool {
        true
    }
}

impl Sound for Loas {
    fn samples(&self) -> usize {
        BLOCK_FRAMES
    }

    fn rate_hz(&self) -> u32 {
        LOAS_RATE_HZ
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_others_are_not() {
        let adts = Adts::read(&[0xFF, 0xF1, 0x50, 0x80, 0x2E, 0x7F, 0xFC]).unwrap();
        assert_eq!((adts.bytes, adts.rate_hz, adts.samples()), (371, 44_100, 1_024));
        assert_eq!(Adts::read(&[0xFF, 0xFB, 0x90, 0x64, 0, 0, 0]), None, "MPEG layer III");
        assert_eq!(Adts::read(&[0xFF, 0xF1, 0x7C, 0x80, 0x2E, 0x7F, 0xFC]), None, "no such rate");
        assert_eq!(Loas::read(&[0x56, 0xE1, 0x02]).unwrap().bytes, 0x105);
        assert_eq!(Loas::read(&[0x56, 0x01, 0x02]), None);
    }
}

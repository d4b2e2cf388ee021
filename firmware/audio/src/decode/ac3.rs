//! AC-3 and E-AC-3 (ATSC A/52:2018), with their frames' headers: the only file that names `oxideav-ac3`.
//!
//! Films, concerts and recorded broadcasts have it, bare or in other containers. Streams that only add channels to another one
//! (dependent substreams) and programmes beside the first are left out.

use oxideav_core::{CodecId, CodecParameters, Decoder, Frame as Decoded, Packet, TimeBase};

use super::bare::{Packets, Sound};
use super::downmix::{Downmix, Place};
use super::walk::Head;
use super::{Error, sane};
use crate::pcm::Frame;

/// How every frame begins (section 5.3.1).
const SYNC: [u8; 2] = [0x0B, 0x77];

/// Rates by code (table 5.6).
const RATES_HZ: [u32; 3] = [48_000, 44_100, 32_000];

/// Bit rates by code, kbit/s (table 5.18).
const KBIT_S: [usize; 19] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640];

/// Frames of sound in one block; six of them are in every frame of AC-3.
const BLOCK_FRAMES: usize = 256;

/// The greatest identification (`bsid`) of AC-3 at full, half and quarter rate, and of E-AC-3.
const BSID_FULL: u8 = 8;
const BSID_QUARTER: u8 = 10;
const BSID_E: u8 = 16;

/// 16-bit full scale.
const FULL_SCALE: f32 = 32_768.0;

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    bytes: usize,
    rate_hz: u32,
    blocks: usize,
    is_e: bool,
    /// Whether it carries the first programme's own channels, which are all that is heard.
    is_first: bool,
    /// Which channels there are (table 5.8, `acmod`), and whether low frequencies have one of their own.
    mode: u8,
    has_low: bool,
}

impl Header {
    fn plain(bytes: [u8; 8]) -> Option<Self> {
        let [_, _, _, _, b4, b5, b6, b7] = bytes;
        let rate_hz = *RATES_HZ.get(usize::from(b4 >> 6))?;
        let code = usize::from(b4 & 0x3F);
        let kbit_s = *KBIT_S.get(code / 2)?;
        let words = match rate_hz {
            48_000 => kbit_s * 2,
            32_000 => kbit_s * 3,
            _ => kbit_s * 320 / 147 + code % 2,
        };
        let halvings = (b5 >> 3).saturating_sub(BSID_FULL);
        let mode = b6 >> 5;
        // Mix levels of two bits each stand in front of the low channel's bit where there is a centre, a surround, or stereo.
        let levels = u8::from(mode & 1 == 1 && mode != 1) + u8::from(mode & 4 != 0) + u8::from(mode == 2);
        let has_low = u16::from_be_bytes([b6, b7]) >> (12 - 2 * levels) & 1 == 1;
        let (rate_hz, is_first) = (rate_hz >> halvings, true);
        Some(Self { bytes: words * 2, rate_hz, blocks: 6, is_e: false, is_first, mode, has_low })
    }

    fn enhanced(bytes: [u8; 8]) -> Option<Self> {
        let [_, _, b2, b3, b4, ..] = bytes;
        let words = (usize::from(b2 & 7) << 8 | usize::from(b3)) + 1;
        let (rate_hz, blocks) = match (b4 >> 6, b4 >> 4 & 3) {
            (3, 3) => return None,
            // Half the rates, always with six blocks.
            (3, half) => (RATES_HZ[usize::from(half)] / 2, 6),
            (rate, blocks) => (RATES_HZ[usize::from(rate)], [1, 2, 3, 6][usize::from(blocks)]),
        };
        let (kind, substream) = (b2 >> 6, b2 >> 3 & 7);
        let is_first = kind != 1 && substream == 0;
        let (mode, has_low) = (b4 >> 1 & 7, b4 & 1 == 1);
        (kind != 3).then_some(Self { bytes: words * 2, rate_hz, blocks, is_e: true, is_first, mode, has_low })
    }

    /// Where the channels stand, in the order of the decoder's output: that of WAV files.
    fn places(&self) -> Vec<Place> {
        use Place::{Back, Centre, Left, Right, Silent, SurroundLeft as Sl, SurroundRight as Sr};
        let mut places = match self.mode {
            1 => vec![Centre],
            3 => vec![Left, Right, Centre],
            4 => vec![Left, Right, Back],
            5 => vec![Left, Right, Centre, Back],
            6 => vec![Left, Right, Sl, Sr],
            7 => vec![Left, Right, Centre, Sl, Sr],
            _ => vec![Left, Right],
        };
        if self.has_low {
            let front = places.iter().take_while(|place| matches!(place, Left | Right | Centre)).count();
            places.insert(front, Silent);
        }
        places
    }
}

impl Head for Header {
    const FIRST: &'static [u8] = &[SYNC[0]];
    const BYTES: usize = 8;

    fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; 8] = bytes.get(..8)?.try_into().ok()?;
        if bytes[..2] != SYNC {
            return None;
        }
        let bsid = bytes[5] >> 3;
        match () {
            () if bsid <= BSID_QUARTER => Self::plain(bytes),
            () if bsid <= BSID_E => Self::enhanced(bytes),
            () => None,
        }
    }

    fn bytes(&self) -> Option<usize> {
        Some(self.bytes).filter(|bytes| *bytes > Self::BYTES)
    }

    fn padding(&self) -> usize {
        0
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.rate_hz, self.is_e) == (other.rate_hz, other.is_e)
    }
}

impl Sound for Header {
    fn samples(&self) -> usize {
        if self.is_first { self.blocks * BLOCK_FRAMES } else { 0 }
    }

    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }
}

/// The header of a frame whose bytes are swapped in pairs, as in place of numbers of 16 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Swapped(Header);

impl Head for Swapped {
    const FIRST: &'static [u8] = &[SYNC[1]];
    const BYTES: usize = Header::BYTES;

    fn read(bytes: &[u8]) -> Option<Self> {
        Header::read(&swapped(bytes)).filter(|header| header.is_first && !header.is_e).map(Self)
    }

    fn bytes(&self) -> Option<usize> {
        self.0.bytes()
    }

    fn padding(&self) -> usize {
        0
    }

    fn is_like(&self, other: &Self) -> bool {
        self.0.is_like(&other.0)
    }
}

impl Sound for Swapped {
    fn samples(&self) -> usize {
        self.0.samples()
    }

    fn rate_hz(&self) -> u32 {
        self.0.rate_hz
    }
}

fn swapped(bytes: &[u8]) -> Vec<u8> {
    bytes.as_chunks::<2>().0.iter().flat_map(|[a, b]| [*b, *a]).collect()
}

/// One stream's decoder.
pub(super) struct Ac3 {
    decoder: Box<dyn Decoder>,
    floats: Vec<f32>,
}

impl Ac3 {
    pub(super) fn new() -> Result<Self, Error> {
        let params = CodecParameters::audio(CodecId::new(oxideav_ac3::CODEC_ID_STR));
        let decoder = oxideav_ac3::decoder::make_decoder(&params);
        Ok(Self { decoder: decoder.map_err(|error| Error::Damaged(error.to_string()))?, floats: Vec::new() })
    }

    /// One frame's sound.
    fn frame(&mut self, header: &Header, frame: &[u8], out: &mut Vec<Frame>) -> Option<()> {
        let clock = TimeBase::new(1, i64::from(header.rate_hz));
        self.decoder.send_packet(&Packet::new(0, clock, frame.to_vec())).ok()?;
        let Decoded::Audio(sound) = self.decoder.receive_frame().ok()? else { return None };
        let samples = sound.data.first()?.as_chunks::<2>().0;
        let places = header.places();
        let channels = samples.len() / usize::try_from(sound.samples).ok().filter(|frames| *frames > 0)?;
        let downmix = if places.len() == channels { Downmix::new(&places) } else { Downmix::usual(channels) };
        self.floats.clear();
        self.floats.extend(samples.iter().map(|sample| sane(f32::from(i16::from_le_bytes(*sample)) / FULL_SCALE)));
        downmix.mix(&self.floats, out);
        Some(())
    }
}

impl Packets for Ac3 {
    /// A packet out of a container may hold several frames.
    fn decode(&mut self, packet: &[u8], out: &mut Vec<Frame>) -> Option<u32> {
        let swapped = if packet.starts_with(&[SYNC[1], SYNC[0]]) { swapped(packet) } else { Vec::new() };
        let (mut rest, mut rate_hz) = (if swapped.is_empty() { packet } else { &swapped }, None);
        while let Some(header) = Header::read(rest) {
            let Some((frame, behind)) = rest.split_at_checked(header.bytes) else { break };
            rest = behind;
            if header.is_first && self.frame(&header, frame, out).is_some() {
                rate_hz = Some(header.rate_hz);
            }
        }
        rate_hz
    }

    fn reset(&mut self) {
        if let Ok(fresh) = Self::new() {
            *self = fresh;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_others_are_not() {
        let plain = Header::read(&[0x0B, 0x77, 0, 0, 0x14, 0x40, 0x43, 0xE1]).unwrap();
        assert_eq!((plain.bytes, plain.rate_hz, plain.samples()), (768, 48_000, 1_536));
        assert_eq!(plain.places(), [Place::Left, Place::Right]);
        let cinema = Header::read(&[0x0B, 0x77, 0, 0, 0x5E, 0x40, 0xE1, 0]).unwrap();
        assert_eq!((cinema.bytes, cinema.rate_hz), (1_950, 44_100));
        assert_eq!(cinema.places()[3..], [Place::Silent, Place::SurroundLeft, Place::SurroundRight]);
        let enhanced = Header::read(&[0x0B, 0x77, 0x01, 0x7F, 0x34, 0x80, 0, 0]).unwrap();
        assert_eq!((enhanced.bytes, enhanced.rate_hz, enhanced.samples()), (768, 48_000, 1_536));
        let dependent = Header::read(&[0x0B, 0x77, 0x41, 0x7F, 0x34, 0x80, 0, 0]).unwrap();
        assert_eq!(dependent.samples(), 0);
        for other in [[0x0B, 0x77, 0, 0, 0xD4, 0x40, 0, 0], [0x0B, 0x77, 0, 0, 0x14, 0x90, 0, 0], [0; 8]] {
            assert_eq!(Header::read(&other), None, "{other:02x?}");
        }
        assert_eq!(Header::read(&[0x0B, 0x77]), None);
    }
}

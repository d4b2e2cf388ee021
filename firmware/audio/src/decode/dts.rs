//! DTS Coherent Acoustics (ETSI TS 102 114), with its frames' headers: the only file that names `oxideav-dts`.
//!
//! Films, concerts and surround CDs have it, bare, in other containers, and as what looks like stereo in a WAV file. What later kinds add
//! to the core (more channels, more bits) is stepped over.

use std::borrow::Cow;

use oxideav_dts::{CoreStreamDecoder, FourteenBitByteOrder};

use super::bare::{Packets, Sound};
use super::downmix::{Downmix, Place};
use super::sane;
use super::walk::Head;
use crate::pcm::Frame;

/// How a frame begins, in words of 16 bits (section 5.3.1), and what later kinds have behind it (section 7.4.1).
const SYNC: u32 = 0x7FFE_8001;
const SYNC_MORE: u32 = 0x6458_2025;

/// Rates by code (table 5-5); 0: none.
const RATES_HZ: [u32; 16] =
    [0, 8_000, 16_000, 32_000, 0, 0, 11_025, 22_050, 44_100, 0, 0, 12_000, 24_000, 48_000, 0, 0];

/// Frames of sound in one block.
const BLOCK_FRAMES: usize = 32;

/// Fewest blocks in a frame, and fewest bytes of it (table 5-2).
const BLOCKS_MIN: usize = 6;
const FRAME_BYTES_MIN: usize = 95;

/// Bytes of a header that are read, in whichever form.
const HEADER_BYTES: usize = 12;

/// The rate by which what has no sound of its own is counted.
const SILENT_RATE_HZ: u32 = 48_000;

/// 32-bit full scale.
const FULL_SCALE: f32 = 2_147_483_648.0;

/// How its words are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Big,
    Little,
    /// 14-bit words in 16-bit samples, as on a DTS CD: about 12 dB quieter for a player that takes them for PCM.
    BigOfCd,
    LittleOfCd,
}

impl Form {
    /// By what a frame begins with.
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x7F, 0xFE, 0x80, 0x01, ..] | [0x64, 0x58, 0x20, 0x25, ..] => Some(Self::Big),
            [0xFE, 0x7F, 0x01, 0x80, ..] | [0x58, 0x64, 0x25, 0x20, ..] => Some(Self::Little),
            [0x1F, 0xFF, 0xE8, 0x00, 0x07, 0xF0..=0xFF, ..] => Some(Self::BigOfCd),
            [0xFF, 0x1F, 0x00, 0xE8, 0xF0..=0xFF, 0x07, ..] => Some(Self::LittleOfCd),
            _ => None,
        }
    }

    /// The frame as the standard writes it.
    fn plain(self, bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
        Some(match self {
            Self::Big => bytes.into(),
            Self::Little => bytes.as_chunks::<2>().0.iter().flat_map(|[a, b]| [*b, *a]).collect::<Vec<_>>().into(),
            Self::BigOfCd | Self::LittleOfCd => {
                let order = if self == Self::BigOfCd {
                    FourteenBitByteOrder::BigEndian
                } else {
                    FourteenBitByteOrder::LittleEndian
                };
                oxideav_dts::unpack_14bit_to_16bit(bytes, order).ok()?.into()
            }
        })
    }

    /// The first words of a frame as one number, from its highest bit on.
    fn head(self, bytes: &[u8; HEADER_BYTES]) -> u128 {
        let words = bytes.as_chunks::<2>().0.iter().map(|pair| match self {
            Self::Big | Self::BigOfCd => u16::from_be_bytes(*pair),
            Self::Little | Self::LittleOfCd => u16::from_le_bytes(*pair),
        });
        let bits = if matches!(self, Self::Big | Self::Little) { 16 } else { 14 };
        let (all, used) =
            words.fold((0, 0), |(all, used), word| (all << bits | u128::from(word) & ((1 << bits) - 1), used + bits));
        all << (u128::BITS - used)
    }
}

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    form: Form,
    bytes: usize,
    /// No blocks: what later kinds add.
    blocks: usize,
    rate_hz: u32,
}

impl Head for Header {
    const FIRST: &'static [u8] = &[0x7F, 0xFE, 0x1F, 0xFF, 0x64, 0x58];
    const BYTES: usize = HEADER_BYTES;

    fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEADER_BYTES] = bytes.first_chunk()?;
        let form = Form::of(bytes)?;
        let head = form.head(bytes);
        // So many bits, so many behind the beginning.
        let field = |from: u32, bits: u32| (head << from >> (u128::BITS - bits)) as usize;
        match field(0, 32) as u32 {
            SYNC => {
                let bytes = field(46, 14) + 1;
                let header = Self {
                    form,
                    bytes: if matches!(form, Form::Big | Form::Little) { bytes } else { (bytes * 8).div_ceil(14) * 2 },
                    blocks: field(39, 7) + 1,
                    rate_hz: RATES_HZ[field(66, 4)],
                };
                let is_one = header.blocks >= BLOCKS_MIN && bytes >= FRAME_BYTES_MIN && header.rate_hz > 0;
                is_one.then_some(header)
            }
            SYNC_MORE => {
                let bytes = if field(42, 1) == 1 { field(55, 20) } else { field(51, 16) } + 1;
                Some(Self { form, bytes, blocks: 0, rate_hz: SILENT_RATE_HZ })
            }
            _ => None,
        }
    }

    fn bytes(&self) -> Option<usize> {
        Some(self.bytes).filter(|bytes| *bytes > Self::BYTES)
    }

    fn padding(&self) -> usize {
        0
    }

    fn is_like(&self, other: &Self) -> bool {
        let is_more = self.blocks == 0 || other.blocks == 0;
        self.form == other.form && (is_more || self.rate_hz == other.rate_hz)
    }
}

impl Sound for Header {
    fn samples(&self) -> usize {
        self.blocks * BLOCK_FRAMES
    }

    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }
}

/// One stream's decoder.
#[derive(Default)]
pub(super) struct Dts {
    decoder: Option<CoreStreamDecoder>,
    rate_hz: Option<u32>,
    floats: Vec<f32>,
}

impl Dts {
    /// One frame's sound.
    fn frame(&mut self, frame: &[u8], out: &mut Vec<Frame>) -> Option<u32> {
        let header = oxideav_dts::parse_frame_header(frame).ok()?;
        let bits = header.header_bit_length() as usize;
        let (coding, _) = oxideav_dts::decode_audio_coding_header_at(frame, bits, header.crc_present).ok()?;
        let channels = coding.n_pchs;
        let kept = self.decoder.take().filter(|decoder| decoder.channel_count() == channels);
        let decoder = self.decoder.insert(kept.unwrap_or_else(|| CoreStreamDecoder::new(channels)));
        let mut planes = decoder.decode_frame(frame, &header).ok()?;
        let mut places = places(header.amode, channels);
        let low = decoder.take_last_lfe_pcm();
        if !low.is_empty() {
            planes.push(low);
            places.push(Place::Silent);
        }
        let frames = planes.iter().map(Vec::len).min()?;
        self.floats.clear();
        for at in 0..frames {
            self.floats.extend(planes.iter().map(|plane| sane(plane[at] as f32 / FULL_SCALE)));
        }
        Downmix::new(&places).mix(&self.floats, out);
        header.sample_rate_hz().filter(|_| frames > 0)
    }
}

/// Where the channels stand, in the order of the stream (table 5-4).
fn places(mode: u8, channels: usize) -> Vec<Place> {
    use Place::{Back, Centre, Left, Right, Silent, SurroundLeft as Sl, SurroundRight as Sr};
    let mut places = match mode {
        0 => vec![Centre],
        5 => vec![Centre, Left, Right],
        6 => vec![Left, Right, Back],
        7 => vec![Centre, Left, Right, Back],
        8 => vec![Left, Right, Sl, Sr],
        9 => vec![Centre, Left, Right, Sl, Sr],
        10 => vec![Left, Right, Left, Right, Sl, Sr],
        11 => vec![Centre, Left, Right, Sl, Sr, Silent],
        12 => vec![Centre, Back, Left, Right, Sl, Sr],
        13 => vec![Left, Centre, Right, Left, Right, Sl, Sr],
        14 => vec![Left, Right, Left, Right, Sl, Sl, Sr, Sr],
        15 => vec![Left, Centre, Right, Left, Right, Sl, Back, Sr],
        _ => vec![Left, Right],
    };
    places.resize(channels, Silent);
    places
}

impl Packets for Dts {
    /// A packet out of a container may hold what was added behind the core.
    fn decode(&mut self, packet: &[u8], out: &mut Vec<Frame>) -> Option<u32> {
        let header = Header::read(packet)?;
        if header.blocks > 0 {
            let frame = header.form.plain(packet.get(..header.bytes)?)?;
            self.rate_hz = Some(self.frame(&frame, out)?);
        }
        self.rate_hz
    }

    fn reset(&mut self) {
        *self = Self { rate_hz: self.rate_hz, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1,024 bytes, 16 blocks, 44.1 kHz.
    const PLAIN: [u8; 12] = [0x7F, 0xFE, 0x80, 0x01, 0xFC, 0x3C, 0x3F, 0xF0, 0xA3, 0x00, 0, 0];

    /// `plain` in words of fourteen bits, the lower byte first.
    fn of_cd(plain: &[u8]) -> Vec<u8> {
        let bits: Vec<u16> =
            plain.iter().flat_map(|byte| (0..8).rev().map(move |n| u16::from(byte >> n & 1))).collect();
        let words = bits.chunks_exact(14).map(|word| word.iter().fold(0, |all, bit| all << 1 | bit));
        // The highest bit stands for the two above.
        words
            .map(|word: u16| if word & 0x2000 == 0 { word } else { word | 0xC000 })
            .flat_map(u16::to_le_bytes)
            .collect()
    }

    #[test]
    fn headers_are_read_in_every_form_and_others_are_not() {
        let plain = Header::read(&PLAIN).unwrap();
        assert_eq!((plain.bytes, plain.samples(), plain.rate_hz), (1_024, 512, 44_100));
        let swapped: Vec<u8> = PLAIN.as_chunks::<2>().0.iter().flat_map(|[a, b]| [*b, *a]).collect();
        assert_eq!(Header::read(&swapped).unwrap(), Header { form: Form::Little, ..plain });
        let of_cd = of_cd(&[&PLAIN[..], &[0; 2]].concat());
        assert_eq!(Header::read(&of_cd[..12]).unwrap(), Header { form: Form::LittleOfCd, bytes: 1_172, ..plain });
        let more = Header::read(&[0x64, 0x58, 0x20, 0x25, 0, 0x01, 0xE0, 0x0F, 0xE0, 0, 0, 0]).unwrap();
        assert_eq!((more.bytes, more.samples()), (128, 0));
        for (at, byte) in [(0, 0x7E), (5, 0x00), (6, 0x00), (8, 0x82)] {
            let mut other = PLAIN;
            other[at] = byte;
            assert_eq!(Header::read(&other), None, "{other:02x?}");
        }
        assert_eq!(Header::read(&PLAIN[..11]), None);
    }
}

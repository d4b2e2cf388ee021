//! How the samples of a WAV or AIFF file are written: its `fmt ` or `COMM` chunk in the box's words.
//!
//! Values only. A kind that is not decoded here has a name, so that it can be said.

use super::gsm;
use crate::decode::Error;
use crate::decode::downmix::{CHANNELS_MAX, Downmix, Place};

/// How samples are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// One number per sample, of this many bytes.
    Pcm { kind: Number, bytes: usize, is_big: bool },
    /// Microsoft's ADPCM, with its pairs of coefficients.
    MsAdpcm { coefficients: Vec<[i32; 2]> },
    /// IMA's ADPCM as in WAV.
    ImaAdpcm,
    /// IMA's ADPCM as in QuickTime and AIFF-C.
    Ima4,
    /// GSM 06.10, in blocks of one or two frames.
    Gsm,
    /// Frames of MPEG audio.
    Mpeg,
    /// Bare AAC.
    Aac,
    /// Frames of AC-3 or E-AC-3.
    Ac3,
    /// Frames of DTS.
    Dts,
    /// Anything else, by its name.
    Other(String),
}

/// A number's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Unsigned,
    Signed,
    Float,
    ALaw,
    MuLaw,
}

/// What is needed to decode.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Format {
    pub(super) coding: Coding,
    pub(super) channels: usize,
    pub(super) rate_hz: u32,
    /// Bytes that are decoded as one.
    pub(super) block_bytes: usize,
    pub(super) downmix: Downmix,
}

/// The coefficients that every file of Microsoft's ADPCM has.
const MS_COEFFICIENTS: [[i32; 2]; 7] = [[256, 0], [512, -256], [0, 0], [192, 64], [240, 0], [460, -208], [392, -232]];

impl Format {
    /// Reads a `fmt ` chunk.
    pub(super) fn of_wave(chunk: &[u8], is_big: bool) -> Result<Self, Error> {
        let damaged = || Error::Damaged("its format chunk is too short".into());
        let pair = |at: usize| -> Result<u16, Error> {
            let bytes = chunk.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).ok_or_else(damaged)?;
            Ok(if is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
        };
        let (mut tag, channels, align) = (pair(0)?, usize::from(pair(2)?), usize::from(pair(12)?));
        let (low, high) = if is_big { (6, 4) } else { (4, 6) };
        let rate_hz = u32::from(pair(high)?) << 16 | u32::from(pair(low)?);
        // Some old programs leave out how wide a sample is.
        let bits = pair(14).map_or(8, usize::from);
        let mut mask = 0;
        if tag == 0xFFFE {
            mask = u32::from(pair(22)?) << 16 | u32::from(pair(20)?);
            tag = pair(24)?;
        }
        let bytes = width(align, channels, bits);
        let number = |kind| Coding::Pcm { kind, bytes, is_big };
        let coding = match tag {
            1 if bits <= 8 => number(Number::Unsigned),
            1 => number(Number::Signed),
            3 => number(Number::Float),
            6 => Coding::Pcm { kind: Number::ALaw, bytes: 1, is_big },
            7 => Coding::Pcm { kind: Number::MuLaw, bytes: 1, is_big },
            2 => Coding::MsAdpcm { coefficients: ms_coefficients(chunk) },
            0x11 => Coding::ImaAdpcm,
            0x50 | 0x55 => Coding::Mpeg,
            0xFF | 0x1600 | 0x706D | 0x4143 | 0xA106 => Coding::Aac,
            0x31 => Coding::Gsm,
            0x92 | 0x2000 => Coding::Ac3,
            0x2001 => Coding::Dts,
            0x160..=0x163 => Coding::Other("Windows Media Audio".into()),
            0x45 | 0x64 => Coding::Other("G.726".into()),
            tag => Coding::Other(format!("WAV format {tag:#06x}")),
        };
        Self::new(coding, channels, rate_hz, align, mask)
    }

    /// Reads a `COMM` chunk; `is_c`: of an AIFF-C file, which names its coding.
    pub(super) fn of_aiff(chunk: &[u8], is_c: bool) -> Result<Self, Error> {
        let damaged = || Error::Damaged("its common chunk is too short".into());
        let Some(&[c0, c1, _, _, _, _, b0, b1, e0, e1, m0, m1, m2, m3, m4, m5, m6, m7]) = chunk.first_chunk() else {
            return Err(damaged());
        };
        let (channels, bits) = (usize::from(u16::from_be_bytes([c0, c1])), usize::from(u16::from_be_bytes([b0, b1])));
        // An 80-bit float: exponent, then the whole mantissa.
        let exponent = i32::from(u16::from_be_bytes([e0, e1]) & 0x7FFF) - 16_383 - 63;
        let rate = u64::from_be_bytes([m0, m1, m2, m3, m4, m5, m6, m7]) as f64 * f64::from(exponent).exp2();
        let rate_hz = rate.round() as u32;
        let bytes = bits.div_ceil(8).max(1);
        let signed = |bytes, is_big| Coding::Pcm { kind: Number::Signed, bytes, is_big };
        let of = |kind, bytes| Coding::Pcm { kind, bytes, is_big: true };
        let coding = match chunk.get(18..22).filter(|_| is_c) {
            None | Some(b"NONE" | b"twos") => signed(bytes, true),
            Some(b"sowt") => signed(bytes, false),
            Some(b"raw ") => of(Number::Unsigned, 1),
            Some(b"in24") => signed(3, true),
            Some(b"in32") => signed(4, true),
            Some(b"42ni") => signed(3, false),
            Some(b"23ni") => signed(4, false),
            Some(b"fl32" | b"FL32") => of(Number::Float, 4),
            Some(b"fl64" | b"FL64") => of(Number::Float, 8),
            Some(b"alaw" | b"ALAW") => of(Number::ALaw, 1),
            Some(b"ulaw" | b"ULAW") => of(Number::MuLaw, 1),
            Some(b"ima4") => Coding::Ima4,
            Some(b".mp3" | b"ms\0U" | b".mp2") => Coding::Mpeg,
            Some(other) => Coding::Other(format!("AIFF-C {}", String::from_utf8_lossy(other).trim())),
        };
        let align = match &coding {
            Coding::Pcm { bytes, .. } => bytes * channels,
            _ => super::adpcm::IMA4_BYTES * channels,
        };
        Self::new(coding, channels, rate_hz, align, 0)
    }

    /// Such a coding, if it is one that is decoded.
    pub(super) fn new(coding: Coding, channels: usize, rate_hz: u32, align: usize, mask: u32) -> Result<Self, Error> {
        if channels == 0 {
            return Err(Error::NoSound);
        }
        if channels > CHANNELS_MAX {
            return Err(Error::Unsupported(format!("{channels} channels")));
        }
        if let Coding::Other(name) = coding {
            return Err(Error::Unsupported(name));
        }
        if coding == Coding::Gsm && channels > 1 {
            return Err(Error::Unsupported(format!("GSM of {channels} channels")));
        }
        let block_bytes = match &coding {
            Coding::Pcm { bytes, .. } => bytes * channels,
            Coding::Gsm if align != gsm::FRAME_BYTES => gsm::PAIR_BYTES,
            _ => align,
        };
        if block_bytes == 0 {
            return Err(Error::Damaged("its blocks have no bytes".into()));
        }
        Ok(Self { coding, channels, rate_hz, block_bytes, downmix: places(channels, mask) })
    }
}

/// Bytes of a sample: what the block has room for, if the bits fit in.
fn width(align: usize, channels: usize, bits: usize) -> usize {
    let narrow = bits.div_ceil(8).max(1);
    let wide = align.checked_div(channels).unwrap_or(0);
    if (narrow..=8).contains(&wide) && wide * channels == align { wide } else { narrow }
}

/// Behind the common part: samples per block, a count, and so many pairs.
fn ms_coefficients(chunk: &[u8]) -> Vec<[i32; 2]> {
    let table = chunk.get(22..).unwrap_or_default();
    let pairs: Vec<[i32; 2]> = table
        .as_chunks::<4>()
        .0
        .iter()
        .map(|[a, b, c, d]| [i16::from_le_bytes([*a, *b]).into(), i16::from_le_bytes([*c, *d]).into()])
        .collect();
    if pairs.len() < MS_COEFFICIENTS.len() { MS_COEFFICIENTS.to_vec() } else { pairs }
}

/// Where the channels stand: as the mask says, else as is usual for so many.
fn places(channels: usize, mask: u32) -> Downmix {
    use Place::{Back, Centre, Left, Right, Silent, SurroundLeft as Sl, SurroundRight as Sr};
    const BITS: [Place; 11] = [Left, Right, Centre, Silent, Sl, Sr, Left, Right, Back, Sl, Sr];
    // Three without places are stereo and a subwoofer. Two are left and right, whatever the file calls them: nobody has put
    // them beside others.
    if mask == 0 && channels == 3 {
        return Downmix::new(&[Left, Right, Silent]);
    }
    if mask == 0 || channels <= 2 {
        return Downmix::usual(channels);
    }
    let masked = (0..32).filter(|bit| mask >> bit & 1 == 1).map(|bit| BITS.get(bit).copied().unwrap_or(Silent));
    let mut places: Vec<Place> = masked.collect();
    places.resize(channels, Silent);
    Downmix::new(&places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(tag: u16, channels: u16, bits: u16, align: u16, rest: &[u8]) -> Result<Format, Error> {
        let mut chunk = [tag, channels].map(u16::to_le_bytes).concat();
        chunk.extend(44_100_u32.to_le_bytes());
        chunk.extend([0; 4]);
        chunk.extend([align, bits].map(u16::to_le_bytes).concat());
        chunk.extend(rest);
        Format::of_wave(&chunk, false)
    }

    #[test]
    fn a_sample_is_as_wide_as_its_block_allows() {
        let bytes = |bits, align| match wave(1, 2, bits, align, &[]).unwrap().coding {
            Coding::Pcm { bytes, .. } => bytes,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            [bytes(16, 4), bytes(24, 6), bytes(24, 8), bytes(12, 4), bytes(16, 0), bytes(16, 3)],
            [2, 3, 4, 2, 2, 2]
        );
    }

    #[test]
    fn what_is_not_decoded_has_a_name() {
        let refused = |tag| wave(tag, 2, 16, 4, &[]).unwrap_err().to_string();
        assert_eq!(refused(0x161), "cannot be played here: Windows Media Audio");
        assert_eq!(refused(0x1234), "cannot be played here: WAV format 0x1234");
        assert!(matches!(wave(1, 0, 16, 4, &[]), Err(Error::NoSound)));
    }

    #[test]
    fn aiff_rates_are_floats_of_eighty_bits() {
        let chunk = [&[0, 2, 0, 0, 0, 9, 0, 16, 0x40, 0x0E][..], &(44_100_u64 << 48).to_be_bytes()].concat();
        let format = Format::of_aiff(&chunk, false).unwrap();
        assert_eq!((format.rate_hz, format.channels, format.block_bytes), (44_100, 2, 4));
    }
}

//! What a track's sample description says of its sound (ISO 14496-12 section 8.5.2, 14496-14, QuickTime's own kinds).
//!
//! Only translation: into a decoder, and into what must be known to count. What cannot be decoded has a name.

use std::ops::Range;

use super::boxes::{Boxes, number};
use crate::decode::aac::{Aac, Transport};
use crate::decode::ac3::Ac3;
use crate::decode::bare::Packets;
use crate::decode::dts::Dts;
use crate::decode::mpeg::Mpeg;
use crate::decode::opus::Opus;
use crate::decode::symphonia::Native;
use crate::decode::wave::Plain;
use crate::decode::{Error, Source};

/// Bytes of a description of sound in QuickTime's versions.
const BYTES: [u64; 3] = [28, 44, 64];

/// A decoder and how its input is cut.
pub(super) struct Entry {
    pub(super) packets: Box<dyn Packets>,
    /// Where the smallest piece holds few frames: how many, and how many bytes they take. Then pieces are cut from chunks.
    pub(super) piece: Option<(u64, u64)>,
    /// Frames at the beginning that are not to be heard, where no edit says so.
    pub(super) lead_in: u64,
}

/// Names of kinds that are known and not decoded here.
const OTHERS: [([u8; 4], &str); 9] = [
    (*b"drms", "it is protected by its seller (DRM)"),
    (*b"enca", "it is encrypted (DRM)"),
    (*b"ac-4", "AC-4"),
    (*b"dtse", "DTS Express"),
    (*b"samr", "AMR"),
    (*b"sawb", "AMR-WB"),
    (*b"mlpa", "TrueHD"),
    (*b"QDM2", "QDesign Music"),
    (*b"MAC3", "MACE"),
];

/// Reads the first description in `stsd`.
pub(super) fn read<S: Source>(boxes: &mut Boxes<'_, S>, stsd: &Range<u64>) -> Result<Entry, Error> {
    let damaged = || Error::Damaged("it does not say what its sound is".into());
    let entry = boxes.next(&mut (stsd.start + 8..stsd.end)).ok_or_else(damaged)?;
    if let Some((_, name)) = OTHERS.iter().find(|(kind, _)| *kind == entry.kind) {
        return Err(Error::Unsupported((*name).into()));
    }
    let head: [u8; 28] = boxes.bytes(&entry.body, 0).ok_or_else(damaged)?;
    let pair = |at: usize| usize::from(u16::from_be_bytes([head[at], head[at + 1]]));
    let (version, mut channels, mut bits, mut rate_hz) = (pair(8), pair(16), pair(18), pair(24) as u32);
    let mut flags = 0;
    if version == 2 {
        let more: [u8; 36] = boxes.bytes(&entry.body, 28).ok_or_else(damaged)?;
        let rate = f64::from_bits(super::boxes::long(&more, 4));
        (rate_hz, channels, bits, flags) =
            (rate as u32, number(&more, 12) as usize, number(&more, 20) as usize, number(&more, 24));
    }
    let begin = entry.body.start + BYTES.get(version).copied().unwrap_or(BYTES[0]);
    let mut inside = begin.min(entry.body.end)..entry.body.end;
    if boxes.find(inside.clone(), *b"wave").is_none() && version == 1 && !looks_like_boxes(boxes, &inside) {
        // Some programs say version 1 and write version 0.
        inside.start = entry.body.start + BYTES[0];
    }
    let mut part = |kind: [u8; 4]| {
        let direct = boxes.find(inside.clone(), kind);
        let found = direct.or_else(|| boxes.path(&inside, [*b"wave", kind]));
        found.map(|body| boxes.body(&body))
    };
    let whole = |packets: Box<dyn Packets>| Ok(Entry { packets, piece: None, lead_in: 0 });
    let plain = |plain: Plain| {
        let piece = Some(plain.piece());
        Ok(Entry { packets: Box::new(plain), piece, lead_in: 0 })
    };
    let wide = bits.div_ceil(8).max(1);
    let is_little = part(*b"enda").is_some_and(|body| body.last() == Some(&1));
    match &entry.kind {
        b"mp4a" => match part(*b"esds").map(|body| elementary(&body)) {
            Some((0x69 | 0x6B, _)) => whole(Box::new(Mpeg::new())),
            Some((0x40 | 0x66..=0x68 | 0, config)) if !config.is_empty() => {
                whole(Box::new(Aac::new(Transport::Raw(config))?))
            }
            Some((0x40 | 0x66..=0x68, _)) => {
                whole(Box::new(Aac::new(Transport::Raw(low_complexity(rate_hz, channels)))?))
            }
            Some((0xA5 | 0xA6, _)) => whole(Box::new(Ac3::new()?)),
            Some((0xA9, _)) => whole(Box::<Dts>::default()),
            Some((kind, _)) => Err(Error::Unsupported(format!("MP4 sound of type {kind:#04x}"))),
            None => Err(damaged()),
        },
        b"alac" => {
            let cookie = part(*b"alac").ok_or_else(damaged)?;
            whole(Box::new(Native::alac(cookie.get(4..).unwrap_or_default())?))
        }
        b"fLaC" => {
            let blocks = part(*b"dfLa").ok_or_else(damaged)?;
            whole(Box::new(Native::flac(blocks.get(8..42).ok_or_else(damaged)?)?))
        }
        b"Opus" => {
            let said = part(*b"dOps").ok_or_else(damaged)?;
            let opus = Opus::new(&opus_header(&said).ok_or_else(damaged)?)?;
            let lead_in = opus.pre_skip().into();
            Ok(Entry { packets: Box::new(opus), piece: None, lead_in })
        }
        b"ac-3" | b"ec-3" => whole(Box::new(Ac3::new()?)),
        b"dtsc" | b"dtsh" | b"dtsl" => whole(Box::<Dts>::default()),
        b"agsm" => plain(Plain::gsm(rate_hz)?),
        b".mp3" | b"mp3 " | b"ms\0U" | b".mp2" => whole(Box::new(Mpeg::new())),
        b"twos" | b"in24" | b"in32" => {
            let width = match &entry.kind {
                b"in24" => 3,
                b"in32" => 4,
                _ => wide,
            };
            plain(Plain::signed(width, !is_little, channels, rate_hz)?)
        }
        b"sowt" => plain(Plain::signed(wide, false, channels, rate_hz)?),
        b"raw " | b"NONE" if wide == 1 => plain(Plain::unsigned(channels, rate_hz)?),
        b"raw " | b"NONE" => plain(Plain::signed(wide, true, channels, rate_hz)?),
        b"fl32" => plain(Plain::float(4, !is_little, channels, rate_hz)?),
        b"fl64" => plain(Plain::float(8, !is_little, channels, rate_hz)?),
        b"alaw" => plain(Plain::telephony(true, channels, rate_hz)?),
        b"ulaw" => plain(Plain::telephony(false, channels, rate_hz)?),
        b"ima4" => plain(Plain::ima4(channels, rate_hz)?),
        b"lpcm" if flags & 1 != 0 => plain(Plain::float(wide, flags & 2 != 0, channels, rate_hz)?),
        b"lpcm" => plain(Plain::signed(wide, flags & 2 != 0, channels, rate_hz)?),
        b"ipcm" | b"fpcm" => {
            let said = part(*b"pcmC").unwrap_or_default();
            let is_big = said.get(4).is_none_or(|flags| flags & 1 == 0);
            let width = said.get(5).map_or(wide, |bits| usize::from(*bits).div_ceil(8));
            let float = &entry.kind == b"fpcm";
            plain(if float {
                Plain::float(width, is_big, channels, rate_hz)?
            } else {
                Plain::signed(width, is_big, channels, rate_hz)?
            })
        }
        other => Err(Error::Unsupported(format!("MP4 sound of the kind “{}”", String::from_utf8_lossy(other)))),
    }
}

fn looks_like_boxes<S: Source>(boxes: &mut Boxes<'_, S>, inside: &Range<u64>) -> bool {
    let mut rest = inside.clone();
    rest.is_empty() || boxes.next(&mut rest).is_some_and(|found| found.kind.iter().all(u8::is_ascii_graphic))
}

/// The type and the configuration in an elementary stream's descriptor (ISO 14496-1 section 7.2.6).
fn elementary(body: &[u8]) -> (u8, Vec<u8>) {
    let (mut kind, mut config) = (0, Vec::new());
    let mut rest = body.get(4..).unwrap_or_default();
    while let Some((tag, behind)) = rest.split_first() {
        // Seven bits each, as long as the eighth is set.
        let digits = behind.iter().take(4).take_while(|byte| **byte & 0x80 != 0).count().min(3) + 1;
        let Some((size, behind)) = behind.split_at_checked(digits) else { break };
        let size = size.iter().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7F));
        match tag {
            // What lies in these is looked into; behind their own fields.
            3 => {
                let flags = behind.get(2).copied().unwrap_or(0);
                let more = usize::from(flags >> 7) * 2 + usize::from(flags >> 5 & 1) * 2;
                let address = if flags & 0x40 != 0 {
                    1 + behind.get(3 + more).map_or(0, |length| usize::from(*length))
                } else {
                    0
                };
                rest = behind.get(3 + more + address..).unwrap_or_default();
            }
            4 => {
                kind = behind.first().copied().unwrap_or(0);
                rest = behind.get(13..).unwrap_or_default();
            }
            5 => {
                config = behind[..size.min(behind.len())].to_vec();
                break;
            }
            _ => rest = behind.get(size..).unwrap_or_default(),
        }
    }
    (kind, config)
}

/// A configuration for what has none.
fn low_complexity(rate_hz: u32, channels: usize) -> Vec<u8> {
    let index = crate::decode::adts::rate_index(rate_hz);
    let word = 2_u16 << 11 | u16::from(index) << 7 | (channels as u16 & 15) << 3;
    word.to_be_bytes().to_vec()
}

/// Opus' header as Ogg has it, out of MP4's, which has the same in another order of bytes.
fn opus_header(said: &[u8]) -> Option<Vec<u8>> {
    let &[_version, channels, skip0, skip1, r0, r1, r2, r3, gain0, gain1, family, ref table @ ..] = said else {
        return None;
    };
    let head = [1, channels, skip1, skip0, r3, r2, r1, r0, gain1, gain0, family];
    Some([&b"OpusHead"[..], &head, table].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_read_with_short_and_long_sizes() {
        let inner = [&[5, 2, 0x12, 0x10][..], &[6, 1, 2]].concat();
        let config = [&[4, 0x80, 0x80, 0x80, 20, 0x40][..], &[0; 12], &inner].concat();
        let body = [&[0; 4][..], &[3, 0x80, 0x80, 40, 0, 1, 0x80, 9, 9], &config].concat();
        assert_eq!(elementary(&body), (0x40, vec![0x12, 0x10]));
        for cut in 0..body.len() {
            elementary(&body[..cut]);
        }
    }

    #[test]
    fn opus_says_the_same_in_either_order() {
        let head = opus_header(&[0, 2, 1, 0x38, 0, 0, 0xBB, 0x80, 0xFF, 0, 0]).unwrap();
        assert_eq!(head, [&b"OpusHead\x01\x02\x38\x01\x80\xBB\0\0\0\xFF"[..], &[0]].concat());
    }
}

//! Which decoder a file is for, by what it begins with; its name plays no part.
//!
//! What lies in front, as ID3 tags or zeros, is passed over. It decodes nothing itself.

use std::ops::Range;

use super::aac::{Aac, Transport};
use super::ac3::{self, Ac3};
use super::adts::{Adts, Loas};
use super::bare::Bare;
use super::disguise::InPcm;
use super::dts::{self, Dts};
use super::mp4::{self, Mp4};
use super::mpeg::{Header, Mpeg};
use super::speex::{self, Speex};
use super::spliced::{Piece, Spliced};
use super::symphonia::Symphonia;
use super::walk::Head;
use super::wave::{Inside, Samples, Wave};
use super::window::Window;
use super::{Decode, Error, Source, TrackInfo, flac, id3, ogg};

/// Bytes looked at to tell one kind from another.
const HEAD_BYTES: usize = 64;

/// How far a kind's mark is looked for behind rubbish, and how much of it at once, in bytes.
const RUBBISH_BYTES_MAX: u64 = 16 * 1024 * 1024;
const STEP_BYTES: usize = 64 * 1024;

/// How Sony's Wave64 begins.
const WAVE64: &[u8] = b"riff\x2E\x91\xCF\x11";

/// What files of MP4 and QuickTime call themselves.
const BRANDS: [&[u8; 4]; 12] =
    [b"M4A ", b"M4B ", b"M4P ", b"M4V ", b"mp41", b"mp42", b"isom", b"iso2", b"iso5", b"iso6", b"dash", b"qt  "];

/// Tags in front of one another that are passed over.
const TAGS_MAX: usize = 8;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Wave,
    Flac,
    Mp4,
    Ogg,
    /// Read by symphonia as it is.
    Other,
}

/// Opens `source` of `length` bytes.
pub(super) fn open<S: Source + 'static>(source: S, length: u64) -> Result<Box<dyn Decode>, Error> {
    let mut window = Window::new(source, 0..length);
    let at = behind_tags(&mut window, 0)?;
    if let Some(kind) = kind(&mut window, at)? {
        return known(kind, window, at, length);
    }
    let first = behind_zeros(&mut window, at)?;
    let begin = if first > at { behind_tags(&mut window, first)? } else { at };
    // MP4 begins with zeros of its own.
    match search(&mut window, begin, if begin == first { at.max(first.saturating_sub(3)) } else { begin })? {
        Some((kind, at)) => known(kind, window, at, length),
        None => bare(window, begin, length),
    }
}

fn known<S: Source + 'static>(
    kind: Kind,
    mut window: Window<S>,
    at: u64,
    length: u64,
) -> Result<Box<dyn Decode>, Error> {
    match kind {
        Kind::Wave => wave(window, at),
        Kind::Mp4 => Ok(Box::new(Mp4::open(window, at)?)),
        Kind::Flac => match flac::pieces(&mut window, at).map_err(Error::Open)? {
            Some((pieces, info)) => spliced(Spliced::new(window.into_source(), pieces), None, info),
            None => Err(Error::Damaged("it does not say how its sound is written".into())),
        },
        Kind::Ogg if window.at(at, HEAD_BYTES).map_err(Error::Open)?.windows(8).any(|mark| mark == speex::MARK) => {
            Ok(Box::new(Speex::open(window, at)?))
        }
        Kind::Ogg => match ogg::pieces(&mut window, at).map_err(Error::Open)? {
            Some((pieces, header)) => {
                spliced(Spliced::new(window.into_source(), pieces), Some(header), TrackInfo::default())
            }
            None => plain(window, at, length),
        },
        Kind::Other => plain(window, at, length),
    }
}

fn spliced<S: Source + 'static>(
    source: Spliced<S>,
    header: Option<Vec<u8>>,
    info: TrackInfo,
) -> Result<Box<dyn Decode>, Error> {
    let length = source.length();
    let mut decode = Symphonia::open(source, length, header)?;
    decode.name(info);
    Ok(Box::new(decode))
}

/// What symphonia reads as it is, from `at` on.
fn plain<S: Source + 'static>(window: Window<S>, at: u64, length: u64) -> Result<Box<dyn Decode>, Error> {
    let whole = Spliced::new(window.into_source(), vec![Piece::Real(at..length)]);
    spliced(whole, None, TrackInfo::default())
}

fn wave<S: Source + 'static>(mut window: Window<S>, at: u64) -> Result<Box<dyn Decode>, Error> {
    let wave = Wave::read(&mut window, at)?.ok_or(Error::Unrecognised)?;
    let place = wave.pieces.first().cloned().unwrap_or_default();
    let inside = wave.inside(&mut window)?;
    if inside == Inside::Samples {
        return Ok(Box::new(Samples::new(window, wave)));
    }
    let source = window.into_source();
    let opened = match inside {
        Inside::Ac3 => boxed(Bare::<_, ac3::Header, _>::open(source, place, Ac3::new()?, wave.info)?),
        Inside::Dts => boxed(Bare::<_, dts::Header, _>::open(source, place, Dts::default(), wave.info)?),
        Inside::DtsInPcm => boxed(Bare::<_, InPcm<dts::Header>, _>::open(source, place, Dts::default(), wave.info)?),
        Inside::Ac3InPcm => boxed(Bare::<_, InPcm<ac3::Swapped>, _>::open(source, place, Ac3::new()?, wave.info)?),
        Inside::Aac => boxed(Bare::<_, Adts, _>::open(source, place, Aac::new(Transport::Adts)?, wave.info)?),
        _ => boxed(Bare::<_, Header, _>::open(source, place, Mpeg::new(), wave.info)?),
    };
    opened.ok_or(Error::NoSound)
}

/// Frames without a container, from `at` on.
fn bare<S: Source + 'static>(mut window: Window<S>, at: u64, length: u64) -> Result<Box<dyn Decode>, Error> {
    let info = id3::read(&mut window).map_err(Error::Open)?;
    let all: Range<u64> = at..length;
    // Its frames are of one length, so that what looks like another kind's lies in the same place of each.
    let is_dts = dts::Header::read(window.at(at, dts::Header::BYTES).map_err(Error::Open)?).is_some();
    if is_dts {
        return boxed(Bare::<_, dts::Header, _>::open(window.into_source(), all, Dts::default(), info)?)
            .ok_or(Error::Unrecognised);
    }
    // Each finds out for itself whether these are its frames; the source comes back if they are not.
    let source = match Bare::<_, Header, _>::open(window.into_source(), all.clone(), Mpeg::new(), info.clone())? {
        Ok(bare) => return Ok(Box::new(bare)),
        Err(source) => source,
    };
    let source = match Bare::<_, Adts, _>::open(source, all.clone(), Aac::new(Transport::Adts)?, info.clone())? {
        Ok(bare) => return Ok(Box::new(bare)),
        Err(source) => source,
    };
    let source = match Bare::<_, ac3::Header, _>::open(source, all.clone(), Ac3::new()?, info.clone())? {
        Ok(bare) => return Ok(Box::new(bare)),
        Err(source) => source,
    };
    match Bare::<_, Loas, _>::open(source, all, Aac::new(Transport::Loas)?, info)? {
        Ok(bare) => Ok(Box::new(bare)),
        Err(_) => Err(Error::Unrecognised),
    }
}

fn boxed<S: Source + 'static, T: Decode + 'static>(opened: Result<T, S>) -> Option<Box<dyn Decode>> {
    opened.ok().map(|decode| Box::new(decode) as Box<dyn Decode>)
}

/// The first place behind ID3 tags that begin at `at`.
fn behind_tags<S: Source>(window: &mut Window<S>, mut at: u64) -> Result<u64, Error> {
    for _ in 0..TAGS_MAX {
        let Some([b'I', b'D', b'3', _, _, flags, size @ ..]) = window.array::<10>(at).map_err(Error::Open)? else {
            break;
        };
        let size = size.iter().fold(0, |size, byte| size << 7 | u64::from(byte & 0x7F));
        let foot = if flags & 0x10 != 0 { 10 } else { 0 };
        let next = at + 10 + size + foot;
        if next >= window.end() {
            break;
        }
        at = next;
    }
    Ok(at)
}

/// The first place behind zeros, of which unfinished downloads and some rippers leave megabytes.
fn behind_zeros<S: Source>(window: &mut Window<S>, at: u64) -> Result<u64, Error> {
    let mut place = at;
    while place - at < RUBBISH_BYTES_MAX {
        let step = window.at(place, STEP_BYTES).map_err(Error::Open)?;
        if let Some(first) = step.iter().position(|byte| *byte != 0) {
            return Ok(place + first as u64);
        }
        if step.is_empty() {
            break;
        }
        place += step.len() as u64;
    }
    Ok(at)
}

/// The kind that begins at `at`.
fn kind<S: Source>(window: &mut Window<S>, at: u64) -> Result<Option<Kind>, Error> {
    let head = window.at(at, HEAD_BYTES).map_err(Error::Open)?;
    let starts = |mark: &[u8]| head.starts_with(mark);
    Ok(match () {
        () if starts(b"RIFF") || starts(b"RIFX") || starts(b"RF64") || starts(b"BW64") => Some(Kind::Wave),
        () if starts(b"FORM") || starts(WAVE64) => Some(Kind::Wave),
        () if starts(b"fLaC") => Some(Kind::Flac),
        () if starts(b"OggS") => Some(Kind::Ogg),
        () if starts(b"\x1A\x45\xDF\xA3") || starts(b"caff") => Some(Kind::Other),
        () if mp4::is_one(head) => Some(Kind::Mp4),
        () => None,
    })
}

/// The first kind whose mark stands at `from` or behind it. Where bare frames begin at `begin`, not much of them is looked through.
fn search<S: Source>(window: &mut Window<S>, begin: u64, from: u64) -> Result<Option<(Kind, u64)>, Error> {
    let far = match window.at(begin, HEAD_BYTES).map_err(Error::Open)? {
        head if is_sync(head) => STEP_BYTES as u64,
        _ => RUBBISH_BYTES_MAX,
    };
    for step in (from..from.saturating_add(far)).step_by(STEP_BYTES) {
        let bytes = window.at(step, STEP_BYTES + HEAD_BYTES).map_err(Error::Open)?;
        let found = (0..bytes.len().min(STEP_BYTES)).find_map(|place| Some((marked(&bytes[place..])?, place as u64)));
        if let Some((kind, place)) = found {
            return Ok(Some((kind, step + place)));
        }
        if bytes.len() < STEP_BYTES {
            break;
        }
    }
    Ok(None)
}

/// Whether frames without a container may begin here: MPEG's and AAC's, AC-3's, and LOAS.
fn is_sync(head: &[u8]) -> bool {
    matches!(head, [0xFF, 0xE0..=0xFF, ..] | [0x0B, 0x77, ..] | [0x56, 0xE0..=0xFF, ..])
}

/// The kind whose mark stands here, with so much behind it that it is none by chance.
fn marked(bytes: &[u8]) -> Option<Kind> {
    let has = |at: usize, mark: &[u8]| bytes.get(at..).is_some_and(|bytes| bytes.starts_with(mark));
    match bytes.first()? {
        b'f' if has(0, b"fLaC\0\0\0\x22") || has(0, b"fLaC\x80\0\0\x22") => Some(Kind::Flac),
        b'O' if has(0, b"OggS\0\x02") => Some(Kind::Ogg),
        b'R' if has(8, b"WAVE") && (has(0, b"RIFF") || has(0, b"RIFX") || has(0, b"RF64")) => Some(Kind::Wave),
        b'B' if has(0, b"BW64") && has(8, b"WAVE") => Some(Kind::Wave),
        b'F' if has(0, b"FORM") && (has(8, b"AIFF") || has(8, b"AIFC")) => Some(Kind::Wave),
        b'r' if has(0, WAVE64) => Some(Kind::Wave),
        0x1A if has(0, b"\x1A\x45\xDF\xA3") => {
            let is_named = |names: &[u8]| bytes[..bytes.len().min(HEAD_BYTES)].windows(names.len()).any(|w| w == names);
            (is_named(b"matroska") || is_named(b"webm")).then_some(Kind::Other)
        }
        b'c' if has(0, b"caff\0\x01\0\0desc") => Some(Kind::Other),
        0 if has(0, b"\0\0\0") && has(4, b"ftyp") => BRANDS.iter().any(|brand| has(8, *brand)).then_some(Kind::Mp4),
        _ => None,
    }
}

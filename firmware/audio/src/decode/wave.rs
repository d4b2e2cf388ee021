//! WAV in all its sizes (RIFF, RIFX, RF64, BW64, Wave64) and AIFF: numbers, ADPCM and GSM.
//!
//! Where the sound lies is what the chunks lead to, not what they claim; MPEG audio, AAC, AC-3 and DTS inside are others' work, who are
//! handed the place.

mod adpcm;
mod chunks;
mod format;
mod gsm;
mod pcm;
mod plain;

use std::ops::Range;

use self::chunks::{Chunk, Style};
use self::format::{Coding, Format, Number};
pub(super) use self::plain::Plain;
use super::bare::Packets;
use super::window::Window;
use super::{Decode, Error, Source, TrackInfo, ac3, disguise, dts, id3, shown};
use crate::pcm::Frame;

/// Bytes decoded at once, about: a tenth of a second of ordinary sound.
const STEP_BYTES: usize = 16 * 1024;

/// Bytes of a format chunk that are read.
const FORMAT_BYTES_MAX: usize = 256;

/// Bytes of tags that are read.
const TAG_BYTES_MAX: usize = 256 * 1024;

/// Bytes in which sound of another kind is looked for that is written as numbers.
const DISGUISED_BYTES: usize = 64 * 1024;

/// A file that has been found to be one.
pub(super) struct Wave {
    format: Format,
    /// Where its sound lies.
    pub(super) pieces: Vec<Range<u64>>,
    pub(super) info: TrackInfo,
}

/// What is inside.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Inside {
    Samples,
    Mpeg,
    Aac,
    Ac3,
    Dts,
    /// These in place of the numbers that it is said to have.
    DtsInPcm,
    Ac3InPcm,
}

impl Wave {
    /// Reads the file that begins at `at`; `None` if it begins as no such file does.
    pub(super) fn read<S: Source>(window: &mut Window<S>, at: u64) -> Result<Option<Self>, Error> {
        let head = window.at(at, 40).map_err(Error::Open)?;
        let is = |place: usize, mark: &[u8]| head.get(place..).is_some_and(|rest| rest.starts_with(mark));
        let (style, first) = match () {
            () if is(0, &chunks::W64_RIFF) => (Style::W64, at + 40),
            () if is(8, b"WAVE") && is(0, b"RIFX") => (Style::Big, at + 12),
            () if is(8, b"WAVE") && (is(0, b"RIFF") || is(0, b"RF64") || is(0, b"BW64")) => (Style::Little, at + 12),
            () if is(0, b"FORM") && (is(8, b"AIFF") || is(8, b"AIFC")) => (Style::Big, at + 12),
            () => return Ok(None),
        };
        let is_aiff = is(0, b"FORM");
        let is_c = is(8, b"AIFC");
        let chunks = chunks::read(window, first, style, None).map_err(Error::Open)?;
        let find = |ids: &[&[u8; 4]]| chunks.iter().find(|chunk| ids.contains(&&chunk.id));
        let format = find(&[b"fmt ", b"COMM"]).ok_or_else(|| Error::Damaged("it says nothing of its format".into()))?;
        let format = body(window, format, FORMAT_BYTES_MAX)?;
        let format =
            if is_aiff { Format::of_aiff(&format, is_c) } else { Format::of_wave(&format, style == Style::Big) };
        let mut pieces = Vec::new();
        for chunk in chunks.iter().filter(|chunk| &chunk.id == if is_aiff { b"SSND" } else { b"data" }) {
            let mut piece = chunk.body.clone();
            if is_aiff {
                // An offset to the first sample, and a block size that nobody uses.
                let offset = window.array::<4>(piece.start).map_err(Error::Open)?.map_or(0, u32::from_be_bytes);
                let left = (piece.end - piece.start).saturating_sub(8);
                piece.start =
                    (piece.start + 8).min(piece.end) + if u64::from(offset) < left { offset.into() } else { 0 };
            }
            pieces.push(piece);
        }
        let mut info = TrackInfo::default();
        for chunk in &chunks {
            match &chunk.id {
                b"LIST" | b"NAME" | b"AUTH" | b"id3 " | b"ID3 " => {
                    say(&mut info, chunk, &body(window, chunk, TAG_BYTES_MAX)?)
                }
                _ => {}
            }
        }
        if pieces.iter().all(Range::is_empty) {
            return Err(Error::NoSound);
        }
        Ok(Some(Self { format: format?, pieces, info }))
    }

    /// Whose work its contents are.
    pub(super) fn inside<S: Source>(&self, window: &mut Window<S>) -> Result<Inside, Error> {
        Ok(match self.format.coding {
            Coding::Mpeg => Inside::Mpeg,
            Coding::Aac => Inside::Aac,
            Coding::Ac3 => Inside::Ac3,
            Coding::Dts => Inside::Dts,
            Coding::Pcm { kind: Number::Signed, bytes: 2, .. } if self.format.channels == 2 => {
                let begin = self.pieces.first().map_or(0, |piece| piece.start);
                let samples = window.at(begin, DISGUISED_BYTES).map_err(Error::Open)?;
                match () {
                    () if disguise::is_in::<dts::Header>(samples) => Inside::DtsInPcm,
                    () if disguise::is_in::<ac3::Swapped>(samples) => Inside::Ac3InPcm,
                    () => Inside::Samples,
                }
            }
            _ => Inside::Samples,
        })
    }
}

fn body<S: Source>(window: &mut Window<S>, chunk: &Chunk, max: usize) -> Result<Vec<u8>, Error> {
    let length = usize::try_from(chunk.body.end - chunk.body.start).unwrap_or(usize::MAX).min(max);
    Ok(window.at(chunk.body.start, length).map_err(Error::Open)?.to_vec())
}

/// Takes title and artist from a chunk of tags.
fn say(info: &mut TrackInfo, chunk: &Chunk, body: &[u8]) {
    let text = |bytes: &[u8]| {
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        Some(shown(&String::from_utf8_lossy(text))).filter(|text| !text.is_empty())
    };
    let mut set = |id: &[u8], bytes: &[u8]| match id {
        b"INAM" | b"NAME" => info.title = info.title.take().or_else(|| text(bytes)),
        b"IART" | b"AUTH" => info.artist = info.artist.take().or_else(|| text(bytes)),
        _ => {}
    };
    match &chunk.id {
        b"LIST" => {
            let mut rest = body.strip_prefix(b"INFO").unwrap_or_default();
            while let Some((&[a, b, c, d, s0, s1, s2, s3], behind)) = rest.split_first_chunk() {
                let size = (u32::from_le_bytes([s0, s1, s2, s3]) as usize).min(behind.len());
                set(&[a, b, c, d], &behind[..size]);
                // The pad byte of an odd item is forgotten by many: a name does not begin with zero.
                let pad = usize::from(size % 2 == 1 && behind.get(size) == Some(&0));
                rest = &behind[(size + pad).min(behind.len())..];
            }
        }
        b"NAME" | b"AUTH" => set(&chunk.id, body),
        _ => {
            let said = id3::inside(body);
            info.title = said.title.or(info.title.take());
            info.artist = said.artist.or(info.artist.take());
        }
    }
}

/// Samples of one file, decoded.
pub(super) struct Samples<S> {
    window: Window<S>,
    plain: Plain,
    pieces: Vec<Range<u64>>,
    info: TrackInfo,
    /// The piece at hand, and how far it is read.
    piece: usize,
    at: u64,
    /// Frames to leave out: the rest of the way to the target of a seek.
    early: u64,
}

impl<S: Source> Samples<S> {
    pub(super) fn new(window: Window<S>, wave: Wave) -> Self {
        let Wave { format, pieces, mut info } = wave;
        let bytes: u64 = pieces.iter().map(|piece| piece.end - piece.start).sum();
        let frames = bytes / format.block_bytes as u64 * plain::frames_per_block(&format);
        info.duration_ms = (frames * 1_000).checked_div(format.rate_hz.into());
        let at = pieces.first().map_or(0, |piece| piece.start);
        Self { window, plain: Plain::of(format), pieces, info, piece: 0, at, early: 0 }
    }
}

impl<S: Source> Decode for Samples<S> {
    fn info(&self) -> &TrackInfo {
        &self.info
    }

    fn rate_hz(&self) -> u32 {
        self.plain.format.rate_hz
    }

    fn seek(&mut self, to_ms: u64) -> Result<(), Error> {
        let format = &self.plain.format;
        let frames = u128::from(to_ms) * u128::from(format.rate_hz) / 1_000;
        let frames = u64::try_from(frames).unwrap_or(u64::MAX);
        let per_block = plain::frames_per_block(format).max(1);
        let mut bytes = (frames / per_block).saturating_mul(format.block_bytes as u64);
        self.early = frames % per_block;
        self.plain.reset();
        for (index, piece) in self.pieces.iter().enumerate() {
            let length = piece.end - piece.start;
            (self.piece, self.at) = (index, piece.start + bytes.min(length));
            if bytes < length {
                return Ok(());
            }
            bytes -= length;
        }
        Ok(())
    }

    fn read(&mut self, out: &mut Vec<Frame>) -> Result<bool, Error> {
        let format = &self.plain.format;
        let Some(piece) = self.pieces.get(self.piece) else { return Ok(false) };
        let block = format.block_bytes;
        let count =
            if matches!(format.coding, Coding::Pcm { .. }) { (STEP_BYTES / block).max(1) * block } else { block };
        let left = usize::try_from(piece.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let bytes = self.window.at(self.at, count.min(left)).map_err(Error::Open)?;
        let is_last = bytes.len() < count || left == count;
        self.at += bytes.len() as u64;
        let begin = out.len();
        self.plain.decode(bytes, out);
        let early = usize::try_from(self.early).unwrap_or(usize::MAX).min(out.len() - begin);
        out.drain(begin..begin + early);
        self.early -= early as u64;
        if is_last {
            self.piece += 1;
            self.at = self.pieces.get(self.piece).map_or(0, |piece| piece.start);
        }
        Ok(!is_last || self.piece < self.pieces.len() || out.len() > begin)
    }
}

#[cfg(test)]
mod tests;

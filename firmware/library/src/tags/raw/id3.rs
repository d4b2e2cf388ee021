//! ID3v2.2 to 2.4, one frame at a time, and ID3v1 behind.
//!
//! Sizes are those behind which something sensible follows: programs write plain ones where such without high bits belong, and
//! the other way round. Behind a frame that leads nowhere the next one of use is looked for.

use std::io::{Cursor, Read, Seek};

use lofty::id3::v1::GENRES;

use super::pieces::Pieces;
use super::{Field, Found, TEXT_BYTES_MAX, Text};

/// Bytes of a tag's head.
const HEAD_BYTES: u64 = 10;

/// Bytes of a tag that is changed as a whole against looking like sound: more of it is not read.
const CHANGED_BYTES_MAX: usize = 1024 * 1024;

/// Frames that are looked at.
const FRAMES_MAX: usize = 4_096;

/// How often, and how far, a frame is looked for behind one that is broken.
const SEARCHES_MAX: usize = 16;
const SEARCH_BYTES: usize = 64 * 1024;

/// Bytes of an ID3v1 tag.
const BEHIND_BYTES: u64 = 128;

/// Whether a tag's head is here.
pub(super) fn is_head(bytes: &[u8]) -> bool {
    matches!(bytes, [b'I', b'D', b'3', 2..=4, revision, flags, size @ .., ] if *revision < 0xFF && flags & 0x0F == 0
        && size.len() >= 4 && size[..4].iter().all(|byte| *byte < 0x80))
}

/// The texts of the tag that begins at `at`, and the first place behind it.
pub(super) fn read<F: Read + Seek>(file: &mut Pieces<'_, F>, at: u64) -> Option<(Found, u64)> {
    let [b'I', b'D', b'3', version @ 2..=4, _, flags, size @ ..] = file.array::<10>(at)? else { return None };
    let body = at + HEAD_BYTES;
    let end = body + u64::from(safe(size));
    let mut found = Found::default();
    let is_changed = flags & 0x80 != 0;
    if is_changed && version < 4 {
        let size = usize::try_from(end.min(file.end()).saturating_sub(body)).unwrap_or(usize::MAX);
        let mut plain = Cursor::new(restored(&file.at(body, size.min(CHANGED_BYTES_MAX))));
        if let Some(mut plain) = Pieces::new(&mut plain) {
            let end = plain.end();
            Tag { file: &mut plain, version, is_changed: false, end }.read(0, flags, &mut found);
        }
    } else {
        let end = end.min(file.end());
        Tag { file, version, is_changed, end }.read(body, flags, &mut found);
    }
    let foot = if version == 4 && flags & 0x10 != 0 { HEAD_BYTES } else { 0 };
    Some((found, end + foot))
}

/// The texts of the tag at the very end.
pub(super) fn behind<F: Read + Seek>(file: &mut Pieces<'_, F>) -> Found {
    let mut found = Found::default();
    let tag = file.end().checked_sub(BEHIND_BYTES).and_then(|at| file.array::<128>(at));
    let Some(tag) = tag.filter(|tag| tag.starts_with(b"TAG")) else { return found };
    for (field, bytes) in [
        (Field::Title, &tag[3..33]),
        (Field::Artist, &tag[33..63]),
        (Field::Album, &tag[63..93]),
        (Field::Year, &tag[93..97]),
    ] {
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default().trim_ascii();
        if !text.is_empty() {
            found.add(field, Text::Bytes(text.to_vec()));
        }
    }
    if let [.., 0, track @ 1..=u8::MAX, _] = tag {
        found.add(Field::Track, Text::Known(track.to_string()));
    }
    if let Some(genre) = GENRES.get(usize::from(tag[127])) {
        found.add(Field::Genre, Text::Known((*genre).to_owned()));
    }
    found
}

/// What a frame is about.
fn field(id: &[u8]) -> Option<Field> {
    Some(match id {
        b"TIT2" | b"TT2" => Field::Title,
        b"TPE1" | b"TP1" => Field::Artist,
        b"TPE2" | b"TP2" => Field::AlbumArtist,
        b"TALB" | b"TAL" => Field::Album,
        b"TCON" | b"TCO" => Field::Genre,
        b"TRCK" | b"TRK" => Field::Track,
        b"TPOS" | b"TPA" => Field::Disc,
        b"TDRC" | b"TYER" | b"TYE" => Field::Year,
        b"TDRL" => Field::Published,
        b"TDOR" | b"TORY" | b"TOR" => Field::FirstPublished,
        _ => return None,
    })
}

/// A tag while it is read.
struct Tag<'a, 'f, F> {
    file: &'a mut Pieces<'f, F>,
    version: u8,
    /// Whether its frames are changed against looking like sound.
    is_changed: bool,
    /// The first place behind it.
    end: u64,
}

/// What stands at a place of a tag.
enum Next {
    Frame {
        field: Option<Field>,
        /// The second byte of its flags.
        flags: u8,
        at: u64,
        bytes: u64,
    },
    Broken,
    End,
}

impl<F: Read + Seek> Tag<'_, '_, F> {
    fn read(&mut self, begin: u64, flags: u8, found: &mut Found) {
        let mut at = if flags & 0x40 != 0 && self.version > 2 { self.behind_extension(begin) } else { begin };
        let mut searches = SEARCHES_MAX;
        for _ in 0..FRAMES_MAX {
            match self.next(at) {
                Next::Frame { field, flags, at: body, bytes } => {
                    at = body + bytes;
                    if let Some(field) = field
                        && let Some(texts) = self.texts(body, bytes, flags)
                        && found.0[field as usize].is_empty()
                    {
                        texts.into_iter().for_each(|text| found.add(field, text));
                    }
                }
                Next::Broken if searches > 0 => {
                    searches -= 1;
                    let Some(place) = self.search(at + 1) else { return };
                    at = place;
                }
                Next::Broken | Next::End => return,
            }
        }
    }

    /// The first frame behind an extended header that begins at `at`, of which programs count the size in every way.
    fn behind_extension(&mut self, at: u64) -> u64 {
        let Some(size) = self.file.array::<4>(at) else { return at };
        let (plain, safe) = (u64::from(u32::from_be_bytes(size)), u64::from(safe(size)));
        let sizes =
            if self.version == 4 { [safe, safe + 4, plain, plain + 4] } else { [plain + 4, plain, safe + 4, safe] };
        let mut places = sizes.into_iter().map(|size| at + size).filter(|place| *place > at);
        // Without any that fits, what stands in its place is looked through.
        places.find(|place| matches!(self.next(*place), Next::Frame { .. })).unwrap_or(at)
    }

    fn next(&mut self, at: u64) -> Next {
        let head_bytes = if self.version == 2 { 6 } else { HEAD_BYTES };
        let Some(body) = at.checked_add(head_bytes).filter(|body| *body <= self.end) else { return Next::End };
        let head = self.file.at(at, head_bytes as usize);
        let (id, sizes, flags) = match head[..] {
            [0, ..] => return Next::End,
            [_, _, _, a, b, c] => (&head[..3], [u32::from_be_bytes([0, a, b, c]); 2], 0),
            [_, _, _, last, a, b, c, d, _, flags] => {
                // A program took the short names into the versions with long ones.
                let id = if matches!(last, 0 | b' ') { &head[..3] } else { &head[..4] };
                let size = [a, b, c, d];
                let (plain, safe) = (u32::from_be_bytes(size), safe(size));
                (id, if self.version == 4 { [safe, plain] } else { [plain, safe] }, flags)
            }
            _ => return Next::End,
        };
        if !is_id(id) {
            return Next::Broken;
        }
        let field = field(id);
        let ends = sizes.map(|size| body + u64::from(size));
        let fits = ends.into_iter().find(|end| self.is_begin(*end));
        let Some(end) = fits.or_else(|| ends.into_iter().find(|end| *end <= self.end)) else { return Next::Broken };
        Next::Frame { field, flags, at: body, bytes: end - body }
    }

    /// Whether a frame may begin at `at`, or zeros or nothing follow.
    fn is_begin(&mut self, at: u64) -> bool {
        if at >= self.end {
            return at == self.end;
        }
        let bytes = self.file.at(at, if self.version == 2 { 3 } else { 4 });
        bytes.starts_with(&[0]) || is_id(bytes.strip_suffix(&[0]).unwrap_or(&bytes))
    }

    /// The next frame of use.
    fn search(&mut self, from: u64) -> Option<u64> {
        let count = usize::try_from(self.end.saturating_sub(from)).unwrap_or(usize::MAX).min(SEARCH_BYTES);
        let bytes = self.file.at(from, count);
        let letters = if self.version == 2 { 3 } else { 4 };
        let mut places = bytes.windows(letters).enumerate().filter(|(_, id)| field(id).is_some());
        places.find_map(|(place, _)| {
            let at = from + place as u64;
            matches!(self.next(at), Next::Frame { .. }).then_some(at)
        })
    }

    /// The texts in a frame; `None` if it is packed or locked, or says nothing.
    fn texts(&mut self, at: u64, bytes: u64, flags: u8) -> Option<Vec<Text>> {
        let (is_closed, mut in_front, is_changed) = match self.version {
            4 => (flags & 0x0C != 0, usize::from(flags & 0x40 != 0) + 4 * usize::from(flags & 1), flags & 2 != 0),
            3 => (flags & 0xC0 != 0, usize::from(flags & 0x20 != 0), false),
            _ => (false, 0, false),
        };
        if is_closed {
            return None;
        }
        let count = usize::try_from(bytes).unwrap_or(usize::MAX).min(TEXT_BYTES_MAX);
        let mut body = self.file.at(at, count);
        if is_changed || self.is_changed {
            // The length in front holds no byte that is changed.
            body = restored(&body);
        }
        if in_front > body.len() {
            in_front = 0;
        }
        let texts = decoded(&body[in_front..]);
        (!texts.is_empty()).then_some(texts)
    }
}

fn is_id(id: &[u8]) -> bool {
    id.len() > 2 && id.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn safe(bytes: [u8; 4]) -> u32 {
    bytes.iter().fold(0, |size, byte| size << 7 | u32::from(byte & 0x7F))
}

/// Without the zeros that keep a tag from looking like sound.
fn restored(bytes: &[u8]) -> Vec<u8> {
    let mut before = 0;
    let is_kept = |byte: &u8| {
        let kept = !(before == 0xFF && *byte == 0);
        before = *byte;
        kept
    };
    bytes.iter().copied().filter(is_kept).collect()
}

/// The values of a text frame, which begins with a number for its encoding.
fn decoded(body: &[u8]) -> Vec<Text> {
    let Some((encoding, text)) = body.split_first() else { return Vec::new() };
    let bytes = |text: &[u8]| -> Vec<Text> {
        let values = text.split(|byte| *byte == 0).map(<[u8]>::trim_ascii).filter(|value| !value.is_empty());
        values.map(|value| if value.is_ascii() { Text::of_utf8(value) } else { Text::Bytes(value.to_vec()) }).collect()
    };
    match (encoding, text) {
        (0..=2, [0xFE, 0xFF, text @ ..]) => wide(text, u16::from_be_bytes),
        (0..=2, [0xFF, 0xFE, text @ ..]) => wide(text, u16::from_le_bytes),
        // One byte per letter, whatever it says.
        (1 | 2, text) if text.is_ascii() && !text.iter().rev().skip(2).any(|byte| *byte == 0) => bytes(text),
        (1 | 2, text) => {
            let zeros = |parity: usize| text.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
            let (even, odd) = (zeros(0), zeros(1));
            let is_big = if even == odd { *encoding == 2 } else { even > odd };
            wide(text, if is_big { u16::from_be_bytes } else { u16::from_le_bytes })
        }
        (3, text) => {
            let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
            text.split(|byte| *byte == 0).filter(|value| !value.is_empty()).map(Text::of_utf8).collect()
        }
        // Somebody forgot the number.
        (b' '..=u8::MAX, _) => bytes(body),
        _ => bytes(text),
    }
}

/// Text of two bytes per letter; half a letter at the end is left out.
fn wide(text: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<Text> {
    let units: Vec<u16> = text.as_chunks().0.iter().map(|pair| unit(*pair)).collect();
    let values = units.split(|unit| *unit == 0).map(|value| value.strip_prefix(&[0xFEFF]).unwrap_or(value));
    let values = values.filter(|value| !value.is_empty());
    values.map(|value| Text::Known(String::from_utf16_lossy(value))).collect()
}

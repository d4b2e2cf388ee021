//! Title and artist out of the tags around bare sound: ID3v2 in front, ID3v1 behind.
//!
//! Two names for whoever has nothing better; the library reads tags in full. Whatever is odd is passed over, one frame of
//! the tag at a time.

use std::io;

use super::window::Window;
use super::{Source, TrackInfo, shown};

/// Bytes of a tag that are looked through: names stand in front of pictures.
const LOOKED_THROUGH_BYTES: usize = 256 * 1024;

/// The longest text taken, in bytes.
const TEXT_BYTES_MAX: usize = 4_096;

/// Bytes of an ID3v1 tag.
const ID3V1_BYTES: u64 = 128;

/// What the tags of this piece of a file say.
pub(super) fn read<S: Source>(window: &mut Window<S>) -> io::Result<TrackInfo> {
    let begin = window.start();
    let mut info = match window.array::<10>(begin)? {
        Some([b'I', b'D', b'3', version @ 2..=4, _, flags, size @ ..]) => {
            let size = syncsafe(size).min(LOOKED_THROUGH_BYTES);
            in_front(version, flags, window.at(begin + 10, size)?)
        }
        _ => TrackInfo::default(),
    };
    let end = window.end();
    if let Some(at) = end.checked_sub(ID3V1_BYTES)
        && let Some(tag) = window.array::<128>(at)?
        && tag.starts_with(b"TAG")
    {
        info.title = info.title.or_else(|| named(&tag[3..33], latin1));
        info.artist = info.artist.or_else(|| named(&tag[33..63], latin1));
    }
    Ok(info)
}

/// What a tag that is in memory says: one inside another kind of file.
pub(super) fn inside(tag: &[u8]) -> TrackInfo {
    match tag.split_first_chunk() {
        Some(([b'I', b'D', b'3', version @ 2..=4, _, flags, _, _, _, _], rest)) => in_front(*version, *flags, rest),
        _ => TrackInfo::default(),
    }
}

fn in_front(version: u8, flags: u8, tag: &[u8]) -> TrackInfo {
    let plain = if flags & 0x80 != 0 && version < 4 { synchronised(tag) } else { tag.to_vec() };
    let mut rest = &plain[..];
    if flags & 0x40 != 0 && version > 2 {
        let Some((size, behind)) = rest.split_first_chunk() else { return TrackInfo::default() };
        // Version 4 counts the size itself.
        let size = if version == 4 { syncsafe(*size).saturating_sub(4) } else { u32::from_be_bytes(*size) as usize };
        rest = behind.get(size..).unwrap_or_default();
    }
    let mut info = TrackInfo::default();
    while let Some((Frame { id, flags, body }, behind)) = next(version, rest) {
        let field = match id {
            b"TIT2" | b"TT2" => &mut info.title,
            b"TPE1" | b"TP1" => &mut info.artist,
            _ => {
                rest = behind;
                continue;
            }
        };
        let body = if version == 4 && flags & 2 != 0 { synchronised(body) } else { body.to_vec() };
        // A length in front of what was changed on the way.
        let body = if version == 4 && flags & 1 != 0 { body.get(4..).unwrap_or_default() } else { &body };
        if let (None, Some((encoding, text))) = (&field, body.split_first()) {
            *field = named(&text[..text.len().min(TEXT_BYTES_MAX)], |text| decoded(*encoding, text));
        }
        rest = behind;
    }
    info
}

/// A frame of a tag.
struct Frame<'a> {
    id: &'a [u8],
    /// The second byte of its flags.
    flags: u8,
    body: &'a [u8],
}

/// The next frame of a tag, and what follows.
fn next(version: u8, rest: &[u8]) -> Option<(Frame<'_>, &[u8])> {
    let head = if version == 2 { 6 } else { 10 };
    let (head, behind) = rest.split_at_checked(head)?;
    let (id, size, flags) = match *head {
        [.., a, b, c] if version == 2 => (&head[..3], u32::from_be_bytes([0, a, b, c]) as usize, 0),
        [_, _, _, _, a, b, c, d, _, flags] => {
            let (plain, safe) = (u32::from_be_bytes([a, b, c, d]) as usize, syncsafe([a, b, c, d]));
            // Some programs write plain sizes into version 4: right is the one behind which a frame or nothing follows.
            let fits = |size: usize| behind.get(size..).is_some_and(|next| next.is_empty() || is_id_or_padding(next));
            (&head[..4], if version == 4 && (fits(safe) || !fits(plain)) { safe } else { plain }, flags)
        }
        _ => return None,
    };
    if id[0] == 0 {
        return None;
    }
    let (body, behind) = behind.split_at_checked(size)?;
    Some((Frame { id, flags, body }, behind))
}

fn is_id_or_padding(bytes: &[u8]) -> bool {
    let id = bytes.iter().take(4);
    id.clone().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) || id.clone().all(|byte| *byte == 0)
}

fn syncsafe(bytes: [u8; 4]) -> usize {
    bytes.iter().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7F))
}

/// Without the zeros that keep a tag from looking like sound.
fn synchronised(bytes: &[u8]) -> Vec<u8> {
    let mut before = 0;
    let is_kept = |byte: &u8| {
        let kept = !(before == 0xFF && *byte == 0);
        before = *byte;
        kept
    };
    bytes.iter().copied().filter(is_kept).collect()
}

fn named(bytes: &[u8], decode: impl Fn(&[u8]) -> String) -> Option<String> {
    let text = decode(bytes);
    let first = text.split('\0').find(|part| !part.trim().is_empty())?;
    Some(shown(first)).filter(|text| !text.is_empty())
}

fn decoded(encoding: u8, text: &[u8]) -> String {
    let utf16 = |unit: fn([u8; 2]) -> u16, text: &[u8]| {
        let units = text.as_chunks().0.iter().map(|pair| unit(*pair));
        char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match (encoding, text) {
        (1, [0xFE, 0xFF, text @ ..]) | (2, text) => utf16(u16::from_be_bytes, text),
        (1, [0xFF, 0xFE, text @ ..] | text) => utf16(u16::from_le_bytes, text),
        (0, text) if std::str::from_utf8(text).is_err() => latin1(text),
        (_, text) => String::from_utf8_lossy(text).into_owned(),
    }
}

fn latin1(text: &[u8]) -> String {
    text.iter().map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn frame(id: &[u8], body: &[u8]) -> Vec<u8> {
        [id, &(body.len() as u32).to_be_bytes(), &[0, 0], body].concat()
    }

    fn tag(version: u8, flags: u8, frames: &[Vec<u8>]) -> Vec<u8> {
        let body = frames.concat();
        let size = body.len();
        let size = [size >> 21, size >> 14, size >> 7, size].map(|part| (part & 0x7F) as u8);
        [&[b'I', b'D', b'3', version, 0, flags][..], &size, &body].concat()
    }

    fn names(file: Vec<u8>) -> (String, String) {
        let length = file.len() as u64;
        let info = read(&mut Window::new(Cursor::new(file), 0..length)).unwrap();
        (info.title.unwrap_or_default(), info.artist.unwrap_or_default())
    }

    fn pair(title: &str, artist: &str) -> (String, String) {
        (title.into(), artist.into())
    }

    #[test]
    fn names_of_every_version_are_read() {
        let wide = [&[1, 0xFF, 0xFE][..], &[b'T', 0, 0xE4, 0]].concat();
        let both = [frame(b"TIT2", &wide), frame(b"TPE1", b"\0Ann\0")];
        assert_eq!(names(tag(3, 0, &both)), pair("Tä", "Ann"));
        assert_eq!(names(tag(4, 0, &both)), pair("Tä", "Ann"));
        assert_eq!(names(tag(2, 0, &[b"TT2\0\0\x02\0T".to_vec(), b"TP1\0\0\x02\0A".to_vec()])), pair("T", "A"));
        let old = [b"TAG".to_vec(), b"Old".to_vec(), vec![0; 27], b"Him".to_vec(), vec![b' '; 92]].concat();
        assert_eq!(names(old), pair("Old", "Him"));
    }

    #[test]
    fn one_bad_frame_costs_that_frame() {
        let long = "x".repeat(200);
        let album = frame(b"TALB", format!("\u{3}{long}").as_bytes());
        let frames =
            [album, frame(b"TIT2", b"\x09Title"), frame(b"TPE1", b"\x03Ann"), b"COMM\x7f\xff\xff\xff\0\0".to_vec()];
        assert_eq!(names(tag(4, 0, &frames)), pair("Title", "Ann"), "plain sizes in version 4");
        assert_eq!(names(tag(3, 0, &frames)), pair("Title", "Ann"));
        assert_eq!(names(b"ID3\x04\0\0\x7f\x7f\x7f\x7fTIT2".to_vec()), pair("", ""));
    }
}

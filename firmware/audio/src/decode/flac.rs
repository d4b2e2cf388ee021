//! Where the sound of a FLAC file lies (RFC 9639), and what its comments name.
//!
//! Only the first block, which says how the sound is written, and the frames are handed to the decoder: pictures, cue sheets
//! and tags that contradict themselves are nobody's business here, and neither are tags behind the sound.

use std::io;

use super::spliced::Piece;
use super::window::Window;
use super::{Source, TrackInfo, shown};

/// Blocks looked at.
const BLOCKS_MAX: usize = 1_024;

/// Bytes of comments that are looked through for two names.
const COMMENT_BYTES_MAX: usize = 1024 * 1024;

/// How far the first frame is looked for where blocks do not lead to it, in bytes: the largest block there can be, twice.
const SEARCH_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Bytes searched at once.
const SEARCH_BYTES: usize = 32 * 1024;

/// Bytes of the block that says how the sound is written.
const STREAM_BYTES: usize = 34;

/// The longest header of a frame.
const FRAME_HEAD_BYTES: usize = 16;

/// The file that begins at `at` with its mark, as its decoder is to see it, and its names. `None`: it is none.
pub(super) fn pieces<S: Source>(window: &mut Window<S>, at: u64) -> io::Result<Option<(Vec<Piece>, TrackInfo)>> {
    let Some([b'f', b'L', b'a', b'C', kind, 0, 0, size]) = window.array::<8>(at)? else { return Ok(None) };
    if kind & 0x7F != 0 || usize::from(size) != STREAM_BYTES {
        return Ok(None);
    }
    let mut head = window.at(at, 8 + STREAM_BYTES)?.to_vec();
    // The only block is the last.
    head[4] = 0x80;
    let mut info = TrackInfo::default();
    let first = at + head.len() as u64;
    let (mut next, mut is_last) = (first, kind & 0x80 != 0);
    for _ in 0..BLOCKS_MAX {
        let Some([kind, a, b, c]) = window.array::<4>(next)?.filter(|_| !is_last) else { break };
        let (body, size) = (next + 4, u32::from_be_bytes([0, a, b, c]));
        if kind & 0x7F == 4 {
            say(&mut info, window.at(body, COMMENT_BYTES_MAX.min(size as usize))?);
        }
        is_last = kind & 0x80 != 0;
        next = body + u64::from(size);
    }
    let end = behind_sound(window, first)?;
    let sound = if is_frame(window, next)? { Some(next) } else { search(window, first)? };
    Ok(sound.map(|sound| (vec![Piece::Bytes(head), Piece::Real(sound..end.max(sound))], info)))
}

/// Where the sound ends: before tags of MP3 that programs hang behind any file.
fn behind_sound<S: Source>(window: &mut Window<S>, first: u64) -> io::Result<u64> {
    let mut end = window.end();
    for _ in 0..2 {
        let at = |bytes: u64| end.checked_sub(bytes).filter(|at| *at > first);
        if let Some(at) = at(128)
            && window.array::<3>(at)? == Some(*b"TAG")
        {
            end = at;
        } else if let Some(at) = at(32)
            && let Some([b'A', b'P', b'E', b'T', b'A', b'G', b'E', b'X', _, _, _, _, a, b, c, d]) = window.array(at)?
        {
            let size = u64::from(u32::from_le_bytes([a, b, c, d]));
            let begin = end.checked_sub(size).filter(|begin| *begin > first);
            // A size that lies costs no sound: then only the foot is left out.
            end = match begin {
                Some(begin) if is_ape_begin(window, begin)? => begin,
                _ => at,
            };
        }
    }
    Ok(end)
}

/// Whether the items of an APE tag begin here: behind its head, or with a size, flags and a name.
fn is_ape_begin<S: Source>(window: &mut Window<S>, at: u64) -> io::Result<bool> {
    let has_head = match at.checked_sub(32) {
        Some(head) => window.array(head)? == Some(*b"APETAGEX"),
        None => false,
    };
    let item = window.at(at, 8 + 256)?;
    let name = item.get(8..).unwrap_or_default();
    let name = name.iter().position(|byte| *byte == 0).map_or(&[][..], |end| &name[..end]);
    let is_item = name.len() > 1 && name.iter().all(|byte| matches!(byte, b' '..=b'~'));
    Ok(has_head || is_item || item.starts_with(b"APETAGEX"))
}

fn search<S: Source>(window: &mut Window<S>, first: u64) -> io::Result<Option<u64>> {
    let mut at = first;
    while at < window.end() && at - first < SEARCH_BYTES_MAX {
        let bytes = window.at(at, SEARCH_BYTES)?;
        let Some(place) = bytes.iter().position(|byte| *byte == 0xFF) else {
            at += bytes.len().max(1) as u64;
            continue;
        };
        at += place as u64;
        if is_frame(window, at)? {
            return Ok(Some(at));
        }
        at += 1;
    }
    Ok(None)
}

/// Whether a frame's header is here: its mark and its checksum.
fn is_frame<S: Source>(window: &mut Window<S>, at: u64) -> io::Result<bool> {
    let head = window.at(at, FRAME_HEAD_BYTES)?;
    let &[0xFF, 0xF8 | 0xF9, sizes, channels, number, ..] = head else { return Ok(false) };
    if sizes >> 4 == 0 || sizes & 15 == 15 || channels & 1 == 1 {
        return Ok(false);
    }
    // A number as UTF-8 writes it, then the sizes that do not fit into four bits.
    let number = (number.leading_ones() as usize).max(1);
    let block = match sizes >> 4 {
        6 => 1,
        7 => 2,
        _ => 0,
    };
    let rate = match sizes & 15 {
        12 => 1,
        13 | 14 => 2,
        _ => 0,
    };
    let length = 4 + number + block + rate;
    Ok(head.get(..=length).is_some_and(|head| checksum(&head[..length]) == head[length]))
}

/// CRC-8 with the polynomial x⁸+x²+x+1.
fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ byte, |sum: u8, _| if sum & 0x80 != 0 { sum << 1 ^ 0x07 } else { sum << 1 })
    })
}

/// Takes title and artist from comments (Vorbis I section 5.2).
fn say(info: &mut TrackInfo, comments: &[u8]) {
    let entry = |bytes: &mut &[u8]| -> Option<Vec<u8>> {
        let (length, rest) = bytes.split_first_chunk()?;
        let (entry, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        *bytes = rest;
        Some(entry.to_vec())
    };
    let mut rest: &[u8] = comments;
    // Who wrote it, and how many there are: as many as there are.
    if entry(&mut rest).is_none() {
        return;
    }
    rest = rest.get(4..).unwrap_or_default();
    while let Some(comment) = entry(&mut rest) {
        let comment = String::from_utf8_lossy(&comment);
        let Some((key, value)) = comment.split_once('=') else { continue };
        let field = match () {
            () if key.eq_ignore_ascii_case("title") => &mut info.title,
            () if key.eq_ignore_ascii_case("artist") => &mut info.artist,
            () => continue,
        };
        *field = field.take().or_else(|| Some(shown(value)).filter(|value| !value.is_empty()));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::ops::Range;

    use super::*;

    /// A frame's header with its checksum, and some rest.
    fn frame() -> Vec<u8> {
        let head = [0xFF, 0xF8, 0xC9, 0x18, 0x00];
        [&head[..], &[checksum(&head)], &[0x55; 200]].concat()
    }

    fn block(kind: u8, size: u32, body: &[u8]) -> Vec<u8> {
        [&[kind][..], &size.to_be_bytes()[1..], body].concat()
    }

    fn sound(file: &[u8]) -> Option<Range<u64>> {
        let mut window = Window::new(Cursor::new(file.to_vec()), 0..file.len() as u64);
        let (pieces, _) = pieces(&mut window, 0).unwrap()?;
        pieces.into_iter().find_map(|piece| if let Piece::Real(range) = piece { Some(range) } else { None })
    }

    #[test]
    fn the_sound_is_found_whatever_blocks_and_tags_say() {
        let stream = [b"fLaC".to_vec(), block(0, 34, &[7; 34])].concat();
        let begin = stream.len() as u64;
        for (blocks, tail) in [
            (block(0x81, 3, b"abc"), vec![]),
            (block(0x86, 0xFF_FFFF, b"a picture that is not so long"), vec![]),
            (block(0x83, 1, b"longer than it says"), [b"TAG".to_vec(), vec![0; 125]].concat()),
            (block(0x81, 0, b""), [&b"APETAGEX\xd0\x07\0\0\x20\0\0\0"[..], &[0; 16], b"TAG", &[0; 125]].concat()),
            (
                block(0x81, 0, b""),
                [&b"\x03\0\0\0\0\0\0\0Genre\0PopAPETAGEX\xd0\x07\0\0\x31\0\0\0"[..], &[0; 16]].concat(),
            ),
            // A size that reaches into the sound.
            (block(0x81, 0, b""), [&b"APETAGEX\xd0\x07\0\0\x84\0\0\0"[..], &[0; 16]].concat()),
        ] {
            let from = begin + blocks.len() as u64;
            let file = [stream.clone(), blocks, frame(), tail].concat();
            assert_eq!(sound(&file), Some(from..from + frame().len() as u64));
        }
        assert_eq!(sound(&[stream, block(0x81, 3, b"abc")].concat()), None, "no frame");
    }

    #[test]
    fn names_are_read_from_comments_that_miscount() {
        let entry = |text: &str| [&(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
        let comments =
            [entry("v"), 99_u32.to_le_bytes().to_vec(), entry("x"), entry("title=T"), entry("ARTIST=A")].concat();
        let mut info = TrackInfo::default();
        say(&mut info, &comments);
        assert_eq!((info.title.as_deref(), info.artist.as_deref()), (Some("T"), Some("A")));
        say(&mut info, &[0xFF; 20]);
    }
}

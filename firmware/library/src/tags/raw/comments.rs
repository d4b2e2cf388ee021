//! Vorbis comments (Vorbis I section 5) of FLAC, all its blocks of them, and of streams in Ogg.

use std::io::{Cursor, Read, Seek};

use super::pieces::Pieces;
use super::{Field, Found, TEXT_BYTES_MAX, Text};

/// Blocks of FLAC and comments in one that are looked at.
const BLOCKS_MAX: usize = 1_024;
const COMMENTS_MAX: usize = 4_096;

/// The longest name of a comment that is of use, with what stands behind it.
const KEY_BYTES_MAX: usize = 16;

/// Kind of a block of comments, and the mark of the last block.
const KIND: u8 = 4;
const LAST: u8 = 0x80;

/// Pages of Ogg, and bytes of a packet, that are looked through for comments.
const PAGES_MAX: usize = 256;
const PACKET_BYTES_MAX: usize = 1024 * 1024;

/// How packets begin that hold comments.
const MARKS: [&[u8]; 3] = [b"\x03vorbis", b"OpusTags", b"Speex   "];

/// The comments of the FLAC file whose mark stands at `at`.
pub(super) fn flac<F: Read + Seek>(file: &mut Pieces<'_, F>, at: u64) -> Found {
    let mut found = Found::default();
    let mut at = at + 4;
    for _ in 0..BLOCKS_MAX {
        let Some([kind, a, b, c]) = file.array::<4>(at) else { break };
        let (body, size) = (at + 4, u64::from(u32::from_be_bytes([0, a, b, c])));
        if kind & !LAST == KIND {
            comments(file, body, body + size, &mut found);
        }
        if kind & LAST != 0 {
            break;
        }
        at = body + size;
    }
    found
}

/// The comments of the first stream in the Ogg file that begins at `at`.
pub(super) fn ogg<F: Read + Seek>(file: &mut Pieces<'_, F>, mut at: u64) -> Found {
    let mut found = Found::default();
    let mut packet = Vec::new();
    let mut packets = 0;
    let mut stream = None;
    for _ in 0..PAGES_MAX {
        let Some(head) = file.array::<27>(at).filter(|head| head.starts_with(b"OggS")) else { break };
        let sizes = file.at(at + 27, head[26].into());
        let body = at + 27 + sizes.len() as u64;
        at = body + sizes.iter().map(|size| u64::from(*size)).sum::<u64>();
        let is_stream = *stream.get_or_insert([head[14], head[15], head[16], head[17]]) == head[14..18];
        if !is_stream {
            continue;
        }
        let mut bytes = &file.at(body, 255 * 255)[..];
        for size in sizes {
            let (piece, rest) = bytes.split_at(bytes.len().min(size.into()));
            bytes = rest;
            packet.extend_from_slice(&piece[..piece.len().min(PACKET_BYTES_MAX - packet.len())]);
            if size == 255 && packet.len() < PACKET_BYTES_MAX {
                continue;
            }
            packets += 1;
            if packets == 2 {
                of_packet(&packet, &mut found);
                return found;
            }
            packet.clear();
        }
    }
    found
}

fn of_packet(packet: &[u8], found: &mut Found) {
    let marked = MARKS.iter().find(|mark| packet.starts_with(mark)).map(|mark| mark.len());
    // FLAC in Ogg has its own blocks.
    let at = marked.or((packet.first().map(|kind| kind & !LAST) == Some(KIND)).then_some(4)).unwrap_or(0);
    let mut packet = Cursor::new(packet);
    if let Some(mut packet) = Pieces::new(&mut packet) {
        let end = packet.end();
        comments(&mut packet, at as u64, end, found);
    }
}

/// The comments between `at` and `end`; there are as many as there are, whatever is said.
fn comments<F: Read + Seek>(file: &mut Pieces<'_, F>, at: u64, end: u64, found: &mut Found) {
    let end = end.min(file.end());
    let length =
        |file: &mut Pieces<'_, F>, at: u64| file.array::<4>(at).map(|length| u64::from(u32::from_le_bytes(length)));
    // Who wrote it, and how many there are.
    let Some(writer) = length(file, at) else { return };
    let mut at = at + 4 + writer + 4;
    let mut mine = Found::default();
    for _ in 0..COMMENTS_MAX {
        let Some(bytes) = length(file, at).filter(|_| at + 4 <= end) else { break };
        let text = at + 4;
        at = text + bytes;
        if at > end {
            break;
        }
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let head = file.at(text, bytes.min(KEY_BYTES_MAX));
        let Some(equals) = head.iter().position(|byte| *byte == b'=') else { continue };
        if let Some(field) = field(&head[..equals]) {
            let value = file.at(text, bytes.min(TEXT_BYTES_MAX)).split_off(equals + 1);
            if !value.trim_ascii().is_empty() {
                mine.add(field, Text::of_utf8(&value));
            }
        }
    }
    // Another block says what this one does not.
    found.fill(mine);
}

fn field(key: &[u8]) -> Option<Field> {
    Some(match key.to_ascii_uppercase().as_slice() {
        b"TITLE" => Field::Title,
        b"ARTIST" => Field::Artist,
        b"ALBUMARTIST" | b"ALBUM ARTIST" => Field::AlbumArtist,
        b"ALBUM" => Field::Album,
        b"GENRE" => Field::Genre,
        b"TRACKNUMBER" | b"TRACK" => Field::Track,
        b"DISCNUMBER" | b"DISC" => Field::Disc,
        b"DATE" | b"YEAR" => Field::Year,
        b"RELEASEDATE" => Field::Published,
        b"ORIGINALDATE" | b"ORIGINALYEAR" => Field::FirstPublished,
        _ => return None,
    })
}

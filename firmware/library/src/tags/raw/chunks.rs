//! Names in the chunks of WAV and AIFF: an ID3 tag, the list of texts called INFO, and AIFF's own.
//!
//! Chunks follow one another with or without the byte that makes their length even.

use std::io::{Read, Seek};

use super::pieces::Pieces;
use super::{Field, Found, TEXT_BYTES_MAX, Text, id3};

/// Chunks, and texts in a list, that are looked at.
const CHUNKS_MAX: usize = 1_024;

/// Bytes of the end that are looked through where sizes do not lead there.
const END_BYTES: usize = 16 * 1024;

/// A chunk's place.
struct Chunk {
    id: [u8; 4],
    body: u64,
    bytes: u64,
}

/// The names in the file that begins at `at`.
pub(super) fn read<F: Read + Seek>(file: &mut Pieces<'_, F>, at: u64) -> Found {
    let (mut tag, mut texts) = (Found::default(), Found::default());
    let is_big = matches!(file.array::<4>(at), Some([b'F', ..] | [_, _, _, b'X']));
    let end = file.end();
    let mut data_bytes = None;
    let mut next = at + 12;
    for _ in 0..CHUNKS_MAX {
        let Some(mut chunk) = chunk(file, next, is_big) else { break };
        match &chunk.id {
            // The size of the sound in files beyond 4 GB.
            b"ds64" => data_bytes = file.array::<8>(chunk.body + 8).map(u64::from_le_bytes),
            b"data" if chunk.bytes == u64::from(u32::MAX) => chunk.bytes = data_bytes.unwrap_or(chunk.bytes),
            b"id3 " | b"ID3 " => tag.fill(id3::read(file, chunk.body).map(|(tag, _)| tag).unwrap_or_default()),
            b"LIST" if file.array(chunk.body) == Some(*b"INFO") => texts.fill(list(file, &chunk, is_big)),
            b"NAME" => add(file, Field::Title, &chunk, &mut texts),
            b"AUTH" => add(file, Field::Artist, &chunk, &mut texts),
            _ => {}
        }
        next = behind(file, &chunk);
    }
    if next < end.saturating_sub(1) {
        // A size lies; what stands at the end is found without it.
        let from = end.saturating_sub(END_BYTES as u64).max(at);
        let bytes = file.at(from, END_BYTES);
        for place in 0..bytes.len() {
            let here = from + place as u64;
            if bytes[place..].starts_with(b"LIST") && bytes[place..].get(8..12) == Some(b"INFO") {
                let found = chunk(file, here, is_big).map(|chunk| list(file, &chunk, is_big));
                texts.fill(found.unwrap_or_default());
            } else if bytes[place..].starts_with(b"ID3") && id3::is_head(&bytes[place..]) {
                tag.fill(id3::read(file, here).map(|(tag, _)| tag).unwrap_or_default());
            }
        }
    }
    tag.fill(texts);
    tag
}

/// The chunk that begins at `at`, if a name of one stands there.
fn chunk<F: Read + Seek>(file: &mut Pieces<'_, F>, at: u64, is_big: bool) -> Option<Chunk> {
    let [a, b, c, d, size @ ..] = file.array::<8>(at)?;
    let id = [a, b, c, d];
    let bytes = if is_big { u32::from_be_bytes(size) } else { u32::from_le_bytes(size) };
    is_id(id).then_some(Chunk { id, body: at + 8, bytes: bytes.into() })
}

fn is_id(id: [u8; 4]) -> bool {
    id.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Where the next one begins.
fn behind<F: Read + Seek>(file: &mut Pieces<'_, F>, chunk: &Chunk) -> u64 {
    let end = chunk.body.saturating_add(chunk.bytes);
    let is_padded = chunk.bytes % 2 == 1 && !file.array(end).is_some_and(is_id);
    end.saturating_add(is_padded.into())
}

/// The texts of a list.
fn list<F: Read + Seek>(file: &mut Pieces<'_, F>, list: &Chunk, is_big: bool) -> Found {
    let mut found = Found::default();
    let end = list.body.saturating_add(list.bytes);
    let mut next = list.body + 4;
    for _ in 0..CHUNKS_MAX {
        let Some(item) = chunk(file, next, is_big).filter(|_| next < end) else { break };
        let field = match &item.id {
            b"INAM" => Some(Field::Title),
            b"IART" => Some(Field::Artist),
            b"IPRD" => Some(Field::Album),
            b"IGNR" => Some(Field::Genre),
            b"ICRD" => Some(Field::Year),
            b"ITRK" | b"IPRT" | b"TRCK" => Some(Field::Track),
            _ => None,
        };
        if let Some(field) = field {
            add(file, field, &item, &mut found);
        }
        next = behind(file, &item);
    }
    found
}

fn add<F: Read + Seek>(file: &mut Pieces<'_, F>, field: Field, chunk: &Chunk, found: &mut Found) {
    let bytes = file.at(chunk.body, usize::try_from(chunk.bytes).unwrap_or(usize::MAX).min(TEXT_BYTES_MAX));
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default().trim_ascii();
    if !text.is_empty() && found.0[field as usize].is_empty() {
        found.add(field, Text::Bytes(text.to_vec()));
    }
}

//! From chunk to chunk through RIFF, its larger and its big-endian kin, and AIFF.
//!
//! The sizes of the whole are not looked at, those of its parts only as far as they lead to another part: recorders that
//! lost power, programs that write into pipes and programs that forget a pad byte all leave sound behind.

use std::io;
use std::ops::Range;

use crate::decode::Source;
use crate::decode::window::Window;

/// Chunks looked at. An ordinary file has fewer than ten.
const CHUNKS_MAX: usize = 4_096;

/// How far a lost next chunk is looked for, in bytes.
const SEARCH_BYTES: usize = 256 * 1024;

/// What Sony's Wave64 puts in front of a chunk: a GUID, and a size that counts both.
const W64_HEAD_BYTES: u64 = 24;

/// The GUIDs that Wave64 begins with: `riff`, and after its size `wave`.
pub(super) const W64_RIFF: [u8; 16] = *b"riff\x2E\x91\xCF\x11\xA5\xD6\x28\xDB\x04\xC1\x00\x00";

/// Chunks that are looked for where the way is lost.
const WANTED: [&[u8; 4]; 4] = [b"data", b"fmt ", b"SSND", b"COMM"];

/// How a container writes its chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// RIFF and its 64-bit kin: little-endian sizes, padded to two bytes.
    Little,
    /// RIFX and AIFF: big-endian ones.
    Big,
    /// Sony's Wave64.
    W64,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) id: [u8; 4],
    /// Its body, as far as the file goes.
    pub(super) body: Range<u64>,
    /// The size it claims.
    pub(super) claimed: u64,
}

/// The chunks from `at` on, in their order. `data_bytes`: the size of a `data` chunk that says all ones.
pub(super) fn read<S: Source>(
    window: &mut Window<S>,
    mut at: u64,
    style: Style,
    mut data_bytes: Option<u64>,
) -> io::Result<Vec<Chunk>> {
    let mut chunks = Vec::new();
    // Where whole steps are counted from: something odd may lie in front of the file.
    let base = at;
    while chunks.len() < CHUNKS_MAX {
        let Some((id, claimed, begin)) = head(window, at, style)? else { break };
        let end = window.end();
        let left = end.saturating_sub(begin);
        let is_sound = matches!(&id, b"data" | b"SSND");
        let mut bytes = claimed.min(left);
        if is_sound {
            // Sizes that were never filled in. A chunk that really is empty has something, or nothing, behind it.
            let is_open = claimed == 0 && head(window, begin, style)?.is_none();
            bytes = match (claimed, data_bytes.take()) {
                // A `ds64` of zeros was never filled in either.
                (0xFFFF_FFFF, Some(bytes)) if bytes > 0 => bytes.min(left),
                _ if is_open || claimed > left => left,
                _ => bytes,
            };
        } else if claimed > left {
            // Its size leads nowhere: what is wanted may still lie behind.
            let Some(found) = search(window, begin)? else { break };
            at = found;
            continue;
        }
        if &id == b"ds64" {
            data_bytes = window
                .array::<16>(begin)?
                .map(|[.., a, b, c, d, e, f, g, h]| u64::from_le_bytes([a, b, c, d, e, f, g, h]));
        }
        chunks.push(Chunk { id, body: begin..begin + bytes, claimed });
        at = behind(window, base, begin + bytes, style)?;
    }
    Ok(chunks)
}

/// A chunk's name, claimed size and the place of its body; `None` if there is nothing like that.
fn head<S: Source>(window: &mut Window<S>, at: u64, style: Style) -> io::Result<Option<([u8; 4], u64, u64)>> {
    let printable = |id: &[u8; 4]| id.iter().all(|byte| (b' '..=b'~').contains(byte));
    if style == Style::W64 {
        let Some([a, b, c, d, rest @ ..]) = window.array::<24>(at)? else { return Ok(None) };
        let [.., s0, s1, s2, s3, s4, s5, s6, s7] = rest;
        let size = u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]);
        let id = [a, b, c, d];
        return Ok(printable(&id).then_some((id, size.saturating_sub(W64_HEAD_BYTES), at + W64_HEAD_BYTES)));
    }
    let Some([a, b, c, d, size @ ..]) = window.array::<8>(at)? else { return Ok(None) };
    let size = if style == Style::Big { u32::from_be_bytes(size) } else { u32::from_le_bytes(size) };
    let id = [a, b, c, d];
    Ok(printable(&id).then_some((id, size.into(), at + 8)))
}

/// Where the next chunk begins behind one that ends at `end`: at the next even place, unless the pad byte was forgotten.
fn behind<S: Source>(window: &mut Window<S>, base: u64, end: u64, style: Style) -> io::Result<u64> {
    let step = if style == Style::W64 { 8 } else { 2 };
    let padded = base + (end - base).next_multiple_of(step);
    if style == Style::W64 {
        return Ok(padded);
    }
    let fits = |window: &mut Window<S>, at| head(window, at, style).map(|head| head.is_some());
    Ok(if padded != end && !fits(window, padded)? && fits(window, end)? { end } else { padded })
}

fn search<S: Source>(window: &mut Window<S>, from: u64) -> io::Result<Option<u64>> {
    let bytes = window.at(from, SEARCH_BYTES)?;
    let place = bytes.windows(4).position(|id| WANTED.iter().any(|wanted| id == *wanted));
    Ok(place.map(|place| from + place as u64))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn chunk(id: &[u8; 4], claimed: u32, body: &[u8]) -> Vec<u8> {
        [&id[..], &claimed.to_le_bytes(), body].concat()
    }

    fn found(file: &[u8]) -> Vec<([u8; 4], Range<u64>)> {
        let mut window = Window::new(Cursor::new(file.to_vec()), 0..file.len() as u64);
        let chunks = read(&mut window, 0, Style::Little, None).unwrap();
        chunks.into_iter().map(|chunk| (chunk.id, chunk.body)).collect()
    }

    #[test]
    fn sizes_that_were_never_filled_in_mean_all_that_is_there() {
        for claimed in [0, u32::MAX, 0x7FFF_FFFF] {
            assert_eq!(found(&chunk(b"data", claimed, &[1; 30])), [(*b"data", 8..38)]);
        }
        let large = |bytes: u64| {
            let sizes = [[0; 8], bytes.to_le_bytes(), [0; 8]].concat();
            let file = [chunk(b"ds64", 24, &sizes), chunk(b"data", u32::MAX, &[1; 30])].concat();
            found(&file)[1].clone()
        };
        assert_eq!([large(0), large(20), large(900)], [40..70, 40..60, 40..70].map(|body| (*b"data", body)));
        let empty = [chunk(b"data", 0, b""), chunk(b"LIST", 4, b"INFO")].concat();
        assert_eq!(found(&empty), [(*b"data", 8..8), (*b"LIST", 16..20)]);
    }

    #[test]
    fn the_next_chunk_is_found_with_and_without_a_pad_byte() {
        let plain = [chunk(b"junk", 3, b"abc"), chunk(b"data", 2, b"xy")].concat();
        assert_eq!(found(&plain), [(*b"junk", 8..11), (*b"data", 19..21)]);
        let padded = [chunk(b"junk", 3, b"abc\0"), chunk(b"data", 2, b"xy")].concat();
        assert_eq!(found(&padded), [(*b"junk", 8..11), (*b"data", 20..22)]);
    }

    #[test]
    fn something_odd_in_front_moves_nothing() {
        let file = [b"?".to_vec(), chunk(b"junk", 2, b"ab"), chunk(b"data", 0x2020_2020, b"xy")].concat();
        let mut window = Window::new(Cursor::new(file.clone()), 0..file.len() as u64);
        let chunks = read(&mut window, 1, Style::Little, None).unwrap();
        assert_eq!(chunks.last().map(|chunk| chunk.body.clone()), Some(19..21));
    }

    #[test]
    fn a_size_that_leads_nowhere_hides_no_sound() {
        let file = [chunk(b"LIST", 0x7000_0000, b"INFOxxxx"), chunk(b"data", 4, b"wxyz")].concat();
        assert_eq!(found(&file), [(*b"data", 24..28)]);
        assert_eq!(found(&[0; 100]), []);
    }
}

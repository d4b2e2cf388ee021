//! The first page of an Ogg file with Opus, for a reader that knows fewer kinds of it than the decoder.
//!
//! Opus' header says how channels are meant (RFC 7845 section 5.1.1). Streams of kinds beyond surround are handed on as
//! surround, which is written alike; the decoder is given what really stands there.

use std::io;

use super::Source;
use super::spliced::Piece;
use super::window::Window;

/// Bytes of a page in front of its table of lengths.
const PAGE_BYTES: usize = 27;

/// Most channels that surround has.
const CHANNELS_MAX: u8 = 8;

/// Where the kind of channels stands in Opus' header, and how long its common part is.
const FAMILY: usize = 18;

/// The pieces of the file as its reader is to see it, and Opus' header as it is; `None`: the file is to be read as it is.
pub(super) fn pieces<S: Source>(window: &mut Window<S>, at: u64) -> io::Result<Option<(Vec<Piece>, Vec<u8>)>> {
    let end = window.end();
    let page = window.at(at, PAGE_BYTES + 255 + 255)?;
    let Some(lengths) = page.get(PAGE_BYTES - 1).map(|count| usize::from(*count)) else { return Ok(None) };
    let begin = PAGE_BYTES + lengths;
    let Some(body) =
        page.get(PAGE_BYTES..begin).map(|all| all.iter().map(|length| usize::from(*length)).sum::<usize>())
    else {
        return Ok(None);
    };
    let Some(header) = page.get(begin..begin + body).filter(|header| header.starts_with(b"OpusHead")) else {
        return Ok(None);
    };
    let is_known = header.get(FAMILY).is_none_or(|family| *family <= 1);
    if is_known || header[9] == 0 || header[9] > CHANNELS_MAX {
        return Ok(None);
    }
    let header = header.to_vec();
    let mut page = page[..begin + body].to_vec();
    page[begin + FAMILY] = 1;
    page[22..26].fill(0);
    let sum = checksum(&page);
    page[22..26].copy_from_slice(&sum.to_le_bytes());
    let behind = at + page.len() as u64;
    Ok(Some((vec![Piece::Bytes(page), Piece::Real(behind..end)], header)))
}

/// CRC-32 as Ogg has it (RFC 3533 section 6).
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| {
        let mixed = sum ^ u32::from(*byte) << 24;
        (0..8).fold(mixed, |sum: u32, _| if sum & 1 << 31 != 0 { sum << 1 ^ 0x04C1_1DB7 } else { sum << 1 })
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn page(header: &[u8]) -> Vec<u8> {
        let head = [&b"OggS\0\x02"[..], &[0; 20], &[1, header.len() as u8]].concat();
        [head, header.to_vec(), b"OggS and so on".to_vec()].concat()
    }

    fn read(file: Vec<u8>) -> Option<(Vec<Piece>, Vec<u8>)> {
        let length = file.len() as u64;
        pieces(&mut Window::new(Cursor::new(file), 0..length), 0).unwrap()
    }

    #[test]
    fn only_a_kind_the_reader_does_not_know_is_renamed() {
        let header = |family| [&b"OpusHead\x01\x02"[..], &[0; 8], &[family, 2, 0, 0, 1]].concat();
        assert_eq!(read(page(&header(1))), None);
        assert_eq!(read(page(b"\x01vorbis and so on")), None);
        let (pieces, real) = read(page(&header(255))).unwrap();
        assert_eq!(real, header(255));
        let [Piece::Bytes(first), Piece::Real(rest)] = &pieces[..] else { panic!("{pieces:?}") };
        assert_eq!((first[28 + FAMILY], rest.start), (1, first.len() as u64));
        for cut in 0..60 {
            read(page(&header(255))[..cut.min(60)].to_vec());
        }
    }
}

//! The frame without sound in front of many MP3 files, which says how many follow (Xing and VBRI) and how much an encoder
//! has put around the music (LAME).
//!
//! What it says is a claim: it never bounds what is played. Only the encoder's padding is believed, and only by a reader
//! that has found the stream to end where this says.

use super::header::Header;
use crate::decode::bare::About;

/// Frames that every decoder of layer III is behind: what LAME's numbers leave out.
const DECODER_DELAY: usize = 529;

/// Reads the frame `bytes` with this header; `None` if it is sound.
pub(super) fn read(header: &Header, bytes: &[u8]) -> Option<About> {
    if header.layer != 3 {
        return None;
    }
    let at = |offset: usize| bytes.get(offset..);
    // A checksum moves the side information, and some programs count it here and others do not.
    [4, 6]
        .into_iter()
        .find_map(|head| {
            let rest = at(head + header.side_bytes)?;
            (rest.starts_with(b"Xing") || rest.starts_with(b"Info")).then(|| xing(&rest[4..]))
        })
        // Fraunhofer's is always at this place.
        .or_else(|| at(4 + 32).filter(|rest| rest.starts_with(b"VBRI")).map(vbri))
}

fn xing(bytes: &[u8]) -> About {
    let mut rest = bytes;
    let mut number = |is_there: bool| {
        let (number, behind) = rest.split_first_chunk().filter(|_| is_there)?;
        rest = behind;
        Some(u64::from(u32::from_be_bytes(*number))).filter(|number| *number > 0)
    };
    let flags = number(true).unwrap_or(0);
    let (frames, bytes) = (number(flags & 1 != 0), number(flags & 2 != 0));
    let table = if flags & 4 != 0 { 100 } else { 0 };
    let quality = if flags & 8 != 0 { 4 } else { 0 };
    let encoder = rest.get(table + quality..).unwrap_or_default();
    let known = [&b"LAME"[..], b"Lavf", b"Lavc"].iter().any(|name| encoder.starts_with(name));
    let (lead_in, padding) = match encoder.get(21..24) {
        Some(&[a, b, c]) if known => {
            let lead_in = usize::from(a) << 4 | usize::from(b) >> 4;
            let padding = usize::from(b & 15) << 8 | usize::from(c);
            (lead_in + DECODER_DELAY, padding.saturating_sub(DECODER_DELAY))
        }
        _ => (0, 0),
    };
    About { frames, bytes, lead_in, padding }
}

fn vbri(bytes: &[u8]) -> About {
    let number = |at: usize| {
        let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u64::from(u32::from_be_bytes(bytes))).filter(|number| *number > 0)
    };
    About { frames: number(14), bytes: number(10), ..About::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: [u8; 4] = [0xFF, 0xFB, 0x90, 0x64];

    fn said(body: &[u8]) -> Option<About> {
        read(&Header::read(HEAD).unwrap(), &[&HEAD[..], &[0; 32], body].concat())
    }

    #[test]
    fn lame_says_what_it_has_put_around_the_music() {
        let numbers = [&15_u32.to_be_bytes()[..], &100_u32.to_be_bytes(), &41_700_u32.to_be_bytes()].concat();
        let tail = [&b"LAME3.100"[..], &[0; 12], &[0x24, 0x05, 0x00]].concat();
        let frame = [&b"Info"[..], &numbers, &[0; 104], &tail].concat();
        let about = About { frames: Some(100), bytes: Some(41_700), lead_in: 576 + 529, padding: 1_280 - 529 };
        assert_eq!(said(&frame), Some(about));
        assert_eq!(said(&frame[..12]), Some(About { frames: Some(100), ..About::default() }), "cut off");
    }

    #[test]
    fn sound_is_no_header_and_zero_is_no_count() {
        assert_eq!(said(&[0; 100]), None);
        let none = [&b"Xing"[..], &1_u32.to_be_bytes(), &0_u32.to_be_bytes(), &[0; 100]].concat();
        assert_eq!(said(&none), Some(About::default()));
        let vbri = [&b"VBRI"[..], &[0; 6], &5_000_u32.to_be_bytes(), &12_u32.to_be_bytes(), &[0; 20]].concat();
        assert_eq!(said(&vbri), Some(About { frames: Some(12), bytes: Some(5_000), ..About::default() }));
    }
}

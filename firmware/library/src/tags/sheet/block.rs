//! The cue sheet as a block of FLAC's own (RFC 9639 section 8.7), written down as the text that other sheets are.
//! It has track offsets and no titles; those come from who splits the file. ISRCs and pre-gaps are left out.

use std::fmt::Write as _;
use std::io::{Read, Seek, SeekFrom};

/// Kind of the block, and the mark of the last one.
const KIND: u8 = 5;
const LAST: u8 = 0x80;

/// Blocks in front of it that are passed over.
const BLOCKS_MAX: usize = 64;

/// The largest block that is read: a hundred tracks with a hundred indices each have 124 kB.
const BYTES_MAX: usize = 256 * 1024;

/// Where the number of tracks stands: behind catalogue number, lead-in, flags and what is reserved.
const TRACKS_AT: usize = 128 + 8 + 1 + 258;

/// The greatest number of a track on a compact disc; what is above is the lead-out.
const TRACK_MAX: u8 = 99;

/// Bit of a track's flags that says it is not sound.
const IS_DATA: u8 = 0x80;

/// Frames of a compact disc per second.
const CD_FRAMES: u64 = 75;

/// Returns the sheet in the first such block of a file of `rate_hz`, as text; none where the rate is not known.
pub(super) fn read<F: Read + Seek>(file: &mut F, rate_hz: u32) -> Option<String> {
    if rate_hz == 0 { None } else { text(&find(file)?, rate_hz) }
}

fn find<F: Read + Seek>(file: &mut F) -> Option<Vec<u8>> {
    let mut mark = [0; 4];
    file.seek(SeekFrom::Start(0)).ok()?;
    file.read_exact(&mut mark).ok()?;
    if &mark != b"fLaC" {
        return None;
    }
    for _ in 0..BLOCKS_MAX {
        file.read_exact(&mut mark).ok()?;
        let [head, a, b, c] = mark;
        let length = u32::from_be_bytes([0, a, b, c]);
        if head & !LAST == KIND {
            let mut block = vec![0; (length as usize).min(BYTES_MAX)];
            file.read_exact(&mut block).ok()?;
            return Some(block);
        }
        if head & LAST != 0 {
            return None;
        }
        file.seek(SeekFrom::Current(length.into())).ok()?;
    }
    None
}

fn text(block: &[u8], rate_hz: u32) -> Option<String> {
    let mut sheet = String::from("FILE \"\" WAVE\n");
    let (count, mut rest) = block.get(TRACKS_AT..)?.split_first()?;
    for _ in 0..*count {
        let (&track, behind) = rest.split_first_chunk::<36>()?;
        let (number, flags, indices) = (track[8], track[21], track[35]);
        let begin = u64::from_be_bytes(*track.first_chunk()?);
        rest = behind;
        let is_track = (1..=TRACK_MAX).contains(&number);
        if is_track {
            let kind = if flags & IS_DATA == 0 { "AUDIO" } else { "MODE1/2352" };
            // Writing to a text cannot fail.
            _ = writeln!(sheet, "TRACK {number:02} {kind}");
        }
        for _ in 0..indices {
            let (index, behind) = rest.split_first_chunk::<12>()?;
            let at = begin.saturating_add(u64::from_be_bytes(*index.first_chunk()?));
            if is_track {
                let frames = u128::from(at) * u128::from(CD_FRAMES) / u128::from(rate_hz);
                let (seconds, frames) = (frames / u128::from(CD_FRAMES), frames % u128::from(CD_FRAMES));
                _ = writeln!(sheet, "INDEX {:02} {:02}:{:02}:{frames:02}", index[8], seconds / 60, seconds % 60);
            }
            rest = behind;
        }
    }
    Some(sheet)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn track(begin: u64, number: u8, flags: u8, indices: &[(u64, u8)]) -> Vec<u8> {
        let mut track = begin.to_be_bytes().to_vec();
        track.push(number);
        track.extend([0; 12]);
        track.push(flags);
        track.extend([0; 13]);
        track.push(indices.len() as u8);
        for (at, index) in indices {
            track.extend(at.to_be_bytes());
            track.extend([*index, 0, 0, 0]);
        }
        track
    }

    fn file(tracks: &[Vec<u8>]) -> Vec<u8> {
        let mut block = vec![0; TRACKS_AT];
        block.push(tracks.len() as u8);
        block.extend(tracks.concat());
        let length = (block.len() as u32).to_be_bytes();
        let head = [&b"fLaC"[..], &[0, 0, 0, 34], &[0; 34], &[LAST | KIND], &length[1..]].concat();
        [head, block].concat()
    }

    #[test]
    fn places_become_indices_and_the_lead_out_is_no_track() {
        let disc = file(&[
            track(0, 1, 0, &[(0, 1)]),
            track(441_000, 2, 0, &[(0, 0), (88_200, 1)]),
            track(1_323_000, 3, IS_DATA, &[(0, 1)]),
            track(2_646_000, 170, 0, &[]),
        ]);
        let wanted = "FILE \"\" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 00 00:10:00\nINDEX 01 00:12:00\n\
                      TRACK 03 MODE1/2352\nINDEX 01 00:30:00\n";
        assert_eq!(read(&mut Cursor::new(&disc), 44_100).as_deref(), Some(wanted));
        for cut in 0..disc.len() {
            assert_eq!(read(&mut Cursor::new(&disc[..cut]), 44_100), None, "cut at {cut}");
        }
    }
}

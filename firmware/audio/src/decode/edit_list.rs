//! Where the music begins and ends in an MP4 file: the edit list of each track (ISO 14496-12 section 8.6.6).
//!
//! AAC begins with sound that was never in the original and ends with padding; MP4 says so in an edit list, which
//! symphonia reads past. Runs in the locked-in decoder process. It reads headers of boxes and a few numbers, at fixed
//! depths, keeps no box in memory, and finds nothing rather than failing: a broken file is described by symphonia, which
//! reads it next.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

/// Box headers read before a file is taken to have no edit list. An ordinary song has about thirty on the way.
const BOXES_MAX: u32 = 1_024;

/// Tracks whose edits are kept; a film with more has no use for seamless joints.
const TRACKS_MAX: usize = 16;

/// Entries of an edit list that are read. Encoders write one, or an empty one (a delay) before it.
const ENTRIES_MAX: u32 = 8;

/// What part of a track is to be heard, in ticks of the track's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// The track's number in its file.
    pub(super) track_id: u32,
    /// The first tick to be heard.
    pub(super) start: u64,
    /// The first tick not to be heard any more; `None` means up to the end.
    pub(super) end: Option<u64>,
    /// How far off `end` may be, because it is written in ticks of the film's coarser clock.
    pub(super) slack: u64,
}

/// The edits of the file `source` of `length` bytes, for tracks with exactly one. Leaves `source` anywhere.
pub(super) fn read(source: &mut (impl Read + Seek), length: u64) -> Vec<Edit> {
    let mut boxes = Boxes { source, left: BOXES_MAX };
    let mut edits = Vec::new();
    let mut top = 0..length;
    let is_mp4 = boxes.next(&mut top).is_some_and(|(kind, _)| kind == *b"ftyp");
    let Some(film) = boxes.find(top, *b"moov").filter(|_| is_mp4) else { return edits };
    let Some(film_ticks_per_s) = boxes.find(film.clone(), *b"mvhd").and_then(|body| boxes.after_dates(&body)) else {
        return edits;
    };
    let mut rest = film;
    while edits.len() < TRACKS_MAX {
        let Some((kind, track)) = boxes.next(&mut rest) else { break };
        if kind == *b"trak" {
            edits.extend(boxes.edit(track, film_ticks_per_s));
        }
    }
    edits
}

/// A walk over boxes, each of which may be read once or more, up to a limit.
struct Boxes<'a, S> {
    source: &'a mut S,
    left: u32,
}

impl<S: Read + Seek> Boxes<'_, S> {
    /// The next box in `rest` by its kind and the place of its body; `rest` then begins behind it.
    fn next(&mut self, rest: &mut Range<u64>) -> Option<([u8; 4], Range<u64>)> {
        self.left = self.left.checked_sub(1)?;
        let [a, b, c, d, kind @ ..] = self.bytes::<8>(rest, 0)?;
        let (header, size) = match u32::from_be_bytes([a, b, c, d]) {
            // It reaches to the end of what holds it.
            0 => (8, rest.end - rest.start),
            1 => (16, u64::from_be_bytes(self.bytes(rest, 8)?)),
            size => (8, size.into()),
        };
        let end = rest.start.checked_add(size).filter(|end| size >= header && *end <= rest.end)?;
        let body = rest.start + header..end;
        rest.start = end;
        Some((kind, body))
    }

    /// The body of the first box of this kind in `rest`.
    fn find(&mut self, mut rest: Range<u64>, kind: [u8; 4]) -> Option<Range<u64>> {
        loop {
            let (found, body) = self.next(&mut rest)?;
            if found == kind {
                return Some(body);
            }
        }
    }

    /// The edit of one track.
    fn edit(&mut self, track: Range<u64>, film_ticks_per_s: u32) -> Option<Edit> {
        let header = self.find(track.clone(), *b"tkhd")?;
        let track_id = self.after_dates(&header)?;
        let media = self.find(track.clone(), *b"mdia")?;
        let media_header = self.find(media, *b"mdhd")?;
        let ticks_per_s = u128::from(self.after_dates(&media_header)?);
        let edits = self.find(track, *b"edts")?;
        let list = self.find(edits, *b"elst")?;
        let (film_ticks, start) = self.only_entry(&list)?;
        let film_ticks_per_s = u128::from(film_ticks_per_s);
        let length = (u128::from(film_ticks) * ticks_per_s).checked_div(film_ticks_per_s)?;
        let end = start.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        let slack = u64::try_from(ticks_per_s.div_ceil(film_ticks_per_s)).ok()?;
        // Files that were written in one go leave the length open.
        Some(Edit { track_id, start, end: (film_ticks > 0).then_some(end), slack })
    }

    /// The one entry of an edit list that is not empty: its length in the film's ticks and its start in the track's.
    fn only_entry(&mut self, list: &Range<u64>) -> Option<(u64, u64)> {
        let version = self.bytes::<1>(list, 0)?[0];
        let count = u32::from_be_bytes(self.bytes(list, 4)?);
        if count > ENTRIES_MAX {
            return None;
        }
        let mut only = None;
        for entry in 0..u64::from(count) {
            let (length, start) = if version == 0 {
                let at = 8 + entry * 12;
                let length = u32::from_be_bytes(self.bytes(list, at)?);
                (length.into(), i32::from_be_bytes(self.bytes(list, at + 4)?).into())
            } else {
                let at = 8 + entry * 20;
                (u64::from_be_bytes(self.bytes(list, at)?), i64::from_be_bytes(self.bytes(list, at + 8)?))
            };
            // A negative start marks a pause. Several entries are a cut film, which is not played as one.
            if let Ok(start) = u64::try_from(start)
                && only.replace((length, start)).is_some()
            {
                return None;
            }
        }
        only
    }

    /// The number behind the two dates at the head of `mvhd`, `tkhd` and `mdhd`: a clock's ticks per second, or a
    /// track's number.
    fn after_dates(&mut self, body: &Range<u64>) -> Option<u32> {
        let version = self.bytes::<1>(body, 0)?[0];
        self.bytes(body, if version == 0 { 12 } else { 20 }).map(u32::from_be_bytes)
    }

    /// The `N` bytes at `offset` in `within`.
    fn bytes<const N: usize>(&mut self, within: &Range<u64>, offset: u64) -> Option<[u8; N]> {
        let at = within.start.checked_add(offset)?;
        if at.checked_add(N as u64)? > within.end {
            return None;
        }
        let mut bytes = [0; N];
        self.source.seek(SeekFrom::Start(at)).ok()?;
        self.source.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn atom(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes()[..], kind, body].concat()
    }

    /// A head with its version, two dates and a number behind them.
    fn head(kind: &[u8; 4], version: u8, number: u32) -> Vec<u8> {
        let dates = if version == 0 { 8 } else { 16 };
        atom(kind, &[&[version, 0, 0, 0][..], &vec![7; dates], &number.to_be_bytes(), &[0; 8]].concat())
    }

    fn list(version: u8, entries: &[(u64, i64)]) -> Vec<u8> {
        let mut body = vec![version, 0, 0, 0];
        body.extend((entries.len() as u32).to_be_bytes());
        for (length, start) in entries {
            if version == 0 {
                body.extend((*length as u32).to_be_bytes());
                body.extend((*start as i32).to_be_bytes());
            } else {
                body.extend(length.to_be_bytes());
                body.extend(start.to_be_bytes());
            }
            body.extend([0, 1, 0, 0]);
        }
        atom(b"elst", &body)
    }

    fn film(version: u8, entries: &[(u64, i64)]) -> Vec<u8> {
        let media = atom(b"mdia", &head(b"mdhd", version, 48_000));
        let edits = atom(b"edts", &list(version, entries));
        let track = atom(b"trak", &[head(b"tkhd", version, 5), edits, media].concat());
        let moov = atom(b"moov", &[head(b"mvhd", version, 1_000), atom(b"free", &[0; 9]), track].concat());
        [atom(b"ftyp", b"M4A "), atom(b"mdat", &[1; 100]), moov].concat()
    }

    fn edits(file: &[u8]) -> Vec<Edit> {
        read(&mut Cursor::new(file), file.len() as u64)
    }

    #[test]
    fn one_edit_of_either_version_is_found_behind_a_pause() {
        let meant = [Edit { track_id: 5, start: 1_024, end: Some(1_024 + 96_000), slack: 48 }];
        assert_eq!(edits(&film(0, &[(2_000, 1_024)])), meant);
        assert_eq!(edits(&film(1, &[(500, -1), (2_000, 1_024)])), meant);
        assert_eq!(edits(&film(0, &[(0, 1_024)]))[0].end, None);
    }

    #[test]
    fn cut_films_and_endless_lists_are_left_alone() {
        assert_eq!(edits(&film(0, &[(10, 0), (10, 480)])), []);
        assert_eq!(edits(&film(0, &[(10, -1); 9])), []);
        assert_eq!(edits(&film(0, &[])), []);
        assert_eq!(edits(b"RIFF\x10\0\0\0WAVEfmt "), []);
        assert_eq!(edits(&film(0, &[(2_000, 1_024)])[12..]), [], "not an MP4 file");
    }

    #[test]
    fn no_damage_makes_it_fail_or_loop() {
        let whole = film(1, &[(u64::MAX, i64::MAX)]);
        for cut in 0..whole.len() {
            edits(&whole[..cut]);
        }
        let mut seed = 3_u32;
        for _ in 0..20_000 {
            let mut file = whole.clone();
            for _ in 0..3 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (seed >> 8) as usize % file.len();
                file[at] = [0, 1, 8, 0x7f, 0xff][(seed >> 4) as usize % 5];
            }
            edits(&file);
        }
        let endless = [atom(b"ftyp", b"M4A "), atom(b"free", b"").repeat(100_000)].concat();
        assert_eq!(edits(&endless), []);
    }
}

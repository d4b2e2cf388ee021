//! Reads cue sheets, as EAC, whipper, CUERipper, cdrdao and hands write them.
//!
//! A track begins where its first index is: in the file named last before that index, not before the track, since a pause
//! may stand at the end of the file before ("gaps appended"). What an optical drive needs to know (flags, pauses to be made,
//! codes) is left out.

use super::{ENTRIES_MAX, Entry, List};
use crate::text::year_in;

/// Frames of a compact disc per second, in which cue sheets count.
const CD_FRAMES: u64 = 75;

/// Words that name the kind of a file behind its name; it is found out otherwise.
const KINDS: [&str; 13] =
    ["WAVE", "WAV", "MP3", "AIFF", "BINARY", "MOTOROLA", "FLAC", "OGG", "APE", "WV", "AAC", "M4A", "OPUS"];

/// Index of the music itself; 0 is the pause before it.
const MUSIC: u32 = 1;

/// A track while it is read.
#[derive(Default)]
struct Track {
    entry: Entry,
    /// The index that it begins at so far, with the file.
    begins: Option<(u32, String, u64)>,
    /// Where its pause begins, and in which file.
    pause: Option<(String, u64)>,
}

pub(super) fn read(text: &str) -> List {
    let mut list = List::default();
    let mut file = String::new();
    let mut tracks: Vec<Track> = Vec::new();
    for line in text.lines().map(str::trim) {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let is_full = tracks.len() > ENTRIES_MAX;
        match (word.to_ascii_uppercase().as_str(), tracks.last_mut()) {
            ("FILE", _) => file = file_name(rest),
            ("TRACK", _) if is_full => list.is_cut = true,
            ("TRACK", _) => tracks.push(track(rest)),
            ("TITLE", Some(track)) => track.entry.title = unquoted(rest),
            ("PERFORMER", Some(track)) => track.entry.artist = unquoted(rest),
            ("TITLE", None) => list.title = unquoted(rest),
            ("PERFORMER", None) => list.artist = unquoted(rest),
            ("INDEX", Some(track)) => track.index(rest, &file),
            ("REM", None) => remark(&mut list, rest),
            _ => {}
        }
    }
    list.entries = tracks.into_iter().filter_map(Track::done).collect();
    list
}

fn track(rest: &str) -> Track {
    let mut words = rest.split_whitespace();
    let number = words.next().and_then(|digits| digits.parse().ok()).unwrap_or(0);
    // MODE1/2352, MODE2/2336, CDI/2352 and so on; AUDIO and CDG hold sound.
    let kind = words.next().unwrap_or_default().to_ascii_uppercase();
    let is_data = kind.starts_with("MODE") || kind.starts_with("CDI");
    Track { entry: Entry { number, is_data, ..Entry::default() }, ..Track::default() }
}

impl Track {
    fn index(&mut self, rest: &str, file: &str) {
        let (digits, place) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let (Ok(index), Some(place)) = (digits.parse::<u32>(), place_ms(place)) else { return };
        if index < MUSIC {
            self.pause = Some((file.to_owned(), place));
        } else if self.begins.as_ref().is_none_or(|(known, ..)| index < *known) {
            self.begins = Some((index, file.to_owned(), place));
        }
    }

    /// The track as an entry; `None` if it begins nowhere.
    fn done(self) -> Option<Entry> {
        let Self { entry, begins, pause } = self;
        let (file, start) = match (begins, &pause) {
            (Some((_, file, start)), _) => (file, start),
            (None, Some((file, start))) => (file.clone(), *start),
            (None, None) => return None,
        };
        let pause_ms = pause.filter(|(pause, at)| *pause == file && *at <= start).map(|(_, at)| at);
        Some(Entry { file, start_ms: Some(start), pause_ms, ..entry })
    }
}

/// Takes in what stands in a remark about the whole.
fn remark(list: &mut List, rest: &str) {
    let Some((word, said)) = rest.split_once(char::is_whitespace) else { return };
    let said = unquoted(said.trim());
    match word.to_ascii_uppercase().as_str() {
        "DATE" | "YEAR" => list.year = year_in(&said),
        "GENRE" => list.genre = said,
        "DISCNUMBER" => list.disc_number = said.split('/').next().and_then(|n| n.trim().parse().ok()).unwrap_or(0),
        _ => {}
    }
}

/// What stands between the first quote and the last, or all if there are none.
fn unquoted(text: &str) -> String {
    match text.strip_prefix('"').map(|rest| rest.rsplit_once('"').map_or(rest, |(inner, _)| inner)) {
        Some(inner) => inner.to_owned(),
        None => text.to_owned(),
    }
}

/// Quotes of typographers.
const QUOTES: [char; 9] = ['“', '”', '„', '‟', '«', '»', '″', '＂', '"'];

/// The name of a file, without the word that names its kind.
fn file_name(text: &str) -> String {
    if text.starts_with('"') {
        return unquoted(text);
    }
    // Quotes that a word processor has put in their place; behind the last stands the kind at most.
    if let Some(rest) = text.strip_prefix(QUOTES)
        && let Some((inner, kind)) = rest.rsplit_once(QUOTES)
        && (kind.is_empty() || KINDS.contains(&kind.trim().to_ascii_uppercase().as_str()))
    {
        return inner.to_owned();
    }
    let kind = text.rsplit_once(char::is_whitespace);
    let name = kind.filter(|(_, kind)| KINDS.contains(&kind.to_ascii_uppercase().as_str()));
    name.map_or(text, |(name, _)| name.trim_end()).to_owned()
}

/// Returns a place in a file in milliseconds: minutes, seconds and frames; hours in front of them, frames left out, and a
/// fraction of a second in place of frames are understood.
fn place_ms(text: &str) -> Option<u64> {
    let text = text.trim();
    let (whole, fraction_ms) = match text.split_once('.') {
        Some((whole, digits)) if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            (whole, format!("{digits:0<3}").get(..3)?.parse().ok()?)
        }
        Some(_) => return None,
        None => (text, 0),
    };
    let number = |digits: &str| digits.trim().parse::<u64>().ok().filter(|number| *number < 100_000);
    let parts = whole.split(':').map(number).collect::<Option<Vec<u64>>>()?;
    let (seconds, frames) = match parts[..] {
        [minutes, seconds] => (minutes * 60 + seconds, 0),
        [minutes, seconds, frames] => (minutes * 60 + seconds, frames),
        [hours, minutes, seconds, frames] => ((hours * 60 + minutes) * 60 + seconds, frames),
        _ => return None,
    };
    Some(seconds * 1_000 + frames * 1_000 / CD_FRAMES + fraction_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET: &str = "REM GENRE \"Krautrock\"\nREM DATE 1974\nREM DISCNUMBER 2\nPERFORMER \"Kraftwerk\"\n\
        TITLE \"Autobahn\"\nFILE \"Auto \"bahn.wav\" WAVE\n  TRACK 01 AUDIO\n    TITLE \"Autobahn\"\n    INDEX 01 00:00:00\n\
          TRACK 02 AUDIO\n    TITLE \"Kometenmelodie 1\"\n    PERFORMER \"Somebody\"\n    INDEX 00 22:40:00\n\
            INDEX 01 22:43:30\n  TRACK 03 AUDIO\n    TITLE \"Nowhere\"\n";

    fn told(text: &str) -> Vec<(String, u32, Option<u64>)> {
        read(text).entries.into_iter().map(|entry| (entry.file, entry.number, entry.start_ms)).collect()
    }

    #[test]
    fn a_cue_sheet_tells_the_parts_of_a_file() {
        let list = read(SHEET);
        let head = (list.title.as_str(), list.artist.as_str(), list.genre.as_str(), list.year, list.disc_number);
        assert_eq!(head, ("Autobahn", "Kraftwerk", "Krautrock", 1974, 2));
        let told: Vec<_> =
            list.entries.iter().map(|e| (&*e.file, &*e.title, &*e.artist, e.number, e.start_ms, e.pause_ms)).collect();
        assert_eq!(
            told,
            [
                ("Auto \"bahn.wav", "Autobahn", "", 1, Some(0), None),
                ("Auto \"bahn.wav", "Kometenmelodie 1", "Somebody", 2, Some(1_363_400), Some(1_360_000)),
            ]
        );
    }

    #[test]
    fn a_track_lies_in_the_file_that_its_first_index_follows() {
        let gaps = "FILE \"1.flac\" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 00 00:18:28\n\
            FILE \"2.flac\" WAVE\nINDEX 01 00:00:00\n";
        assert_eq!(told(gaps), [("1.flac".to_owned(), 1, Some(0)), ("2.flac".to_owned(), 2, Some(0))]);
        assert_eq!(read(gaps).entries[1].pause_ms, None, "its pause lies in another file");
    }

    #[test]
    fn indexes_and_names_are_understood_however_they_are_written() {
        for (index, place) in [
            ("INDEX 01 00:02:00", Some(2_000)),
            ("index 1 0:2:0", Some(2_000)),
            ("INDEX 01\t100:00:00", Some(6_000_000)),
            ("INDEX 01 01:00:02:15", Some(3_602_200)),
            ("INDEX 01 00:02", Some(2_000)),
            ("INDEX 01 00:02.5", Some(2_500)),
            ("INDEX 00 00:02:00", Some(2_000)),
            ("INDEX 02 00:09:00\nINDEX 01 00:02:00", Some(2_000)),
            ("INDEX 01 00:02:00\nINDEX 02 00:09:00", Some(2_000)),
            ("INDEX 02 00:02:00", Some(2_000)),
            ("INDEX 01 two", None),
            ("INDEX 01 00:02.x", None),
        ] {
            let found = told(&format!("FILE a.flac WAVE\nTRACK 01 AUDIO\n{index}")).pop();
            assert_eq!(found.and_then(|(.., start)| start), place, "{index}");
        }
        for (named, name) in [
            ("\"a b.flac\" WAVE", "a b.flac"),
            ("a b.flac WAVE", "a b.flac"),
            ("a b.flac flac", "a b.flac"),
            ("a b.flac", "a b.flac"),
            ("\"a b.flac", "a b.flac"),
            ("\" a.flac\" MP3", " a.flac"),
            ("“a b.flac” WAVE", "a b.flac"),
            ("„a b.flac“", "a b.flac"),
            ("«a «b».flac» WAVE", "a «b».flac"),
            ("“Heroes”.flac WAVE", "“Heroes”.flac"),
        ] {
            assert_eq!(told(&format!("FILE {named}\nTRACK 01 AUDIO\nINDEX 01 0:0:0"))[0].0, name, "{named}");
        }
    }

    #[test]
    fn a_data_track_is_none_of_sound() {
        let sheet = "FILE a.bin BINARY\nTRACK 01 AUDIO\nINDEX 01 0:0:0\nTRACK 02 MODE1/2352\nINDEX 01 0:4:0\nTRACK 03 CDG\nINDEX 01 0:8:0";
        let kinds: Vec<bool> = read(sheet).entries.iter().map(|entry| entry.is_data).collect();
        assert_eq!(kinds, [false, true, false]);
    }
}

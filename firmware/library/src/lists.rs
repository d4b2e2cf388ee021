//! Reads cue sheets and M3U playlists: which files they name, and what they say about them. Runs in the worker process
//! only; a list is a text of somebody else's like any tag.
//!
//! Which file a name means is found out elsewhere ([`names`]), where it is known which files there are; what becomes of a
//! sheet's tracks as well ([`sheet`]).

mod cue;
pub(crate) mod letters;
mod m3u;
pub(crate) mod names;
pub(crate) mod sheet;

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use self::letters::Reading;
use crate::text::shown;

/// Bytes of a list that are read; the rest is left out, and the list says so.
pub(crate) const LIST_BYTES_MAX: u64 = 512 * 1024;

/// Most entries of a list; the rest is left out, and the list says so.
pub(crate) const ENTRIES_MAX: usize = 5_000;

/// Longest name of a file in a list, bytes; longer ones are left out. The longest path that Linux opens.
const NAME_BYTES_MAX: usize = 4_096;

/// What a list says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct List {
    /// Of the whole; may be empty.
    pub(crate) title: String,
    pub(crate) artist: String,
    pub(crate) genre: String,
    /// 0 if not said.
    pub(crate) year: u32,
    /// 0 if not said.
    pub(crate) disc_number: u32,
    pub(crate) entries: Vec<Entry>,
    /// The name of the encoding it was read in, as [`letters`] has it.
    pub(crate) letters: String,
    /// Whether it may be in another encoding as well.
    pub(crate) is_guess: bool,
    /// Whether it goes on behind what is read of it.
    pub(crate) is_cut: bool,
}

/// One entry of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Entry {
    /// The file as it is named there.
    pub(crate) file: String,
    pub(crate) title: String,
    pub(crate) artist: String,
    /// 0 if not said.
    pub(crate) number: u32,
    /// Where in the file it begins; `None`: it is all of the file.
    pub(crate) start_ms: Option<u64>,
    /// Where in the same file the pause before it begins, if that is said.
    pub(crate) pause_ms: Option<u64>,
    /// Whether it holds no sound, as the data track of a disc.
    pub(crate) is_data: bool,
    /// Whether it is an entry only if there is such a file: a remark that looks like a name, or an address of the network.
    pub(crate) is_remark: bool,
}

impl List {
    /// The same with every text fit to be shown: who has read a hostile list may say anything.
    pub(crate) fn cleaned(mut self) -> Self {
        self.is_cut |= self.entries.len() > ENTRIES_MAX;
        self.entries.truncate(ENTRIES_MAX);
        self.entries.retain(|entry| entry.file.len() <= NAME_BYTES_MAX && !entry.file.contains('\0'));
        for text in [&mut self.title, &mut self.artist, &mut self.genre] {
            *text = shown(text);
        }
        for entry in &mut self.entries {
            (entry.title, entry.artist) = (shown(&entry.title), shown(&entry.artist));
        }
        self
    }
}

/// Whether a file is a cue sheet rather than a playlist, by its ending.
pub(crate) fn is_cue(path: &[u8]) -> bool {
    path.len() >= 4 && path[path.len() - 4..].eq_ignore_ascii_case(b".cue")
}

/// Returns what the list `bytes` says, read as `reading`; `None` if it cannot be read so.
pub(crate) fn read(bytes: &[u8], is_cue: bool, reading: Reading) -> Option<List> {
    let (text, encoding, is_guess) = letters::decoded(bytes, reading)?;
    let list = read_text(&text, is_cue);
    Some(List { letters: encoding.name().to_owned(), is_guess, ..list })
}

/// Returns what a list says whose text is known.
pub(crate) fn read_text(text: &str, is_cue: bool) -> List {
    // Old systems end lines by the one sign, others by the other.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let list = if is_cue { cue::read(&text) } else { m3u::read(&text) };
    list.cleaned()
}

/// The path by which a part of a file is known: no file has such a name.
pub(crate) fn part(path: &[u8], number: usize) -> Vec<u8> {
    let mut name = String::from("\0");
    // Writing to a text cannot fail.
    _ = write!(name, "{number:05}");
    [path, name.as_bytes()].concat()
}

/// The path by which the sheet inside a file is known: no list has such a name.
pub(crate) fn inside(path: &[u8]) -> Vec<u8> {
    [path, b"\0sheet"].concat()
}

/// The path of the file in which that part, or that sheet, is.
pub(crate) fn file_of(path: &[u8]) -> &[u8] {
    path.split(|byte| *byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_lists_stay_within_their_limits() {
        let read = |bytes: &[u8], is_cue| read(bytes, is_cue, Reading::Likeliest).unwrap();
        let long = read("a.mp3\n".repeat(100_000).as_bytes(), false);
        assert_eq!((long.entries.len(), long.is_cut), (ENTRIES_MAX, true));
        assert!(!read("a.mp3\n".repeat(ENTRIES_MAX).as_bytes(), false).is_cut);
        assert!(read(format!("{}\n", "a".repeat(100_000)).as_bytes(), false).entries.is_empty());
        assert!(read(b"x\0y.mp3", false).entries.is_empty());
        let tracks = "TRACK 99999999999 AUDIO\nINDEX 01 99999:99999:99999\nINDEX 01 18446744073709551615:0:0\n";
        assert_eq!(read(tracks.repeat(9_000).as_bytes(), true).entries.len(), ENTRIES_MAX);
        for text in ["FILE", "TRACK", "INDEX 01", "INDEX 01 a:b:c", "REM DATE \"é\"", "REM", "\"", "FILE \""] {
            read(text.as_bytes(), true);
            read(format!("TRACK 01 AUDIO\n{text}").as_bytes(), true);
        }
    }

    #[test]
    fn a_part_is_known_by_its_file_and_number() {
        assert_eq!(file_of(&part(b"a/b.flac", 7)), b"a/b.flac");
        assert_eq!(file_of(&inside(b"a/b.flac")), b"a/b.flac");
        assert_eq!(file_of(b"a/b.flac"), b"a/b.flac");
        assert!(part(b"a", 2) < part(b"a", 10));
    }
}

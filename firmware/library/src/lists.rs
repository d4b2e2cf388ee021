//! Reads cue sheets and M3U playlists: which files they name, and what they say about them. Runs in the worker process
//! only; a list is a text of somebody else's like any tag.
//!
//! Nothing here knows where files are: names are told as they stand there, and judged by whoever asked.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::text::shown;

/// Largest file that is read as a list, bytes.
pub(crate) const LIST_BYTES_MAX: u64 = 512 * 1024;

/// Most entries of a list; the rest is left out.
pub(crate) const ENTRIES_MAX: usize = 5_000;

/// Longest name of a file in a list, bytes; longer ones are left out. The longest path that Linux opens.
const NAME_BYTES_MAX: usize = 4_096;

/// Frames of a compact disc per second, in which cue sheets count.
const CD_FRAMES: u64 = 75;

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
    pub(crate) entries: Vec<Entry>,
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
}

impl List {
    /// The same with every text fit to be shown: who has read a hostile list may say anything.
    pub(crate) fn cleaned(mut self) -> Self {
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

/// What the list `bytes` says.
pub(crate) fn read(bytes: &[u8], is_cue: bool) -> List {
    let text = decoded(bytes);
    let list = if is_cue { cue(&text) } else { m3u(&text) };
    list.cleaned()
}

/// UTF-8, with or without a mark, else Latin-1: old programs wrote what their Windows spoke, which is nearly that.
fn decoded(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn m3u(text: &str) -> List {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut list = List::default();
    for line in lines {
        if let Some(name) = line.strip_prefix("#PLAYLIST:") {
            list.title = name.to_owned();
        }
        if !line.starts_with('#') && list.entries.len() < ENTRIES_MAX {
            list.entries.push(Entry { file: line.to_owned(), ..Entry::default() });
        }
    }
    list
}

fn cue(text: &str) -> List {
    let mut list = List::default();
    let mut file = String::new();
    for line in text.lines().map(str::trim) {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let said = unquoted(rest);
        let is_full = list.entries.len() == ENTRIES_MAX;
        let entry = list.entries.last_mut();
        match (word.to_ascii_uppercase().as_str(), entry) {
            ("FILE", _) => file = said,
            ("TRACK", _) if !is_full => {
                let number = rest.split_whitespace().next().and_then(|digits| digits.parse().ok()).unwrap_or(0);
                list.entries.push(Entry { file: file.clone(), number, ..Entry::default() });
            }
            ("TITLE", Some(entry)) => entry.title = said,
            ("PERFORMER", Some(entry)) => entry.artist = said,
            ("TITLE", None) => list.title = said,
            ("PERFORMER", None) => list.artist = said,
            ("INDEX", Some(entry)) => {
                // The first index is that of the music; number 0 is the pause before it.
                if let Some(start_ms) = rest.trim().strip_prefix("01").and_then(place_ms) {
                    entry.start_ms = Some(start_ms);
                }
            }
            ("REM", None) => match rest.trim().split_once(char::is_whitespace) {
                Some(("DATE", year)) => list.year = unquoted(year).get(..4).and_then(|y| y.parse().ok()).unwrap_or(0),
                Some(("GENRE", genre)) => list.genre = unquoted(genre),
                _ => {}
            },
            _ => {}
        }
    }
    // What does not begin anywhere is nothing.
    list.entries.retain(|entry| entry.start_ms.is_some());
    list
}

/// What stands between quotes, or up to the last word (which names the kind of file) if there are none.
fn unquoted(text: &str) -> String {
    let text = text.trim();
    match text.strip_prefix('"').and_then(|rest| rest.rsplit_once('"')) {
        Some((inner, _)) => inner.to_owned(),
        None => text.strip_suffix(" WAVE").or(text.strip_suffix(" MP3")).unwrap_or(text).trim().to_owned(),
    }
}

/// Minutes, seconds and frames as milliseconds.
fn place_ms(text: &str) -> Option<u64> {
    let mut parts = text.trim().split(':').map(|digits| digits.parse::<u64>().ok().filter(|number| *number < 100_000));
    let (minutes, seconds, frames) = (parts.next()??, parts.next()??, parts.next()??);
    Some((minutes * 60 + seconds) * 1_000 + frames * 1_000 / CD_FRAMES)
}

/// The file that `name` means in a list that lies in `folder`, below the root; `None` if that is outside, not on this
/// machine, or nothing.
pub(crate) fn resolved(root: &[u8], folder: &[u8], name: &str) -> Option<Vec<u8>> {
    let name = name.replace('\\', "/");
    if name.contains("://") || name.as_bytes().get(1) == Some(&b':') {
        return None;
    }
    let (folder, name) = match name.strip_prefix('/') {
        Some(_) => (&b""[..], name.as_bytes().strip_prefix(root)?.strip_prefix(b"/")?),
        None => (folder, name.as_bytes()),
    };
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in folder.split(|byte| *byte == b'/').chain(name.split(|byte| *byte == b'/')) {
        match part {
            b"" | b"." => {}
            b".." => _ = parts.pop()?,
            _ => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join(&b'/'))
}

/// The path by which a part of a file is known: no file has such a name.
pub(crate) fn part(path: &[u8], number: usize) -> Vec<u8> {
    let mut name = String::from("\0");
    // Writing to a text cannot fail.
    _ = write!(name, "{number:05}");
    [path, name.as_bytes()].concat()
}

/// The path of the file in which that part is.
pub(crate) fn file_of(path: &[u8]) -> &[u8] {
    path.split(|byte| *byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET: &str = "REM GENRE \"Krautrock\"\r\nREM DATE 1974\r\nPERFORMER \"Kraftwerk\"\r\nTITLE \"Autobahn\"\r\n\
        FILE \"Auto \"bahn.wav\" WAVE\r\n  TRACK 01 AUDIO\r\n    TITLE \"Autobahn\"\r\n    INDEX 01 00:00:00\r\n\
          TRACK 02 AUDIO\r\n    TITLE \"Kometenmelodie 1\"\r\n    PERFORMER \"Somebody\"\r\n    INDEX 00 22:40:00\r\n\
            INDEX 01 22:43:30\r\n  TRACK 03 AUDIO\r\n    TITLE \"Nowhere\"\r\n";

    #[test]
    fn a_cue_sheet_tells_the_parts_of_a_file() {
        let list = read(SHEET.as_bytes(), true);
        let head = (list.title.as_str(), list.artist.as_str(), list.genre.as_str(), list.year);
        assert_eq!(head, ("Autobahn", "Kraftwerk", "Krautrock", 1974));
        let told: Vec<_> =
            list.entries.iter().map(|e| (&*e.file, &*e.title, &*e.artist, e.number, e.start_ms)).collect();
        assert_eq!(
            told,
            [
                ("Auto \"bahn.wav", "Autobahn", "", 1, Some(0)),
                ("Auto \"bahn.wav", "Kometenmelodie 1", "Somebody", 2, Some(1_363_400)),
            ]
        );
        assert_eq!(read(b"FILE a.flac WAVE\nTRACK 1 AUDIO\nINDEX 01 1:2:3", true).entries[0].file, "a.flac");
    }

    #[test]
    fn a_playlist_tells_its_files_in_order_whatever_the_letters() {
        let list = read("\u{FEFF}#EXTM3U\n#PLAYLIST:Täg\n#EXTINF:3,x\n a/b.mp3 \n\n..\\c.mp3\n".as_bytes(), false);
        let files: Vec<&str> = list.entries.iter().map(|entry| &*entry.file).collect();
        assert_eq!((list.title.as_str(), files), ("Täg", vec!["a/b.mp3", "..\\c.mp3"]));
        assert_eq!(read(b"caf\xe9.mp3", false).entries[0].file, "café.mp3");
    }

    #[test]
    fn hostile_lists_stay_within_their_limits() {
        assert_eq!(read("a.mp3\n".repeat(100_000).as_bytes(), false).entries.len(), ENTRIES_MAX);
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
    fn a_list_leads_nowhere_but_to_files_below_its_root() {
        let found = |name: &str| resolved(b"/music", b"a/b", name).map(|path| String::from_utf8(path).unwrap());
        for (name, path) in [
            ("x.mp3", Some("a/b/x.mp3")),
            ("./c//x.mp3", Some("a/b/c/x.mp3")),
            ("..\\x.mp3", Some("a/x.mp3")),
            ("../../x.mp3", Some("x.mp3")),
            ("../../../x.mp3", None),
            ("../../../music/x.mp3", None),
            ("/music/c/x.mp3", Some("c/x.mp3")),
            ("/music/../etc/passwd", None),
            ("/musical/x.mp3", None),
            ("/etc/passwd", None),
            ("C:\\x.mp3", None),
            ("http://example/x.mp3", None),
            ("", Some("a/b")),
            ("../..", None),
        ] {
            assert_eq!(found(name).as_deref(), path, "{name}");
        }
    }

    #[test]
    fn a_part_is_known_by_its_file_and_number() {
        assert_eq!(file_of(&part(b"a/b.flac", 7)), b"a/b.flac");
        assert_eq!(file_of(b"a/b.flac"), b"a/b.flac");
        assert!(part(b"a", 2) < part(b"a", 10));
    }
}

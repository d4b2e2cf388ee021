//! Finds the music files below a folder. Names, sizes and times only; nothing is opened.
//!
//! Symbolic links are not followed: a stick's folder cannot lead out of itself or in circles. Hidden files and folders
//! (a dot at the beginning) are left out: what other systems put there is no music. Names need not be UTF-8.

mod covers;
mod passed_over;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use self::covers::Pictures;
pub(crate) use self::covers::{ABOVE, Cover, cover_folder, covers_at, depends};
pub(crate) use self::passed_over::PassedOver;
use crate::text::shown;

/// Deepest folder below a root that is searched.
pub const DEPTH_MAX: usize = 16;

/// Most files of one root; the rest is left out and the log says so.
pub const FILES_MAX: usize = 100_000;

/// Most folders of one root; the rest is left out and the log says so.
const FOLDERS_MAX: usize = 100_000;

/// Endings of files that may be music, lower case.
pub const ENDINGS: [&str; 46] = [
    "mp3", "m4a", "m4b", "aac", "flac", "ogg", "oga", "opus", "wav", "aif", "aiff", "aifc", "mp2", "mp1", "m4r", "mp4",
    "m4p", "mov", "spx", "wave", "bwf", "rf64", "w64", "mka", "webm", "caf", "ac3", "eac3", "ec3", "dts", "mpga",
    "mpa", "m2a", "3gp", "3ga", "3g2", "f4a", "weba", "ogx", "adts", "loas", "latm", "mkv", "m4v", "qt", "ogv",
];

/// A file that may be music.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Below the root, as bytes, without a slash at the beginning.
    pub(crate) path: Vec<u8>,
    pub(crate) stamp: Stamp,
}

/// By what a changed file is known: if none of it has changed, it is not opened again. The time of change is the kernel's own:
/// programs that write tags may set the other one back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    pub(crate) bytes: i64,
    pub(crate) mtime_ns: i64,
    pub(crate) ctime_ns: i64,
}

impl Stamp {
    pub(crate) fn of(about: &Metadata) -> Self {
        let ns = |seconds: i64, ns| seconds.saturating_mul(1_000_000_000).saturating_add(ns);
        let mtime_ns = ns(about.mtime(), about.mtime_nsec());
        Self { bytes: about.len().cast_signed(), mtime_ns, ctime_ns: ns(about.ctime(), about.ctime_nsec()) }
    }

    /// The same of a file whose contents are looked at only when they are shown.
    fn of_picture(about: &Metadata) -> Self {
        Self { ctime_ns: 0, ..Self::of(about) }
    }
}

/// Endings of lists of music, lower case.
const LISTS: [&str; 3] = ["cue", "m3u", "m3u8"];

/// Most lists of one root; the rest is left out and the log says so.
const LISTS_MAX: usize = 5_000;

/// What [`below`] finds.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// Sorted by path.
    pub(crate) files: Vec<Found>,
    /// The best picture of each folder.
    pub(crate) covers: Vec<Cover>,
    /// Cue sheets and playlists, sorted by path.
    pub(crate) lists: Vec<Found>,
    /// Sound, and covers, of kinds that are not looked at.
    pub(crate) passed_over: PassedOver,
    /// Folders that cannot be listed, and files that cannot be looked at: nothing is known of what lies there and below.
    pub(crate) unknown: Vec<Vec<u8>>,
}

impl Walked {
    /// Whether what lies at `path` may be there though it was not found.
    pub(crate) fn may_hide(&self, path: &[u8]) -> bool {
        let holds = |folder: &Vec<u8>| {
            let rest = path.strip_prefix(&folder[..]);
            folder.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        self.unknown.iter().any(holds)
    }
}

/// `root` with `path` below it.
pub(crate) fn join(root: &Path, path: &[u8]) -> PathBuf {
    if path.is_empty() { root.to_owned() } else { root.join(OsStr::from_bytes(path)) }
}

/// The files at or below `path`, which is below `root`. `visit` is called with every folder before it is listed, and may
/// end the walk by `false`.
///
/// # Errors
/// `root` itself cannot be listed.
pub(crate) fn below(root: &Path, path: &[u8], mut visit: impl FnMut(&[u8]) -> bool) -> io::Result<Walked> {
    let mut walked = Walked::default();
    let at = join(root, path);
    let depth = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).count();
    if !path.is_empty() {
        let Ok(about) = fs::symlink_metadata(&at) else { return Ok(walked) };
        if is_hidden(path) || depth > DEPTH_MAX + 1 {
            return Ok(walked);
        }
        let found = || Found { path: path.to_owned(), stamp: Stamp::of(&about) };
        if about.is_file() && is_music(&at) {
            walked.files.push(found());
        } else if about.is_file() && is_list(&at) {
            walked.lists.push(found());
        }
        if !about.is_dir() {
            return Ok(walked);
        }
    }
    let mut pending = vec![(path.to_owned(), depth)];
    let mut folders = 0;
    let mut seen = BTreeSet::new();
    while let Some((folder, depth)) = pending.pop() {
        folders += 1;
        if !visit(&folder) {
            walked.unknown.push(Vec::new());
            break;
        }
        let listing = match fs::read_dir(join(root, &folder)) {
            Ok(listing) => listing,
            Err(error) if folder.is_empty() => return Err(error),
            Err(error) => {
                // Gone in the meantime is gone; forbidden or broken is not.
                if error.kind() != io::ErrorKind::NotFound {
                    log::warn!("left out {}: {error}", join(root, &folder).display());
                    walked.unknown.push(folder);
                }
                continue;
            }
        };
        let mut pictures = Pictures::default();
        for item in listing {
            let Ok(item) = item else {
                walked.unknown.push(folder.clone());
                break;
            };
            let name = item.file_name();
            let Ok(kind) = item.file_type() else { continue };
            if name.as_bytes().starts_with(b".") {
                continue;
            }
            let path = child(&folder, name.as_bytes());
            if kind.is_dir() && depth < DEPTH_MAX {
                pending.push((path, depth + 1));
            } else if kind.is_file() && (is_music(Path::new(&name)) || is_list(Path::new(&name))) {
                let about = match item.metadata() {
                    Ok(about) => about,
                    Err(error) => {
                        // A stick that is pulled at this moment has not lost its files.
                        if error.kind() != io::ErrorKind::NotFound {
                            walked.unknown.push(path);
                        }
                        continue;
                    }
                };
                let found = Found { path, stamp: Stamp::of(&about) };
                if is_music(Path::new(&name)) {
                    walked.files.push(found);
                } else if walked.lists.len() < LISTS_MAX {
                    walked.lists.push(found);
                }
            } else if kind.is_file() {
                let about = || item.metadata().ok().map(|about| Stamp::of_picture(&about));
                pictures.see(&folder, name.as_bytes(), about);
                passed_over::count(&mut walked.passed_over, Path::new(&name));
                if let Some(ending) = covers::unreadable(name.as_bytes()) {
                    *walked.passed_over.entry(ending).or_default() += 1;
                }
            }
        }
        walked.covers.extend(pictures.cover());
        seen.insert(folder);
        if walked.files.len() > FILES_MAX || folders + pending.len() > FOLDERS_MAX {
            let root = root.display();
            log::warn!("{root} holds more than {FILES_MAX} files or {FOLDERS_MAX} folders; the rest is left out");
            walked.files.truncate(FILES_MAX);
            break;
        }
    }
    covers::of_discs(&mut walked.covers, &seen);
    walked.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    walked.lists.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    if walked.lists.len() == LISTS_MAX {
        log::warn!("{} holds {LISTS_MAX} playlists or more; the rest is left out", root.display());
    }
    Ok(walked)
}

/// `name` in `folder`, both below the root.
pub(crate) fn child(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_owned() } else { [folder, b"/", name].concat() }
}

/// The folder of `path`, and the name in it.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    slash.map_or((b"", path), |slash| (&path[..slash], &path[slash + 1..]))
}

fn is_hidden(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|name| name.starts_with(b"."))
}

/// Whether a file may be music by its ending.
pub(crate) fn is_music(path: &Path) -> bool {
    ends_in(path, &ENDINGS)
}

/// Whether a file may be a list of music by its ending.
pub(crate) fn is_list(path: &Path) -> bool {
    ends_in(path, &LISTS)
}

fn ends_in(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| endings.contains(&ending.as_str()))
}

/// The name of a file without its ending, fit to be shown.
pub(crate) fn stem(path: &[u8]) -> String {
    let (_, name) = split(path);
    let stem = name.iter().rposition(|byte| *byte == b'.').map_or(name, |dot| &name[..dot]);
    shown(&String::from_utf8_lossy(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(root: &Path, path: &[u8]) -> Vec<String> {
        let walked = below(root, path, |_| true).unwrap();
        walked.files.iter().map(|found| String::from_utf8_lossy(&found.path).into_owned()).collect()
    }

    fn put(root: &Path, name: &[u8]) {
        let path = root.join(OsStr::from_bytes(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }

    #[test]
    fn music_is_found_in_order_and_nothing_else_is() {
        let root = tempfile::tempdir().unwrap();
        for name in ["b/2.FLAC", "a/1.mp3", "cover.jpg", "notes", "z.opus", ".hidden.mp3", ".trash/a.mp3", "a/.b/c.mp3"]
        {
            put(root.path(), name.as_bytes());
        }
        std::os::unix::fs::symlink(root.path(), root.path().join("circle")).unwrap();
        std::os::unix::fs::symlink(root.path().join("z.opus"), root.path().join("link.opus")).unwrap();
        assert_eq!(names(root.path(), b""), ["a/1.mp3", "b/2.FLAC", "z.opus"]);
        assert_eq!(names(root.path(), b"b"), ["b/2.FLAC"]);
        assert_eq!(names(root.path(), b"z.opus"), ["z.opus"]);
        for nothing in [&b"link.opus"[..], b"circle", b".trash", b"a/.b", b"gone", b"cover.jpg"] {
            assert_eq!(names(root.path(), nothing), [""; 0]);
        }
    }

    #[test]
    fn names_that_are_no_utf8_are_found_as_they_are() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), b"caf\xe9/\xff.mp3");
        let walked = below(root.path(), b"", |_| true).unwrap();
        assert_eq!(walked.files[0].path, b"caf\xe9/\xff.mp3");
    }

    #[test]
    fn folders_deeper_than_the_limit_are_left_out() {
        let root = tempfile::tempdir().unwrap();
        let deep = |depth: usize| format!("{}x.mp3", "d/".repeat(depth));
        put(root.path(), deep(DEPTH_MAX).as_bytes());
        put(root.path(), deep(DEPTH_MAX + 1).as_bytes());
        assert_eq!(names(root.path(), b""), [deep(DEPTH_MAX)]);
    }

    #[test]
    fn only_a_root_that_cannot_be_listed_is_an_error() {
        assert!(below(Path::new("/nonexistent"), b"", |_| true).is_err());
        let root = tempfile::tempdir().unwrap();
        assert!(below(root.path(), b"gone", |_| true).unwrap().unknown.is_empty());
    }

    #[test]
    fn of_a_folder_that_cannot_be_listed_only_what_lies_below_it_is_unknown() {
        let walked = Walked { unknown: vec![b"lost+found".to_vec()], ..Walked::default() };
        let hidden = |path: &str| walked.may_hide(path.as_bytes());
        assert!(hidden("lost+found") && hidden("lost+found/a.mp3"));
        assert!(!hidden("a.mp3") && !hidden("lost+found2/a.mp3"));
        assert!(Walked { unknown: vec![Vec::new()], ..Walked::default() }.may_hide(b"a.mp3"));
    }
}

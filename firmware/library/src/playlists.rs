//! Playlists as files that go into a backup and come back: what lies in a folder of music, and nothing outside of it.
//!
//! Bytes are kept as they are, in whatever encoding; whether they make sense is found out by the next scan. What comes back is
//! somebody else's word: its name may lead nowhere but below the folder, not through links either, and it takes no place that is
//! not a playlist's. What was there before stays beside it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use crate::lists::{self, LIST_BYTES_MAX};
use crate::walk;

/// Most playlists of one backup; the rest is left out by name.
pub const PLAYLISTS_MAX: usize = 500;

/// Longest path below the folder, bytes.
const PATH_BYTES_MAX: usize = 1_024;

/// Longest name of a file or folder, bytes: what is added to it while it is written has to fit, too.
const NAME_BYTES_MAX: usize = 200;

/// What is added to the name of a playlist that another one has replaced: no such file is a list.
const BEFORE: &str = ".before";

/// The name of a file that is not whole yet; hidden, so that no scan sees it.
const PART: &str = ".partybox-playlist";

/// A playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaylistFile {
    /// Below the folder of music, with slashes.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Why a playlist is not taken.
#[derive(Debug)]
pub enum NotTaken {
    /// Its name is none of a playlist below the folder of music.
    Name,
    /// It is larger than any that is read.
    TooLarge,
    /// The system refuses.
    System(io::Error),
}

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("it is no name of a playlist among the music"),
            Self::TooLarge => write!(f, "it is larger than {LIST_BYTES_MAX} bytes"),
            Self::System(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NotTaken {}

impl From<Errno> for NotTaken {
    fn from(error: Errno) -> Self {
        Self::System(error.into())
    }
}

impl From<io::Error> for NotTaken {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// Returns the playlists below `root`, sorted by path, and the paths of those that are left out: more than can be, too large, of a
/// name that is no text, or not to be read.
///
/// # Errors
/// The folder cannot be listed.
pub fn playlists_below(root: &Path) -> io::Result<(Vec<PlaylistFile>, Vec<String>)> {
    let (mut found, mut left_out) = (Vec::new(), Vec::new());
    let lists = walk::below(root, b"", |_| true)?.lists;
    for list in lists.into_iter().filter(|list| !lists::is_cue(&list.path)) {
        let read = || {
            let path = String::from_utf8(list.path.clone()).ok().filter(|path| parts(path).is_some())?;
            let bytes = read_whole(&walk::join(root, &list.path)).ok()??;
            Some(PlaylistFile { path, bytes })
        };
        match (found.len() < PLAYLISTS_MAX).then(read).flatten() {
            Some(list) => found.push(list),
            None => left_out.push(String::from_utf8_lossy(&list.path).into_owned()),
        }
    }
    Ok((found, left_out))
}

/// Puts a playlist below `root`, with the folders that it needs. One of that name that says something else stays beside it. When
/// this returns, it is on the storage.
///
/// # Errors
/// [`NotTaken`]; then nothing has changed but that some folders are there.
pub fn put_playlist(root: &Path, PlaylistFile { path, bytes }: &PlaylistFile) -> Result<(), NotTaken> {
    let (folders, name) = parts(path).ok_or(NotTaken::Name)?;
    if bytes.len() as u64 > LIST_BYTES_MAX {
        return Err(NotTaken::TooLarge);
    }
    let open_folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    // The folder of music itself may be a link: the operator has said so.
    let mut at = rustix::fs::openat(CWD, root, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    for folder in folders {
        at = match rustix::fs::openat(&at, folder, open_folder, Mode::empty()) {
            Err(Errno::NOENT) => {
                rustix::fs::mkdirat(&at, folder, Mode::from(0o755))?;
                rustix::fs::openat(&at, folder, open_folder, Mode::empty())?
            }
            other => other?,
        };
    }
    if read_at(&at, name)?.as_ref() == Some(bytes) {
        return Ok(());
    }
    let put = || -> Result<(), NotTaken> {
        write_part(&at, bytes)?;
        match rustix::fs::renameat(&at, name, &at, format!("{name}{BEFORE}")) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
        rustix::fs::renameat(&at, PART, &at, name)?;
        Ok(rustix::fs::fsync(&at)?)
    };
    put().inspect_err(|_| _ = rustix::fs::unlinkat(&at, PART, AtFlags::empty()))
}

/// Returns the folders and the name of such a path; `None` if it is none of a playlist that a scan would find.
fn parts(path: &str) -> Option<(Vec<&str>, &str)> {
    let mut parts: Vec<&str> = path.split('/').collect();
    let is_name = |part: &&str| {
        !part.is_empty() && !part.starts_with('.') && part.len() <= NAME_BYTES_MAX && !part.contains(char::is_control)
    };
    let fits = path.len() <= PATH_BYTES_MAX && parts.len() <= walk::DEPTH_MAX && parts.iter().all(is_name);
    let name = parts.pop()?;
    (fits && walk::is_list(Path::new(name)) && !lists::is_cue(name.as_bytes())).then_some((parts, name))
}

/// Reads a file that is not a link; `None` if it is larger than a list may be.
fn read_whole(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    limited(File::from(rustix::fs::openat(CWD, path, flags, Mode::empty())?))
}

/// The same of a name in a folder; `None` also if nothing that can be read is there.
fn read_at(folder: &OwnedFd, name: &str) -> io::Result<Option<Vec<u8>>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::openat(folder, name, flags, Mode::empty()) {
        Ok(file) => limited(File::from(file)).or(Ok(None)),
        Err(_) => Ok(None),
    }
}

fn limited(file: File) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    file.take(LIST_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= LIST_BYTES_MAX).then_some(bytes))
}

/// Writes the file that is not whole yet, in place of one that a power cut has left.
fn write_part(folder: &OwnedFd, bytes: &[u8]) -> Result<(), NotTaken> {
    _ = rustix::fs::unlinkat(folder, PART, AtFlags::empty());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::openat(folder, PART, flags, Mode::from(0o644))?);
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn list(path: &str, bytes: &[u8]) -> PlaylistFile {
        PlaylistFile { path: path.to_owned(), bytes: bytes.to_owned() }
    }

    #[test]
    fn what_lies_among_the_music_comes_back_into_another_folder_as_it_was() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let lists = [list("a/b/Rock.m3u", b"..\\x.mp3\r\n"), list("p\u{e4}rty.M3U8", b"\xfc.mp3\n")];
        for list in &lists {
            put_playlist(one.path(), list).unwrap();
        }
        fs::write(one.path().join("a/x.cue"), "x").unwrap();
        fs::write(one.path().join("large.m3u"), vec![b'x'; LIST_BYTES_MAX as usize + 1]).unwrap();
        let (found, left_out) = playlists_below(one.path()).unwrap();
        assert_eq!((&found[..], &left_out[..]), (&lists[..], &["large.m3u".to_owned()][..]));
        fs::write(other.path().join("p\u{e4}rty.M3U8"), "edited").unwrap();
        for _twice in 0..2 {
            found.iter().for_each(|list| put_playlist(other.path(), list).unwrap());
            assert_eq!(playlists_below(other.path()).unwrap(), (found.clone(), vec![]));
            let before = fs::read(other.path().join("p\u{e4}rty.M3U8.before")).unwrap();
            assert_eq!(before, b"edited", "what was there stays beside it");
        }
        assert!(!other.path().join(PART).exists());
    }

    #[test]
    fn no_name_leads_out_of_the_folder_or_to_what_is_no_playlist() {
        let outside = tempfile::tempdir().unwrap();
        let root = outside.path().join("music");
        fs::create_dir(&root).unwrap();
        std::os::unix::fs::symlink(outside.path(), root.join("link")).unwrap();
        let (long, deep) = (format!("{}.m3u", "x".repeat(201)), format!("{}x.m3u", "d/".repeat(20)));
        for wrong in [
            "../x.m3u",
            "/tmp/x.m3u",
            "a/../../x.m3u",
            "a//x.m3u",
            "./x.m3u",
            ".x.m3u",
            "a/.b/x.m3u",
            "x.mp3",
            "x.cue",
            "x",
            "",
            "a/",
            "x\n.m3u",
            "x\0.m3u",
            &long,
            &deep,
        ] {
            assert!(matches!(put_playlist(&root, &list(wrong, b"x")), Err(NotTaken::Name)), "{wrong:?}");
        }
        assert!(matches!(put_playlist(&root, &list("link/x.m3u", b"x")), Err(NotTaken::System(_))));
        let large = vec![b'x'; LIST_BYTES_MAX as usize + 1];
        assert!(matches!(put_playlist(&root, &list("x.m3u", &large)), Err(NotTaken::TooLarge)));
        // A link in the place of a playlist is put aside, and nothing is written where it leads.
        fs::write(outside.path().join("secret"), "secret").unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), root.join("x.m3u")).unwrap();
        put_playlist(&root, &list("x.m3u", b"x")).unwrap();
        assert_eq!(fs::read_to_string(outside.path().join("secret")).unwrap(), "secret");
        let names = |folder: &Path| fs::read_dir(folder).unwrap().count();
        assert_eq!((names(outside.path()), names(&root)), (2, 3));
    }
}

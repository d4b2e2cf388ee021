//! Small files that outlast a pulled plug: written whole or not at all, and known to be whole when read.
//!
//! For a few kilobytes of what the box must remember, secrets among it: only the owner may read them. A file has an older copy to
//! fall back to if its writer wants that ([`Copies`]): an older list of hosts would bring back who was removed. What a file means
//! is for whoever writes it.

mod writer;

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::durable::{self, Disk, New, System};
use crc::{CRC_32_ISO_HDLC, Crc};

pub use writer::{Counts, PATIENCE, Trouble, Writer, Written};

/// Largest content of a file, bytes. More is refused when writing, and counts as damaged when reading.
pub const FILE_BYTES_MAX: usize = 64 * 1024;

/// How long a folder may be in use before it counts as another box's: a process that was begun just before the last owner
/// ended has the owner's lock until it is another program.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

/// Time between two tries to lock it.
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// Damaged files of one name that are kept. The newest replaces the last one.
const KEPT_MAX: usize = 8;

const CHECKSUM: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// A folder for such files, used by this box alone.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Holds the lock that keeps a second box out for as long as it is open.
    _lock: File,
}

/// What is kept of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// Its content alone: an older one would bring back what was taken away on purpose.
    Newest,
    /// The content before as well, for a storage that loses what it had confirmed.
    AndOlder,
}

/// A content to be written.
#[derive(Debug)]
pub(crate) struct Content<'a> {
    /// The file's name.
    pub(crate) name: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) copies: Copies,
}

/// Why something cannot be kept, or is not known any more.
#[derive(Debug)]
pub enum Error {
    /// Neither configuration nor environment names a folder: the operator's to mend.
    NoPlace,
    /// The system refuses this path: full, read-only, broken or forbidden. A retry may help once that is mended.
    System(PathBuf, io::Error),
    /// Another box uses this folder.
    InUse(PathBuf),
    /// The content is larger than [`FILE_BYTES_MAX`].
    TooLarge(PathBuf),
    /// The file is not what was written; it is kept under the second name for whoever wants to look.
    Damaged(PathBuf, PathBuf),
    /// Too much waits to be written: the storage is very slow. A retry helps.
    Busy,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPlace => {
                write!(f, "no state folder is known; set state.folder, STATE_DIRECTORY, XDG_STATE_HOME or HOME")
            }
            Self::System(path, error) => write!(f, "{}: {error}", path.display()),
            Self::InUse(path) => write!(f, "{} is in use by another box; give this one its own", path.display()),
            Self::TooLarge(path) => write!(f, "{} would be larger than {FILE_BYTES_MAX} bytes", path.display()),
            Self::Damaged(path, kept) => {
                write!(f, "{} is damaged or foreign and is kept as {}", path.display(), kept.display())
            }
            Self::Busy => write!(f, "the storage is too slow"),
        }
    }
}

impl std::error::Error for Error {}

/// Returns the folder in which the box keeps its state: `configured` if that is not empty, else what systemd, else what the desktop's rules
/// (XDG Base Directory 0.8) say. `variable` reads the environment.
///
/// # Errors
/// [`Error::NoPlace`].
pub fn place(configured: &Path, variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, Error> {
    if !configured.as_os_str().is_empty() {
        return Ok(configured.to_owned());
    }
    // systemd separates several folders by colons; the first is ours.
    let first = |list: OsString| list.to_string_lossy().split(':').next().map(PathBuf::from);
    let absolute = |path: PathBuf| path.is_absolute().then_some(path);
    let systemd = variable("STATE_DIRECTORY").and_then(first).and_then(absolute);
    let desktop = || variable("XDG_STATE_HOME").map(PathBuf::from).and_then(absolute);
    let home = || variable("HOME").map(PathBuf::from).and_then(absolute).map(|home| home.join(".local/state"));
    systemd.or_else(|| desktop().or_else(home).map(|states| states.join("partybox"))).ok_or(Error::NoPlace)
}

/// Reads what was last written under `name` in this folder, which another process holds, or the older copy of it: nothing is locked,
/// mended or set aside. `None` if nothing whole is there.
pub fn peek(folder: &Path, name: &str) -> Option<String> {
    let path = folder.join(name);
    [durable::older(&path), path].iter().rev().find_map(|path| {
        let text = fs::read(path).ok()?;
        content(&text).and_then(|content| String::from_utf8(content.to_vec()).ok())
    })
}

impl Folder {
    /// Opens the folder, makes it if needed (for its owner only), and keeps other boxes out.
    ///
    /// # Errors
    /// [`Error::System`], [`Error::InUse`].
    pub fn open(path: PathBuf) -> Result<Self, Error> {
        let system = |error| Error::System(path.clone(), error);
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(system)?;
        let lock = File::open(&path).map_err(system)?;
        let begun = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Self { path, _lock: lock }),
                Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_PATIENCE => thread::sleep(LOCK_PAUSE),
                Err(TryLockError::WouldBlock) => return Err(Error::InUse(path)),
                Err(TryLockError::Error(error)) => return Err(system(error)),
            }
        }
    }

    /// Returns where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads what was last written under `name`; `None` if nothing was. A file that is not what was written is renamed, so
    /// that the next write does not destroy it.
    ///
    /// # Errors
    /// [`Error::System`], [`Error::Damaged`].
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path.join(name);
        let system = |error| Error::System(path.clone(), error);
        let about = match fs::symlink_metadata(&path) {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(system(error)),
        };
        // The head is a line of at most 64 bytes.
        if !about.is_file() || about.len() > (FILE_BYTES_MAX + 64) as u64 {
            return Err(self.set_aside(name));
        }
        let text = fs::read(&path).map_err(system)?;
        match content(&text) {
            Some(content) => Ok(Some(content.to_vec())),
            None => Err(self.set_aside(name)),
        }
    }

    /// Reads what was last written under `name` and makes sense of it with `parse`, or, where that is gone, damaged or makes none,
    /// what was written before it ([`Copies::AndOlder`]). `None` if nothing is left. What is wrong is logged behind `loss`, the
    /// consequence in a few words, and kept aside.
    pub fn read_or_older<T>(&self, name: &str, loss: &str, parse: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        if let Some(parsed) = self.read_as(name, loss, &parse) {
            return Some(parsed);
        }
        let older = durable::older(Path::new(name));
        let parsed = self.read_as(older.to_str()?, loss, &parse)?;
        log::warn!("{name}: it is gone or damaged; what was written before it holds");
        Some(parsed)
    }

    fn read_as<T>(&self, name: &str, loss: &str, parse: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        let text = self.read(name).inspect_err(|error| log::warn!("{loss}: {error}")).ok()??;
        let parsed = parse(&text);
        if parsed.is_none() {
            // Not within the macro: a log that is switched off evaluates nothing.
            let foreign = self.set_aside(name);
            log::warn!("{loss}: {foreign}");
        }
        parsed
    }

    /// Writes `content` under `name`. When this returns, the content is on the storage; when the power fails before,
    /// what was there before is.
    ///
    /// # Errors
    /// [`Error::System`], [`Error::TooLarge`]; what was there before stays.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), Error> {
        let content = Content { name, bytes: content, copies: Copies::Newest };
        self.write_all(&[content]).pop().unwrap_or(Ok(()))
    }

    /// Writes several contents for one sync of the folder, and returns what came of each, in their order. What holds for each is
    /// what [`Folder::write`] says.
    pub(crate) fn write_all(&self, contents: &[Content<'_>]) -> Vec<Result<(), Error>> {
        self.write_all_on(&mut System, contents)
    }

    fn write_all_on(&self, disk: &mut impl Disk, contents: &[Content<'_>]) -> Vec<Result<(), Error>> {
        let paths: Vec<PathBuf> = contents.iter().map(|content| self.path.join(content.name)).collect();
        let fits = |content: &Content<'_>| content.bytes.len() <= FILE_BYTES_MAX;
        let heads: Vec<String> = contents.iter().map(|content| head(content.bytes)).collect();
        let parts: Vec<[&[u8]; 2]> =
            heads.iter().zip(contents).map(|(head, content)| [head.as_bytes(), content.bytes]).collect();
        let files: Vec<New<'_>> = (0..contents.len())
            .filter(|index| fits(&contents[*index]))
            .map(|index| New {
                path: &paths[index],
                content: &parts[index],
                keeps_older: contents[index].copies == Copies::AndOlder,
            })
            .collect();
        let mut written = durable::replace_all_on(disk, 0o600, &files).into_iter();
        let result = |(content, path): (&Content<'_>, &PathBuf)| match fits(content) {
            true => written.next().unwrap_or(Ok(())).map_err(|error| Error::System(path.clone(), error)),
            false => Err(Error::TooLarge(path.clone())),
        };
        contents.iter().zip(&paths).map(result).collect()
    }

    /// Renames a file that cannot be what was written here, and says so.
    pub fn set_aside(&self, name: &str) -> Error {
        let path = self.path.join(name);
        let kept = |n| self.path.join(format!("{name}.damaged-{n}"));
        let free = (1..KEPT_MAX).map(kept).find(|kept| fs::symlink_metadata(kept).is_err());
        let kept = free.unwrap_or_else(|| kept(KEPT_MAX));
        match fs::rename(&path, &kept) {
            Ok(()) => Error::Damaged(path, kept),
            Err(error) => Error::System(path, error),
        }
    }
}

/// The line before a content: changed, cut or lengthened content does not fit it, and a changed line fits no content.
fn head(content: &[u8]) -> String {
    format!("partybox state 1, {} bytes, crc32 {:08x}\n", content.len(), CHECKSUM.checksum(content))
}

fn content(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().position(|byte| *byte == b'\n')?;
    let (line, content) = text.split_at(end + 1);
    (line == head(content).as_bytes()).then_some(content)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod torn;

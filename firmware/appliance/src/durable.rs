//! Files that outlast a pulled plug: their new content is there as a whole or not at all.
//!
//! It is written beside the old one, synced, given the name, and the folder is synced: without the first sync the name may
//! outlast the content, without the second the old name may outlast both. All of it waits for the storage. Several files are
//! replaced together for one sync of their folder. Where it is wanted the content before stays, under a name of its own, as what
//! to fall back to should the storage lose the new one later; that costs no further write of the content and no further sync.
//!
//! No crate does the same: `atomic-write-file` (0.3) syncs file and folder too, but makes up a name for what is not finished,
//! so that each power cut may leave one more file behind that nobody removes, secrets in it; it gives no name to a file that
//! somebody else has written, such as an update; and there is no way to let its power fail after each step, as the tests do.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The steps, as the system or a simulated storage does them.
pub(crate) trait Disk {
    fn remove(&mut self, path: &Path) -> io::Result<()>;
    fn create(&mut self, path: &Path, mode: u32, content: &[&[u8]]) -> io::Result<()>;
    fn sync(&mut self, path: &Path) -> io::Result<()>;
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;
    fn link(&mut self, from: &Path, to: &Path) -> io::Result<()>;
}

/// The system's storage.
pub(crate) struct System;

impl Disk for System {
    fn remove(&mut self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn create(&mut self, path: &Path, mode: u32, content: &[&[u8]]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        content.iter().try_for_each(|part| file.write_all(part))
    }

    fn sync(&mut self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }
}

/// A file that is to be replaced.
pub(crate) struct New<'a> {
    /// Its path.
    pub(crate) path: &'a Path,
    /// Its content: that of the parts, one after another.
    pub(crate) content: &'a [&'a [u8]],
    /// Whether the content before stays, under the name of [`older`].
    pub(crate) keeps_older: bool,
}

/// Replaces the content of the file `path`, or makes it with these permission bits. When this returns, the new content is on
/// the storage; when the power fails before, the old or the new one is. The content is that of the parts, one after another.
///
/// # Errors
/// The storage refuses; what was there before stays, unless it was the last step, after which either may be there.
pub(crate) fn replace(path: &Path, mode: u32, content: &[&[u8]]) -> io::Result<()> {
    let new = New { path, content, keeps_older: false };
    replace_all_on(&mut System, mode, &[new]).pop().unwrap_or(Ok(()))
}

/// Returns the name of the content before that of `path`.
pub(crate) fn older(path: &Path) -> PathBuf {
    with_ends(path, "", ".older")
}

/// Gives the finished file `from` the name `to` in the same folder, in place of what has it. When this returns, it has it on
/// the storage; when the power fails before, what was there before or the whole new file has it.
///
/// # Errors
/// The storage refuses; `from` may be left.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    rename_on(&mut System, from, to)
}

/// Replaces several files of one folder, as [`replace`] does one, and returns what came of each, in their order. One that the
/// storage refuses does not keep the others from being replaced.
pub(crate) fn replace_all_on(disk: &mut impl Disk, mode: u32, files: &[New<'_>]) -> Vec<io::Result<()>> {
    let mut results: Vec<_> = files.iter().map(|new| create_on(disk, mode, new)).collect();
    // Only then: what was written for one goes to the storage while the next is written.
    for (new, result) in files.iter().zip(&mut results).filter(|(_, result)| result.is_ok()) {
        *result = unfinished(new.path).and_then(|unfinished| disk.sync(&unfinished));
    }
    for (new, result) in files.iter().zip(&mut results).filter(|(_, result)| result.is_ok()) {
        *result = name_on(disk, new);
    }
    let Some(first) = files.iter().zip(&results).find(|(_, result)| result.is_ok()).map(|(new, _)| new) else {
        return results;
    };
    if let Err(error) = disk.sync(folder(first.path)) {
        let same = || error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
        results.iter_mut().filter(|result| result.is_ok()).for_each(|result| *result = Err(same()));
    }
    results
}

/// Writes the new content beside the old one.
fn create_on(disk: &mut impl Disk, mode: u32, new: &New<'_>) -> io::Result<()> {
    let unfinished = unfinished(new.path)?;
    // One that a power cut left behind may have any content and any mode.
    remove_on(disk, &unfinished)?;
    disk.create(&unfinished, mode, new.content)
}

/// Gives the new content its name, and the old one that of the older.
fn name_on(disk: &mut impl Disk, new: &New<'_>) -> io::Result<()> {
    if new.keeps_older {
        keep_older_on(disk, new.path)?;
    }
    disk.rename(&unfinished(new.path)?, new.path)
}

/// Gives the content a second name, by which it is still there when the first means another one.
fn keep_older_on(disk: &mut impl Disk, path: &Path) -> io::Result<()> {
    let link = with_ends(path, ".", ".older");
    remove_on(disk, &link)?;
    match disk.link(path, &link) {
        Ok(()) => disk.rename(&link, &older(path)),
        // There is none yet, or the file system gives a file one name only: then nothing is kept of it.
        Err(_) => Ok(()),
    }
}

fn remove_on(disk: &mut impl Disk, path: &Path) -> io::Result<()> {
    match disk.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn rename_on(disk: &mut impl Disk, from: &Path, to: &Path) -> io::Result<()> {
    disk.sync(from)?;
    disk.rename(from, to)?;
    disk.sync(folder(to))
}

/// The folder that holds `path`.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The name of a file until it is whole.
fn unfinished(path: &Path) -> io::Result<PathBuf> {
    path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    Ok(with_ends(path, ".", ".new"))
}

/// Returns the path of a file in the same folder, whose name has these before and behind it.
fn with_ends(path: &Path, before: &str, behind: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    let name: OsString = [before.as_ref(), name, behind.as_ref()].into_iter().collect();
    path.with_file_name(name)
}

#[cfg(test)]
mod tests;

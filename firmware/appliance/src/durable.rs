//! Files that outlast a pulled plug: their new content is there as a whole or not at all.
//!
//! It is written beside the old one, synced, given the name, and the folder is synced: without the first sync the name may
//! outlast the content, without the second the old name may outlast both. All of it waits for the storage.
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
trait Disk {
    fn remove(&mut self, path: &Path) -> io::Result<()>;
    fn create(&mut self, path: &Path, mode: u32, content: &[&[u8]]) -> io::Result<()>;
    fn sync(&mut self, path: &Path) -> io::Result<()>;
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;
}

/// The system's storage.
struct System;

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
}

/// Replaces the content of the file `path`, or makes it with these permission bits. When this returns, the new content is on
/// the storage; when the power fails before, the old or the new one is. The content is that of the parts, one after another.
///
/// # Errors
/// The storage refuses; what was there before stays, unless it was the last step, after which either may be there.
pub(crate) fn replace(path: &Path, mode: u32, content: &[&[u8]]) -> io::Result<()> {
    replace_on(&mut System, path, mode, content)
}

/// Gives the finished file `from` the name `to` in the same folder, in place of what has it. When this returns, it has it on
/// the storage; when the power fails before, what was there before or the whole new file has it.
///
/// # Errors
/// The storage refuses; `from` may be left.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    rename_on(&mut System, from, to)
}

fn replace_on(disk: &mut impl Disk, path: &Path, mode: u32, content: &[&[u8]]) -> io::Result<()> {
    let unfinished = unfinished(path)?;
    // One that a power cut left behind may have any content and any mode.
    match disk.remove(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    disk.create(&unfinished, mode, content)?;
    rename_on(disk, &unfinished, path)
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
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let name: OsString = [".".as_ref(), name, ".new".as_ref()].into_iter().collect();
    Ok(path.with_file_name(name))
}

#[cfg(test)]
mod tests;

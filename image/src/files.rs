//! Reading, writing and copying files, with errors that name the file.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, thread};

use crate::error::Error;

/// Names the file that an operation failed on.
fn on(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { path, source }
}

/// Returns the text of a file.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(on(path))
}

/// Writes a file, and its folder if there is none yet.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(on(parent))?;
    fs::write(path, text).map_err(on(path))
}

/// Copies a file, and makes the folder it goes to if there is none yet.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent).map_err(on(parent))?;
    fs::copy(from, to).map(drop).map_err(on(from))
}

/// Makes a folder and those above it, unless they are there.
pub(crate) fn folder(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(on(path))
}

/// Removes a file or a folder with all that is in it, if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    let removed = if path.is_dir() && !path.is_symlink() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(on(path)(error)),
        _ => Ok(()),
    }
}

/// Makes an empty folder in place of whatever was there.
pub(crate) fn fresh_folder(path: &Path) -> Result<(), Error> {
    remove(path)?;
    folder(path)
}

/// Renames a file.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    fs::rename(from, to).map_err(on(from))
}

/// Puts the same file at a second place; copies it where the two are on different file systems.
pub(crate) fn link(from: &Path, to: &Path) -> Result<(), Error> {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop)).map_err(on(from))
}

/// Returns the length of a file in bytes.
pub(crate) fn size(path: &Path) -> Result<u64, Error> {
    fs::metadata(path).map(|data| data.len()).map_err(on(path))
}

/// Returns what is directly in a folder, in order.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let read = fs::read_dir(folder).map_err(on(folder))?;
    let mut entries: Vec<PathBuf> = read.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    Ok(entries)
}

/// Adds the files and links below a folder, in order.
pub(crate) fn below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    for path in entries(folder)? {
        if path.is_dir() && !path.is_symlink() {
            below(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Returns the SHA-256 of a file in hexadecimal digits, by the system's own program.
pub(crate) fn sha256(path: &Path) -> Result<String, Error> {
    Ok(sha256_of_each(&[path.to_owned()])?.remove(0))
}

/// Returns the SHA-256 of each file, in their order.
pub(crate) fn sha256_of_each(paths: &[PathBuf]) -> Result<Vec<String>, Error> {
    const PROGRAM: &str = "sha256sum";
    let start = |source| Error::Start { program: PROGRAM.into(), source };
    // Names go through a pipe: hundreds of them are too long for a command line.
    let mut command = Command::new("xargs");
    command.args(["--null", "--no-run-if-empty", PROGRAM, "--"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(start)?;
    let mut input = child.stdin.take();
    let names: Vec<u8> = paths.iter().flat_map(|path| [path.as_os_str().as_encoded_bytes(), b"\0"].concat()).collect();
    // From a thread of its own: the pipes hold less than all names and all hashes.
    let writer = thread::spawn(move || input.as_mut().map_or(Ok(()), |input| input.write_all(&names)));
    let output = child.wait_with_output().map_err(start)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let hashes: Vec<String> = text
        .lines()
        .map(|line| line.trim_start_matches('\\').split(' ').next().unwrap_or_default().to_owned())
        .collect();
    let is_written = writer.join().is_ok_and(|written| written.is_ok());
    if !is_written || !output.status.success() || hashes.len() != paths.len() {
        return Err(Error::Stage { name: PROGRAM.to_owned(), status: output.status });
    }
    Ok(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places;

    #[test]
    fn hashes_come_in_the_order_of_the_files_and_a_missing_file_is_an_error() {
        let folder = places::target().join(format!("files-{}", std::process::id()));
        let (a, b) = (folder.join("a b"), folder.join("c\nd"));
        write(&a, "").expect("ours");
        write(&b, "abc").expect("ours");
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_of_each(&[b.clone(), a.clone()]).expect("hashes"), [abc, empty]);
        assert_eq!(sha256(&b).expect("a hash"), abc);
        assert!(sha256(&folder.join("none")).is_err());
        remove(&folder).expect("ours");
        remove(&folder).expect("not there is as good");
    }
}

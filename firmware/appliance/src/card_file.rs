//! The file that an owner edits on the card, `partybox.toml`: read, with its secrets blanked, and with what is wrong in it said
//! in a file beside it.
//!
//! Knows no key: what may be in the file, and what follows from it, is the program's configuration. On a card the file here is
//! a copy that a unit made before the firmware was started (`image/root`: `card`); another carries what changed back.

mod memory;
mod problem;
mod text;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

pub use memory::{FILE, Memory};
pub use problem::{Code, Problem};
pub use text::Text;

use crate::durable::replace;

/// Largest file that is read, bytes: a hundred times what every key with a comment takes.
pub const BYTES_MAX: usize = 64 * 1024;

/// The name of the file that says what is wrong, beside the one it is about.
pub const PROBLEMS: &str = "partybox-problems.txt";

/// Why there is nothing to read.
#[derive(Debug)]
pub enum Error {
    /// It is larger than [`BYTES_MAX`]: the owner's to mend.
    TooLarge,
    /// The system refuses: a broken card.
    System(io::Error),
}

/// Reads the file; `None` if there is none, which is as good as an empty one.
///
/// # Errors
/// See [`Error`].
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::System(error)),
    };
    let mut bytes = Vec::new();
    file.take(BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(Error::System)?;
    if bytes.len() > BYTES_MAX { Err(Error::TooLarge) } else { Ok(Some(bytes)) }
}

/// Puts `bytes` over those of the file from `at` on. When this returns, they are on the storage. Its length and its place stay, so
/// that nothing else on a FAT changes with it and the old bytes are nowhere any more.
///
/// # Errors
/// The system refuses; then some of them may be written.
pub fn overwrite(path: &Path, at: usize, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.seek(SeekFrom::Start(at as u64))?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Says in the file beside `path` what is wrong; with nothing to say there is no such file. One that says the same already is
/// left alone.
///
/// # Errors
/// The system refuses.
pub fn say(path: &Path, problems: &str) -> io::Result<()> {
    let beside = problems_of(path);
    if problems.is_empty() {
        return match fs::remove_file(beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    if fs::read(&beside).is_ok_and(|said| said == problems.as_bytes()) {
        return Ok(());
    }
    replace(&beside, 0o644, &[problems.as_bytes()])
}

/// Returns where it is said what is wrong with the file `path`.
pub fn problems_of(path: &Path) -> PathBuf {
    path.with_file_name(PROBLEMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_nothing_wrong_and_one_of_any_other_size_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("partybox.toml");
        assert!(matches!(read(&path), Ok(None)));
        fs::write(&path, vec![b'#'; BYTES_MAX]).unwrap();
        assert!(matches!(read(&path), Ok(Some(bytes)) if bytes.len() == BYTES_MAX));
        fs::write(&path, vec![b'#'; BYTES_MAX + 1]).unwrap();
        assert!(matches!(read(&path), Err(Error::TooLarge)));
        assert!(matches!(read(folder.path()), Err(Error::System(_))), "a folder");
    }

    #[test]
    fn what_is_wrong_is_said_until_nothing_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("partybox.toml");
        say(&path, "").unwrap();
        say(&path, "line 1\r\n").unwrap();
        let said = fs::metadata(problems_of(&path)).unwrap().modified().unwrap();
        say(&path, "line 1\r\n").unwrap();
        assert_eq!(fs::metadata(problems_of(&path)).unwrap().modified().unwrap(), said, "written again for nothing");
        say(&path, "line 2\r\n").unwrap();
        assert_eq!(fs::read_to_string(problems_of(&path)).unwrap(), "line 2\r\n");
        say(&path, "").unwrap();
        assert!(!problems_of(&path).exists());
    }

    #[test]
    fn bytes_are_written_over_others_in_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("partybox.toml");
        fs::write(&path, "passphrase = \"abc\"\n").unwrap();
        overwrite(&path, 13, b"\"\"   ").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "passphrase = \"\"   \n");
        overwrite(&folder.path().join("gone"), 0, b"x").expect_err("it makes no file");
    }
}

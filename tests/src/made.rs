//! Files that many tests of one run need, and that cost a processor half a minute: made once, and laid into a folder of each
//! test's own, which it may change.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

/// A file's path from the folder, and what is in it.
type File = (PathBuf, Vec<u8>);

/// What was made, once it is; `None` where it could not be.
#[derive(Debug, Default)]
pub struct Made(OnceLock<Option<Vec<File>>>);

impl Made {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Lays the files into a new folder. `make` makes them below the folder it is given, is called once for all tests of this
    /// process, and returns whether it could.
    ///
    /// # Panics
    /// When there is no room for them.
    pub fn laid(&self, make: impl FnOnce(&Path) -> bool) -> Option<TempDir> {
        let made = self.0.get_or_init(|| {
            let folder = tempfile::tempdir().expect("a folder");
            make(folder.path()).then(|| files(folder.path()).expect("what was made"))
        });
        let folder = tempfile::tempdir().expect("a folder");
        for (place, bytes) in made.as_ref()? {
            let file = folder.path().join(place);
            fs::create_dir_all(file.parent().expect("the folder")).expect("a folder");
            fs::write(file, bytes).expect("a file");
        }
        Some(folder)
    }
}

/// Everything below `root`, with its path from there.
fn files(root: &Path) -> io::Result<Vec<File>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.strip_prefix(root).expect("below it").to_owned(), fs::read(&path)?));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_once_is_laid_for_each_and_theirs_to_change() {
        static MADE: Made = Made::new();
        let make = |folder: &Path| {
            fs::create_dir(folder.join("album")).expect("a folder");
            fs::write(folder.join("album/song"), b"la").is_ok()
        };
        let one = MADE.laid(make).expect("made");
        fs::write(one.path().join("album/song"), b"lo").expect("ours");
        let two = MADE.laid(|_| panic!("made twice")).expect("laid again");
        assert_eq!(fs::read(two.path().join("album/song")).expect("a file"), b"la");
        assert!(Made::new().laid(|_| false).is_none(), "it could not be made");
    }
}

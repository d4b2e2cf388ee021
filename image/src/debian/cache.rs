//! The cache of packages: files under the names that apt gives them, each checked by its hash before it is used.
//!
//! It is never emptied from here: what Debian has dropped can then be had from it alone.

use std::path::{Path, PathBuf};

use super::archive::Archive;
use super::lock::{self, Pins};
use crate::error::Error;
use crate::{files, places};

/// A folder of packages.
pub(crate) struct Cache(PathBuf);

impl Cache {
    /// The folder that was asked for, or the one among everything that is made here.
    pub(crate) fn at(folder: Option<&Path>) -> Self {
        Self(folder.map_or_else(|| places::debian().join("cache"), Path::to_owned))
    }

    /// Returns the folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// Returns what of `pins` is not here, or is another file of the same name.
    pub(crate) fn missing(&self, pins: &Pins) -> Result<Pins, Error> {
        let here: Vec<_> = pins.iter().filter(|(key, pin)| self.file(key, pin).is_file()).collect();
        let paths: Vec<PathBuf> = here.iter().map(|(key, pin)| self.file(key, pin)).collect();
        let hashes = files::sha256_of_each(&paths)?;
        let mut missing = pins.clone();
        for ((key, pin), hash) in here.into_iter().zip(hashes) {
            if hash == pin.sha256 {
                missing.remove(key);
            }
        }
        Ok(missing)
    }

    /// Downloads `pins` from the archive, which offers them.
    pub(super) fn download(&self, archive: &Archive, pins: &Pins) -> Result<(), Error> {
        let new = self.0.join("new");
        files::fresh_folder(&new)?;
        archive.download(pins, &new)?;
        let paths: Vec<PathBuf> = pins.iter().map(|(key, pin)| new.join(lock::file_name(key, pin))).collect();
        if let Some(path) = paths.iter().find(|path| !path.is_file()) {
            return Err(Error::Card(format!("apt did not download {}", path.display())));
        }
        for (((key, pin), path), hash) in pins.iter().zip(&paths).zip(files::sha256_of_each(&paths)?) {
            if hash != pin.sha256 {
                return Err(Error::Card(format!("{key} {} is not the file that was named", pin.version)));
            }
            files::rename(path, &self.file(key, pin))?;
        }
        files::remove(&new)
    }

    /// Puts links to exactly these packages into the folder `into`.
    pub(crate) fn link(&self, pins: &Pins, into: &Path) -> Result<(), Error> {
        files::fresh_folder(into)?;
        pins.iter().try_for_each(|(key, pin)| files::link(&self.file(key, pin), &into.join(lock::file_name(key, pin))))
    }

    fn file(&self, key: &str, pin: &lock::Pin) -> PathBuf {
        self.0.join(lock::file_name(key, pin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_another_content_is_missing_and_the_right_one_is_linked() {
        let folder = places::target().join(format!("cache-{}", std::process::id()));
        let cache = Cache::at(Some(&folder));
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let pins = lock::read_pins(&format!("a:all 1:2 {abc}\nb:arm64 1 {abc}\nc:amd64 3 {abc}\n")).expect("pins");
        files::write(&folder.join("a_1%3a2_all.deb"), "abc").expect("ours");
        files::write(&folder.join("b_1_arm64.deb"), "abd").expect("ours");
        let missing = cache.missing(&pins).expect("readable");
        assert_eq!(missing.keys().collect::<Vec<_>>(), ["b:arm64", "c:amd64"]);
        let here = pins.into_iter().filter(|(key, _)| key == "a:all").collect();
        let links = folder.join("links");
        cache.link(&here, &links).expect("linked");
        assert_eq!(files::entries(&links).expect("ours"), [links.join("a_1%3a2_all.deb")]);
        files::remove(&folder).expect("ours");
    }
}

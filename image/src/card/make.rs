//! Running the scripts of `image/card` inside the tool chain: tree, slot, card, update.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::keys::Keys;
use super::list::{self, Package};
use crate::board::Board;
use crate::debian::{self, Lock};
use crate::error::Error;
use crate::tools::jail::{self, Seen};
use crate::{files, places, stage};

/// What an image is made of besides its packages.
#[derive(Debug)]
pub(crate) struct Recipe {
    /// For which box.
    pub(crate) board: Board,
    /// The time of everything in it, seconds since 1970.
    pub(crate) epoch: u64,
    /// What it is called.
    pub(crate) version: String,
    /// The box's program for arm64.
    pub(crate) program: PathBuf,
    /// Whose updates it takes, and who signs this one.
    pub(crate) keys: Keys,
    /// Files of radios that Debian does not have, as they lie in `/lib/firmware`.
    pub(crate) firmware: Option<PathBuf>,
}

impl Recipe {
    /// Where everything of this board is made.
    pub(crate) fn folder(&self) -> PathBuf {
        places::card().join(self.board.name())
    }

    /// Makes the trees of the slot and of the first file system from the packages in `debs`.
    pub(crate) fn root(&self, packages: &[Package], debs: &Path, out: &Path) -> Result<(), Error> {
        let plan = self.folder().join("plan");
        files::fresh_folder(&plan)?;
        let modules = files::read(&places::card_scripts().join("modules.list"))?;
        let modules = list::modules(&modules).map_err(|why| Error::Card(format!("modules.list: {why}")))?;
        for (name, text) in [("files", list::plan(packages)), ("modules", modules)] {
            files::write(&plan.join(name), &text)?;
        }
        let program = self.folder().join("program");
        files::fresh_folder(&program)?;
        files::copy(&self.program, &program.join("partybox"))?;
        let keyring = self.folder().join("keyring");
        files::fresh_folder(&keyring)?;
        files::copy(&self.keys.keyring, &keyring.join("keyring.pem"))?;
        let own = self.folder().join("firmware");
        files::fresh_folder(&own)?;
        for (file, name) in firmware(self.firmware.as_deref())? {
            files::copy(&file, &own.join(name))?;
        }
        let overlay = places::root().join("image").join("root");
        let more = [
            (debs, "/debs"),
            (&plan, "/plan"),
            (&overlay, "/overlay"),
            (&program, "/program"),
            (&keyring, "/keyring"),
            (&own, "/firmware"),
        ];
        stage::status("making the root file system", &mut self.script("root.sh", &more, out))
    }

    /// Makes the slot and the card from the trees.
    pub(crate) fn card(&self, out: &Path) -> Result<(), Error> {
        stage::status("making the card", &mut self.script("card.sh", &[], out))
    }

    /// Compresses the card.
    pub(crate) fn compress(&self, out: &Path) -> Result<(), Error> {
        stage::status("compressing the card", &mut self.script("compress.sh", &[], out))
    }

    /// Makes and signs the update from the slot.
    pub(crate) fn update(&self, out: &Path) -> Result<(), Error> {
        self.signed("making the update", "update.sh", &[], out)
    }

    /// Makes faulty slots and updates from what is in `made`, for tests.
    pub(crate) fn faulty(&self, made: &Path, out: &Path) -> Result<(), Error> {
        self.signed("making faulty slots and updates", "faulty.sh", &[(made, "/made")], out)
    }

    /// Runs a script that sees the key.
    fn signed(&self, what: &str, script: &str, more: &[(&Path, &'static str)], out: &Path) -> Result<(), Error> {
        let signer = self.folder().join("signer");
        files::fresh_folder(&signer)?;
        files::copy(&self.keys.key, &signer.join("key.pem"))?;
        files::copy(&self.keys.certificate, &signer.join("certificate.pem"))?;
        let mut seen = vec![(signer.as_path(), "/signer")];
        seen.extend(more);
        let made = stage::status(what, &mut self.script(script, &seen, out));
        // The key is not left lying about where the image is made.
        files::remove(&signer)?;
        made
    }

    fn script(&self, name: &str, more: &[(&Path, &'static str)], out: &Path) -> Command {
        let mut seen = vec![Seen::read(places::card_scripts(), "/card"), Seen::write(out, "/out")];
        seen.extend(more.iter().map(|&(here, there)| Seen::read(here, there)));
        let (epoch, version) = (format!("EPOCH={}", self.epoch), format!("VERSION={}", self.version));
        let board = format!("BOARD={}", self.board.name());
        jail::command(&seen, &[&epoch, &version, &board, "sh", &format!("/card/{name}")])
    }

    /// Everything that decides how the trees look, for telling whether they must be made anew.
    pub(crate) fn inputs(&self, lock: &Lock) -> Result<String, Error> {
        let mut text = format!("{} {} {}\n", self.board.name(), self.epoch, self.version);
        text.push_str(&debian::write_lock(lock));
        let mut files = vec![self.program.clone(), self.keys.keyring.clone()];
        files.extend(firmware(self.firmware.as_deref())?.into_iter().map(|(file, _)| file));
        for top in [places::card_scripts(), places::root().join("image").join("root")] {
            files::below(&top, &mut files)?;
        }
        // The lock that counts is written above: it need not be the repository's.
        files.retain(|file| !file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("lock-")));
        for file in files {
            let hash = if file.is_symlink() {
                fs::read_link(&file).map(|target| target.display().to_string()).unwrap_or_default()
            } else {
                files::sha256(&file)?
            };
            text.push_str(&format!("{} {hash}\n", file.display()));
        }
        Ok(text)
    }
}

/// Returns the files below this folder of firmware that Debian does not have, with their places below `/lib/firmware`.
///
/// # Errors
/// There is no such folder, no file in it, or one that is not below another folder, as each driver's is.
pub(crate) fn firmware(folder: Option<&Path>) -> Result<Vec<(PathBuf, PathBuf)>, Error> {
    let Some(folder) = folder else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    files::below(folder, &mut found)?;
    let named = found.into_iter().map(|file| {
        let name = file.strip_prefix(folder).unwrap_or(&file).to_owned();
        (file, name)
    });
    let named: Vec<_> = named.collect();
    let is_loose = |(_, name): &(PathBuf, PathBuf)| name.components().count() < 2;
    if named.is_empty() || named.iter().any(is_loose) {
        let folder = folder.display();
        let why = format!(
            "--firmware {folder}: its files lie in folders as in /lib/firmware, such as brcm/brcmfmac43436-sdio.bin"
        );
        return Err(Error::Card(why));
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn firmware_of_ones_own_lies_as_in_the_systems_folder_or_is_refused() {
        assert_eq!(firmware(None).expect("none"), []);
        let folder = std::env::temp_dir().join(format!("partybox-firmware-{}", std::process::id()));
        files::fresh_folder(&folder).expect("a folder");
        let refused = || firmware(Some(&folder)).expect_err("nothing to take").to_string();
        assert!(refused().contains("brcm/"), "{}", refused());
        let file = folder.join("brcm/brcmfmac43436-sdio.bin");
        files::write(&file, "x").expect("a file");
        let taken = firmware(Some(&folder)).expect("one");
        assert_eq!(taken, [(file, PathBuf::from("brcm/brcmfmac43436-sdio.bin"))]);
        files::write(&folder.join("loose.bin"), "x").expect("a file");
        assert!(refused().contains("--firmware"), "{}", refused());
        files::remove(&folder).expect("it is ours");
    }
}

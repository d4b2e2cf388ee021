//! Running the scripts of `image/card` inside the tool chain: tree, slot, card, update.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::board::Board;
use super::keys::Keys;
use super::list::{self, Package};
use super::{archive, folder};
use crate::build;
use crate::error::Error;
use crate::machine::jail::{self, Seen};
use crate::stage;

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
}

impl Recipe {
    /// Where everything of this board is made.
    pub(crate) fn folder(&self) -> PathBuf {
        folder().join(self.board.name())
    }

    /// Makes the trees of the slot and of the first file system from the packages in `debs`.
    pub(crate) fn root(&self, packages: &[Package], debs: &Path, out: &Path) -> Result<(), Error> {
        let plan = self.folder().join("plan");
        super::fresh_folder(&plan)?;
        let modules = read(&scripts().join("modules.list"))?;
        let modules = list::modules(&modules).map_err(|why| Error::Card(format!("modules.list: {why}")))?;
        for (name, text) in [("files", list::plan(packages)), ("modules", modules)] {
            let path = plan.join(name);
            fs::write(&path, text).map_err(|source| Error::File { path, source })?;
        }
        let program = self.folder().join("program");
        super::fresh_folder(&program)?;
        super::copy(&self.program, &program.join("partybox"))?;
        let keyring = self.folder().join("keyring");
        super::fresh_folder(&keyring)?;
        super::copy(&self.keys.keyring, &keyring.join("keyring.pem"))?;
        let overlay = build::root().join("image").join("root");
        let more =
            [(debs, "/debs"), (&plan, "/plan"), (&overlay, "/overlay"), (&program, "/program"), (&keyring, "/keyring")];
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
        super::fresh_folder(&signer)?;
        super::copy(&self.keys.key, &signer.join("key.pem"))?;
        super::copy(&self.keys.certificate, &signer.join("certificate.pem"))?;
        let mut seen = vec![(signer.as_path(), "/signer")];
        seen.extend(more);
        let made = stage::status(what, &mut self.script(script, &seen, out));
        // The key is not left lying about where the image is made.
        fs::remove_dir_all(&signer).map_err(|source| Error::File { path: signer, source })?;
        made
    }

    fn script(&self, name: &str, more: &[(&Path, &'static str)], out: &Path) -> Command {
        let mut seen = vec![
            Seen { here: scripts(), there: "/card", writable: false },
            Seen { here: out.to_owned(), there: "/out", writable: true },
        ];
        seen.extend(more.iter().map(|&(here, there)| Seen { here: here.to_owned(), there, writable: false }));
        let (epoch, version) = (format!("EPOCH={}", self.epoch), format!("VERSION={}", self.version));
        let board = format!("BOARD={}", self.board.name());
        jail::command(&seen, &[&epoch, &version, &board, "sh", &format!("/card/{name}")])
    }

    /// Everything that decides how the trees look, for telling whether they must be made anew.
    pub(crate) fn inputs(&self, locked: &super::lock::Lock) -> Result<String, Error> {
        let mut text = format!("{} {} {}\n", self.board.name(), self.epoch, self.version);
        text.push_str(&super::lock::write(locked));
        let mut files = vec![self.program.clone(), self.keys.keyring.clone()];
        for top in [scripts(), build::root().join("image").join("root")] {
            super::files_below(&top, &mut files)?;
        }
        for file in files {
            let hash = if file.is_symlink() {
                fs::read_link(&file).map(|target| target.display().to_string()).unwrap_or_default()
            } else {
                archive::sha256(&file)?
            };
            text.push_str(&format!("{} {hash}\n", file.display()));
        }
        Ok(text)
    }
}

/// The folder of scripts and lists.
pub(crate) fn scripts() -> PathBuf {
    build::root().join("image").join("card")
}

pub(crate) fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::File { path: path.to_owned(), source })
}

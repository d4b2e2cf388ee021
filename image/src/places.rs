//! Where things are: the repository, and the folders of everything that is made, not written.

use std::env;
use std::path::{Path, PathBuf};

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    // Cargo sets the variable at run time too; the compiled-in value is for a program started by hand.
    let here = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&here).parent().map(Path::to_owned).unwrap_or_default()
}

/// The folder for everything that is made.
pub(crate) fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => env::current_dir().unwrap_or_default().join(folder),
        None => root().join("target"),
    }
}

/// Programs compiled for these commands.
pub(crate) fn programs() -> PathBuf {
    target().join("tools").join("bin")
}

/// What Debian's archive offers, and the cache of packages unless another one is named.
pub(crate) fn debian() -> PathBuf {
    target().join("debian")
}

/// Cards, with all that they are made of.
pub(crate) fn card() -> PathBuf {
    target().join("card")
}

/// The scripts and lists that a card is made by.
pub(crate) fn card_scripts() -> PathBuf {
    root().join("image").join("card")
}

/// The tool chain, the emulated computer and what is compiled for arm64.
pub(crate) fn machine() -> PathBuf {
    target().join("machine")
}

/// The scripts that run in the tool chain and in the emulated computer.
pub(crate) fn machine_scripts() -> PathBuf {
    root().join("image").join("guest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_the_repository_holds_the_workspace() {
        assert!(root().join("Cargo.lock").is_file());
    }
}

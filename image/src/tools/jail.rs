//! Running commands inside the tool chain's folder, which is a small Debian of its own.
//!
//! Mounts are made in a namespace that ends with the command, so nothing is left behind however it ends. The command takes
//! the place of the one that is started: its process id, its files and its end are those that the caller sees.

use std::env::consts::ARCH;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::{places, probe};

/// A folder of this machine that a command inside sees.
pub(crate) struct Seen {
    here: PathBuf,
    there: PathBuf,
    writable: bool,
}

impl Seen {
    /// `here` is seen as `there`, and cannot be changed.
    pub(crate) fn read(here: impl Into<PathBuf>, there: impl Into<PathBuf>) -> Self {
        Self { here: here.into(), there: there.into(), writable: false }
    }

    /// `here` is seen as `there`, and can be changed.
    pub(crate) fn write(here: impl Into<PathBuf>, there: impl Into<PathBuf>) -> Self {
        Self { writable: true, ..Self::read(here, there) }
    }
}

/// Whether commands can be run like this: root may, unless a container forbids mounts, on a computer whose programs the
/// tool chain has.
pub(crate) fn possible() -> Result<(), Error> {
    if ARCH != "x86_64" {
        return Err(Error::Card(format!("the tool chain's compilers run on amd64 alone, and this machine is {ARCH}")));
    }
    if !probe::is_root() {
        return Err(Error::NotAllowed("it is not run by root"));
    }
    let mut mounts = namespace();
    mounts.args(["mount", "-t", "tmpfs", "none", "/mnt"]).stdout(Stdio::null()).stderr(Stdio::null());
    if !mounts.status().is_ok_and(|status| status.success()) {
        return Err(Error::NotAllowed("this machine (a container?) does not let root mount anything"));
    }
    Ok(())
}

/// Whatever follows runs with mounts of its own.
pub(crate) fn namespace() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]);
    command
}

/// The folder of the tool chain.
pub(crate) fn tools() -> PathBuf {
    places::machine().join("tools")
}

/// `words`, which may begin with `VARIABLE=VALUE`, run inside.
pub(crate) fn command(seen: &[Seen], words: &[&str]) -> Command {
    let mut command = namespace();
    command.arg("sh").arg(places::machine_scripts().join("jail.sh")).arg(tools());
    for Seen { here, there, writable } in seen {
        command.arg(here).arg(there).arg(if *writable { "rw" } else { "ro" });
    }
    command.arg("--").args(words);
    command
}

//! Running commands inside the arm64 tool chain's folder, which is a small Debian of its own.
//!
//! Mounts are made in a namespace that ends with the command, so nothing is left behind however it ends.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{folder, scripts};
use crate::error::Error;
use crate::probe;

/// A folder of this machine that a command inside sees.
pub(crate) struct Seen {
    /// Here.
    pub(crate) here: PathBuf,
    /// There.
    pub(crate) there: &'static str,
    /// Whether it may be changed from inside.
    pub(crate) writable: bool,
}

/// Whether commands can be run like this: root may, unless a container forbids mounts.
pub(crate) fn possible() -> Result<(), Error> {
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
    folder().join("tools")
}

/// `words`, which may begin with `VARIABLE=VALUE`, run inside.
pub(crate) fn command(seen: &[Seen], words: &[&str]) -> Command {
    let mut command = namespace();
    command.arg("sh").arg(scripts().join("jail.sh")).arg(tools());
    for Seen { here, there, writable } in seen {
        command.arg(here).arg(there).arg(if *writable { "rw" } else { "ro" });
    }
    command.arg("--").args(words);
    command
}

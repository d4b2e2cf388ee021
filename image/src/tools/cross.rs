//! Building programs for arm64 inside the tool chain: the box's, and ours for tests of it.

use std::env;
use std::path::PathBuf;

use super::jail::{self, Seen};
use crate::error::Error;
use crate::{files, places, stage};

/// The kind of computer that a Raspberry Pi is.
const TARGET: &str = "aarch64-unknown-linux-gnu";

/// Cargo's profile for emulated computers (see the workspace's manifest).
const PROFILE: &str = "machine";

/// Builds the box's program and returns its path.
pub(crate) fn partybox() -> Result<PathBuf, Error> {
    program("partybox", "partybox")
}

/// Builds this very program and returns its path.
pub(crate) fn xtask() -> Result<PathBuf, Error> {
    program("image", "xtask")
}

/// Builds without a network, from crates that were fetched outside, where cargo knows how to reach its registry.
fn program(package: &str, name: &str) -> Result<PathBuf, Error> {
    let objects = places::machine().join("build");
    files::folder(&objects)?;
    let seen =
        [Seen::read(places::root(), "/source"), Seen::write(cargo_home(), "/cargo"), Seen::write(&objects, "/target")];
    let words = [
        "CARGO_HOME=/cargo",
        "CARGO_TARGET_DIR=/target",
        "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc",
        "PKG_CONFIG_ALLOW_CROSS=1",
        "PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig",
        "cargo",
        "build",
        "--manifest-path=/source/Cargo.toml",
        "--frozen",
    ];
    let mut command = jail::command(&seen, &words);
    command.args(["--package", package, "--bin", name, "--target", TARGET, "--profile", PROFILE]);
    stage::status("building for arm64", &mut command)?;
    Ok(objects.join(TARGET).join(PROFILE).join(name))
}

/// Where cargo keeps what it has fetched.
fn cargo_home() -> PathBuf {
    let own = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cargo");
    env::var_os("CARGO_HOME").map_or_else(own, PathBuf::from)
}

//! Building the box's program for arm64 inside the tool chain.

use std::env;
use std::fs;
use std::path::PathBuf;

use super::folder;
use super::jail::{self, Seen};
use crate::build;
use crate::error::Error;
use crate::stage;

/// The kind of computer that a Raspberry Pi is.
const TARGET: &str = "aarch64-unknown-linux-gnu";

/// Cargo's profile for emulated computers (see the workspace's manifest).
const PROFILE: &str = "machine";

/// Builds and returns the program's path.
///
/// Cargo fetches here, where it knows how to reach its registry, and builds there without a network.
pub(crate) fn partybox() -> Result<PathBuf, Error> {
    stage::status("cargo fetch", &mut build::cargo_command(&["fetch", "--locked"]))?;
    let objects = folder().join("build");
    fs::create_dir_all(&objects).map_err(|source| Error::File { path: objects.clone(), source })?;
    let seen = [
        Seen { here: build::root(), there: "/source", writable: false },
        Seen { here: cargo_home(), there: "/cargo", writable: true },
        Seen { here: objects.clone(), there: "/target", writable: true },
    ];
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
        "--package=partybox",
        "--bin=partybox",
    ];
    let mut command = jail::command(&seen, &words);
    command.args(["--target", TARGET, "--profile", PROFILE]);
    stage::status("building for arm64", &mut command)?;
    Ok(objects.join(TARGET).join(PROFILE).join("partybox"))
}

/// Where cargo keeps what it has fetched.
fn cargo_home() -> PathBuf {
    let own = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cargo");
    env::var_os("CARGO_HOME").map_or_else(own, PathBuf::from)
}

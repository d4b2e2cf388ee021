//! The arm64 tool chain: a Debian in a folder, with compilers that run here and libraries for there, with everything that
//! makes a card, and with the emulator that starts one.
//!
//! All of it is of the release that the card is made of, so that versions are the same on every machine, and nothing that
//! this machine has installed stands in the way or leaves a trace. The Rust in it is Debian's `rustc-web`, because that
//! comes with a standard library for arm64.

pub(crate) mod cross;
pub(crate) mod emulator;
pub(crate) mod jail;

use crate::debian::{self, Cache, Lock};
use crate::error::Error;
use crate::made::made;
use crate::{files, places, stage};

/// Compilers and what the box's libraries are built with, then what packs the emulated computer, then what makes the
/// card, then what starts it.
pub(crate) const PACKAGES: [&str; 27] = [
    "rustc-web",
    "cargo-web",
    "libstd-rust-web-dev",
    "libstd-rust-web-dev:arm64",
    "gcc",
    "libc6-dev",
    "gcc-aarch64-linux-gnu",
    "g++-aarch64-linux-gnu",
    "libc6-dev:arm64",
    "libasound2-dev:arm64",
    "pkg-config",
    "cmake",
    "make",
    "kmod",
    "xz-utils",
    "cpio",
    "u-boot-tools",
    "dosfstools",
    "mtools",
    "e2fsprogs",
    "fdisk",
    "cryptsetup-bin",
    "rauc",
    "squashfs-tools",
    "openssl",
    "systemd",
    "qemu-system-arm",
];

/// No recommendations, no translations, no documents; and no care for what a power cut would leave.
const OPTIONS: [&str; 8] = [
    "--mode=root",
    "--variant=apt",
    "--architectures=amd64,arm64",
    // Nothing of arm64 is run while it is installed.
    "--skip=check/qemu",
    "--aptopt=Acquire::Languages \"none\"",
    "--dpkgopt=force-unsafe-io",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
];

/// What the tool chain is made of, for whatever is made with it.
pub(crate) fn inputs(lock: &Lock) -> String {
    [debian::SUITE, &OPTIONS.join("\n"), &debian::write_pins(&lock.tools)].join("\n\n")
}

/// Makes it, without a network, unless it is there and of these packages.
pub(crate) fn make(cache: &Cache, lock: &Lock) -> Result<(), Error> {
    let folder = jail::tools();
    made(&folder, &inputs(lock), || {
        let packages = places::debian().join("tools");
        let source = debian::write_repository(cache, &lock.tools, &packages)?;
        let mut command = jail::namespace();
        command.arg("mmdebstrap").args(OPTIONS).arg(format!("--include={}", PACKAGES.join(",")));
        command.arg(debian::SUITE).arg(&folder).arg(source);
        stage::status("mmdebstrap", &mut command)?;
        files::remove(&packages)
    })
}

//! The arm64 tool chain: a Debian in a folder with compilers that run here and libraries for there.
//!
//! The Rust here is Debian's `rustc-web`, because it comes with a standard library for arm64 in the same archive. The
//! packages that the guest is made of are downloaded in the same go, while the package lists are at hand.

use std::fs;

use super::jail;
use super::made::made;
use super::scripts;
use crate::error::Error;
use crate::stage;

/// The release that a flashed box would have.
const SUITE: &str = "trixie";

/// Where packages come from. The backports are for the guest's kernel only: apt prefers the release itself.
const SOURCES: [&str; 2] =
    ["deb http://deb.debian.org/debian trixie main", "deb http://deb.debian.org/debian trixie-backports main"];

/// Compilers and what the box's libraries are built with, then what packs the guest, then what makes the card.
const PACKAGES: &str = "rustc-web,cargo-web,libstd-rust-web-dev,libstd-rust-web-dev:arm64,gcc,libc6-dev,\
gcc-aarch64-linux-gnu,g++-aarch64-linux-gnu,libc6-dev:arm64,libasound2-dev:arm64,pkg-config,cmake,make,\
kmod,xz-utils,cpio,\
u-boot-tools,dosfstools,mtools,e2fsprogs,fdisk,cryptsetup-bin,rauc,squashfs-tools,zstd,openssl,systemd";

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
pub(crate) fn inputs() -> Result<String, Error> {
    let path = scripts().join("download.sh");
    let download = fs::read_to_string(&path).map_err(|source| Error::File { path, source })?;
    Ok([SUITE, &SOURCES.join("\n"), PACKAGES, &OPTIONS.join("\n"), &download].join("\n\n"))
}

/// Makes it if it is not there yet.
pub(crate) fn make() -> Result<(), Error> {
    let folder = jail::tools();
    made(&folder, &inputs()?, || {
        let mut command = jail::namespace();
        command.arg("mmdebstrap").args(OPTIONS).arg(format!("--include={PACKAGES}"));
        // A hook that is the path of a program is called with the folder.
        command.arg(format!("--customize-hook={}", scripts().join("download.sh").display()));
        command.arg(SUITE).arg(&folder).args(SOURCES);
        stage::status("mmdebstrap", &mut command)
    })
}

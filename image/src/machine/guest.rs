//! The emulated computer's kernel and root file system: `kernel` and `initrd` in the machine's folder.
//!
//! No disk: the root file system is in memory. One archive of what seldom changes (kernel modules, libraries, busybox),
//! and behind it one of our programs and the first process; the kernel unpacks both in this order.

use std::fs;
use std::path::Path;

use crate::debian::{self, Cache, Lock, Pins};
use crate::error::Error;
use crate::made::made;
use crate::tools::jail::{self, Seen};
use crate::{files, places, stage, tools};

/// Packs the folder it is run in. The order and the owners are fixed, so that the same files make the same archive.
const PACK: &str = "cd /overlay && find . | sort | cpio --quiet --create --format=newc --owner=0:0 > /out/overlay.cpio";

/// Makes both of the packages `guest`, with `program` as the box and `xtask` as what a maintainer types.
pub(crate) fn make(cache: &Cache, lock: &Lock, guest: &Pins, program: &Path, xtask: &Path) -> Result<(), Error> {
    let (here, scripts) = (places::machine(), places::machine_scripts());
    let (base, packages) = (here.join("base"), here.join("guest"));
    let inputs = [&tools::inputs(lock), &debian::write_pins(guest), &files::read(&scripts.join("root.sh"))?];
    made(&base, &inputs.map(String::as_str).join("\n\n"), || {
        cache.link(guest, &packages)?;
        let seen = [Seen::read(&scripts, "/scripts"), Seen::read(&packages, "/guest"), Seen::write(&base, "/out")];
        let words = ["sh", "/scripts/root.sh", "/out"];
        stage::status("packing the root file system", &mut jail::command(&seen, &words))?;
        files::remove(&packages)
    })?;
    let overlay = here.join("overlay");
    let init = scripts.join("init");
    for (from, to) in [(program, "usr/bin/partybox"), (xtask, "usr/bin/xtask"), (&init, "init")] {
        files::copy(from, &overlay.join(to))?;
    }
    let seen = [Seen::read(overlay, "/overlay"), Seen::write(&here, "/out")];
    stage::status("packing our programs", &mut jail::command(&seen, &["sh", "-c", PACK]))?;
    files::copy(&base.join("kernel"), &here.join("kernel"))?;
    let mut initrd = Vec::new();
    for path in [base.join("root.cpio"), here.join("overlay.cpio")] {
        initrd.extend(fs::read(&path).map_err(|source| Error::File { path, source })?);
    }
    let path = here.join("initrd");
    fs::write(&path, &initrd).map_err(|source| Error::File { path, source })?;
    eprintln!("the root file system has {} MB", initrd.len() / 1_000_000);
    Ok(())
}

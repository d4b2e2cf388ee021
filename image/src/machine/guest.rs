//! The emulated computer's kernel and root file system: `kernel` and `initrd` in the machine's folder.
//!
//! No disk: the root file system is in memory. One archive of what seldom changes (kernel modules, libraries, busybox),
//! and behind it one of our programs and the first process; the kernel unpacks both in this order.

use std::fs;
use std::path::{Path, PathBuf};

use super::jail::{self, Seen};
use super::made::made;
use super::{folder, scripts, tools};
use crate::error::Error;
use crate::stage;

/// Packs the folder it is run in. The order and the owners are fixed, so that the same files make the same archive.
const PACK: &str = "cd /overlay && find . | sort | cpio --quiet --create --format=newc --owner=0:0 > /out/overlay.cpio";

/// Makes both, with `program` as the box and `xtask` as what a maintainer types.
pub(crate) fn make(program: &Path, xtask: &Path) -> Result<(), Error> {
    let base = folder().join("base");
    let script = scripts().join("root.sh");
    let inputs = [tools::inputs()?, text(&script)?].join("\n\n");
    made(&base, &inputs, || {
        let seen = [seen(scripts(), "/scripts", false), seen(base.clone(), "/out", true)];
        let words = ["sh", "/scripts/root.sh", "/out"];
        stage::status("packing the root file system", &mut jail::command(&seen, &words))
    })?;
    let overlay = folder().join("overlay");
    let init = scripts().join("init");
    for (from, to) in [(program, "usr/bin/partybox"), (xtask, "usr/bin/xtask"), (&init, "init")] {
        copy(from, &overlay.join(to))?;
    }
    let seen = [seen(overlay, "/overlay", false), seen(folder(), "/out", true)];
    stage::status("packing our programs", &mut jail::command(&seen, &["sh", "-c", PACK]))?;
    copy(&base.join("kernel"), &folder().join("kernel"))?;
    let archives = [base.join("root.cpio"), folder().join("overlay.cpio")];
    let mut initrd = Vec::new();
    for path in archives {
        initrd.extend(fs::read(&path).map_err(|source| Error::File { path, source })?);
    }
    let path = folder().join("initrd");
    fs::write(&path, &initrd).map_err(|source| Error::File { path, source })?;
    eprintln!("the root file system has {} MB", initrd.len() / 1_000_000);
    Ok(())
}

fn seen(here: PathBuf, there: &'static str, writable: bool) -> Seen {
    Seen { here, there, writable }
}

fn text(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::File { path: path.to_owned(), source })
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let parent = to.parent().unwrap_or(to);
    let copied = fs::create_dir_all(parent).and_then(|()| fs::copy(from, to));
    copied.map(drop).map_err(|source| Error::File { path: from.to_owned(), source })
}

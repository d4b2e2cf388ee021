//! A folder of packages as an archive that apt reads without a network.

use std::path::Path;
use std::process::Command;

use super::archive::SUITE;
use super::cache::Cache;
use super::lock::{self, Pins};
use crate::error::Error;
use crate::{files, stage};

/// Makes a flat repository of exactly these packages in `folder`, and returns the line by which apt finds it. It is
/// signed by nobody: each file in it was checked by its hash.
pub(crate) fn write(cache: &Cache, pins: &Pins, folder: &Path) -> Result<String, Error> {
    cache.link(pins, folder)?;
    let mut list = String::new();
    for (key, pin) in pins {
        let name = lock::file_name(key, pin);
        let path = folder.join(&name);
        let control = stage::output("dpkg-deb", Command::new("dpkg-deb").arg("--field").arg(&path))?;
        list.push_str(&stanza(&control, &name, files::size(&path)?, &pin.sha256));
    }
    let index = folder.join("Packages");
    files::write(&index, &list)?;
    files::write(&folder.join("Release"), &release(&files::sha256(&index)?, list.len()))?;
    // A space ends an address.
    Ok(format!("deb [trusted=yes] copy://{} ./", folder.display().to_string().replace(' ', "%20")))
}

/// What apt reads about the repository: the release that it is of, by which mmdebstrap finds what every system has, and
/// the list's hash.
fn release(sha256: &str, size: usize) -> String {
    format!("Suite: {SUITE}\nCodename: {SUITE}\nArchitectures: amd64 arm64\nSHA256:\n {sha256} {size} Packages\n")
}

/// What apt reads about one package: what it says of itself, and which file it is.
fn stanza(control: &str, name: &str, size: u64, sha256: &str) -> String {
    let control = control.trim_end();
    format!("{control}\nFilename: ./{name}\nSize: {size}\nSHA256: {sha256}\n\n")
}

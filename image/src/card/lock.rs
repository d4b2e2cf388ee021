//! The lock file: exactly which packages an image is made of. Pure.
//!
//! Debian's mirrors keep only what is current. A package whose locked version is gone is named with the one that is
//! there now; whoever builds decides whether to take it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// One version of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pin {
    /// The version.
    pub(crate) version: String,
    /// The package file's SHA-256, as the archive's signed lists give it.
    pub(crate) sha256: String,
}

/// Locked packages by name.
pub(crate) type Lock = BTreeMap<String, Pin>;

/// A locked version that can no longer be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gone {
    /// The package.
    pub(crate) name: String,
    /// The locked version.
    pub(crate) locked: String,
    /// What there is instead.
    pub(crate) now: Option<String>,
}

/// Reads a lock file. Lines that are none are left out: what they lock is then missing, and that is told.
pub(crate) fn read(text: &str) -> Lock {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pins = lines.filter_map(|line| {
        let mut words = line.split(' ');
        let (name, version, sha256) = (words.next()?, words.next()?, words.next()?);
        Some((name.to_owned(), Pin { version: version.to_owned(), sha256: sha256.to_owned() }))
    });
    pins.collect()
}

/// Writes one.
pub(crate) fn write(lock: &Lock) -> String {
    let mut text = "# Package, version and SHA-256 of everything of Debian that the image is made of. Written by\n\
                    # `cargo xtask image --update-lock`.\n"
        .to_owned();
    for (name, Pin { version, sha256 }) in lock {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name} {version} {sha256}");
    }
    text
}

/// The versions that the archive offers, best first, out of what `apt-cache show` prints.
pub(crate) fn offered(shown: &str) -> BTreeMap<String, Vec<Pin>> {
    let mut offered: BTreeMap<String, Vec<Pin>> = BTreeMap::new();
    for stanza in shown.split("\n\n") {
        let field = |key: &str| stanza.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        if let (Some(name), Some(version), Some(sha256)) = (field("Package"), field("Version"), field("SHA256")) {
            let pin = Pin { version: version.to_owned(), sha256: sha256.to_owned() };
            offered.entry(name.to_owned()).or_default().push(pin);
        }
    }
    offered
}

/// Locked packages that are neither `here` already nor offered.
pub(crate) fn gone(lock: &Lock, here: impl Fn(&str, &Pin) -> bool, offered: &BTreeMap<String, Vec<Pin>>) -> Vec<Gone> {
    let missing = lock
        .iter()
        .filter(|(name, pin)| !here(name, pin) && !offered.get(*name).is_some_and(|versions| versions.contains(pin)));
    let gone = missing.map(|(name, pin)| {
        let now = offered.get(name).and_then(|versions| versions.first()).map(|newest| newest.version.clone());
        Gone { name: name.clone(), locked: pin.version.clone(), now }
    });
    gone.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "Package: a\nVersion: 2-1\nSHA256: aa\nDescription: x\n y\n\nPackage: a\nVersion: 1-1\nSHA256: a0\n\n\
                         Package: b\nVersion: 1:3\nSHA256: bb\n";

    #[test]
    fn a_lock_file_is_read_as_it_was_written() {
        let lock: Lock = offered(SHOWN).into_iter().map(|(name, pins)| (name, pins[0].clone())).collect();
        assert_eq!(lock["a"].version, "2-1");
        assert_eq!(read(&write(&lock)), lock);
    }

    #[test]
    fn a_version_that_is_gone_is_named_with_the_one_that_is_there() {
        let lock = read("a 2-0 a2\nb 1:3 bb\nc 1 cc\n");
        let gone = |here: &str| gone(&lock, |name, _| name == here, &offered(SHOWN));
        let a = Gone { name: "a".into(), locked: "2-0".into(), now: Some("2-1".into()) };
        let c = Gone { name: "c".into(), locked: "1".into(), now: None };
        assert_eq!(gone(""), [a.clone(), c]);
        assert_eq!(gone("c"), [a], "what is here already need not be offered");
    }

    #[test]
    fn another_file_by_the_same_version_is_not_the_locked_one() {
        assert_eq!(gone(&read("b 1:3 evil\n"), |_, _| false, &offered(SHOWN)).len(), 1);
    }
}

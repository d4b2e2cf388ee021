//! The lock file: exactly which packages a card is made of, and which ones the tool chain has that makes it. Pure.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// One version of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pin {
    /// The version.
    pub(crate) version: String,
    /// The package file's SHA-256, as the archive's signed lists give it.
    pub(crate) sha256: String,
}

/// Pinned packages by name and architecture, such as `libc6:arm64`; those for every architecture end in `:all`.
pub(crate) type Pins = BTreeMap<String, Pin>;

/// What a card is made of, and with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lock {
    /// The tool chain's packages.
    pub(crate) tools: Pins,
    /// Those that the card's files come from.
    pub(crate) card: Pins,
}

/// A locked version that the archive no longer has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gone {
    /// The package.
    pub(crate) key: String,
    /// The locked version.
    pub(crate) locked: String,
    /// What there is instead.
    pub(crate) now: Option<String>,
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.now.as_deref().unwrap_or("none of that name");
        write!(f, "{} {} (there is {now})", self.key, self.locked)
    }
}

/// The headings of the two parts.
const PARTS: [&str; 2] = ["[tools]", "[card]"];

/// Reads a lock file, or says which line makes no sense.
pub(crate) fn read(text: &str) -> Result<Lock, String> {
    let mut parts: [Option<String>; 2] = [None, None];
    let mut current = None;
    for (line, number) in text.lines().zip(1..) {
        if let Some(part) = PARTS.iter().position(|part| *part == line) {
            current = Some(part);
            parts[part].get_or_insert_default();
        } else if let Some(part) = current {
            let _ = writeln!(parts[part].get_or_insert_default(), "{line}");
        } else if !is_skipped(line) {
            return Err(format!("line {number}: {line:?} comes before {} and {}", PARTS[0], PARTS[1]));
        }
    }
    let [Some(tools), Some(card)] = parts else {
        return Err(format!("there must be {} and {}", PARTS[0], PARTS[1]));
    };
    Ok(Lock { tools: read_pins(&tools)?, card: read_pins(&card)? })
}

/// Writes one.
pub(crate) fn write(lock: &Lock) -> String {
    let (tools, card) = (write_pins(&lock.tools), write_pins(&lock.card));
    format!(
        "# Package, version and SHA-256 of every Debian package that a card was made with, and of those its files come from.\n\
         # `cargo xtask image` writes one beside each card, and this one with --update-lock; --locked insists on it.\n\
         {}\n{tools}{}\n{card}",
        PARTS[0], PARTS[1]
    )
}

/// Reads one part, or says which line makes no sense.
pub(crate) fn read_pins(text: &str) -> Result<Pins, String> {
    let mut pins = Pins::new();
    for line in text.lines().filter(|line| !is_skipped(line)) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let &[key, version, sha256] = words.as_slice() else {
            return Err(format!("{line:?} must be a package with its architecture, its version and its SHA-256"));
        };
        // Names become parts of paths.
        if !key.contains(':') || key.contains('/') || version.contains('/') || sha256.len() != 64 {
            return Err(format!("{line:?} names no package, version or SHA-256"));
        }
        pins.insert(key.to_owned(), Pin { version: version.to_owned(), sha256: sha256.to_owned() });
    }
    Ok(pins)
}

/// Writes one part.
pub(crate) fn write_pins(pins: &Pins) -> String {
    pins.iter().map(|(key, Pin { version, sha256 })| format!("{key} {version} {sha256}\n")).collect()
}

fn is_skipped(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with('#')
}

/// Whether a package is pinned: the name may say its architecture.
pub(crate) fn has(pins: &Pins, name: &str) -> bool {
    let named = |key: &String| key == name || key.rsplit_once(':').is_some_and(|(plain, _)| plain == name);
    pins.keys().any(named)
}

/// Returns the name and the architecture of a key.
pub(crate) fn split(key: &str) -> (&str, &str) {
    key.rsplit_once(':').unwrap_or((key, "all"))
}

/// Returns how apt names the file of a package.
pub(crate) fn file_name(key: &str, pin: &Pin) -> String {
    let (name, architecture) = split(key);
    format!("{name}_{}_{architecture}.deb", pin.version.replace(':', "%3a"))
}

/// Reads the versions that the archive offers, best first, out of what `apt-cache show` prints.
pub(crate) fn offered(shown: &str) -> BTreeMap<String, Vec<Pin>> {
    let mut offered: BTreeMap<String, Vec<Pin>> = BTreeMap::new();
    for stanza in shown.split("\n\n") {
        let field = |key: &str| stanza.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        let fields = (field("Package"), field("Architecture"), field("Version"), field("SHA256"));
        if let (Some(name), Some(architecture), Some(version), Some(sha256)) = fields {
            let pin = Pin { version: version.to_owned(), sha256: sha256.to_owned() };
            offered.entry(format!("{name}:{architecture}")).or_default().push(pin);
        }
    }
    offered
}

/// Returns the pinned packages that are not offered.
pub(crate) fn gone(pins: &Pins, offered: &BTreeMap<String, Vec<Pin>>) -> Vec<Gone> {
    let gone = pins.iter().filter(|(key, pin)| !offered.get(*key).is_some_and(|versions| versions.contains(pin)));
    let gone = gone.map(|(key, pin)| {
        let now = offered.get(key).and_then(|versions| versions.first()).map(|newest| newest.version.clone());
        Gone { key: key.clone(), locked: pin.version.clone(), now }
    });
    gone.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "Package: a\nArchitecture: arm64\nVersion: 2-1\nSHA256: aa\nDescription: x\n y\n\n\
                         Package: a\nArchitecture: arm64\nVersion: 1-1\nSHA256: a0\n\n\
                         Package: a\nArchitecture: amd64\nVersion: 3\nSHA256: a3\n\n\
                         Package: b\nArchitecture: all\nVersion: 1:3\nSHA256: bb\n";

    fn pins(entries: &[(&str, &str, &str)]) -> Pins {
        let pin = |version: &str, sha256: &str| Pin { version: version.to_owned(), sha256: sha256.to_owned() };
        entries.iter().map(|&(key, version, sha256)| (key.to_owned(), pin(version, sha256))).collect()
    }

    #[test]
    fn a_lock_file_is_read_as_it_was_written_and_the_same_name_is_locked_for_both_architectures() {
        let hash = "0".repeat(64);
        let tools = pins(&[("libc6:amd64", "2-1", &hash), ("libc6:arm64", "2-1+b1", &hash)]);
        let lock = Lock { tools, card: pins(&[("tzdata:all", "1:3", &hash)]) };
        assert_eq!(read(&write(&lock)), Ok(lock.clone()));
        assert!(has(&lock.tools, "libc6") && has(&lock.tools, "libc6:arm64") && !has(&lock.card, "libc6"));
        assert_eq!(file_name("tzdata:all", &lock.card["tzdata:all"]), "tzdata_1%3a3_all.deb");
    }

    #[test]
    fn a_line_that_locks_nothing_is_refused_with_its_text() {
        let hash = "0".repeat(64);
        for (text, wanted) in [
            (format!("libc6 1 {hash}\n[tools]\n[card]\n"), "line 1"),
            (format!("[tools]\n[card]\nlibc6 1 {hash}\n"), "libc6 1"),
            (format!("[tools]\n[card]\n../a:all 1 {hash}\n"), "../a:all"),
            ("[tools]\n[card]\nlibc6:all 1 short\n".to_owned(), "short"),
            ("[tools]\n[card]\nlibc6:all 1\n".to_owned(), "its version"),
            ("[tools]\n".to_owned(), "[card]"),
        ] {
            assert!(read(&text).is_err_and(|why| why.contains(wanted)), "{text:?}");
        }
    }

    #[test]
    fn a_version_that_is_gone_is_named_with_the_one_that_is_there() {
        let locked = pins(&[("a:arm64", "2-0", "a2"), ("b:all", "1:3", "bb"), ("c:all", "1", "cc")]);
        let gone: Vec<String> = gone(&locked, &offered(SHOWN)).iter().map(Gone::to_string).collect();
        assert_eq!(gone, ["a:arm64 2-0 (there is 2-1)", "c:all 1 (there is none of that name)"]);
    }

    #[test]
    fn another_file_by_the_same_version_is_not_the_locked_one() {
        assert_eq!(gone(&pins(&[("b:all", "1:3", "evil")]), &offered(SHOWN)).len(), 1);
    }
}

//! The keys that name folders and playlists for ever.
//!
//! A key says in which place of music something lies, by a checksum of what that place is known by, and its path below it.
//! So it is the same for ever: also when the database is built anew, and wherever a stick is plugged in. It is compared with
//! what the scan has found and never opened, so whatever somebody writes into one leads nowhere else.

use std::fmt::Write;

/// Bytes of the checksum in a key: as short as no two of a box's few places are ever alike.
const CHECKSUM_BYTES: usize = 8;

/// A key, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Of the place.
    pub(crate) checksum: String,
    /// Below it; empty: all of it.
    pub(crate) path: Vec<u8>,
}

impl Key {
    /// Returns `text` taken apart; `None` if it is not as [`key_of`] writes them.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (checksum, path) = text.split_once('/').map_or((text, None), |(checksum, path)| (checksum, Some(path)));
        let path = path.map_or(Some(Vec::new()), |path| decoded(path).filter(|path| !path.is_empty()))?;
        let key = Self { checksum: checksum.to_owned(), path };
        let is_hex = checksum.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (key.to_text() == text && checksum.len() == 2 * CHECKSUM_BYTES && is_hex).then_some(key)
    }

    /// Returns whether it lies in the place that is known by `root`.
    pub(crate) fn is_in(&self, root: &[u8]) -> bool {
        self.checksum == checksum(root)
    }

    fn to_text(&self) -> String {
        let mut text = self.checksum.clone();
        if !self.path.is_empty() {
            text.push('/');
        }
        for byte in &self.path {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                    text.push(char::from(*byte))
                }
                // Writing to a text cannot fail.
                other => _ = write!(text, "%{other:02X}"),
            }
        }
        text
    }
}

/// Returns the key of what lies at `path` below the place that is known by `root`.
pub(crate) fn key_of(root: &[u8], path: &[u8]) -> String {
    Key { checksum: checksum(root), path: path.to_vec() }.to_text()
}

fn checksum(root: &[u8]) -> String {
    let mut text = String::new();
    for byte in &blake3::hash(root).as_bytes()[..CHECKSUM_BYTES] {
        _ = write!(text, "{byte:02x}");
    }
    text
}

/// Returns the bytes that `text` means; `None` if a percent sign begins no byte.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        rest = after;
        let byte = if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            rest = &after[2..];
            u8::from_str_radix(digits, 16).ok()?
        } else {
            *first
        };
        bytes.push(byte);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_one_path_and_one_key_only_names_it() {
        for path in ["", "Jazz", "Jazz/Miles Davis", "Ærø/50 %", "a\"b\\c\u{1}", "..", "\u{FFFF}"] {
            let key = key_of(b"/music", path.as_bytes());
            assert!(key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'), "{key}");
            let parsed = Key::parse(&key).unwrap_or_else(|| panic!("{key}"));
            assert_eq!((parsed.path.as_slice(), parsed.is_in(b"/music")), (path.as_bytes(), true), "{key}");
            assert!(!parsed.is_in(b"/other"));
        }
        let latin = key_of(b"/music", b"caf\xe9");
        assert_eq!(Key::parse(&latin).map(|key| key.path), Some(b"caf\xe9".to_vec()));
        let whole = key_of(b"/music", b"");
        for wrong in [
            "".to_owned(),
            "/".to_owned(),
            "x".to_owned(),
            format!("{whole}/"),
            format!("{whole}x"),
            format!("{whole}/%"),
            format!("{whole}/%4"),
            format!("{whole}/%+1"),
            format!("{whole}/%é"),
            format!("{whole}/%2f"),
            format!("{whole}/%41"),
            format!("{whole}/ü"),
            whole.to_uppercase(),
        ] {
            assert!(wrong == whole || Key::parse(&wrong).is_none(), "{wrong}");
        }
    }
}

//! The credentials of a Wi-Fi: its name and passphrase as values, what each may be, and new ones out of random bytes.
//!
//! Makes no network and keeps nothing: where they are kept is in `wifi`.

use serde::{Deserialize, Serialize};

/// Letters that nobody mistakes for others, on paper or on a small display: no 0/o, 1/i/l, 2/z, 5/s, u/v.
const ALPHABET: &[u8; 24] = b"abcdefghjkmnpqrtwxy34678";

/// Letters of the passphrase without its dashes. 24^12 are 55 bits; with PBKDF2's 4096 rounds (IEEE 802.11i) trying
/// half of them takes a machine of a million guesses a second more than five hundred years.
const SECRET_LETTERS: usize = 12;

/// Letters behind the network's name: distinguishes two boxes in one house.
const SUFFIX_LETTERS: usize = 3;

/// Random bytes that new credentials need.
pub const RANDOM_BYTES: usize = 2 * (SECRET_LETTERS + SUFFIX_LETTERS);

/// Longest name of a network, bytes (IEEE 802.11 section 9.4.2.2).
pub const SSID_BYTES_MAX: usize = 32;

/// Shortest and longest passphrase (IEEE 802.11 annex J.4).
pub const PASSPHRASE_LETTERS: std::ops::RangeInclusive<usize> = 8..=63;

/// What a phone needs to join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The network's name.
    pub ssid: String,
    /// Its passphrase; empty for an open network.
    pub passphrase: String,
}

impl Credentials {
    /// Returns new ones for the box called `name`.
    pub fn new(name: &str, random: [u8; RANDOM_BYTES]) -> Self {
        // Two bytes a letter: their remainder prefers no letter by more than one in 2,700.
        let mut letters = random.chunks_exact(2).map(|pair| {
            let number = usize::from(u16::from_be_bytes([pair[0], pair[1]]));
            char::from(ALPHABET[number % ALPHABET.len()])
        });
        let suffix: String = letters.by_ref().take(SUFFIX_LETTERS).collect();
        let secret: Vec<char> = letters.collect();
        let passphrase = secret.chunks(4).map(String::from_iter).collect::<Vec<_>>().join("-");
        Self { ssid: format!("{} {suffix}", shortened(name, SSID_BYTES_MAX - SUFFIX_LETTERS - 1)), passphrase }
    }

    /// Parses kept ones, if they are whole.
    pub fn parse(text: &str) -> Option<Self> {
        toml::from_str(text).ok().filter(Self::is_valid)
    }

    /// Returns the text in which they are kept.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("two texts are a table")
    }

    /// Returns whether a phone could join with them.
    pub fn is_valid(&self) -> bool {
        is_ssid(&self.ssid) && is_passphrase(&self.passphrase)
    }
}

/// Returns whether a network may have this name.
pub fn is_ssid(text: &str) -> bool {
    (1..=SSID_BYTES_MAX).contains(&text.len()) && !text.contains(char::is_control)
}

/// Returns whether a network may have this passphrase; none is an open network.
pub fn is_passphrase(text: &str) -> bool {
    let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    text.is_empty() || PASSPHRASE_LETTERS.contains(&text.len()) && printable
}

/// Returns the start of `text` in at most so many bytes, whole letters only.
fn shortened(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_credentials_can_be_typed_and_are_accepted_by_every_phone() {
        let made = Credentials::new("Partybox", std::array::from_fn(|n| n as u8 * 7));
        assert!(made.is_valid() && made.ssid.starts_with("Partybox "), "{made:?}");
        assert_eq!(made.passphrase.len(), SECRET_LETTERS + 2, "{made:?}");
        assert!(made.passphrase.bytes().all(|byte| byte == b'-' || ALPHABET.contains(&byte)), "{made:?}");
        assert_ne!(made, Credentials::new("Partybox", [9; RANDOM_BYTES]));
    }

    #[test]
    fn a_long_name_leaves_room_for_what_tells_two_boxes_apart() {
        let made = Credentials::new(&"ü".repeat(40), [0; RANDOM_BYTES]);
        assert!(made.is_valid() && made.ssid.ends_with(" aaa"), "{made:?}");
    }

    #[test]
    fn what_was_written_is_read_again_and_nothing_else() {
        let made = Credentials::new("A \"quoted\" box", [77; RANDOM_BYTES]);
        assert_eq!(Credentials::parse(&made.to_toml()), Some(made.clone()));
        for broken in ["", "ssid = \"x\"", "ssid = \"x\"\npassphrase = \"short\"", "ssid = \"\"\npassphrase = \"\""] {
            assert_eq!(Credentials::parse(broken), None, "{broken}");
        }
        assert_eq!(Credentials::parse(&made.to_toml()[..10]), None);
    }
}

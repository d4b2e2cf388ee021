//! The code by which people find a room: said across a table, read from a screen, typed with a thumb. It is an address and no
//! secret: whoever is in the network may come in who guesses it.

use std::fmt;

use serde::{Serialize, Serializer};

/// Letters of a code.
pub const CODE_LETTERS: usize = 5;

/// What codes are made of: consonants, so that no code is a word that offends somebody, and none that is read or heard as another
/// (of M and N, of F and S, of K and Q, of C and Z only one; no V and W, no I, O and Y).
const LETTERS: &[u8; 14] = b"BCDFGHJKLMPRTX";

/// The code of a room. Written in capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code([u8; CODE_LETTERS]);

impl Code {
    /// Returns the code that a random number stands for. Numbers that follow each other stand for different codes.
    pub fn drawn(number: u64) -> Self {
        let mut left = number;
        Self(std::array::from_fn(|_| {
            let letter = LETTERS[(left % LETTERS.len() as u64) as usize];
            left /= LETTERS.len() as u64;
            letter
        }))
    }

    /// Returns the code that somebody typed, in capitals or not, with spaces or dashes between; `None` if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut letters = [0; CODE_LETTERS];
        let mut typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase());
        for letter in &mut letters {
            *letter = typed.next().and_then(|c| u8::try_from(c).ok()).filter(|c| LETTERS.contains(c))?;
        }
        typed.next().is_none().then_some(Self(letters))
    }

    /// Returns the letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("letters of ASCII")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_was_typed() {
        let code = Code::drawn(123_456_789);
        assert_eq!(Code::parse(code.as_str()), Some(code));
        let (lower, spaced) =
            (code.as_str().to_lowercase(), format!(" {} - {} ", &code.as_str()[..2], &code.as_str()[2..]));
        assert_eq!((Code::parse(&lower), Code::parse(&spaced)), (Some(code), Some(code)));
        for wrong in ["", "BCDF", "BCDFGH", "BCDF0", "BCDFO", "BCDFÄ", "bcd_f", "ＢＣＤＦＧ"] {
            assert_eq!(Code::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn numbers_that_follow_each_other_are_other_codes() {
        let codes: std::collections::BTreeSet<Code> = (0..1_000).map(|n| Code::drawn(u64::MAX - n)).collect();
        assert_eq!(codes.len(), 1_000);
    }
}

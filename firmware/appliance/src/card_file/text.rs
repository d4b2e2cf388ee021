//! What an editor makes of a file: its bytes as a text, whichever encoding was chosen when it was saved, and bytes that take
//! the place of a part of that text.
//!
//! Notepad, TextEdit and their like write UTF-8 with or without a byte order mark, UTF-16 with one, or Windows-1252. Whatever
//! bytes there are, they are some text: what makes sense in it is for whoever reads it. No crate for these 32 letters: one that
//! knows all encodings is half a megabyte on the card.

use std::ops::Range;

/// How the letters were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16Little,
    Utf16Big,
    Windows1252,
}

/// A text and how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    letters: String,
    encoding: Encoding,
    /// Bytes of the byte order mark before it.
    mark: usize,
}

/// What Windows-1252 has where ISO 8859-1 has control characters, from 0x80 on (WHATWG Encoding Standard, index windows-1252).
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl Text {
    /// Decodes what is in a file. What is wrong in UTF-16 becomes U+FFFD.
    pub fn decode(bytes: &[u8]) -> Self {
        let (encoding, mark) = match bytes {
            [0xef, 0xbb, 0xbf, rest @ ..] if std::str::from_utf8(rest).is_ok() => (Encoding::Utf8, 3),
            [0xff, 0xfe, ..] => (Encoding::Utf16Little, 2),
            [0xfe, 0xff, ..] => (Encoding::Utf16Big, 2),
            _ if std::str::from_utf8(bytes).is_ok() => (Encoding::Utf8, 0),
            _ => (Encoding::Windows1252, 0),
        };
        let bytes = &bytes[mark..];
        let letters = match encoding {
            Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Encoding::Utf16Little => utf16(bytes, u16::from_le_bytes),
            Encoding::Utf16Big => utf16(bytes, u16::from_be_bytes),
            Encoding::Windows1252 => bytes.iter().map(|byte| windows_1252(*byte)).collect(),
        };
        Self { letters, encoding, mark }
    }

    /// Returns its letters.
    pub fn as_str(&self) -> &str {
        &self.letters
    }

    /// Returns where in the file `part` of the letters is, bytes, and as many bytes that say `""` there and nothing else. `None`
    /// if the part is too short for that.
    pub fn blank(&self, part: Range<usize>) -> Option<(usize, Vec<u8>)> {
        let (before, part) = (self.letters.get(..part.start)?, self.letters.get(part)?);
        let units = self.units(part).checked_sub(2)?;
        let begin = self.mark + self.units(before) * self.unit_bytes();
        let blank = ['"', '"'].into_iter().chain(std::iter::repeat_n(' ', units));
        let bytes = blank.flat_map(|letter| {
            let letter = letter as u8;
            match self.encoding {
                Encoding::Utf8 | Encoding::Windows1252 => vec![letter],
                Encoding::Utf16Little => vec![letter, 0],
                Encoding::Utf16Big => vec![0, letter],
            }
        });
        Some((begin, bytes.collect()))
    }

    fn unit_bytes(&self) -> usize {
        if matches!(self.encoding, Encoding::Utf16Little | Encoding::Utf16Big) { 2 } else { 1 }
    }

    /// How many units of its encoding a part of it was.
    fn units(&self, part: &str) -> usize {
        match self.encoding {
            Encoding::Utf8 => part.len(),
            Encoding::Windows1252 => part.chars().count(),
            Encoding::Utf16Little | Encoding::Utf16Big => part.chars().map(char::len_utf16).sum(),
        }
    }
}

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..0xa0 => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same letters in every way that an editor offers.
    pub(super) fn ways(letters: &str) -> Vec<Vec<u8>> {
        let utf16 = |bytes: fn(u16) -> [u8; 2]| {
            std::iter::once(0xfeff).chain(letters.encode_utf16()).flat_map(bytes).collect::<Vec<u8>>()
        };
        let windows = |letter: char| match WINDOWS_1252.iter().position(|known| *known == letter) {
            Some(place) => 0x80 + place as u8,
            None => u8::try_from(u32::from(letter)).expect("a letter of Windows-1252"),
        };
        vec![
            letters.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", letters.as_bytes()].concat(),
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
            letters.chars().map(windows).collect(),
        ]
    }

    #[test]
    fn the_same_letters_are_read_whichever_way_they_were_saved() {
        let letters = "name = \"Fête à Zürich – 5 €\"\r\n";
        for bytes in ways(letters) {
            assert_eq!(Text::decode(&bytes).as_str(), letters, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_blanked_is_as_long_as_before_and_nothing_else_changes() {
        let letters = "name = \"Fête €\"\r\npassphrase = \"fünf sechs\" # x\r\n";
        let secret = letters.find("\"fünf sechs\"").unwrap();
        for bytes in ways(letters) {
            let text = Text::decode(&bytes);
            let (at, blank) = text.blank(secret..secret + "\"fünf sechs\"".len()).expect("long enough");
            let mut blanked = bytes.clone();
            blanked[at..at + blank.len()].copy_from_slice(&blank);
            let after = Text::decode(&blanked);
            let words: Vec<&str> = after.as_str().split_whitespace().collect();
            assert_eq!(words, ["name", "=", "\"Fête", "€\"", "passphrase", "=", "\"\"", "#", "x"]);
            assert!(after.as_str().ends_with(" # x\r\n"), "{after:?}");
            assert_eq!(blanked.len(), bytes.len());
        }
    }

    #[test]
    fn whatever_bytes_there_are_they_are_some_text() {
        for bytes in [&b""[..], b"\xff", b"\xff\xfe", b"\xff\xfe\x00\xd8", b"\xfe\xff\x00", b"\xef\xbb\xbf\xff", b"\0"]
        {
            let text = Text::decode(bytes);
            assert_eq!(text.blank(0..text.as_str().len().min(1)), None, "{bytes:?}");
        }
    }
}

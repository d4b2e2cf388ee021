//! ICY metadata: the title of the song inside the MP3 body, for players that ask for it with `Icy-MetaData: 1`.
//!
//! After every [`METAINT`] bytes of sound comes one byte, the length of the text in units of 16 bytes, and the text
//! padded with zeros (the SHOUTcast protocol as Icecast, VLC and mpv speak it; there is no standard). This file makes
//! the blocks and counts the bytes between them; it sends nothing.

use bytes::Bytes;

/// Bytes of sound between two metadata blocks, as SHOUTcast has it: half a second at 128 kbit/s. Icecast's 16,000 would tell of a new
/// song a second after it was known.
pub(crate) const METAINT: u32 = 8_192;

/// Longest title in bytes; the format allows 4,080 for everything, players show some 100 characters.
const TITLE_BYTES_MAX: usize = 250;

/// The block that says "no change".
const UNCHANGED: Bytes = Bytes::from_static(&[0]);

/// The metadata block for a title: `StreamTitle='Artist - Title';`. Control characters become spaces, and a quote
/// followed by a semicolon, which would end the title early, loses its semicolon.
pub(super) fn block(artist: &str, title: &str) -> Bytes {
    let mut text = String::from("StreamTitle='");
    let name = if artist.is_empty() { title.to_owned() } else { format!("{artist} - {title}") };
    for c in name.chars() {
        let c = if c.is_control() { ' ' } else { c };
        if c == ';' && text.ends_with('\'') {
            continue;
        }
        if text.len() + c.len_utf8() > TITLE_BYTES_MAX {
            break;
        }
        text.push(c);
    }
    text.push_str("';");
    let units = text.len().div_ceil(16);
    let mut block = vec![0; 1 + units * 16];
    block[0] = units as u8;
    block[1..1 + text.len()].copy_from_slice(text.as_bytes());
    Bytes::from(block)
}

/// A listener's place between two metadata blocks.
#[derive(Debug)]
pub(super) struct Interval {
    /// Bytes of sound until the next block.
    left: u32,
    /// Version of the title sent last; 0 for none.
    sent_version: u64,
}

impl Interval {
    pub(super) fn new() -> Self {
        Self { left: METAINT, sent_version: 0 }
    }

    /// Bytes of sound until the next block.
    pub(super) fn left(&self) -> usize {
        self.left as usize
    }

    /// The next block tells the title, whatever was told before.
    pub(super) fn tell_again(&mut self) {
        self.sent_version = 0;
    }

    /// `sound` bytes were sent. Returns the block that is due now, if any.
    pub(super) fn sent(&mut self, sound: usize, title: &Title) -> Option<Bytes> {
        self.left -= (sound as u32).min(self.left);
        if self.left > 0 {
            return None;
        }
        self.left = METAINT;
        if self.sent_version == title.version {
            return Some(UNCHANGED);
        }
        self.sent_version = title.version;
        Some(title.block.clone())
    }
}

/// The title all listeners of a stream are told.
#[derive(Debug)]
pub(super) struct Title {
    block: Bytes,
    version: u64,
}

impl Title {
    pub(super) fn new() -> Self {
        Self { block: block("", ""), version: 1 }
    }

    /// Sets the title; listeners are told at their next block if it is another one.
    pub(super) fn set(&mut self, artist: &str, title: &str) {
        let block = block(artist, title);
        if block != self.block {
            self.block = block;
            self.version += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(block: &Bytes) -> String {
        assert_eq!(block.len(), 1 + usize::from(block[0]) * 16);
        String::from_utf8(block[1..].to_vec()).unwrap().trim_end_matches('\0').to_owned()
    }

    #[test]
    fn a_title_is_wrapped_and_padded_to_units_of_16() {
        assert_eq!(text(&block("Artist", "Title")), "StreamTitle='Artist - Title';");
        assert_eq!(text(&block("", "Title")), "StreamTitle='Title';");
        assert_eq!(text(&block("", "")), "StreamTitle='';");
    }

    #[test]
    fn a_hostile_title_neither_ends_early_nor_grows() {
        assert_eq!(text(&block("", "x';StreamUrl='y\r\n")), "StreamTitle='x'StreamUrl='y  ';");
        let long = block("", &"é".repeat(4_000));
        assert!(long.len() <= 1 + 256, "{}", long.len());
        assert!(text(&long).ends_with("é';"), "a character is never cut in two");
    }

    #[test]
    fn a_title_is_told_once_and_then_only_when_it_changes() {
        let mut title = Title::new();
        title.set("A", "B");
        let mut interval = Interval::new();
        assert_eq!(interval.sent(METAINT as usize - 1, &title), None);
        assert_eq!(interval.left(), 1);
        assert_eq!(text(&interval.sent(1, &title).unwrap()), "StreamTitle='A - B';");
        assert_eq!(interval.sent(METAINT as usize, &title).unwrap(), UNCHANGED);
        title.set("A", "B");
        assert_eq!(interval.sent(METAINT as usize, &title).unwrap(), UNCHANGED);
        title.set("C", "D");
        assert_eq!(text(&interval.sent(METAINT as usize, &title).unwrap()), "StreamTitle='C - D';");
    }
}

//! A piece of a file, read through one buffer: look at any place, as far as the piece goes.
//!
//! For readers that walk through a file by themselves. It keeps one stretch in memory and knows no format.

use std::io::{self, SeekFrom};
use std::ops::Range;

use super::Source;

/// Bytes read at once: a few dozen frames of any codec, one read of a memory card.
const STRETCH_BYTES: usize = 64 * 1024;

/// The bytes of `range` of a source.
pub(super) struct Window<S> {
    source: S,
    range: Range<u64>,
    /// Where `bytes` were read.
    at: u64,
    bytes: Vec<u8>,
}

impl<S: Source> Window<S> {
    pub(super) fn new(source: S, range: Range<u64>) -> Self {
        Self { source, range, at: 0, bytes: Vec::new() }
    }

    /// The source, wherever it stands.
    pub(super) fn into_source(self) -> S {
        self.source
    }

    /// The first place behind the piece.
    pub(super) fn end(&self) -> u64 {
        self.range.end
    }

    /// The first place of the piece.
    pub(super) fn start(&self) -> u64 {
        self.range.start
    }

    /// The `count` bytes from `from` on; fewer where the piece ends.
    pub(super) fn at(&mut self, from: u64, count: usize) -> io::Result<&[u8]> {
        let left = usize::try_from(self.range.end.saturating_sub(from)).unwrap_or(usize::MAX);
        let count = count.min(left);
        let held = self.at..self.at + self.bytes.len() as u64;
        if !(held.start <= from && from + count as u64 <= held.end) {
            self.load(from, count.max(STRETCH_BYTES).min(left))?;
        }
        let begin = usize::try_from(from - self.at).unwrap_or(usize::MAX).min(self.bytes.len());
        Ok(&self.bytes[begin..self.bytes.len().min(begin + count)])
    }

    /// The `N` bytes from `from` on, if there are so many.
    pub(super) fn array<const N: usize>(&mut self, from: u64) -> io::Result<Option<[u8; N]>> {
        Ok(self.at(from, N)?.try_into().ok())
    }

    fn load(&mut self, from: u64, count: usize) -> io::Result<()> {
        self.source.seek(SeekFrom::Start(from))?;
        self.at = from;
        self.bytes.resize(count, 0);
        let mut filled = 0;
        while filled < count {
            match self.source.read(&mut self.bytes[filled..]) {
                // The file has become shorter since it was opened.
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.bytes.clear();
                    return Err(error);
                }
            }
        }
        self.bytes.truncate(filled);
        if filled < count {
            self.range.end = from + filled as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn any_place_is_found_and_nothing_beyond_the_piece() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let mut window = Window::new(Cursor::new(bytes.clone()), 10..199_990);
        for from in [10_usize, 150_000, 70_000, 10, 199_980, 65_546] {
            assert_eq!(window.at(from as u64, 5).unwrap(), &bytes[from..from + 5]);
        }
        assert_eq!(window.at(199_988, 9).unwrap(), &bytes[199_988..199_990]);
        assert_eq!(window.at(300_000, 9).unwrap(), &[0_u8; 0]);
        assert_eq!(window.array::<4>(199_988).unwrap(), None);
    }

    #[test]
    fn a_file_that_has_become_shorter_ends_there() {
        let mut window = Window::new(Cursor::new(vec![7; 100]), 0..1_000);
        assert_eq!(window.at(90, 50).unwrap(), &[7; 10]);
        assert_eq!(window.end(), 100);
    }
}

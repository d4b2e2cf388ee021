//! A file of which pieces are read wherever they lie. What cannot be read is not there.

use std::io::{Read, Seek, SeekFrom};

/// A file and where it ends.
pub(super) struct Pieces<'a, F> {
    file: &'a mut F,
    end: u64,
}

impl<'a, F: Read + Seek> Pieces<'a, F> {
    pub(super) fn new(file: &'a mut F) -> Option<Self> {
        let end = file.seek(SeekFrom::End(0)).ok()?;
        Some(Self { file, end })
    }

    /// The first place behind it.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The `count` bytes from `from` on; fewer where the file ends.
    pub(super) fn at(&mut self, from: u64, count: usize) -> Vec<u8> {
        let left = usize::try_from(self.end.saturating_sub(from)).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        if self.file.seek(SeekFrom::Start(from)).is_ok() {
            // What was read before it failed is good.
            _ = self.file.take(left.min(count) as u64).read_to_end(&mut bytes);
        }
        bytes
    }

    /// The `N` bytes from `from` on, if there are so many.
    pub(super) fn array<const N: usize>(&mut self, from: u64) -> Option<[u8; N]> {
        self.at(from, N).try_into().ok()
    }
}

//! A seekable source of known length, in symphonia's terms.
//!
//! It adds nothing to reading and seeking but that length.

use std::io;

use symphonia::core::io::MediaSource;

use crate::decode::Source;

/// A source and its length in bytes.
pub(super) struct Whole<S> {
    pub(super) source: S,
    pub(super) length: u64,
}

impl<S: Source> io::Read for Whole<S> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.source.read(bytes)
    }
}

impl<S: Source> io::Seek for Whole<S> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}

impl<S: Source> MediaSource for Whole<S> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}

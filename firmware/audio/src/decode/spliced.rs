//! A file as a reader would like it to be: pieces of the real one and bytes that stand in for others, in a row.
//!
//! So a reader that is stricter than it need be sees a plain file, and nothing is copied. It knows no format.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::Source;

/// One piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// These of the file.
    Real(Range<u64>),
}

impl Piece {
    fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Real(range) => range.end.saturating_sub(range.start),
        }
    }
}

/// Pieces in a row.
pub(super) struct Spliced<S> {
    source: S,
    pieces: Vec<Piece>,
    position: u64,
    /// Where the source stands, if that is known.
    stands: Option<u64>,
}

impl<S: Source> Spliced<S> {
    pub(super) fn new(source: S, pieces: Vec<Piece>) -> Self {
        Self { source, pieces, position: 0, stands: None }
    }

    pub(super) fn length(&self) -> u64 {
        self.pieces.iter().map(Piece::length).sum()
    }
}

impl<S: Source> Read for Spliced<S> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut before = 0;
        for piece in &self.pieces {
            let (offset, length) = (self.position.saturating_sub(before), piece.length());
            before += length;
            if offset >= length {
                continue;
            }
            let room = out.len().min(usize::try_from(length - offset).unwrap_or(usize::MAX));
            let read = match piece {
                Piece::Bytes(bytes) => {
                    let from = offset as usize;
                    out[..room].copy_from_slice(&bytes[from..from + room]);
                    room
                }
                Piece::Real(range) => {
                    let at = range.start + offset;
                    if self.stands != Some(at) {
                        self.source.seek(SeekFrom::Start(at))?;
                    }
                    self.stands = None;
                    let read = self.source.read(&mut out[..room])?;
                    self.stands = Some(at + read as u64);
                    read
                }
            };
            self.position += read as u64;
            return Ok(read);
        }
        Ok(0)
    }
}

impl<S: Source> Seek for Spliced<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let moved = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.length().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = moved.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn it_reads_and_seeks_as_one_file() {
        let real = Cursor::new(b"0123456789".to_vec());
        let pieces = vec![Piece::Bytes(b"ab".to_vec()), Piece::Real(3..6), Piece::Bytes(vec![]), Piece::Real(8..10)];
        let mut spliced = Spliced::new(real, pieces);
        let mut all = String::new();
        spliced.read_to_string(&mut all).unwrap();
        assert_eq!((all.as_str(), spliced.length()), ("ab34589", 7));
        for from in 0..8 {
            let mut rest = String::new();
            spliced.seek(SeekFrom::End(from as i64 - 7)).unwrap();
            spliced.read_to_string(&mut rest).unwrap();
            assert_eq!(rest, all[from..]);
        }
        assert!(spliced.seek(SeekFrom::Current(-100)).is_err());
    }
}

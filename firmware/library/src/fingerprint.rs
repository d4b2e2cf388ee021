//! By what a track is known again when its file has another name: its length and a hash of three pieces of it.
//!
//! A fingerprint is only ever compared with those of tracks whose file is gone, so two files must have been the same
//! length to the byte and alike at the beginning (tags, headers), in the middle (compressed sound) and at the end to be
//! mistaken for each other. Two recordings never are; two copies of one are, and then it does not matter. Reading
//! all of a file instead would make a scan hundreds of times as long.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Bytes of each piece.
pub(crate) const PIECE_BYTES: usize = 16 * 1024;

/// A fingerprint.
pub(crate) type Fingerprint = [u8; 32];

/// The fingerprint of a file of `length` bytes whose beginning and end, of at least [`PIECE_BYTES`] or all there is, are
/// at hand.
///
/// # Errors
/// The middle cannot be read.
pub(crate) fn of(file: &File, length: u64, head: &[u8], tail: &[u8]) -> io::Result<Fingerprint> {
    let mut hash = blake3::Hasher::new();
    hash.update(&length.to_le_bytes());
    hash.update(&head[..head.len().min(PIECE_BYTES)]);
    let mut middle = [0; PIECE_BYTES];
    let read = read_at(file, &mut middle, length / 2)?;
    hash.update(&middle[..read]);
    hash.update(&tail[tail.len().saturating_sub(PIECE_BYTES)..]);
    Ok(*hash.finalize().as_bytes())
}

/// Reads from `offset` on until `bytes` is full or the file ends; how much it was.
pub(crate) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

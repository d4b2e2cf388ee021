//! What the box and a worker process say to each other over two pipes.
//!
//! A message is one byte of kind, four bytes of length (little endian) and that many bytes. The box hands over a file's
//! beginning and end and, when asked, blocks of the rest, so the worker opens nothing and needs no more system calls
//! than a decoder does. The box trusts nothing that comes back: every length has a limit and texts are cleaned.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::lists::List;
use crate::tags::{Doubt, Tags};

/// Bytes before the contents of a message.
pub(crate) const HEADER_BYTES: usize = 5;

/// Bytes of a file's beginning that are sent unasked: nearly all tags end within it.
pub(crate) const HEAD_BYTES: usize = 64 * 1024;

/// Bytes of a file's end that are sent unasked: old tags stand there, and the last position of an Ogg stream.
pub(crate) const TAIL_BYTES: usize = 16 * 1024;

/// Bytes in one block of the rest.
pub(crate) const BLOCK_BYTES: usize = 64 * 1024;

/// Bytes of what a worker may say of a file in words: eight texts of a thousand bytes fit several times.
const TAGS_BYTES_MAX: usize = 64 * 1024;

/// Bytes of what it may say with the sheet inside the file; a longer sheet is left out.
pub(crate) const SAID_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of what a worker may say of a list: in JSON a character of its text takes up to six.
pub(crate) const LIST_SAID_BYTES_MAX: usize = 6 * 1024 * 1024;

/// Largest picture handed out, bytes; several times what one of 600 pixels takes.
pub const ART_BYTES_MAX: usize = 512 * 1024;

/// What the colour of a picture takes: red, green and blue.
pub(crate) const COLOR_BYTES: usize = 3;

/// The worker is locked in and waits for a file.
pub(crate) const READY: u8 = b'k';
/// The worker could not lock itself in; why.
pub(crate) const NOT_LOCKED_IN: u8 = b'x';
/// A file: its length (8 bytes), the length of its ending (1 byte), the ending, and its beginning.
pub(crate) const FILE: u8 = b'o';
/// Wanted is the picture in a file, no side longer than so many pixels (2 bytes); then as [`FILE`].
pub(crate) const PICTURE_INSIDE: u8 = b'p';
/// The file is a picture, wanted likewise.
pub(crate) const PICTURE: u8 = b'i';
/// The file is a list of music, wanted is what it says: 0 in the likeliest encoding, n in the n-th of those it may be in (1 byte);
/// then as [`FILE`].
pub(crate) const LIST: u8 = b'l';
/// The end of the file that was just handed over.
pub(crate) const TAIL: u8 = b'e';
/// The worker wants a block from this offset (8 bytes) on.
pub(crate) const WANT: u8 = b'r';
/// A block; shorter than [`BLOCK_BYTES`] only at the file's end.
pub(crate) const BLOCK: u8 = b'b';
/// What the file says about itself, as JSON.
pub(crate) const TAGS: u8 = b't';
/// The colour of the picture ([`COLOR_BYTES`]), then the picture as JPEG.
pub(crate) const JPEG: u8 = b'j';
/// What the list says, as JSON.
pub(crate) const ENTRIES: u8 = b'c';
/// Why the file says nothing, in words.
pub(crate) const FAILED: u8 = b'f';

/// Writes a message.
pub(crate) fn write(out: &mut impl Write, kind: u8, bytes: &[u8]) -> io::Result<()> {
    let mut message = Vec::with_capacity(HEADER_BYTES + bytes.len());
    message.push(kind);
    message.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    message.extend_from_slice(bytes);
    out.write_all(&message)
}

/// Kind and length of the message that begins with these bytes.
pub(crate) fn header(bytes: [u8; HEADER_BYTES]) -> (u8, usize) {
    let [kind, length @ ..] = bytes;
    (kind, u32::from_le_bytes(length) as usize)
}

/// Reads a message of the box; `None` when it has no more.
pub(crate) fn read(input: &mut impl Read) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut head = [0; HEADER_BYTES];
    match input.read_exact(&mut head) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let (kind, length) = header(head);
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    Ok(Some((kind, bytes)))
}

/// The text of a message of kind [`FILE`].
pub(crate) fn file(length: u64, ending: &str, head: &[u8]) -> Vec<u8> {
    let ending = &ending.as_bytes()[..ending.len().min(u8::MAX.into())];
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.push(ending.len() as u8);
    bytes.extend_from_slice(ending);
    bytes.extend_from_slice(head);
    bytes
}

/// The parts of a message of kind [`FILE`].
pub(crate) fn split_file(bytes: &[u8]) -> Option<(u64, String, Vec<u8>)> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (ending_length, rest) = rest.split_first()?;
    let (ending, head) = rest.split_at_checked((*ending_length).into())?;
    Some((u64::from_le_bytes(*length), String::from_utf8_lossy(ending).into_owned(), head.to_vec()))
}

/// What a worker says of a list, cleaned; `None` if it makes no sense.
pub(crate) fn list(bytes: &[u8]) -> Option<List> {
    serde_json::from_slice::<List>(bytes).ok().map(List::cleaned)
}

/// What a file says about itself, and the cue sheet inside it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Said {
    pub(crate) tags: Tags,
    pub(crate) sheet: Option<List>,
    pub(crate) doubt: Doubt,
}

impl Said {
    /// The text of a message of kind [`TAGS`].
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        if bytes.len() <= SAID_BYTES_MAX {
            return bytes;
        }
        serde_json::to_vec(&Self { sheet: None, ..self.clone() }).unwrap_or_default()
    }
}

/// What a worker says of a file, cleaned; `None` if it makes no sense.
pub(crate) fn said(bytes: &[u8]) -> Option<Said> {
    const { assert!(TAGS_BYTES_MAX < SAID_BYTES_MAX) };
    let Said { tags, sheet, doubt } = serde_json::from_slice(bytes).ok()?;
    Some(Said { tags: tags.cleaned(), sheet: sheet.map(List::cleaned), doubt: doubt.cleaned() })
}

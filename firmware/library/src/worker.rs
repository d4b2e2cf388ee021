//! The worker process: reads tags and pictures of hostile files that are handed to it over standard input, one after the other.
//!
//! The program starts itself again with [`ARGUMENT`] and calls [`main`] before it has started any thread. The process
//! opens nothing: its files come as bytes, and the first thing it does is to lock itself in, by the means it is given.

use std::fmt::Display;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::process::ExitCode;

use crate::lists;
use crate::lists::letters::Reading;
use crate::picture;
use crate::tags::read::{self, Told};
use crate::wire::{self, BLOCK_BYTES, Said};

/// The argument by which the program knows that it is to be a worker process.
pub const ARGUMENT: &str = "tag-worker";

/// Runs a worker process to its end, which is that of its standard input. `lock_in` must leave it the right to read
/// standard input, to write standard output, to use memory and to end.
pub fn main<E: Display>(lock_in: impl FnOnce() -> Result<(), E>) -> ExitCode {
    let ready = match lock_in() {
        Ok(()) => wire::write(&mut Out, wire::READY, &[]),
        Err(error) => wire::write(&mut Out, wire::NOT_LOCKED_IN, error.to_string().as_bytes()),
    };
    if ready.and_then(|()| serve()).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn serve() -> io::Result<()> {
    while let Some((kind, bytes)) = wire::read(&mut In)? {
        let tail = wire::read(&mut In)?.filter(|(kind, _)| *kind == wire::TAIL);
        let (px, file) = match (kind, bytes.split_first_chunk()) {
            (wire::PICTURE | wire::PICTURE_INSIDE, Some((px, file))) => (u16::from_le_bytes(*px), file),
            _ => (0, &bytes[..]),
        };
        let (reading, file) = match (kind, file.split_first()) {
            (wire::LIST, Some((index, file))) => (index.checked_sub(1).map_or(Reading::Likeliest, Reading::As), file),
            _ => (Reading::Likeliest, file),
        };
        let (Some((length, ending, head)), Some((_, tail))) = (wire::split_file(file), tail) else {
            return Err(io::Error::other("the box talks nonsense"));
        };
        let mut file = Remote { length, position: 0, head, tail, block: (0, Vec::new()) };
        let answer = match kind {
            wire::FILE => read::tags(file, &ending).map(|Told { tags, sheet, doubt }| {
                let sheet = sheet.map(|text| lists::read_text(&text, true));
                Said { tags, sheet, doubt }.to_bytes()
            }),
            wire::PICTURE_INSIDE => read::picture(file, &ending).and_then(|bytes| picture::scaled(&bytes, px)),
            wire::LIST => whole(&mut file).and_then(|bytes| {
                let list = lists::read(&bytes, ending.eq_ignore_ascii_case("cue"), reading);
                let list = list.ok_or("is not written in these letters")?;
                Ok(serde_json::to_vec(&list).unwrap_or_default())
            }),
            wire::PICTURE => whole(&mut file).and_then(|bytes| picture::scaled(&bytes, px)),
            _ => return Err(io::Error::other("the box talks nonsense")),
        };
        let answered = match kind {
            wire::FILE => wire::TAGS,
            wire::LIST => wire::ENTRIES,
            _ => wire::JPEG,
        };
        match answer {
            Ok(bytes) => wire::write(&mut Out, answered, &bytes)?,
            Err(reason) => wire::write(&mut Out, wire::FAILED, reason.as_bytes())?,
        }
    }
    Ok(())
}

/// All bytes of a file, which the box has seen to be of a bearable size.
fn whole(file: &mut Remote) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// A file whose blocks the box hands over when they are asked for.
struct Remote {
    length: u64,
    position: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
    /// The last block asked for, and where it begins.
    block: (u64, Vec<u8>),
}

impl Remote {
    /// The bytes known from the current position on; empty if there are none.
    fn known(&self) -> &[u8] {
        let from = |start: u64, bytes| <[u8]>::get(bytes, usize::try_from(self.position.checked_sub(start)?).ok()?..);
        let tail_start = self.length.saturating_sub(self.tail.len() as u64);
        let parts = [(0, &self.head), (tail_start, &self.tail), (self.block.0, &self.block.1)];
        let found = parts.into_iter().filter_map(|(start, bytes)| from(start, bytes)).find(|bytes| !bytes.is_empty());
        found.unwrap_or_default()
    }

    fn fetch(&mut self) -> io::Result<()> {
        let start = self.position - self.position % BLOCK_BYTES as u64;
        wire::write(&mut Out, wire::WANT, &start.to_le_bytes())?;
        match wire::read(&mut In)? {
            Some((wire::BLOCK, bytes)) => self.block = (start, bytes),
            _ => return Err(io::Error::other("the file cannot be read")),
        }
        Ok(())
    }
}

impl Read for Remote {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.length || bytes.is_empty() {
            return Ok(0);
        }
        if self.known().is_empty() {
            self.fetch()?;
        }
        let known = self.known();
        let count = known.len().min(bytes.len());
        bytes[..count].copy_from_slice(&known[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Remote {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        let beyond = || io::Error::new(io::ErrorKind::InvalidInput, "a position before the file's beginning");
        self.position = position.ok_or_else(beyond)?;
        Ok(self.position)
    }
}

/// Standard output, unbuffered.
struct Out;

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(io::stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Standard input, unbuffered.
struct In;

impl Read for In {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(io::stdin(), bytes)?)
    }
}

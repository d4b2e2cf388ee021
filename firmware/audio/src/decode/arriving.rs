//! Sound that arrives: a stream without an end that is read once, forwards, and decoded as it comes.
//!
//! What programs send to an Icecast server: bare frames of MPEG audio or AAC, or Opus, Vorbis and FLAC in Ogg, one stream chained to
//! the next. Nothing is looked at that has not arrived yet, so that no sound waits for more than the frames that prove it.

mod frames;
mod ogg;

use std::io::{self, Read};

pub(super) use self::ogg::comments;
use super::{Decode, Error};

/// What an Ogg stream begins with.
const OGG: [u8; 4] = *b"OggS";

/// Packets in a row that bring no sound after which a stream is given up: two seconds of the usual ones.
const SILENT_PACKETS_MAX: u32 = 100;

/// Opens the stream that `input` brings, and waits until its first sound is decoded.
pub(super) fn open(mut input: impl Read + Send + 'static) -> Result<Box<dyn Decode>, Error> {
    let mut mark = [0; OGG.len()];
    let read = fill(&mut input, &mut mark).map_err(Error::Open)?;
    if read == 0 {
        return Err(Error::Empty);
    }
    let whole = io::Cursor::new(mark[..read].to_vec()).chain(input);
    if mark == OGG { Ok(Box::new(ogg::Ogg::open(whole)?)) } else { Ok(Box::new(frames::Frames::open(whole)?)) }
}

/// Fills `bytes` as far as `input` goes, and returns how far that is.
fn fill(input: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match input.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The refusal to seek: what has been read of a stream is gone.
fn forwards_only() -> Error {
    Error::Unsupported("a stream that arrives goes forwards only".into())
}

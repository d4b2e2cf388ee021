//! What a decoder process says on its standard output, written and checked.
//!
//! A message is one byte of kind, four bytes of length (little endian) and that many bytes. The reading side trusts
//! nothing: the writer has just parsed a hostile file and may be anybody's. The reading half is public for those who try
//! to break it.

use std::io::{self, Write};

use super::{Error, TrackInfo, WorkerError, shown};
use crate::pcm::Frame;

/// Bytes before the contents of a message.
pub const HEADER_BYTES: usize = 5;

/// Frames in one message at most: 85 ms. A longer run of frames is cut into several.
pub const SOUND_FRAMES_MAX: usize = 4_096;

/// Bytes of a frame on the wire: two little-endian `f32`.
const FRAME_BYTES: usize = 8;

/// Bytes of text per field at most; a character takes up to four.
const TEXT_BYTES_MAX: usize = 4 * super::TEXT_CHARS_MAX;

/// Largest magnitude of a sample accepted; beyond it a decoder process is lying.
pub const LEVEL_MAX: f32 = super::LEVEL_MAX * 4.0;

/// A message's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The file is open: title, artist, duration.
    Info,
    /// Frames.
    Sound,
    /// The track is complete.
    End,
    /// The track cannot go on: reason.
    Failed,
}

/// What was read, or how the protocol was broken.
pub type Checked<T> = Result<T, WorkerError>;

const fn nonsense<T>(what: &'static str) -> Checked<T> {
    Err(WorkerError::Protocol(what))
}

/// Checks a header and returns what follows, and how many bytes of it.
///
/// # Errors
/// An unknown kind, or more bytes than its kind may have.
pub fn header(bytes: [u8; HEADER_BYTES]) -> Checked<(Kind, usize)> {
    let [kind, length @ ..] = bytes;
    let length = u32::from_le_bytes(length) as usize;
    let (kind, max) = match kind {
        b'i' => (Kind::Info, 2 * (2 + TEXT_BYTES_MAX) + 8),
        b's' => (Kind::Sound, SOUND_FRAMES_MAX * FRAME_BYTES),
        b'e' => (Kind::End, 0),
        b'f' => (Kind::Failed, 1 + TEXT_BYTES_MAX),
        _ => return nonsense("unknown message"),
    };
    if length > max { nonsense("message too long") } else { Ok((kind, length)) }
}

/// Writes what the file says about itself.
pub(super) fn write_info(out: &mut impl Write, info: &TrackInfo) -> io::Result<()> {
    let mut bytes = Vec::new();
    for text in [&info.title, &info.artist] {
        let text = text.as_deref().unwrap_or_default().as_bytes();
        bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
        bytes.extend_from_slice(text);
    }
    bytes.extend_from_slice(&info.duration_ms.unwrap_or(u64::MAX).to_le_bytes());
    write(out, b'i', &bytes)
}

/// Checks what the file says about itself.
///
/// # Errors
/// Lengths that do not fit together.
pub fn read_info(bytes: &[u8]) -> Checked<TrackInfo> {
    let (title, rest) = split_text(bytes)?;
    let (artist, rest) = split_text(rest)?;
    let Ok(duration) = <[u8; 8]>::try_from(rest) else { return nonsense("malformed description") };
    let duration_ms = Some(u64::from_le_bytes(duration)).filter(|ms| *ms != u64::MAX);
    Ok(TrackInfo { title, artist, duration_ms })
}

fn split_text(bytes: &[u8]) -> Checked<(Option<String>, &[u8])> {
    let Some((length, rest)) = bytes.split_first_chunk() else { return nonsense("malformed description") };
    let Some((text, rest)) = rest.split_at_checked(u16::from_le_bytes(*length).into()) else {
        return nonsense("malformed description");
    };
    let text = shown(&String::from_utf8_lossy(text));
    Ok((Some(text).filter(|text| !text.is_empty()), rest))
}

/// Writes at most [`SOUND_FRAMES_MAX`] frames.
pub(super) fn write_sound(out: &mut impl Write, frames: &[Frame]) -> io::Result<()> {
    let bytes: Vec<u8> = frames.as_flattened().iter().flat_map(|sample| sample.to_le_bytes()).collect();
    write(out, b's', &bytes)
}

/// Checks frames and appends them to `out`. What is not a number becomes silence, what is beyond [`LEVEL_MAX`] is cut.
///
/// # Errors
/// None at all, or half a one.
pub fn read_sound(bytes: &[u8], out: &mut Vec<Frame>) -> Checked<()> {
    let (frames, rest) = bytes.as_chunks::<FRAME_BYTES>();
    if frames.is_empty() || !rest.is_empty() {
        return nonsense("malformed sound");
    }
    let sample = |bytes: [u8; 4]| {
        let sample = f32::from_le_bytes(bytes);
        if sample.is_finite() { sample.clamp(-LEVEL_MAX, LEVEL_MAX) } else { 0.0 }
    };
    out.extend(frames.iter().map(|&[a, b, c, d, e, f, g, h]| [sample([a, b, c, d]), sample([e, f, g, h])]));
    Ok(())
}

/// Writes that the track is complete.
pub(super) fn write_end(out: &mut impl Write) -> io::Result<()> {
    write(out, b'e', &[])
}

/// Writes why the track cannot go on.
pub(super) fn write_failed(out: &mut impl Write, error: &Error) -> io::Result<()> {
    let (code, text) = match error {
        Error::Open(source) => (b'o', source.to_string()),
        Error::NotAFile => (b'd', String::new()),
        Error::Empty => (b'0', String::new()),
        Error::Unrecognised => (b'?', String::new()),
        Error::NoSound => (b'n', String::new()),
        Error::Unsupported(what) => (b'u', what.clone()),
        Error::Damaged(what) => (b'x', what.clone()),
        Error::Worker(error) => (b'h', error.to_string()),
    };
    let mut bytes = vec![code];
    bytes.extend_from_slice(shown(&text).as_bytes());
    write(out, b'f', &bytes)
}

/// Checks why the track cannot go on.
///
/// # Errors
/// An unknown reason.
pub fn read_failed(bytes: &[u8]) -> Checked<Error> {
    let Some((code, text)) = bytes.split_first() else { return nonsense("malformed failure") };
    let text = shown(&String::from_utf8_lossy(text));
    Ok(match code {
        b'o' => Error::Open(io::Error::other(text)),
        b'd' => Error::NotAFile,
        b'0' => Error::Empty,
        b'?' => Error::Unrecognised,
        b'n' => Error::NoSound,
        b'u' => Error::Unsupported(text),
        b'x' => Error::Damaged(text),
        b'h' => Error::Worker(WorkerError::NotHardened(text)),
        _ => return nonsense("malformed failure"),
    })
}

fn write(out: &mut impl Write, kind: u8, bytes: &[u8]) -> io::Result<()> {
    out.write_all(&[kind])?;
    out.write_all(&(bytes.len() as u32).to_le_bytes())?;
    out.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(message: &[u8], kind: Kind) -> &[u8] {
        let (head, rest) = message.split_first_chunk().unwrap();
        assert_eq!(header(*head).unwrap(), (kind, rest.len()));
        rest
    }

    #[test]
    fn descriptions_survive_the_way() {
        let info = TrackInfo { title: Some("Ünter".into()), artist: None, duration_ms: Some(61_000) };
        let mut message = Vec::new();
        write_info(&mut message, &info).unwrap();
        assert_eq!(read_info(contents(&message, Kind::Info)).unwrap(), info);
    }

    #[test]
    fn sound_survives_the_way_and_what_is_no_number_is_silence() {
        let mut message = Vec::new();
        write_sound(&mut message, &[[0.5, -0.25], [f32::NAN, f32::INFINITY], [1e9, -1e9]]).unwrap();
        let mut frames = Vec::new();
        read_sound(contents(&message, Kind::Sound), &mut frames).unwrap();
        assert_eq!(frames, [[0.5, -0.25], [0.0, 0.0], [LEVEL_MAX, -LEVEL_MAX]]);
    }

    #[test]
    fn reasons_survive_the_way_without_control_characters() {
        let mut message = Vec::new();
        write_failed(&mut message, &Error::Damaged("bad\x1b[31m frame".into())).unwrap();
        let error = read_failed(contents(&message, Kind::Failed)).unwrap();
        assert_eq!(error.to_string(), "is damaged: bad[31m frame");
    }

    #[test]
    fn lies_about_lengths_are_refused() {
        assert!(header([b's', 0xFF, 0xFF, 0xFF, 0xFF]).is_err());
        assert!(header([b'e', 1, 0, 0, 0]).is_err());
        assert!(header([b'z', 0, 0, 0, 0]).is_err());
        assert!(read_sound(&[], &mut Vec::new()).is_err());
        assert!(read_sound(&[0; 7], &mut Vec::new()).is_err());
        assert!(read_info(&[0xFF, 0xFF, b'a']).is_err());
        assert!(read_info(&[0; 13]).is_err());
        assert!(read_failed(&[]).is_err());
        assert!(read_failed(b"!").is_err());
    }
}

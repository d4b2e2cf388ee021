//! Bare frames of MPEG audio and AAC as they arrive.
//!
//! A header is believed where a frame has led to it, or once others follow that are like it. Tags are read or stepped over, and so is
//! what does not belong to the sound, up to a limit.

use std::io::{Cursor, Read};

use super::super::aac::{Aac, Transport};
use super::super::adts::Adts;
use super::super::bare::{Packets, Sound};
use super::super::mpeg::{Header, Mpeg};
use super::super::walk::Head;
use super::super::window::Window;
use super::super::{Decode, Error, TrackInfo, id3};
use super::SILENT_PACKETS_MAX;
use crate::pcm::Frame;

/// Bytes in a row that belong to no frame after which a stream is given up: ten seconds at 200 kbit/s.
const RUBBISH_BYTES_MAX: usize = 256 * 1024;

/// Frames like it that must follow on the first header.
const FOLLOWERS: usize = 2;

/// Bytes of a tag that is read; a longer one, with a picture in it, is stepped over.
const TAG_BYTES_MAX: usize = 64 * 1024;

/// Bytes of the head of an ID3v2 tag.
const TAG_HEAD_BYTES: usize = 10;

/// Bytes read at once.
const READ_BYTES: usize = 4 * 1024;

/// Bytes that are used up before room is made.
const USED_BYTES_MAX: usize = 64 * 1024;

/// A frame's header, of whichever kind.
#[derive(Clone, Copy, Debug)]
enum Any {
    Mpeg(Header),
    Adts(Adts),
}

impl Any {
    /// Bytes that a header may need.
    const BYTES: usize = Adts::BYTES;

    fn read(bytes: &[u8]) -> Option<Self> {
        let mpeg = bytes.get(..Header::BYTES).and_then(<Header as Head>::read).map(Self::Mpeg);
        mpeg.or_else(|| bytes.get(..Adts::BYTES).and_then(<Adts as Head>::read).map(Self::Adts))
    }

    fn bytes(&self) -> Option<usize> {
        match self {
            Self::Mpeg(head) => Head::bytes(head),
            Self::Adts(head) => Head::bytes(head),
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Mpeg(one), Self::Mpeg(other)) => one.is_like(other),
            (Self::Adts(one), Self::Adts(other)) => one.is_like(other),
            _ => false,
        }
    }

    /// Whether the frame says something of the whole instead of sounding.
    fn is_about(&self, frame: &[u8]) -> bool {
        matches!(self, Self::Mpeg(head) if head.about(frame).is_some())
    }

    fn packets(&self) -> Result<Box<dyn Packets>, Error> {
        Ok(match self {
            Self::Mpeg(_) => Box::new(Mpeg::new()),
            Self::Adts(_) => Box::new(Aac::new(Transport::Adts)?),
        })
    }
}

/// A stream of bare frames.
pub(super) struct Frames<R> {
    input: R,
    /// What has been read, of which the first `used` bytes are done with.
    bytes: Vec<u8>,
    used: usize,
    /// The frame before, unless something else lay in between.
    last: Option<Any>,
    /// The decoder, and a header of the kind that it is for.
    codec: Option<(Any, Box<dyn Packets>)>,
    rubbish_bytes: usize,
    info: TrackInfo,
    rate_hz: u32,
    pending: Vec<Frame>,
}

impl<R: Read> Frames<R> {
    pub(super) fn open(input: R) -> Result<Self, Error> {
        let mut this = Self {
            input,
            bytes: Vec::new(),
            used: 0,
            last: None,
            codec: None,
            rubbish_bytes: 0,
            info: TrackInfo::default(),
            rate_hz: 0,
            pending: Vec::new(),
        };
        // The decoder has the last word on the rate.
        if this.decode()? { Ok(this) } else { Err(Error::NoSound) }
    }

    /// Decodes until there is sound in `pending`; `false` at the end.
    fn decode(&mut self) -> Result<bool, Error> {
        for _ in 0..SILENT_PACKETS_MAX {
            let Some((head, bytes)) = self.find()? else { return Ok(false) };
            let frame = &self.bytes[self.used..][..bytes];
            let is_of_kind = |(of, _): &(Any, _)| std::mem::discriminant(of) == std::mem::discriminant(&head);
            let codec = match self.codec.take().filter(is_of_kind) {
                Some(codec) => codec,
                None => (head, head.packets()?),
            };
            let (_, packets) = self.codec.insert(codec);
            let decoded = if head.is_about(frame) { None } else { packets.decode(frame, &mut self.pending) };
            (self.used, self.last) = (self.used + bytes, Some(head));
            if let Some(rate_hz) = decoded {
                self.rate_hz = rate_hz;
                return Ok(true);
            }
        }
        Err(Error::Damaged("none of so many frames in a row can be decoded".into()))
    }

    /// Returns the next whole frame's header and length; it lies at what is not used yet. `None` at the end.
    fn find(&mut self) -> Result<Option<(Any, usize)>, Error> {
        loop {
            let ahead = self.ahead(Any::BYTES)?;
            if ahead.is_empty() {
                return Ok(None);
            }
            let (is_tag, head) = (ahead.starts_with(b"ID3"), Any::read(ahead));
            if is_tag && self.pass_tag()? {
                continue;
            }
            if let Some((head, bytes)) = head.and_then(|head| Some((head, head.bytes()?)))
                && (self.last.is_some_and(|last| last.is_like(&head)) || self.is_followed(&head, bytes)?)
            {
                self.rubbish_bytes = 0;
                return Ok((self.ahead(bytes)?.len() >= bytes).then_some((head, bytes)));
            }
            (self.used, self.last) = (self.used + 1, None);
            self.rubbish_bytes += 1;
            if self.rubbish_bytes > RUBBISH_BYTES_MAX {
                return Err(Error::Unrecognised);
            }
        }
    }

    fn is_followed(&mut self, head: &Any, bytes: usize) -> Result<bool, Error> {
        let mut next = bytes;
        for _ in 0..FOLLOWERS {
            let ahead = self.ahead(next + Any::BYTES)?;
            let follower = ahead.get(next..).and_then(Any::read).filter(|follower| follower.is_like(head));
            let Some(bytes) = follower.and_then(|follower| follower.bytes()) else { return Ok(false) };
            next += bytes;
        }
        Ok(true)
    }

    /// Steps over the tag that may begin here; `false` if it is none.
    fn pass_tag(&mut self) -> Result<bool, Error> {
        let Some(&[_, _, _, _, _, _, a, b, c, d]) = self.ahead(TAG_HEAD_BYTES)?.first_chunk::<TAG_HEAD_BYTES>() else {
            return Ok(false);
        };
        let size = [a, b, c, d];
        if size.iter().any(|byte| *byte >= 0x80) {
            return Ok(false);
        }
        let bytes = size.iter().fold(0, |size, byte| size << 7 | usize::from(*byte)) + TAG_HEAD_BYTES;
        if bytes <= TAG_BYTES_MAX {
            let tag = self.ahead(bytes)?.to_vec();
            let length = tag.len() as u64;
            // A tag that cannot be read says nothing.
            let info = id3::read(&mut Window::new(Cursor::new(tag), 0..length)).unwrap_or_default();
            self.info = TrackInfo { duration_ms: None, ..info };
        }
        let mut left = bytes;
        while left > 0 {
            let here = self.ahead(left.min(READ_BYTES))?.len().min(left);
            if here == 0 {
                break;
            }
            (self.used, left) = (self.used + here, left - here);
        }
        self.last = None;
        Ok(true)
    }

    /// Returns what is not used yet, once it is at least `count` bytes or there is no more.
    fn ahead(&mut self, count: usize) -> Result<&[u8], Error> {
        if self.used > USED_BYTES_MAX {
            self.bytes.drain(..self.used);
            self.used = 0;
        }
        while self.bytes.len() < self.used + count {
            let from = self.bytes.len();
            self.bytes.resize(from + READ_BYTES, 0);
            let read = self.input.read(&mut self.bytes[from..]);
            self.bytes.truncate(from + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Open(error)),
            }
        }
        Ok(&self.bytes[self.used..])
    }
}

impl<R: Read> Decode for Frames<R> {
    fn info(&self) -> &TrackInfo {
        &self.info
    }

    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn seek(&mut self, _: u64) -> Result<(), Error> {
        Err(super::forwards_only())
    }

    fn read(&mut self, out: &mut Vec<Frame>) -> Result<bool, Error> {
        let more = !self.pending.is_empty() || self.decode()?;
        out.append(&mut self.pending);
        Ok(more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of silence: MPEG-1 layer III, 128 kbit/s, 44.1 kHz.
    fn silence(frames: usize) -> Vec<u8> {
        let mut frame = vec![0; 417];
        frame[..4].copy_from_slice(&[0xFF, 0xFB, 0x90, 0x64]);
        frame.repeat(frames)
    }

    /// Brings a byte at a time, as a slow network does, and says how many were asked for.
    struct Dribble(Cursor<Vec<u8>>);

    impl Read for Dribble {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(&mut out[..1])
        }
    }

    fn frames_of(stream: Vec<u8>) -> Result<usize, Error> {
        let mut frames = Frames::open(Dribble(Cursor::new(stream)))?;
        let mut out = Vec::new();
        while frames.read(&mut out)? {}
        assert_eq!(frames.rate_hz(), 44_100);
        Ok(out.len())
    }

    #[test]
    fn frames_are_decoded_behind_tags_and_rubbish() {
        let tag = [&b"ID3\x04\0\0\0\0\0\x05"[..], b"abcde"].concat();
        for front in [vec![], tag, vec![0; 9_999], b"\xFF\xFB\x90\x64 no frame".to_vec()] {
            assert_eq!(frames_of([front.clone(), silence(6)].concat()).unwrap(), 6 * 1_152, "{:?}", front.first());
        }
    }

    #[test]
    fn the_first_sound_waits_for_no_more_than_the_frames_that_prove_it() {
        let stream = [silence(FOLLOWERS + 1)].concat();
        let mut frames = Frames::open(Cursor::new(stream).chain(Broken)).expect("sound before the network breaks");
        let mut out = Vec::new();
        assert!(frames.read(&mut out).unwrap() && out.len() == 1_152);
    }

    /// A network that breaks where more is wanted than there is.
    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::ConnectionReset.into())
        }
    }

    #[test]
    fn what_is_no_sound_is_given_up() {
        assert!(matches!(frames_of(vec![0x55; RUBBISH_BYTES_MAX + 100]), Err(Error::Unrecognised)));
        assert!(matches!(frames_of(vec![0x55; 100]), Err(Error::NoSound)));
        // Frames by their headers, in which nothing can be decoded.
        let mut frame = vec![0xFF; 417];
        frame[..4].copy_from_slice(&[0xFF, 0xFB, 0x90, 0x64]);
        let ended = frames_of(frame.repeat(3 * SILENT_PACKETS_MAX as usize));
        assert!(ended.is_err() || ended.is_ok_and(|frames| frames > 0));
    }
}

//! Opus, Vorbis and FLAC in Ogg as they arrive.
//!
//! A stream may be followed by another of whatever kind (RFC 3533 section 4): that is how programs announce a new title. Streams beside
//! the one that is heard are passed over.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use ::ogg::{OggReadError, Packet, PacketReader};

use super::super::bare::Packets;
use super::super::opus::Opus;
use super::super::symphonia::Native;
use super::super::{Decode, Error, TrackInfo, shown};
use super::SILENT_PACKETS_MAX;
use crate::pcm::{Frame, SAMPLE_RATE_HZ};

/// Bytes in front of the block in the first packet of FLAC in Ogg: mark, version, count, `fLaC` and the block's head.
const FLAC_FRONT_BYTES: usize = 17;

/// A block of comments in FLAC.
const FLAC_COMMENTS: u8 = 4;

/// What goes forwards only.
struct Forwards<R>(R);

impl<R: Read> Read for Forwards<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl<R> Seek for Forwards<R> {
    /// Asked for only behind damage.
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(ErrorKind::Unsupported.into())
    }
}

/// How far the headers of the stream have been read.
enum Stage {
    /// No stream has begun, or none that is known.
    Before,
    /// Opus' comments are due.
    Opus(Opus),
    /// Vorbis' comments and setup are due, of which the former or nothing has come; with its identification.
    Vorbis(Vec<u8>),
    /// Blocks of FLAC are due.
    Flac(Native),
    /// Sound.
    Sound(Box<dyn Packets>),
}

/// Streams of sound in Ogg.
pub(super) struct Ogg<R: Read> {
    /// `None` only between two streams of a chain.
    reader: Option<PacketReader<Forwards<R>>>,
    serial: u32,
    stage: Stage,
    /// Frames that are not to be heard: Opus' pre-skip.
    skipped_frames: usize,
    /// Where the page before ended, frames.
    page_end: u64,
    /// Frames decoded since.
    since_page: u64,
    info: TrackInfo,
    rate_hz: u32,
    pending: Vec<Frame>,
}

impl<R: Read> Ogg<R> {
    pub(super) fn open(input: R) -> Result<Self, Error> {
        let mut this = Self {
            reader: Some(PacketReader::new(Forwards(input))),
            serial: 0,
            stage: Stage::Before,
            skipped_frames: 0,
            page_end: 0,
            since_page: 0,
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
            let Some(reader) = &mut self.reader else { return Ok(false) };
            match reader.read_packet() {
                Ok(Some(packet)) => {
                    if packet.first_in_stream() {
                        self.begin(&packet)?;
                    } else if packet.stream_serial() == self.serial {
                        self.take(&packet)?;
                    }
                    if packet.last_in_stream() {
                        // It keeps a page of every stream there was, and knows each number once; programs repeat files for days.
                        self.reader = self.reader.take().map(|reader| PacketReader::new(reader.into_inner()));
                    }
                }
                Ok(None) => return Ok(false),
                Err(OggReadError::ReadError(error)) if error.kind() == ErrorKind::UnexpectedEof => return Ok(false),
                Err(OggReadError::ReadError(error)) if error.kind() != ErrorKind::Unsupported => {
                    return Err(Error::Open(error));
                }
                // What the reader says of an end behind a stream that was whole.
                Err(OggReadError::NoCapturePatternFound) if self.rate_hz > 0 => return Ok(false),
                // A page that is damaged, or of a stream whose beginning was not heard.
                Err(OggReadError::HashMismatch(..) | OggReadError::InvalidData) => {}
                Err(error) => return Err(Error::Damaged(error.to_string())),
            }
            if !self.pending.is_empty() {
                return Ok(true);
            }
        }
        Err(Error::Damaged("none of so many packets in a row can be decoded".into()))
    }

    /// A stream begins.
    fn begin(&mut self, packet: &Packet) -> Result<(), Error> {
        let data = &packet.data[..];
        let stage = if data.starts_with(b"OpusHead") {
            let opus = Opus::new(data)?;
            self.skipped_frames = opus.pre_skip() as usize;
            Stage::Opus(opus)
        } else if data.starts_with(b"\x01vorbis") {
            Stage::Vorbis(data.to_vec())
        } else if data.starts_with(b"\x7FFLAC") {
            Stage::Flac(Native::flac(data.get(FLAC_FRONT_BYTES..).unwrap_or_default())?)
        } else if data.starts_with(b"Speex   ") {
            return Err(Error::Unsupported("Speex".into()));
        } else {
            // A picture's, or words for it: not what is heard.
            return Ok(());
        };
        (self.stage, self.serial, self.info) = (stage, packet.stream_serial(), TrackInfo::default());
        (self.page_end, self.since_page) = (0, 0);
        Ok(())
    }

    fn take(&mut self, packet: &Packet) -> Result<(), Error> {
        let data = &packet.data[..];
        self.stage = match std::mem::replace(&mut self.stage, Stage::Before) {
            Stage::Before => Stage::Before,
            Stage::Opus(opus) => {
                self.info = comments(data.strip_prefix(b"OpusTags").unwrap_or_default());
                Stage::Sound(Box::new(opus))
            }
            Stage::Vorbis(mut headers) => match data {
                [3, b'v', b'o', b'r', b'b', b'i', b's', said @ ..] => {
                    self.info = comments(said);
                    Stage::Vorbis(headers)
                }
                setup => {
                    headers.extend_from_slice(setup);
                    Stage::Sound(Box::new(Native::vorbis(&headers)?))
                }
            },
            Stage::Flac(flac) => {
                let kind = data.first().copied().unwrap_or_default();
                if kind == 0xFF {
                    self.stage = Stage::Sound(Box::new(flac));
                    return self.take(packet);
                }
                if kind & 0x7F == FLAC_COMMENTS {
                    self.info = comments(data.get(4..).unwrap_or_default());
                }
                if kind & 0x80 != 0 { Stage::Sound(Box::new(flac)) } else { Stage::Flac(flac) }
            }
            Stage::Sound(mut packets) => {
                if let Some(rate_hz) = packets.decode(data, &mut self.pending) {
                    self.rate_hz = rate_hz;
                }
                self.cut_padding(packet);
                let skipped = self.skipped_frames.min(self.pending.len());
                self.pending.drain(..skipped);
                self.skipped_frames -= skipped;
                Stage::Sound(packets)
            }
        };
        Ok(())
    }
}

impl<R: Read> Ogg<R> {
    /// Drops what the encoder has put behind the end of a stream to fill its last packet (RFC 7845 section 4.4, Vorbis I section A.2).
    fn cut_padding(&mut self, packet: &Packet) {
        self.since_page += self.pending.len() as u64;
        if !packet.last_in_page() {
            return;
        }
        let of_page = packet.absgp_page().saturating_sub(self.page_end);
        if packet.last_in_stream() {
            let padding = self.since_page.saturating_sub(of_page).min(self.pending.len() as u64) as usize;
            self.pending.truncate(self.pending.len() - padding);
        }
        (self.page_end, self.since_page) = (packet.absgp_page(), 0);
    }
}

impl<R: Read> Decode for Ogg<R> {
    fn info(&self) -> &TrackInfo {
        &self.info
    }

    fn rate_hz(&self) -> u32 {
        if self.rate_hz == 0 { SAMPLE_RATE_HZ } else { self.rate_hz }
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

/// Returns the title and artist in comments as Vorbis writes them; nothing behind where they break their rules.
pub(in crate::decode) fn comments(bytes: &[u8]) -> TrackInfo {
    let mut info = TrackInfo::default();
    // Behind the vendor's name and the count, which does not matter: the bytes end where they end.
    let behind_count = cut(bytes).and_then(|(_, rest)| rest.split_first_chunk::<4>());
    let mut rest = behind_count.map_or(&[][..], |(_, rest)| rest);
    while let Some((text, behind)) = cut(rest) {
        rest = behind;
        let text = String::from_utf8_lossy(text);
        let Some((key, value)) = text.split_once('=') else { continue };
        let value = Some(shown(value)).filter(|value| !value.is_empty());
        if key.eq_ignore_ascii_case("title") {
            info.title = info.title.or(value);
        } else if key.eq_ignore_ascii_case("artist") {
            info.artist = info.artist.or(value);
        }
    }
    info
}

/// Splits a text off whose length stands before it.
fn cut(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, behind) = bytes.split_first_chunk::<4>()?;
    behind.split_at_checked(u32::from_le_bytes(*length) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(texts: &[&[u8]]) -> Vec<u8> {
        let counted = |text: &[u8]| [&(text.len() as u32).to_le_bytes()[..], text].concat();
        let count = (texts.len() as u32).to_le_bytes();
        [counted(b"vendor"), count.to_vec(), texts.iter().copied().flat_map(counted).collect()].concat()
    }

    #[test]
    fn comments_say_title_and_artist_and_nonsense_says_nothing() {
        let said =
            comments(&written(&["TITLE=Größe\u{1}".as_bytes(), b"x", b"artist=Ann", b"Title=second", b"artist="]));
        assert_eq!((said.title.as_deref(), said.artist.as_deref()), (Some("Größe"), Some("Ann")));
        let whole = written(&[b"title=T", b"artist=A"]);
        for cut in 0..whole.len() {
            comments(&whole[..cut]);
        }
        assert_eq!(comments(&[0xFF; 64]), TrackInfo::default());
    }

    #[test]
    fn what_is_no_sound_is_refused() {
        for stream in [&b"OggS"[..], &[0x4F; 4_096], &[0; 200_000]] {
            assert!(Ogg::open(io::Cursor::new(stream.to_vec())).is_err());
        }
    }
}

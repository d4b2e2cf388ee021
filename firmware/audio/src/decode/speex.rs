//! Speex in Ogg (its manual, section 7; RFC 3533): the only file that names `oxideav-speex`.
//!
//! Every packet holds the same number of frames, so a seek counts packets to its target and decodes none before the pre-roll. Other
//! logical streams in the file, and chained ones, are left out.

use std::io::{self, Seek, SeekFrom};

use ::ogg::{OggReadError, Packet, PacketReader};
use oxideav_speex::{SpeexHeader, SpeexStreamDecoder, StereoDecoder};

use super::arriving::comments;
use super::spliced::{Piece, Spliced};
use super::window::Window;
use super::{Decode, Error, Source, TrackInfo};
use crate::pcm::{Frame, SILENCE};

/// How the first packet begins.
pub(super) const MARK: &[u8] = b"Speex   ";

/// How far before its target a seek begins to decode, in packets: each leans on the pitch and the filters of those before.
const PRE_ROLL_PACKETS: u64 = 20;

/// Most frames in a packet that are believed: a second.
const PACKET_FRAMES_MAX: u32 = 50;

/// Most packets of words in front of the sound that are believed.
const WORDS_MAX: u32 = 16;

/// Packets in a row that cannot be decoded, or pages that are damaged, after which the file is given up.
const BAD_MAX: u32 = 100;

/// Bytes at the end in which the last page begins: the longest one.
const LAST_PAGE_BYTES: u64 = 27 + 255 + 255 * 255;

/// Where a page says how far the sound goes, and of which stream it is.
const PAGE_POSITION: usize = 6;
const PAGE_SERIAL: usize = 14;

/// Rates that a header may name.
const RATES_HZ: std::ops::RangeInclusive<u32> = 4_000..=96_000;

/// 16-bit full scale.
const FULL_SCALE: f32 = 32_768.0;

/// Says neither left nor right: what stands before each frame of stereo, where nothing does.
const NO_SIDE: u8 = 0b0000_0011;

/// One stream.
pub(super) struct Speex<S: Source> {
    /// `None` only while a seek rewinds it.
    reader: Option<PacketReader<Spliced<S>>>,
    header: SpeexHeader,
    serial: u32,
    decoder: SpeexStreamDecoder,
    /// Where the header says that there are two channels.
    stereo: Option<StereoDecoder>,
    /// Frames of sound in a packet.
    packet_frames: u64,
    /// How far pages count behind the frames that are decoded: what the encoder needed to begin, which is not heard.
    ahead: i64,
    /// The frame that the next packet begins with, of all that are decoded.
    at: u64,
    heard_from: u64,
    pending: Vec<Frame>,
    info: TrackInfo,
    bad: u32,
    decoded: bool,
    ended: bool,
}

impl<S: Source> Speex<S> {
    /// The stream whose first page lies at `at`.
    pub(super) fn open(mut window: Window<S>, at: u64) -> Result<Self, Error> {
        let end = window.end();
        let tail = end.saturating_sub(LAST_PAGE_BYTES).max(at);
        let tail = window.at(tail, LAST_PAGE_BYTES as usize).map_err(Error::Open)?.to_vec();
        let mut reader = PacketReader::new(Spliced::new(window.into_source(), vec![Piece::Real(at..end)]));
        let damaged = || Error::Damaged("its Speex header is malformed".into());
        let first = reader.read_packet().map_err(|_| damaged())?.ok_or(Error::NoSound)?;
        let header = SpeexHeader::parse(&first.data).map_err(|_| damaged())?;
        let decoder = SpeexStreamDecoder::for_header(&header)
            .map_err(|_| Error::Unsupported(format!("Speex of mode {}", header.mode)))?;
        let packet_frames =
            u64::from(header.frames_per_packet.clamp(1, PACKET_FRAMES_MAX)) * decoder.frame_samples() as u64;
        let mut this = Self {
            reader: Some(reader),
            serial: first.stream_serial(),
            stereo: (header.nb_channels == 2).then(StereoDecoder::new),
            header,
            decoder,
            packet_frames,
            ahead: 0,
            at: 0,
            heard_from: 0,
            pending: Vec::new(),
            info: TrackInfo::default(),
            bad: 0,
            decoded: false,
            ended: false,
        };
        if let Some(words) = this.next()? {
            this.info = comments(&words.data);
        }
        this.ahead = this.measure()?;
        let last = last_position(&tail, this.serial);
        this.info.duration_ms = last.map(|last| {
            let frames = this.decoded_at(last).saturating_sub(this.first());
            (u128::from(frames) * 1_000 / u128::from(this.rate_hz())) as u64
        });
        this.begin(0)?;
        // The decoder has the last word on whether there is anything to hear.
        while this.pending.is_empty() && !this.ended {
            this.step()?;
        }
        if !this.decoded {
            return Err(Error::Unsupported("none of its first packets can be decoded".into()));
        }
        Ok(this)
    }

    /// How far the first page with sound counts behind the packets in it.
    fn measure(&mut self) -> Result<i64, Error> {
        for _ in 0..self.header.extra_headers.min(WORDS_MAX) {
            self.next()?;
        }
        let mut frames = 0_u64;
        while let Some(packet) = self.next()? {
            frames += self.packet_frames;
            if packet.last_in_page() {
                // The last one may count less because the sound ends in it.
                let says_nothing = packet.last_in_stream() || packet.absgp_page() > i64::MAX as u64;
                return Ok(if says_nothing { 0 } else { frames as i64 - packet.absgp_page() as i64 });
            }
        }
        Ok(0)
    }

    /// The first frame that is heard.
    fn first(&self) -> u64 {
        u64::try_from(self.ahead).unwrap_or(0).min(self.packet_frames)
    }

    /// The frame, of all that are decoded, that a page's `position` means.
    fn decoded_at(&self, position: u64) -> u64 {
        position.saturating_add_signed(self.ahead)
    }

    /// Rewinds and skips to the packet that contains `frame`, counted in decoded frames; the decoder state is reset.
    fn begin(&mut self, frame: u64) -> Result<(), Error> {
        let Some(reader) = self.reader.take() else { return Err(Error::Open(io::ErrorKind::UnexpectedEof.into())) };
        let mut source = reader.into_inner();
        source.seek(SeekFrom::Start(0)).map_err(Error::Open)?;
        self.reader = Some(PacketReader::new(source));
        self.decoder =
            SpeexStreamDecoder::for_header(&self.header).map_err(|error| Error::Damaged(error.to_string()))?;
        self.stereo = self.stereo.as_ref().map(|_| StereoDecoder::new());
        self.pending.clear();
        (self.at, self.bad, self.ended) = (0, 0, false);
        let packets = frame / self.packet_frames;
        // The header and the words.
        for _ in 0..2 + self.header.extra_headers.min(WORDS_MAX) {
            self.next()?;
        }
        for _ in 0..packets {
            if self.next()?.is_none() {
                self.ended = true;
                break;
            }
            self.at += self.packet_frames;
        }
        Ok(())
    }

    /// The stream's next packet; `None` at the end.
    fn next(&mut self) -> Result<Option<Packet>, Error> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        let mut bad = 0;
        loop {
            match reader.read_packet() {
                Ok(Some(packet)) if packet.stream_serial() == self.serial => return Ok(Some(packet)),
                Ok(Some(_)) => {}
                Ok(None) => return Ok(None),
                Err(OggReadError::ReadError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                Err(OggReadError::ReadError(error)) => return Err(Error::Open(error)),
                // What the reader says of an end behind which something else lies.
                Err(OggReadError::NoCapturePatternFound) => return Ok(None),
                Err(error) => {
                    bad += 1;
                    if bad > BAD_MAX {
                        return Err(Error::Damaged(error.to_string()));
                    }
                }
            }
        }
    }

    /// Decodes the next packet behind what is pending.
    fn step(&mut self) -> Result<(), Error> {
        let Some(packet) = self.next()? else {
            self.ended = true;
            return Ok(());
        };
        let from = self.pending.len();
        if self.decode(&packet.data) {
            (self.bad, self.decoded) = (0, true);
        } else {
            self.bad += 1;
            if self.bad > BAD_MAX {
                return Err(Error::Damaged("none of so many packets in a row can be decoded".into()));
            }
        }
        // Damaged, or fewer frames than the header says: the time passes all the same.
        self.pending.resize(from + self.packet_frames as usize, SILENCE);
        let begin = self.at;
        self.at += self.packet_frames;
        if packet.last_in_stream() {
            // What the encoder has put behind the end to fill the packet.
            let kept = self.decoded_at(packet.absgp_page()).saturating_sub(begin).min(self.packet_frames);
            self.pending.truncate(from + kept as usize);
            self.ended = true;
        }
        let early = self.heard_from.max(self.first()).saturating_sub(begin).min((self.pending.len() - from) as u64);
        self.pending.drain(from..from + early as usize);
        Ok(())
    }

    /// Appends a packet's sound; `false` if there is none in it.
    fn decode(&mut self, packet: &[u8]) -> bool {
        let from = self.pending.len();
        let scaled = |sample: i16| f32::from(sample) / FULL_SCALE;
        match &mut self.stereo {
            Some(stereo) => {
                for (frame, side) in self.decoder.decode_packet_frames_stereo(packet).unwrap_or_default() {
                    let both = stereo.interleave_frame(&frame, side.unwrap_or(NO_SIDE));
                    self.pending.extend(both.as_chunks::<2>().0.iter().map(|pair| pair.map(scaled)));
                }
            }
            None => {
                let frames = self.decoder.decode_packet_pcm_i16(packet).unwrap_or_default();
                self.pending.extend(frames.into_iter().map(|sample| [scaled(sample); 2]));
            }
        }
        self.pending.len() > from
    }
}

impl<S: Source> Decode for Speex<S> {
    fn info(&self) -> &TrackInfo {
        &self.info
    }

    fn rate_hz(&self) -> u32 {
        let said = Some(self.header.rate).filter(|rate_hz| RATES_HZ.contains(rate_hz));
        said.unwrap_or_else(|| self.decoder.output_rate_hz())
    }

    fn seek(&mut self, to_ms: u64) -> Result<(), Error> {
        let frames = u128::from(to_ms) * u128::from(self.rate_hz()) / 1_000;
        let frames = u64::try_from(frames).unwrap_or(u64::MAX);
        self.heard_from = self.first().saturating_add(frames);
        self.begin(self.heard_from.saturating_sub(PRE_ROLL_PACKETS * self.packet_frames))
    }

    fn read(&mut self, out: &mut Vec<Frame>) -> Result<bool, Error> {
        while self.pending.is_empty() && !self.ended {
            self.step()?;
        }
        let heard = !self.pending.is_empty();
        out.append(&mut self.pending);
        Ok(heard)
    }
}

/// How far the last page of a stream says that the sound goes.
fn last_position(tail: &[u8], serial: u32) -> Option<u64> {
    let pages = tail.windows(PAGE_SERIAL + size_of::<u32>()).rev().filter(|page| page.starts_with(b"OggS"));
    let mut positions = pages.filter(|page| page.ends_with(&serial.to_le_bytes())).filter_map(|page| {
        let position = u64::from_le_bytes(page[PAGE_POSITION..PAGE_SERIAL].try_into().ok()?);
        // All ones: no packet ends in it.
        Some(position).filter(|position| *position <= i64::MAX as u64)
    });
    positions.next()
}

#[cfg(test)]
mod tests;

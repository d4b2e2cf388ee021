//! Containers and codecs through `symphonia`: named only here and in the parts below.
//!
//! FLAC, Ogg, Matroska and CAF. Opus, AAC, AC-3, DTS and MPEG audio it takes out of their containers, others decode them. Runs inside
//! the decoder process; whatever a file does to it, the process may die of it, but nothing else.

mod describe;
mod native;
mod source;

use std::io;

use symphonia::core::audio::{Channels, GenericAudioBufferRef};
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AAC, CODEC_ID_AC3, CODEC_ID_DCA, CODEC_ID_EAC3, CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3, CODEC_ID_OPUS,
};
use symphonia::core::codecs::audio::{AudioCodecId, AudioDecoder, AudioDecoderOptions};
use symphonia::core::common::Limit;
use symphonia::core::errors::{Error as Said, SeekErrorKind};
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, SeekMode, SeekTo, Track, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Time, TimeBase, Timestamp};

use self::describe::{downmix, read_tags};
pub(super) use self::native::Native;
use self::source::Whole;
use super::aac::{Aac, Transport};
use super::ac3::Ac3;
use super::bare::Packets;
use super::downmix::Downmix;
use super::dts::Dts;
use super::mpeg::Mpeg;
use super::opus::Opus;
use super::{Decode, Error, Source, TrackInfo, sane};
use crate::pcm::{Frame, SAMPLE_RATE_HZ, SILENCE};

/// Damaged packets in a row after which the file is given up; until then each is replaced by silence of its length.
const BAD_PACKETS_MAX: u32 = 100;

/// How far before its target a seek lands, in milliseconds, so that codecs that lean on earlier packets have settled.
/// Opus asks for 80 ms at least (RFC 7845 section 4.6), but its band energies, predicted from packet to packet, are
/// inaudibly right only after some twenty packets; the other codecs need less.
const PRE_ROLL_MS: u64 = 400;

/// The longest text tag taken into memory, in bytes. Longer ones are skipped.
const TAG_BYTES_MAX: usize = 64 * 1024;

enum Codec {
    Symphonia(Box<dyn AudioDecoder>),
    Opus(Opus),
    Other(Box<dyn Packets>),
}

/// One open file.
pub(super) struct Symphonia {
    format: Box<dyn FormatReader>,
    codec: Codec,
    track_id: u32,
    time_base: TimeBase,
    /// Position of the first audible frame, in frames of the track's own clock.
    first_frame: i64,
    /// Frames before this position are dropped: Opus' pre-skip, or the way to the target of a seek.
    drop_before: i64,
    rate_hz: u32,
    downmix: (Channels, Downmix),
    info: TrackInfo,
    samples: Vec<f32>,
    pending: Vec<Frame>,
    bad_packets: u32,
    /// Nothing comes any more, though the file may go on.
    ended: bool,
}

impl Symphonia {
    /// Opens `source` of `length` bytes at its start and decodes the first packet, which settles what the file really
    /// holds. `header`: Opus' own, where the source has another.
    pub(super) fn open(source: impl Source + 'static, length: u64, header: Option<Vec<u8>>) -> Result<Self, Error> {
        let stream = MediaSourceStream::new(Box::new(Whole { source, length }), Default::default());
        // Pictures are the library's business; here they only cost memory.
        let tags = MetadataOptions::default()
            .limit_tag_bytes(Limit::Maximum(TAG_BYTES_MAX))
            .limit_visual_bytes(Limit::Maximum(0));
        let mut format = symphonia::default::get_probe()
            .probe(&Hint::new(), stream, FormatOptions::default(), tags)
            .map_err(unrecognised)?;
        let mut info = read_tags(&mut format.metadata());
        let track = format.default_track(TrackType::Audio).ok_or(Error::NoSound)?;
        let (codec, lead_in) = start(track, header.as_deref())?;
        let rate_hz = native_rate(track);
        let time_base = track.time_base.or_else(|| TimeBase::try_from_recip(rate_hz));
        let time_base = time_base.ok_or_else(|| Error::Damaged("it has no clock".into()))?;
        let start_ts = track.start_ts.get().max(0);
        info.duration_ms = duration_ms(track, time_base, &codec);
        let mut this = Self {
            track_id: track.id,
            format,
            codec,
            time_base,
            first_frame: 0,
            drop_before: 0,
            rate_hz,
            downmix: (Channels::None, Downmix::unplaced(0)),
            info,
            samples: Vec::new(),
            pending: Vec::new(),
            bad_packets: 0,
            ended: false,
        };
        this.first_frame = this.frames(start_ts).saturating_add(lead_in);
        this.drop_before = this.first_frame;
        this.fill()?;
        Ok(this)
    }

    /// Takes what somebody else has read of its names.
    pub(super) fn name(&mut self, info: TrackInfo) {
        self.info.title = info.title.or(self.info.title.take());
        self.info.artist = info.artist.or(self.info.artist.take());
    }

    /// Decodes until there are frames in `pending` or the track has ended.
    fn fill(&mut self) -> Result<(), Error> {
        while self.pending.is_empty() && !self.ended {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => {
                    self.ended = true;
                    break;
                }
                // A chained stream: the next link may be anything.
                Err(Said::ResetRequired) => {
                    self.restart()?;
                    continue;
                }
                Err(error) => {
                    self.bad_packet(damaged(error))?;
                    continue;
                }
            };
            if packet.track_id != self.track_id {
                continue;
            }
            match self.decode(&packet) {
                Ok(()) => self.bad_packets = 0,
                Err(error) => {
                    self.bad_packet(error)?;
                    let frames = self.frames(packet.dur.get().min(i64::MAX as u64) as i64);
                    let silence = frames.clamp(0, i64::from(self.rate_hz)) as usize;
                    self.pending.resize(silence, SILENCE);
                }
            }
            self.trim(&packet);
        }
        Ok(())
    }

    fn decode(&mut self, packet: &Packet) -> Result<(), Error> {
        self.pending.clear();
        match &mut self.codec {
            Codec::Opus(opus) => {
                opus.decode(&packet.data, &mut self.pending)?;
                let kept = self.pending.len().saturating_sub(packet.trim_end.get() as usize);
                self.pending.truncate(kept);
            }
            Codec::Other(packets) => {
                self.rate_hz = packets
                    .decode(&packet.data, &mut self.pending)
                    .ok_or_else(|| Error::Damaged("a packet cannot be decoded".into()))?;
            }
            Codec::Symphonia(decoder) => {
                let buffer = decoder.decode(packet).map_err(damaged)?;
                let (rate_hz, channels) = (buffer.spec().rate(), buffer.spec().channels());
                if self.downmix.0 != *channels {
                    self.downmix = (channels.clone(), downmix(channels)?);
                }
                self.rate_hz = rate_hz;
                interleave(&buffer, &mut self.samples);
                self.downmix.1.mix(&self.samples, &mut self.pending);
            }
        }
        self.pending.as_flattened_mut().iter_mut().for_each(|sample| *sample = sane(*sample));
        Ok(())
    }

    /// Drops what lies before `drop_before` from the frames just decoded from `packet`.
    fn trim(&mut self, packet: &Packet) {
        let at = self.frames(packet.pts.saturating_add(packet.trim_start).get());
        if self.drop_before == i64::MIN {
            return;
        }
        let early = usize::try_from(self.drop_before.saturating_sub(at)).unwrap_or(0);
        if early < self.pending.len() {
            self.pending.drain(..early);
            self.drop_before = i64::MIN;
        } else {
            self.pending.clear();
        }
    }

    /// Counts a damaged packet; an error once there are too many in a row.
    fn bad_packet(&mut self, error: Error) -> Result<(), Error> {
        self.bad_packets += 1;
        let hopeless = matches!(&error, Error::Open(_) | Error::Unsupported(_));
        // A read past the end cannot get better.
        let at_end = matches!(&error, Error::Damaged(what) if what == ENDS_EARLY);
        if hopeless || at_end || self.bad_packets > BAD_PACKETS_MAX { Err(error) } else { Ok(()) }
    }

    /// Takes up the next link of a chained stream.
    fn restart(&mut self) -> Result<(), Error> {
        let track = self.format.default_track(TrackType::Audio).ok_or(Error::NoSound)?;
        let (codec, lead_in) = start(track, None)?;
        self.rate_hz = native_rate(track);
        self.time_base = track.time_base.or_else(|| TimeBase::try_from_recip(self.rate_hz)).unwrap_or(self.time_base);
        let start_ts = track.start_ts.get().max(0);
        (self.track_id, self.codec) = (track.id, codec);
        self.first_frame = self.frames(start_ts).saturating_add(lead_in);
        self.drop_before = self.first_frame;
        Ok(())
    }

    /// `ts` of the track's clock in frames.
    fn frames(&self, ts: i64) -> i64 {
        let (numer, denom) = (i128::from(self.time_base.numer.get()), i128::from(self.time_base.denom.get()));
        let frames = i128::from(ts) * numer * i128::from(self.rate_hz) / denom;
        frames.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }
}

impl Decode for Symphonia {
    fn info(&self) -> &TrackInfo {
        &self.info
    }

    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn seek(&mut self, to_ms: u64) -> Result<(), Error> {
        self.pending.clear();
        let frames = |ms: u64| (u128::from(ms) * u128::from(self.rate_hz) / 1_000).min(i64::MAX as u128) as i64;
        self.drop_before = self.first_frame.saturating_add(frames(to_ms));
        let land = self.first_frame.saturating_add(frames(to_ms.saturating_sub(PRE_ROLL_MS)));
        let nanos = i128::from(land.max(0)) * 1_000_000_000 / i128::from(self.rate_hz);
        let time = Time::try_from_nanos_i128(nanos).unwrap_or(Time::MAX);
        let to = SeekTo::Time { time, track_id: Some(self.track_id) };
        self.ended = false;
        match self.format.seek(SeekMode::Accurate, to) {
            Ok(_) => {}
            Err(Said::SeekError(SeekErrorKind::OutOfRange)) => self.ended = true,
            Err(error) => return Err(damaged(error)),
        }
        match &mut self.codec {
            Codec::Symphonia(decoder) => decoder.reset(),
            Codec::Opus(opus) => opus.reset(),
            Codec::Other(packets) => packets.reset(),
        }
        Ok(())
    }

    fn read(&mut self, out: &mut Vec<Frame>) -> Result<bool, Error> {
        self.fill()?;
        out.append(&mut self.pending);
        Ok(!self.ended || !out.is_empty())
    }
}

/// What every reader says at an unexpected end.
const ENDS_EARLY: &str = "it ends too early";

fn damaged(error: Said) -> Error {
    match error {
        Said::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => Error::Damaged(ENDS_EARLY.into()),
        Said::IoError(error) => Error::Open(error),
        Said::Unsupported(what) => Error::Unsupported(what.into()),
        other => Error::Damaged(other.to_string()),
    }
}

fn unrecognised(error: Said) -> Error {
    match error {
        Said::Unsupported(_) => Error::Unrecognised,
        Said::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => Error::Unrecognised,
        other => damaged(other),
    }
}

/// A decoder for `track`, and how many frames at its beginning are not to be heard.
fn start(track: &Track, header: Option<&[u8]>) -> Result<(Codec, i64), Error> {
    let params = track.codec_params.as_ref().and_then(|params| params.audio()).ok_or(Error::NoSound)?;
    let extra = header.or(params.extra_data.as_deref()).unwrap_or_default();
    match params.codec {
        CODEC_ID_OPUS => {
            let opus = Opus::new(extra)?;
            let lead_in = opus.pre_skip().into();
            return Ok((Codec::Opus(opus), lead_in));
        }
        CODEC_ID_AAC => return Ok((Codec::Other(Box::new(Aac::new(Transport::Raw(extra.to_vec()))?)), 0)),
        CODEC_ID_AC3 | CODEC_ID_EAC3 => return Ok((Codec::Other(Box::new(Ac3::new()?)), 0)),
        CODEC_ID_DCA => return Ok((Codec::Other(Box::new(Dts::default())), 0)),
        CODEC_ID_MP1 | CODEC_ID_MP2 | CODEC_ID_MP3 => return Ok((Codec::Other(Box::new(Mpeg::new())), 0)),
        _ => {}
    }
    let options = AudioDecoderOptions::default().gapless(true);
    let decoder = symphonia::default::get_codecs().make_audio_decoder(params, &options);
    let decoder = decoder.map_err(|error| match error {
        Said::Unsupported(_) => Error::Unsupported(name(params.codec)),
        other => damaged(other),
    })?;
    Ok((Codec::Symphonia(decoder), 0))
}

/// What a codec that is not decoded is called.
fn name(codec: AudioCodecId) -> String {
    use symphonia::core::codecs::audio::well_known as known;
    let name = match codec {
        known::CODEC_ID_SPEEX => "Speex",
        known::CODEC_ID_WAVPACK => "WavPack",
        known::CODEC_ID_WMA => "Windows Media Audio",
        _ => "its codec is not among those this box knows",
    };
    name.into()
}

/// The rate the header claims; the first packet decides.
fn native_rate(track: &Track) -> u32 {
    let params = track.codec_params.as_ref().and_then(|params| params.audio());
    params.and_then(|params| params.sample_rate).unwrap_or(SAMPLE_RATE_HZ)
}

fn duration_ms(track: &Track, time_base: TimeBase, codec: &Codec) -> Option<u64> {
    let mut duration = track.num_frames.map(Duration::from).or(track.duration)?;
    if let Codec::Opus(opus) = codec {
        duration = duration.saturating_sub(Duration::new(opus.pre_skip().into()));
    }
    let time = time_base.calc_time(Timestamp::new(i64::try_from(duration.get()).ok()?))?;
    u64::try_from(time.as_millis()).ok()
}

fn interleave(buffer: &GenericAudioBufferRef<'_>, samples: &mut Vec<f32>) {
    samples.resize(buffer.samples_interleaved(), 0.0);
    buffer.copy_to_slice_interleaved(samples);
}

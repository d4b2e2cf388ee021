//! Containers and codecs through `symphonia`: named only here and in the parts below.
//!
//! Opus is the exception: symphonia takes it out of its container, libopus decodes it ([`Opus`]). Runs inside the
//! decoder process; whatever a file does to it, the process may die of it, but nothing else.

mod describe;
mod gapless;
mod source;

use std::io;

use symphonia::core::audio::{Channels, GenericAudioBufferRef};
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::common::Limit;
use symphonia::core::errors::{Error as Native, SeekErrorKind};
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, SeekMode, SeekTo, Track, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Time, TimeBase, Timestamp};

use self::describe::{downmix, read_tags};
use self::gapless::Audible;
use self::source::{Source, Whole};
use super::downmix::Downmix;
use super::edit_list;
use super::opus::Opus;
use super::{Decode, Error, TrackInfo};
use crate::pcm::{Frame, SAMPLE_RATE_HZ, SILENCE};

/// Damaged packets in a row after which the file is given up; until then each is replaced by silence of its length.
const BAD_PACKETS_MAX: u32 = 100;

/// How far before its target a seek lands, in milliseconds, so that codecs that lean on earlier packets have settled.
/// Opus asks for 80 ms at least (RFC 7845 section 4.6), but its band energies, predicted from packet to packet, are
/// inaudibly right only after some twenty packets; the other codecs need less.
const PRE_ROLL_MS: u64 = 400;

/// Largest magnitude let through, +18 dB over full scale. Float files may hold anything; nothing a limiter could save
/// lies above it.
pub(super) const LEVEL_MAX: f32 = 8.0;

/// The longest text tag taken into memory, in bytes. Longer ones are skipped.
const TAG_BYTES_MAX: usize = 64 * 1024;

enum Codec {
    Symphonia(Box<dyn AudioDecoder>),
    Opus(Opus),
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
    /// Position of the first frame that is padding, if the file tells.
    end_frame: i64,
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
    /// holds.
    pub(super) fn open(mut source: impl Source + 'static, length: u64) -> Result<Self, Error> {
        let edits = edit_list::read(&mut source, length);
        source.seek(io::SeekFrom::Start(0)).map_err(Error::Open)?;
        let stream = MediaSourceStream::new(Box::new(Whole { source, length }), Default::default());
        // Pictures are the library's business; here they only cost memory.
        let tags = MetadataOptions::default()
            .limit_tag_bytes(Limit::Maximum(TAG_BYTES_MAX))
            .limit_visual_bytes(Limit::Maximum(0));
        let mut format = symphonia::default::get_probe()
            .probe(&Hint::new(), stream, FormatOptions::default(), tags)
            .map_err(unrecognised)?;
        let (mut info, itunes) = read_tags(&mut format.metadata());
        let track = format.default_track(TrackType::Audio).ok_or(Error::NoSound)?;
        let (codec, first_frame) = start(track)?;
        let rate_hz = native_rate(track);
        let time_base = track.time_base.or_else(|| TimeBase::try_from_recip(rate_hz));
        let time_base = time_base.ok_or_else(|| Error::Damaged("it has no clock".into()))?;
        let audible = itunes
            .filter(|audible| audible.fits(track))
            .or_else(|| edits.iter().find(|edit| edit.track_id == track.id).map(|edit| Audible::of_edit(edit, track)));
        info.duration_ms = duration_ms(track, time_base, &codec, audible);
        let mut this = Self {
            track_id: track.id,
            format,
            codec,
            time_base,
            first_frame,
            drop_before: first_frame,
            end_frame: i64::MAX,
            rate_hz,
            downmix: (Channels::None, Downmix::unplaced(0)),
            info,
            samples: Vec::new(),
            pending: Vec::new(),
            bad_packets: 0,
            ended: false,
        };
        if let Some(Audible { start, end }) = audible {
            this.first_frame = this.frames(start);
            this.drop_before = this.first_frame;
            this.end_frame = end.map_or(i64::MAX, |end| this.frames(end));
        }
        this.fill()?;
        Ok(this)
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
                // A chained stream: the next link may be anything, and plays if it has the same rate.
                Err(Native::ResetRequired) => {
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
            Codec::Symphonia(decoder) => {
                let buffer = decoder.decode(packet).map_err(damaged)?;
                let (rate_hz, channels) = (buffer.spec().rate(), buffer.spec().channels());
                if self.downmix.0 != *channels {
                    // Before the first sound the file may correct its header; later a change of rate is damage.
                    if self.downmix.0 == Channels::None {
                        self.rate_hz = rate_hz;
                    }
                    self.downmix = (channels.clone(), downmix(channels)?);
                }
                if rate_hz != self.rate_hz {
                    return Err(Error::Damaged("its sample rate changes".into()));
                }
                interleave(&buffer, &mut self.samples);
                self.downmix.1.mix(&self.samples, &mut self.pending);
            }
        }
        let sane =
            |sample: &mut f32| *sample = if sample.is_finite() { sample.clamp(-LEVEL_MAX, LEVEL_MAX) } else { 0.0 };
        self.pending.as_flattened_mut().iter_mut().for_each(sane);
        Ok(())
    }

    /// Drops what lies before `drop_before` or from `end_frame` on from the frames just decoded from `packet`.
    fn trim(&mut self, packet: &Packet) {
        let at = self.frames(packet.pts.saturating_add(packet.trim_start).get());
        let left = usize::try_from(self.end_frame.saturating_sub(at)).unwrap_or(0);
        if left <= self.pending.len() {
            self.pending.truncate(left);
            self.ended = true;
        }
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
        let rate_hz = native_rate(track);
        if rate_hz != self.rate_hz {
            return Err(Error::Unsupported("its sample rate changes on the way".into()));
        }
        (self.codec, self.first_frame) = start(track)?;
        self.track_id = track.id;
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
            Err(Native::SeekError(SeekErrorKind::OutOfRange)) => self.ended = true,
            Err(error) => return Err(damaged(error)),
        }
        match &mut self.codec {
            Codec::Symphonia(decoder) => decoder.reset(),
            Codec::Opus(opus) => opus.reset(),
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

fn damaged(error: Native) -> Error {
    match error {
        Native::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => Error::Damaged(ENDS_EARLY.into()),
        Native::IoError(error) => Error::Open(error),
        Native::Unsupported(what) => Error::Unsupported(what.into()),
        other => Error::Damaged(other.to_string()),
    }
}

fn unrecognised(error: Native) -> Error {
    match error {
        Native::Unsupported(_) => Error::Unrecognised,
        Native::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => Error::Unrecognised,
        other => damaged(other),
    }
}

/// A decoder for `track`, and the position of its first audible frame.
fn start(track: &Track) -> Result<(Codec, i64), Error> {
    let params = track.codec_params.as_ref().and_then(|params| params.audio()).ok_or(Error::NoSound)?;
    if params.codec == CODEC_ID_OPUS {
        let opus = Opus::new(params.extra_data.as_deref().unwrap_or_default())?;
        let first = track.start_ts.get().max(0).saturating_add(opus.pre_skip().into());
        return Ok((Codec::Opus(opus), first));
    }
    let options = AudioDecoderOptions::default().gapless(true);
    let decoder = symphonia::default::get_codecs().make_audio_decoder(params, &options);
    let decoder = decoder.map_err(|error| match error {
        Native::Unsupported(_) => Error::Unsupported("its codec is not among those this box knows".into()),
        other => damaged(other),
    })?;
    Ok((Codec::Symphonia(decoder), track.start_ts.get().max(0)))
}

/// The rate the header claims; the first packet decides.
fn native_rate(track: &Track) -> u32 {
    let params = track.codec_params.as_ref().and_then(|params| params.audio());
    params.and_then(|params| params.sample_rate).unwrap_or(SAMPLE_RATE_HZ)
}

fn duration_ms(track: &Track, time_base: TimeBase, codec: &Codec, audible: Option<Audible>) -> Option<u64> {
    let mut duration = track.num_frames.map(Duration::from).or(track.duration)?;
    if let Some(Audible { start, end }) = audible {
        let end = end.unwrap_or(i64::try_from(duration.get()).unwrap_or(i64::MAX));
        duration = Duration::new(u64::try_from(end.saturating_sub(start)).unwrap_or(0));
    }
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

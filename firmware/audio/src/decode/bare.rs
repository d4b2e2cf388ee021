//! A stream of bare frames as a decoder: MPEG audio, AAC, AC-3 and DTS.
//!
//! All there is is played, whatever a header claims of the whole. What an encoder has put around the music is left out
//! only where the stream ends as the encoder's own tag says; therefore so much is held back until it does. Where rates or
//! channels change on the way, the sound goes on at the new rate.

use std::collections::VecDeque;
use std::ops::Range;

use super::walk::{Found, Head, Walk};
use super::window::Window;
use super::{Decode, Error, Source, TrackInfo};
use crate::pcm::{Frame, SILENCE};

/// How far before its target a seek begins to decode, in bare frames: the reservoir of layer III reaches 511 bytes back,
/// which are up to nine of the smallest, and one more fills the overlap. AAC needs fewer.
const PRE_ROLL_FRAMES: usize = 12;

/// The unit in which positions are counted: a whole number of them passes per frame of sound at every rate that MPEG has.
const TICKS_PER_S: u64 = 28_224_000;

/// Frames whose bit rate must be the same for a very large file to be taken for one of constant bit rate.
const SAME_RATE_FRAMES: u32 = 200;

/// Bytes of sound that are walked through to learn a length that nothing tells: an hour of ordinary music, a few seconds of
/// a slow card's time.
const COUNTED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How far apart a claimed and a real size may be for the claimed length to be shown, in bytes: tags behind the sound.
const CLAIM_SLACK_BYTES: u64 = 256 * 1024;

/// Frames at the beginning of which one at least must be decoded.
const FIRST_FRAMES: u64 = 200;

/// What the frame without sound in front of many MP3 files claims.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct About {
    /// Frames behind this one.
    pub(super) frames: Option<u64>,
    /// Bytes of the stream, this frame included.
    pub(super) bytes: Option<u64>,
    /// Frames of sound at the beginning that were not in the music.
    pub(super) lead_in: usize,
    /// And at the end.
    pub(super) padding: usize,
}

/// The header of a frame with sound.
pub(super) trait Sound: Head {
    /// Frames of sound in it, at [`Sound::rate_hz`].
    fn samples(&self) -> usize;
    /// The rate it says; a decoder may bring a multiple.
    fn rate_hz(&self) -> u32;
    /// What a frame says of the whole instead of sounding.
    fn about(&self, _frame: &[u8]) -> Option<About> {
        None
    }
}

/// A decoder of bare frames.
pub(super) trait Packets {
    /// Appends the sound of one frame to `out` and returns its rate; `None` if there is none in it.
    fn decode(&mut self, packet: &[u8], out: &mut Vec<Frame>) -> Option<u32>;
    /// Forgets earlier frames.
    fn reset(&mut self);
}

/// One stream of bare frames.
pub(super) struct Bare<S, H, P> {
    walk: Walk<S, H>,
    packets: P,
    about: About,
    /// What the first of several files in a row says.
    first_about: About,
    info: TrackInfo,
    /// Where the first frame with sound begins.
    begin: u64,
    /// Where the frame to come lies in time.
    ticks: u64,
    /// Bare frames so far.
    counted: u64,
    /// What is before it is not heard.
    heard_from: u64,
    rate_hz: u32,
    /// How many times the headers' rate the decoder brings.
    times: u32,
    held: Vec<Frame>,
    /// Sound of another rate, behind what is held.
    next: Option<(u32, Vec<Frame>)>,
    /// Where the next frame begins if nothing lies in between.
    expected: u64,
    /// Whether any frame was decoded at all.
    decoded: bool,
    ended: bool,
}

impl<S: Source, H: Sound, P: Packets> Bare<S, H, P> {
    /// The stream in `range` of `source`; gives the source back if there is none.
    pub(super) fn open(source: S, range: Range<u64>, packets: P, info: TrackInfo) -> Result<Result<Self, S>, Error> {
        let mut walk = Walk::<S, H>::new(Window::new(source, range));
        let Some(first) = walk.next().map_err(Error::Open)? else { return Ok(Err(walk.window.into_source())) };
        // However much rubbish lies in front: such a frame has no sound wherever it stands, and what it claims is held
        // against what really comes.
        let said = first.head.about(walk.bytes(&first).map_err(Error::Open)?);
        let begin = if said.is_some() { first.at + first.bytes as u64 } else { first.at };
        let mut rate_hz = first.head.rate_hz();
        if said.is_some() {
            // The frame without sound may be of another kind than those with.
            walk.go_to(begin);
            rate_hz = walk.next().map_err(Error::Open)?.map_or(rate_hz, |found| found.head.rate_hz());
        }
        let mut this = Self {
            walk,
            packets,
            about: said.unwrap_or_default(),
            first_about: said.unwrap_or_default(),
            info,
            begin,
            ticks: 0,
            counted: 0,
            heard_from: 0,
            rate_hz,
            times: 1,
            held: Vec::new(),
            next: None,
            expected: 0,
            decoded: false,
            ended: false,
        };
        this.info.duration_ms = this.length_ms(&first)?;
        this.rewind();
        // The decoder has the last word on the rate, and on whether there is anything for it.
        while !this.decoded && this.counted < FIRST_FRAMES && this.step()? {}
        if !this.decoded {
            return Err(Error::Unsupported("none of its first packets can be decoded".into()));
        }
        this.rewind();
        while this.held.is_empty() && this.step()? {}
        Ok(Ok(this))
    }

    fn rewind(&mut self) {
        self.walk.go_to(self.begin);
        self.packets.reset();
        self.held.clear();
        self.next = None;
        self.about = self.first_about;
        (self.ticks, self.counted, self.ended) = (0, 0, false);
        self.heard_from = self.about.lead_in as u64 * ticks_per_frame(self.rate_hz);
    }

    /// How long the sound is: as claimed, where the file is as large as claimed; else counted, unless it is very large.
    fn length_ms(&mut self, first: &Found<H>) -> Result<Option<u64>, Error> {
        let bytes = self.walk.window.end().saturating_sub(first.at);
        let lead_in = self.about.lead_in as u64 * ticks_per_frame(self.rate_hz);
        let ms = |ticks: u64| ticks / (TICKS_PER_S / 1_000);
        if let About { frames: Some(frames), bytes: Some(claimed), padding, .. } = self.about
            && claimed.abs_diff(bytes) <= CLAIM_SLACK_BYTES.min(bytes / 50)
        {
            let samples = (frames * first.head.samples() as u64).saturating_sub(padding as u64);
            return Ok(Some(ms((samples * ticks_per_frame(self.rate_hz)).saturating_sub(lead_in))));
        }
        self.walk.go_to(self.begin);
        let (mut ticks, mut frames, mut sound_bytes) = (0, 0_u32, 0);
        while let Some(found) = self.walk.next().map_err(Error::Open)? {
            ticks += length(&found.head);
            frames += 1;
            sound_bytes += found.bytes as u64;
            if bytes > COUNTED_BYTES_MAX && frames == SAME_RATE_FRAMES {
                // Not worth the wait: as if the rest were like the beginning.
                let whole = u128::from(ticks) * u128::from(bytes) / u128::from(sound_bytes.max(1));
                return Ok(u64::try_from(whole).ok().map(ms));
            }
        }
        Ok(Some(ms(ticks.saturating_sub(lead_in))))
    }

    /// Decodes one frame behind what is held; `false` at the end, or before a change of rate.
    fn step(&mut self) -> Result<bool, Error> {
        if self.next.is_some() {
            return Ok(false);
        }
        let Some(found) = self.walk.next().map_err(Error::Open)? else {
            self.cut_padding();
            self.ended = true;
            return Ok(false);
        };
        if found.is_first
            && self.counted > 0
            && let Some(about) = found.head.about(self.walk.bytes(&found).map_err(Error::Open)?)
        {
            // Whole files one behind the other: the next one begins as the first did.
            self.cut_padding();
            self.heard_from = self.ticks + about.lead_in as u64 * ticks_per_frame(found.head.rate_hz());
            (self.about, self.counted) = (about, 0);
            self.packets.reset();
            return Ok(true);
        }
        if found.at != self.expected && self.counted > 0 && !found.is_first {
            // What lay in between may have belonged to a frame: the next one must not lean on it.
            self.packets.reset();
        }
        self.expected = found.at + found.bytes as u64;
        let mut sound = Vec::new();
        let bytes = self.walk.window.at(found.at, found.bytes).map_err(Error::Open)?;
        let rate_hz = match self.packets.decode(bytes, &mut sound) {
            Some(rate_hz) => {
                self.decoded = true;
                self.times = (rate_hz / found.head.rate_hz().max(1)).max(1);
                rate_hz
            }
            None => {
                // Damaged, or the beginning is missing: the time passes all the same.
                sound.resize(found.head.samples() * self.times as usize, SILENCE);
                found.head.rate_hz() * self.times
            }
        };
        let per_frame = ticks_per_frame(rate_hz);
        let early = (self.heard_from.saturating_sub(self.ticks) / per_frame).min(sound.len() as u64);
        self.ticks += sound.len() as u64 * per_frame;
        self.counted += 1;
        sound.drain(..early as usize);
        if rate_hz == self.rate_hz {
            self.held.append(&mut sound);
        } else if self.held.is_empty() {
            (self.rate_hz, self.held) = (rate_hz, sound);
        } else {
            self.next = Some((rate_hz, sound));
            return Ok(false);
        }
        Ok(true)
    }
}

impl<S: Source, H: Sound, P: Packets> Bare<S, H, P> {
    /// Leaves out what an encoder has put behind the music, if all it counted has come.
    fn cut_padding(&mut self) {
        if self.about.frames == Some(self.counted) {
            self.held.truncate(self.held.len().saturating_sub(self.about.padding));
        }
    }
}

impl<S: Source, H: Sound, P: Packets> Decode for Bare<S, H, P> {
    fn info(&self) -> &TrackInfo {
        &self.info
    }

    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn seek(&mut self, to_ms: u64) -> Result<(), Error> {
        self.rewind();
        let per_frame = ticks_per_frame(self.rate_hz);
        let frames = u128::from(to_ms) * u128::from(self.rate_hz) / 1_000;
        let frames = u64::try_from(frames).unwrap_or(u64::MAX).min(u64::MAX / per_frame / 2);
        self.heard_from += frames * per_frame;
        // Frames differ in size and rate, so that only walking tells where a moment lies.
        let mut passed = VecDeque::new();
        let (mut ticks, mut counted) = (0, 0);
        while let Some(found) = self.walk.next().map_err(Error::Open)? {
            passed.push_back((found.at, ticks, counted));
            if passed.len() > PRE_ROLL_FRAMES {
                passed.pop_front();
            }
            (ticks, counted) = (ticks + length(&found.head), counted + 1);
            if ticks > self.heard_from {
                break;
            }
        }
        if let Some((at, ticks, counted)) = passed.front().copied() {
            self.walk.go_to(at);
            (self.ticks, self.counted) = (ticks, counted);
        }
        Ok(())
    }

    fn read(&mut self, out: &mut Vec<Frame>) -> Result<bool, Error> {
        if self.held.is_empty()
            && let Some((rate_hz, sound)) = self.next.take()
        {
            (self.rate_hz, self.held) = (rate_hz, sound);
        }
        // What may turn out to be padding stays behind.
        while !self.ended && self.held.len() <= self.about.padding {
            if !self.step()? {
                break;
            }
        }
        let kept = if self.next.is_some() || self.ended { 0 } else { self.about.padding };
        out.extend(self.held.drain(..self.held.len().saturating_sub(kept)));
        Ok(!self.ended || !out.is_empty())
    }
}

/// How long a frame is.
fn length(head: &impl Sound) -> u64 {
    head.samples() as u64 * ticks_per_frame(head.rate_hz())
}

fn ticks_per_frame(rate_hz: u32) -> u64 {
    (TICKS_PER_S / u64::from(rate_hz.max(1))).max(1)
}

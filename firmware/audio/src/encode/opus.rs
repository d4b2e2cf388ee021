//! The Opus encoder: the only encoder file that names the `opus` crate.
//!
//! One [`Opus`] per channel and profile. It makes the packets of its profile; the 40 and 60 ms forms are left to
//! [`Repacketize`], which joins the very same frames. It never uses discontinuous transmission: a listener hears
//! silence as packets, so that a missing packet always means loss.

use ::opus::{Application, Bitrate, Channels, Encoder, Repacketizer};
use base::{Encoding, MediaTime, Packet, PacketDuration, PacketSink};
use bytes::Bytes;

use super::repacketize::Repacketize;
use super::{Encode, Error, fade_in};
use crate::coded;
use crate::pcm::{BLOCK_FRAMES, Block, Frame, SAMPLE_RATE_HZ, SILENCE};

/// Room for one packet: three frames of at most 1275 bytes (RFC 6716 section 3.2.1) with their headers, rounded up to
/// what libopus' manual recommends.
const PACKET_BYTES_MAX: usize = 4_000;

/// Blocks in the longest frame encoded directly (20 ms).
const BLOCKS_MAX: usize = 2;

/// Which of the two encodes of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// 20 ms frames, general audio. 40 and 60 ms packets are made from the very same frames.
    Default,
    /// 10 ms frames without look-ahead for speech modes (6.5 ms → 2.5 ms algorithmic delay).
    LowDelay,
}

impl Profile {
    /// Returns the length of the frames that are encoded.
    const fn duration(self) -> PacketDuration {
        match self {
            Self::Default => PacketDuration::Ms20,
            Self::LowDelay => PacketDuration::Ms10,
        }
    }

    /// Returns the durations of the packets that are published.
    const fn durations(self) -> &'static [PacketDuration] {
        match self {
            Self::Default => &[PacketDuration::Ms20, PacketDuration::Ms40, PacketDuration::Ms60],
            Self::LowDelay => &[PacketDuration::Ms10],
        }
    }

    const fn application(self) -> Application {
        match self {
            Self::Default => Application::Audio,
            Self::LowDelay => Application::LowDelay,
        }
    }
}

/// What the configuration file says about Opus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpusConfig {
    /// Target bits per second of the constrained variable rate, 16000 to 510000.
    pub bitrate_bps: u32,
    /// Whether packets carry a coarse copy of the frame before them. libopus does so only where it codes with its
    /// speech layer, that is below about 40 kbit/s; at music rates the switch costs nothing and does nothing.
    pub inband_fec: bool,
    /// The loss in percent the encoder should expect, 0 to [`Self::EXPECTED_LOSS_PERCENT_MAX`]; steers how much in-band FEC is spent.
    pub expected_loss_percent: u8,
    /// libopus' effort, 0 (cheapest) to 10 (best).
    pub complexity: u8,
}

impl OpusConfig {
    /// Largest loss that can be set, percent: what a party's radio loses when it is barely usable.
    pub const EXPECTED_LOSS_PERCENT_MAX: u8 = 30;
}

impl Default for OpusConfig {
    /// 128 kbit/s: transparent to most listeners for stereo music (RFC 7587 section 3.1.1 gives 64–128 kbit/s).
    fn default() -> Self {
        Self { bitrate_bps: 128_000, inband_fec: false, expected_loss_percent: 0, complexity: 9 }
    }
}

impl OpusConfig {
    fn check(&self) -> Result<(), Error> {
        let checks = [
            ("bitrate_bps", self.bitrate_bps, 16_000, 510_000, "from 16000 to 510000"),
            ("expected_loss_percent", self.expected_loss_percent.into(), 0, 100, "from 0 to 100"),
            ("complexity", self.complexity.into(), 0, 10, "from 0 to 10"),
        ];
        for (field, value, low, high, allowed) in checks {
            if value < low || value > high {
                return Err(Error::OutOfRange { field, value, allowed });
            }
        }
        Ok(())
    }
}

impl From<::opus::Error> for Error {
    fn from(error: ::opus::Error) -> Self {
        Self::Codec { library: "libopus", reason: error.to_string() }
    }
}

/// One Opus encode of one channel.
pub struct Opus {
    profile: Profile,
    encoder: Encoder,
    joiner: Joiner,
    repacketize: Repacketize,
    /// The frame being collected, and where it starts.
    pcm: [Frame; BLOCKS_MAX * BLOCK_FRAMES],
    collected: usize,
    starts_at: MediaTime,
    /// Where the next block must be to be contiguous; `None` before the first and after a reset.
    expected: Option<MediaTime>,
    /// Whether the next frame is the first that libopus hears since it was started or reset.
    is_first: bool,
    packet: Box<[u8; PACKET_BYTES_MAX]>,
    /// Frames libopus refused to encode. None is ever expected; they are counted and left out.
    failures_total: u64,
}

impl Opus {
    /// Returns an encoder of `profile`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a configuration outside the documented ranges; [`Error::Codec`] if libopus refuses.
    pub fn new(profile: Profile, config: OpusConfig) -> Result<Self, Error> {
        config.check()?;
        let mut encoder = Encoder::new(SAMPLE_RATE_HZ, Channels::Stereo, profile.application())?;
        encoder.set_bitrate(Bitrate::Bits(config.bitrate_bps as i32))?;
        encoder.set_vbr(true)?;
        encoder.set_vbr_constraint(true)?;
        encoder.set_dtx(false)?;
        encoder.set_inband_fec(config.inband_fec)?;
        encoder.set_packet_loss_perc(config.expected_loss_percent.into())?;
        encoder.set_complexity(config.complexity.into())?;
        Ok(Self {
            profile,
            encoder,
            joiner: Joiner::new()?,
            repacketize: Repacketize::default(),
            pcm: [SILENCE; BLOCKS_MAX * BLOCK_FRAMES],
            collected: 0,
            starts_at: MediaTime::ZERO,
            expected: None,
            is_first: true,
            packet: Box::new([0; PACKET_BYTES_MAX]),
            failures_total: 0,
        })
    }

    /// Returns the frames by which decoded sound trails its packet's media time: libopus' own look-ahead. Both profiles' decoders
    /// need nothing more.
    ///
    /// # Errors
    /// [`Error::Codec`] if libopus does not say.
    pub fn lookahead_frames(&mut self) -> Result<u32, Error> {
        Ok(self.encoder.get_lookahead()?.unsigned_abs())
    }

    fn frame_ticks(&self) -> u64 {
        self.profile.duration().ticks()
    }

    /// Adds a block to the frame being collected; returns `true` once the frame is complete.
    fn collect(&mut self, at: MediaTime, block: &Block) -> bool {
        if self.collected == 0 {
            // Frames start on the grid of their own length, so that every later encode of the same timeline has the
            // same boundaries.
            if at.as_ticks() % self.frame_ticks() >= BLOCK_FRAMES as u64 {
                return false;
            }
            self.starts_at = at;
        }
        self.pcm[self.collected..self.collected + BLOCK_FRAMES].copy_from_slice(&block.frames);
        self.collected += BLOCK_FRAMES;
        self.collected as u64 == self.frame_ticks()
    }
}

impl Encode for Opus {
    fn is_wanted(&self, sink: &dyn PacketSink) -> bool {
        self.profile.durations().iter().any(|duration| sink.wants(Encoding::Opus(*duration)))
    }

    fn encode(&mut self, at: MediaTime, block: &Block, sink: &mut dyn PacketSink) {
        if self.expected.is_some_and(|expected| expected != at) {
            self.reset();
        }
        self.expected = Some(at + BLOCK_FRAMES as u64);
        if !self.collect(at, block) {
            return;
        }
        let frames = &mut self.pcm[..std::mem::take(&mut self.collected)];
        if std::mem::take(&mut self.is_first) {
            fade_in(&mut frames[..BLOCK_FRAMES]);
        }
        coded::note_encoded();
        let Ok(length) = self.encoder.encode_float(frames.as_flattened(), &mut self.packet[..]) else {
            self.failures_total += 1;
            self.repacketize.reset();
            return;
        };
        let packet = Packet { media_time: self.starts_at, payload: Bytes::copy_from_slice(&self.packet[..length]) };
        let encoding = Encoding::Opus(self.profile.duration());
        if self.profile == Profile::LowDelay {
            // Nobody but this encoding's listeners can have wanted the frame.
            sink.publish(encoding, packet);
            return;
        }
        if sink.wants(encoding) {
            sink.publish(encoding, packet.clone());
        }
        let (joiner, buffer) = (&mut self.joiner, &mut self.packet[..]);
        self.repacketize.push(packet, &mut |frames| joiner.join(frames, buffer), sink);
    }

    fn failures_total(&self) -> u64 {
        self.failures_total
    }

    fn reset(&mut self) {
        if self.expected.take().is_none() {
            return;
        }
        self.collected = 0;
        self.is_first = true;
        self.repacketize.reset();
        // Cannot fail on a live encoder; if it did, the only loss is a click after the hole.
        let _ = self.encoder.reset_state();
    }
}

/// libopus' repacketizer.
pub(super) struct Joiner {
    inner: Repacketizer,
}

impl Joiner {
    /// # Errors
    /// [`Error::Codec`] if there is no memory.
    pub(super) fn new() -> Result<Self, Error> {
        Ok(Self { inner: Repacketizer::new()? })
    }

    /// Returns one packet with all `frames`, or `None` if libopus cannot join them: the encoder changed its mode or bandwidth
    /// between them (RFC 6716 section 3.2 gives all frames of a packet one configuration).
    pub(super) fn join(&mut self, frames: &[Packet], buffer: &mut [u8]) -> Option<Bytes> {
        let mut state = self.inner.begin();
        for frame in frames {
            state.cat(&frame.payload).ok()?;
        }
        let length = state.out(buffer).ok()?;
        Some(Bytes::copy_from_slice(&buffer[..length]))
    }
}

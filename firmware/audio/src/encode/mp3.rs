//! The MP3 encoder: the only file that names `mp3lame-encoder`.
//!
//! One [`Mp3`] per channel and bit rate, running only while somebody listens. Its packets are single whole MPEG-1
//! layer III frames that lean on no earlier frame, so that a listener may start at any packet. It writes no tags:
//! titles travel as ICY metadata, which is not this room's business.
#![allow(unsafe_code, reason = "the crate has no safe setters for LAME's bit reservoir and scale; see `start`")]

use base::{Encoding, MediaTime, Packet, PacketSink};
use bytes::Bytes;
use mp3lame_encoder::{Bitrate, Builder, Encoder, InterleavedPcm, Mode, Quality, VbrMode, ffi};

use super::{Encode, Error, fade_in};
use crate::coded;
use crate::pcm::{BLOCK_FRAMES, Block, CHANNELS, SAMPLE_RATE_HZ};

/// 48 kHz ticks of sound in one packet: one MPEG-1 layer III frame (ISO 11172-3 section 2.4.2.1), 24 ms.
pub const MP3_FRAME_TICKS: u64 = 1_152;

/// How far the sound of a packet trails the sound put in, and how much an encoder's first packets therefore hold of
/// the silence before its start: LAME's encoder delay of 576 frames plus the 529 every decoder adds (LAME's
/// technical FAQ). Packets are stamped with it taken off, so that decoded sound lies at its media time.
pub const MP3_DELAY_TICKS: u64 = 576 + 529;

/// The constant bit rates of MPEG-1 layer III that the box offers, with the factor by which LAME softens its input at
/// each against clipping in the decoder (the scale column of `abr_switch_map` in its presets.c). The box's limiter has
/// seen to that already, so the factor is taken back: MP3 is as loud as Opus.
const BITRATES: [(u32, Bitrate, f32); 10] = [
    (64_000, Bitrate::Kbps64, 0.95),
    (80_000, Bitrate::Kbps80, 0.95),
    (96_000, Bitrate::Kbps96, 0.95),
    (112_000, Bitrate::Kbps112, 0.95),
    (128_000, Bitrate::Kbps128, 0.95),
    (160_000, Bitrate::Kbps160, 0.95),
    (192_000, Bitrate::Kbps192, 0.97),
    (224_000, Bitrate::Kbps224, 0.98),
    (256_000, Bitrate::Kbps256, 1.0),
    (320_000, Bitrate::Kbps320, 1.0),
];

/// Bytes LAME may write for one block: its documented worst case of 1.25 × frames + 7200.
const OUTPUT_BYTES_MAX: usize = mp3lame_encoder::max_required_buffer_size(BLOCK_FRAMES);

/// One MP3 encode of one channel.
pub struct Mp3 {
    bitrate: (u32, Bitrate, f32),
    /// `None` only after LAME could not be started again; retried at each block.
    encoder: Option<Encoder>,
    /// Encoded bytes not yet cut into frames.
    pending: Vec<u8>,
    /// Media time of the next packet before the delay is taken off.
    next: MediaTime,
    /// Where the next block must be to be contiguous; `None` while stopped.
    expected: Option<MediaTime>,
}

impl Mp3 {
    /// Returns an encoder at the constant rate `bitrate_bps`: 64000, 80000, 96000, 112000, 128000, 160000, 192000, 224000,
    /// 256000 or 320000.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for another rate; [`Error::Codec`] if LAME refuses.
    pub fn new(bitrate_bps: u32) -> Result<Self, Error> {
        let bitrate = BITRATES.into_iter().find(|(bps, ..)| *bps == bitrate_bps).ok_or(Error::OutOfRange {
            field: "mp3_bitrate_bps",
            value: bitrate_bps,
            allowed: "one of 64000, 80000, 96000, 112000, 128000, 160000, 192000, 224000, 256000, 320000",
        })?;
        let encoder = start(bitrate)?;
        Ok(Self {
            bitrate,
            encoder: Some(encoder),
            pending: Vec::with_capacity(2 * OUTPUT_BYTES_MAX),
            next: MediaTime::ZERO,
            expected: None,
        })
    }

    /// Returns the encoding of its packets.
    pub fn encoding(&self) -> Encoding {
        Encoding::Mp3 { bitrate_bps: self.bitrate.0 }
    }

    /// Returns the bytes of every frame: 1152 frames / 8 bits × rate / 48 kHz, whole for every rate offered, so CBR needs no
    /// padding slot.
    fn frame_bytes(&self) -> usize {
        (u64::from(self.bitrate.0) * MP3_FRAME_TICKS / 8 / u64::from(SAMPLE_RATE_HZ)) as usize
    }

    fn publish_whole_frames(&mut self, sink: &mut dyn PacketSink) {
        let length = self.frame_bytes();
        let whole = self.pending.len() / length * length;
        for frame in self.pending[..whole].chunks_exact(length) {
            debug_assert!(frame[0] == 0xFF && frame[1] & 0xE0 == 0xE0, "cut off a frame header");
            let media_time = MediaTime::from_ticks(self.next.as_ticks().saturating_sub(MP3_DELAY_TICKS));
            let payload = Bytes::copy_from_slice(frame);
            sink.publish(Encoding::Mp3 { bitrate_bps: self.bitrate.0 }, Packet { media_time, payload });
            self.next = self.next + MP3_FRAME_TICKS;
        }
        self.pending.drain(..whole);
    }
}

impl Encode for Mp3 {
    fn is_wanted(&self, sink: &dyn PacketSink) -> bool {
        sink.wants(self.encoding())
    }

    fn encode(&mut self, at: MediaTime, block: &Block, sink: &mut dyn PacketSink) {
        if self.expected.is_some_and(|expected| expected != at) {
            self.reset();
        }
        let is_first = self.expected.replace(at + BLOCK_FRAMES as u64).is_none() || self.encoder.is_none();
        if self.encoder.is_none() {
            self.encoder = start(self.bitrate).ok();
        }
        let Some(encoder) = &mut self.encoder else { return };
        self.pending.reserve(OUTPUT_BYTES_MAX);
        let mut faded = Block::SILENT;
        let block = if is_first {
            self.next = at;
            faded.frames = block.frames;
            fade_in(&mut faded.frames);
            &faded
        } else {
            block
        };
        coded::note_encoded();
        if encoder.encode_to_vec(InterleavedPcm(block.frames.as_flattened()), &mut self.pending).is_err() {
            // LAME's state is unknown: another one is started for the next block.
            self.encoder = None;
            self.pending.clear();
            return;
        }
        self.publish_whole_frames(sink);
    }

    fn reset(&mut self) {
        if self.expected.take().is_none() {
            return;
        }
        self.pending.clear();
        // LAME cannot be emptied of earlier sound, only replaced. Done when the last listener leaves, so that the
        // next one's first packet does not wait for it.
        self.encoder = start(self.bitrate).ok();
    }
}

/// Starts and returns LAME: 48 kHz joint stereo at a constant rate.
fn start((_, bitrate, softened): (u32, Bitrate, f32)) -> Result<Encoder, Error> {
    let refused = |reason: String| Error::Codec { library: "LAME", reason };
    let mut builder = Builder::new().ok_or_else(|| refused("out of memory".into()))?;
    configure(&mut builder, bitrate).map_err(|error| refused(error.to_string()))?;
    // SAFETY: `as_ptr` hands out LAME's own structure, alive and exclusively borrowed until `build`; the setter
    // stores one integer in it.
    let code = unsafe { ffi::lame_set_disable_reservoir(builder.as_ptr(), 1) };
    if code < 0 {
        return Err(refused(format!("cannot switch off the bit reservoir (code {code})")));
    }
    // SAFETY: as above; this setter stores one float.
    let code = unsafe { ffi::lame_set_scale(builder.as_ptr(), 1.0 / softened) };
    if code < 0 {
        return Err(refused(format!("cannot set the level (code {code})")));
    }
    builder.build().map_err(|error| refused(error.to_string()))
}

fn configure(builder: &mut Builder, bitrate: Bitrate) -> Result<(), mp3lame_encoder::BuildError> {
    builder.set_num_channels(CHANNELS as u8)?;
    builder.set_sample_rate(SAMPLE_RATE_HZ)?;
    builder.set_output_sample_rate(std::num::NonZeroU32::new(SAMPLE_RATE_HZ))?;
    builder.set_mode(Mode::JointStereo)?;
    builder.set_vbr_mode(VbrMode::Off)?;
    builder.set_brate(bitrate)?;
    // 5: LAME's own default, half the time of the next better one.
    builder.set_quality(Quality::Good)?;
    builder.set_to_write_vbr_tag(false)
}

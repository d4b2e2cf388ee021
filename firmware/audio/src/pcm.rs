//! The one sample format of the house: 48 kHz stereo `f32`, moved in blocks of 10 ms.
//!
//! The format is fixed when a pipeline is built; no block carries its own rate, so none can disagree.

/// Frames per second everywhere inside the box. Opus' native rate (RFC 6716 section 2) and RTP clock (RFC 7587
/// section 4.1).
pub const SAMPLE_RATE_HZ: u32 = 48_000;

/// Samples per frame: left, then right.
pub const CHANNELS: usize = 2;

/// Frames in a [`Block`]: 10 ms.
pub const BLOCK_FRAMES: usize = 480;

/// Length of a [`Block`] in microseconds.
pub const BLOCK_US: u64 = 10_000;

/// One sample per channel, left then right. Full scale is ±1.0; sources may exceed it, the limiter may not.
pub type Frame = [f32; CHANNELS];

/// The silent frame.
pub const SILENCE: Frame = [0.0; CHANNELS];

/// 10 ms of sound: the unit that travels through mixer and encoders.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The frames, oldest first.
    pub frames: [Frame; BLOCK_FRAMES],
}

impl Block {
    /// A block of digital silence.
    pub const SILENT: Self = Self { frames: [SILENCE; BLOCK_FRAMES] };
}

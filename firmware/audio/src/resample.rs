//! A file's own rate to 48 kHz, with exact lengths: the only file that names `rubato` for files.
//!
//! The ratio is fixed; fitting a live input to the box's clock is `drift`'s work. Each track is resampled on its own,
//! as if silence lay around it.

use std::fmt;

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, ResampleError, Resampler, WindowFunction};

use crate::pcm::{CHANNELS, Frame, SAMPLE_RATE_HZ, SILENCE};

/// The lowest rate taken: telephone speech has 8 kHz, and below 1 kHz there is nothing that anybody calls sound.
pub const RATE_HZ_MIN: u32 = 1_000;

/// The highest rate taken: twice what the most eager converters record.
pub const RATE_HZ_MAX: u32 = 768_000;

/// Frames in a chunk and its FFT, rounded up by the library to what the ratio needs. The longer, the steeper the filter: at
/// 44.1 kHz it is flat to 20 kHz, and what would alias or mirror is more than 110 dB down (both measured by the
/// tests).
const CHUNK_FRAMES: usize = 2_048;

/// Why there is no resampling.
#[derive(Debug, PartialEq, Eq)]
pub enum Error {
    /// A rate outside [`RATE_HZ_MIN`]..=[`RATE_HZ_MAX`].
    Rate(u32),
    /// The library refused; its own words.
    Library(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate(rate) => {
                write!(f, "a sample rate of {rate} Hz, outside {RATE_HZ_MIN} to {RATE_HZ_MAX} Hz")
            }
            Self::Library(reason) => write!(f, "the resampler failed: {reason}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<ResampleError> for Error {
    fn from(error: ResampleError) -> Self {
        Self::Library(error.to_string())
    }
}

/// Resamples one track from its start to its end.
pub struct Resample {
    rate_hz: u32,
    /// `None` at 48 kHz: frames pass unchanged.
    library: Option<Fft<f32>>,
    input: Vec<Frame>,
    chunk: Vec<Frame>,
    /// Output frames still to be left out: the filter's delay.
    lead_frames: usize,
    taken_total: u64,
    given_total: u64,
}

impl Resample {
    /// From `rate_hz` to 48 kHz.
    ///
    /// # Errors
    /// [`Error::Rate`] outside the range; [`Error::Library`] if the library refuses.
    pub fn new(rate_hz: u32) -> Result<Self, Error> {
        if !(RATE_HZ_MIN..=RATE_HZ_MAX).contains(&rate_hz) {
            return Err(Error::Rate(rate_hz));
        }
        let library = (rate_hz != SAMPLE_RATE_HZ).then(|| build(rate_hz)).transpose()?;
        let (chunk_frames, lead_frames) = match &library {
            Some(library) => (library.output_frames_max(), library.output_delay()),
            None => (0, 0),
        };
        Ok(Self {
            rate_hz,
            library,
            input: Vec::new(),
            chunk: vec![SILENCE; chunk_frames],
            lead_frames,
            taken_total: 0,
            given_total: 0,
        })
    }

    /// Takes `frames` and appends to `out` what they complete.
    ///
    /// # Errors
    /// [`Error::Library`] if the library refuses.
    pub fn push(&mut self, frames: &[Frame], out: &mut Vec<Frame>) -> Result<(), Error> {
        self.taken_total += frames.len() as u64;
        let Some(needed) = self.library.as_ref().map(Resampler::input_frames_next) else {
            out.extend_from_slice(frames);
            return Ok(());
        };
        self.input.extend_from_slice(frames);
        let mut used = 0;
        while self.input.len() - used >= needed {
            self.step(used, needed, out)?;
            used += needed;
        }
        self.input.drain(..used);
        Ok(())
    }

    /// The track has ended: appends the rest, so that the whole output is the whole input's length to the nearest
    /// frame.
    ///
    /// # Errors
    /// [`Error::Library`] if the library refuses.
    pub fn finish(&mut self, out: &mut Vec<Frame>) -> Result<(), Error> {
        if self.library.is_none() {
            return Ok(());
        }
        let rate = u64::from(self.rate_hz);
        let due = (self.taken_total * u64::from(SAMPLE_RATE_HZ) + rate / 2) / rate;
        let mut rest = self.input.len();
        while self.given_total < due {
            self.step(0, rest, out)?;
            self.input.clear();
            rest = 0;
        }
        let excess = (self.given_total - due) as usize;
        out.truncate(out.len().saturating_sub(excess));
        self.given_total = due;
        Ok(())
    }

    /// Runs the library on `length` input frames from `from` on; fewer than it needs are completed with silence.
    fn step(&mut self, from: usize, length: usize, out: &mut Vec<Frame>) -> Result<(), Error> {
        let Some(library) = &mut self.library else { return Ok(()) };
        let sizes = |error: rubato::audioadapter_buffers::SizeError| Error::Library(error.to_string());
        let input = self.input[from..from + length].as_flattened();
        let input = InterleavedSlice::new(input, CHANNELS, length).map_err(sizes)?;
        let capacity = self.chunk.len();
        let mut output = InterleavedSlice::new_mut(self.chunk.as_flattened_mut(), CHANNELS, capacity).map_err(sizes)?;
        let partial = Indexing::new().partial_len(length);
        let (_, made) = library.process_into_buffer(&input, &mut output, Some(&partial))?;
        let skipped = self.lead_frames.min(made);
        self.lead_frames -= skipped;
        out.extend_from_slice(&self.chunk[skipped..made]);
        self.given_total += (made - skipped) as u64;
        Ok(())
    }
}

fn build(rate_hz: u32) -> Result<Fft<f32>, Error> {
    let (from, to) = (rate_hz as usize, SAMPLE_RATE_HZ as usize);
    let window = WindowFunction::BlackmanHarris2;
    Fft::new_custom(from, to, CHUNK_FRAMES, 1, CHANNELS, window, FixedSync::Both)
        .map_err(|error| Error::Library(error.to_string()))
}

#[cfg(test)]
mod tests;

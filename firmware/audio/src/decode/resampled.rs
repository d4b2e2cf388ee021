//! A decoder brought to the box's rate.
//!
//! Joins a [`Decode`] and a [`Resample`]; everything about formats is the former's, everything about rates the latter's.

use super::{Decode, Error, TrackInfo};
use crate::pcm::Frame;
use crate::resample::{self, Resample};

/// One track at 48 kHz.
pub(super) struct Resampled {
    decode: Box<dyn Decode>,
    resample: Resample,
    rate_hz: u32,
    native: Vec<Frame>,
    ended: bool,
}

impl From<resample::Error> for Error {
    fn from(error: resample::Error) -> Self {
        Self::Unsupported(error.to_string())
    }
}

impl Resampled {
    /// `decode` from `start_at_ms` on.
    pub(super) fn new(mut decode: Box<dyn Decode>, start_at_ms: u64) -> Result<Self, Error> {
        if start_at_ms > 0 {
            decode.seek(start_at_ms)?;
        }
        let rate_hz = decode.rate_hz();
        Ok(Self { resample: Resample::new(rate_hz)?, decode, rate_hz, native: Vec::new(), ended: false })
    }

    /// What is said of the track by now.
    pub(super) fn info(&self) -> &TrackInfo {
        self.decode.info()
    }

    /// Appends the next frames to `out`, possibly none; `false` once the track has ended.
    pub(super) fn read(&mut self, out: &mut Vec<Frame>) -> Result<bool, Error> {
        if self.ended {
            return Ok(false);
        }
        self.native.clear();
        let more = self.decode.read(&mut self.native);
        let rate_hz = self.decode.rate_hz();
        if rate_hz != self.rate_hz {
            // The sound goes on at another rate.
            self.resample.finish(out)?;
            (self.resample, self.rate_hz) = (Resample::new(rate_hz)?, rate_hz);
        }
        self.resample.push(&self.native, out)?;
        if !matches!(more, Ok(true)) {
            // What was decoded before the end, or before damage, is heard to its last frame.
            self.ended = true;
            self.resample.finish(out)?;
        }
        more.map(|_| true)
    }
}

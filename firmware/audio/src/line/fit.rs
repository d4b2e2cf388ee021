//! Fits a card's rate to the box's: any nominal rate, and every shade in between, to 48 kHz.
//!
//! The only user of the asynchronous resampler. How fast to go is decided in [`super::level`].

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Adjustable, Async, FixedAsync, Resampler, SincInterpolationParameters, SincInterpolationType, WindowFunction,
};

use crate::capture::Error;
use crate::drift::CORRECTION_MAX;
use crate::pcm::{BLOCK_FRAMES, CHANNELS, Frame, SAMPLE_RATE_HZ, SILENCE};

/// Taps of the interpolation filter. Half of it is delay: 1 ms at 48 kHz.
const TAPS: usize = 96;

/// Lowest and highest nominal rate of a card, in Hz.
const RATE_HZ: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// Checks that a device of `rate_hz` frames per second can be fitted.
///
/// # Errors
/// [`Error::Unsupported`].
pub(super) fn check(rate_hz: u32) -> Result<(), Error> {
    if RATE_HZ.contains(&rate_hz) { Ok(()) } else { Err(Error::Unsupported) }
}

/// The resampler of one opened device, with the room it needs; nothing is allocated once it is made.
pub(crate) struct Fit {
    resampler: Async<f32>,
    input: Vec<Frame>,
}

impl Fit {
    /// Returns the fit of a device that nominally delivers `rate_hz` frames per second.
    pub(crate) fn new(rate_hz: u32) -> Result<Self, Error> {
        check(rate_hz)?;
        let parameters = SincInterpolationParameters {
            sinc_len: TAPS,
            f_cutoff: None,
            oversampling_factor: 256,
            interpolation: SincInterpolationType::Cubic,
            window: WindowFunction::Blackman2,
        };
        let ratio = f64::from(SAMPLE_RATE_HZ) / f64::from(rate_hz);
        let widest = 1.0 + 2.0 * CORRECTION_MAX;
        let resampler = Async::new_sinc(ratio, widest, &parameters, BLOCK_FRAMES, CHANNELS, FixedAsync::Output)
            .map_err(|_| Error::Unsupported)?;
        let input = vec![SILENCE; resampler.input_frames_max()];
        Ok(Self { resampler, input })
    }

    /// Sets the speed at which frames are consumed, relative to nominal; reached smoothly within the next block.
    pub(crate) fn set_speed(&mut self, speed: f64) {
        // Fails only beyond the widest ratio, which the controller's limit rules out; the old speed then stays.
        _ = self.resampler.set_resample_ratio_relative(1.0 / speed, true);
    }

    /// Returns how many frames the next block needs.
    pub(crate) fn needed_frames(&self) -> usize {
        self.resampler.input_frames_next()
    }

    /// Returns room for exactly the frames the next block needs.
    pub(crate) fn input(&mut self) -> &mut [Frame] {
        let needed = self.needed_frames();
        &mut self.input[..needed]
    }

    /// Resamples what was put into [`Fit::input`] into one block.
    pub(crate) fn run(&mut self, out: &mut [Frame; BLOCK_FRAMES]) {
        let needed = self.needed_frames();
        let input = InterleavedSlice::new(self.input[..needed].as_flattened(), CHANNELS, needed);
        let output = InterleavedSlice::new_mut(out.as_flattened_mut(), CHANNELS, BLOCK_FRAMES);
        let done = match (input, output) {
            (Ok(input), Ok(mut output)) => self.resampler.process_into_buffer(&input, &mut output, None).is_ok(),
            _ => false,
        };
        if !done {
            // Cannot happen with buffers of these sizes; silence is what a listener would want if it did.
            out.fill(SILENCE);
        }
    }
}

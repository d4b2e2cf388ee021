//! How loud a whole track is (EBU R 128: ITU-R BS.1770-4 integrated loudness and true peak), for levelling.
//!
//! A decoder process decodes, locked in as for playing, and what it brings is measured here as it comes: as long as
//! nothing is taken from it, it waits. Beside [`crate::gauge`] the only file that names the ebur128 crate. What to do about the loudness is not
//! decided here.

use std::time::Duration;

use ebur128::{EbuR128, Mode};

use crate::decode::{Cut, Error, Said, WorkerCommand, begin};
use crate::pcm::SAMPLE_RATE_HZ;

/// How long a decoder process may be silent. It stands back behind everything else, so it may get no time for long.
const STALL_MAX: Duration = Duration::from_secs(60);

/// Frames of a track that are measured: three hours. What follows in a longer recording is much like it.
const FRAMES_MAX: u64 = 3 * 3_600 * SAMPLE_RATE_HZ as u64;

/// The quietest loudness that is one, LUFS: the absolute gate of ITU-R BS.1770-4. Below it there is silence.
const GATE_LUFS: f64 = -70.0;

/// How loud a track is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loudness {
    /// Integrated loudness, LUFS.
    pub integrated_lufs: f64,
    /// The highest true peak of both channels, dBTP.
    pub true_peak_dbtp: f64,
}

/// What came of playing a track to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// How loud it is; `None` if it is silent.
    pub loudness: Option<Loudness>,
    /// Its frames at 48 kHz, as they were counted; `None` if there are more than are measured.
    pub frames: Option<u64>,
}

/// Measures `cut`. `go_on` is asked several times for each second of sound; it may wait while there is something better
/// to do, and ends the measuring by `false`. `None` if it did.
///
/// # Errors
/// The file does not play to its end.
pub fn measure(worker: &WorkerCommand, cut: &Cut, mut go_on: impl FnMut() -> bool) -> Result<Option<Measured>, Error> {
    let meter = EbuR128::new(2, SAMPLE_RATE_HZ, Mode::I | Mode::HISTOGRAM | Mode::TRUE_PEAK);
    let mut meter = meter.map_err(|error| Error::Unsupported(error.to_string()))?;
    let mut child = begin(worker, cut)?;
    let frames_max = cut.frames_max().unwrap_or(u64::MAX).min(FRAMES_MAX);
    let (mut frames, mut left) = (Vec::new(), frames_max);
    let mut is_empty = true;
    while left > 0 {
        if !go_on() {
            return Ok(None);
        }
        match child.next(STALL_MAX, &mut frames)? {
            Said::Info(_) => {}
            Said::End if is_empty && cut.start_ms == 0 => return Err(Error::NoSound),
            Said::End => break,
            Said::Sound => {
                is_empty = false;
                frames.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                left -= frames.len() as u64;
                meter.add_frames_f32(frames.as_flattened()).map_err(|error| Error::Unsupported(error.to_string()))?;
                frames.clear();
            }
        }
    }
    let loudness = meter.loudness_global().ok().filter(|lufs| *lufs > GATE_LUFS);
    let peak = (0..2).filter_map(|channel| meter.true_peak(channel).ok()).fold(0.0, f64::max);
    let loudness = loudness.map(|integrated_lufs| Loudness { integrated_lufs, true_peak_dbtp: 20.0 * peak.log10() });
    let heard = frames_max - left;
    Ok(Some(Measured { loudness, frames: (heard < FRAMES_MAX).then_some(heard) }))
}

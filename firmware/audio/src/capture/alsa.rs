//! Line-in through ALSA: any PCM that can be opened by name, hardware or plug-in.
//!
//! The only file that names the `alsa` crate. It negotiates, reads, and recovers what ALSA can recover; reopening is up
//! to [`crate::line::Feeder`].

use std::ffi::CString;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use ::alsa::pcm::{self, Access, HwParams, PCM, State};
use ::alsa::{Direction, Output, ValueOr};

use super::name::{SYSFS_SOUND, resolve};
use super::{Capture, Error, Format, Open, READ_FRAMES_MAX, READ_WAIT_MS, Read, SampleFormat};
use crate::pcm::{Frame, SAMPLE_RATE_HZ};

/// Rates in the order of preference, in Hz: the box's own, then the ones that lose least.
const RATES_HZ: [u32; 7] = [SAMPLE_RATE_HZ, 96_000, 88_200, 44_100, 192_000, 176_400, 32_000];

/// Period aimed at unless another is asked for, ms.
const PERIOD_MS: u8 = 5;

/// Periods aimed at, ms: the ends of what may be asked for.
const PERIODS_MS: RangeInclusive<u8> = 2..=20;

/// The device's buffer, aimed at, ms: so that a stall of this program loses nothing. It costs no delay.
const BUFFER_MS: pcm::Frames = 80;

/// Fewest periods to work with.
const PERIODS_MIN: pcm::Frames = 2;

/// Most channels of a device; studio desks have up to 64.
const CHANNELS_MAX: u32 = 64;

/// Wait after a device said that it has sound but had none, so that a confused one does not keep a whole core busy.
const CONFUSED_WAIT: Duration = Duration::from_millis(1);

/// A PCM by name, to be opened again and again.
///
/// Names are ALSA's (`hw:CARD=CODEC,DEV=0`, `plughw:1`, or one from `asound.conf`), `usb:PATH` for the card in that
/// USB socket, or `usb` for whichever USB card there is. Prefer names without card numbers: those change.
#[derive(Clone, Debug)]
pub struct Alsa {
    name: String,
    period_ms: u8,
}

impl Alsa {
    /// The PCM called `name`; it need not exist yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), period_ms: PERIOD_MS }
    }

    /// Asks the device for this period instead of 5 ms; the nearest of 2 to 20 ms, and the device may round it again.
    #[must_use]
    pub fn with_period_ms(self, period_ms: u8) -> Self {
        Self { period_ms: period_ms.clamp(*PERIODS_MS.start(), *PERIODS_MS.end()), ..self }
    }
}

impl Open for Alsa {
    fn open(&mut self) -> Result<Box<dyn Capture>, Error> {
        // Collects what the library would print on every attempt; the error says enough.
        let _silenced = Output::local_error_handler();
        let name = resolve(&self.name, Path::new(SYSFS_SOUND))?;
        let name = CString::new(&*name).map_err(|_| Error::NotFound)?;
        let pcm = PCM::open(&name, Direction::Capture, true).map_err(|error| opening(&error))?;
        let (format, sample_format, channels) =
            negotiate(&pcm, self.period_ms.into()).map_err(|error| negotiating(&error))?;
        pcm.start().map_err(|error| opening(&error))?;
        let bytes = vec![0; READ_FRAMES_MAX * channels * sample_format.bytes()];
        Ok(Box::new(Device { pcm, format, sample_format, channels, bytes }))
    }
}

/// Agrees with the device on a format of periods of about `period_ms`, and returns it with the number of its channels.
fn negotiate(pcm: &PCM, period_ms: pcm::Frames) -> Result<(Format, SampleFormat, usize), ::alsa::Error> {
    let hw = HwParams::any(pcm)?;
    // A plug-in's resampler would only come on top of ours.
    hw.set_rate_resample(false)?;
    hw.set_access(Access::RWInterleaved)?;
    let sample_format = negotiate_sample_format(&hw)?;
    let channels = match [2, 1].into_iter().find(|count| hw.test_channels(*count).is_ok()) {
        Some(count) => hw.set_channels(count).map(|()| count)?,
        None => hw.set_channels_near(2)?,
    };
    if channels > CHANNELS_MAX {
        return Err(::alsa::Error::unsupported("more channels than any desk has"));
    }
    let rate_hz = match RATES_HZ.into_iter().find(|rate_hz| hw.test_rate(*rate_hz).is_ok()) {
        Some(rate_hz) => hw.set_rate(rate_hz, ValueOr::Nearest).map(|()| rate_hz)?,
        None => hw.set_rate_near(SAMPLE_RATE_HZ, ValueOr::Nearest)?,
    };
    let wanted = pcm::Frames::from(rate_hz) * period_ms / 1_000;
    let period = hw.set_period_size_near(wanted, ValueOr::Nearest)?;
    let buffer = hw.set_buffer_size_near(period * (BUFFER_MS / period_ms))?;
    pcm.hw_params(&hw)?;
    if period < 1 || buffer < period * PERIODS_MIN {
        return Err(::alsa::Error::unsupported("a buffer of fewer than two periods"));
    }
    let sw = pcm.sw_params_current()?;
    sw.set_avail_min(period)?;
    pcm.sw_params(&sw)?;
    Ok((Format { rate_hz, period_frames: period as usize }, sample_format, channels as usize))
}

/// Sets the finest sample format that the device has.
fn negotiate_sample_format(hw: &HwParams<'_>) -> Result<SampleFormat, ::alsa::Error> {
    let known = [
        (pcm::Format::s32(), SampleFormat::S32),
        (pcm::Format::float(), SampleFormat::F32),
        (pcm::Format::s24(), SampleFormat::S24),
        (pcm::Format::S243LE, SampleFormat::S24Packed),
        (pcm::Format::s16(), SampleFormat::S16),
    ];
    for (theirs, ours) in known {
        if hw.test_format(theirs).is_ok() {
            return hw.set_format(theirs).map(|()| ours);
        }
    }
    Err(::alsa::Error::unsupported("no sample format in common"))
}

/// An opened and started PCM.
struct Device {
    pcm: PCM,
    format: Format,
    sample_format: SampleFormat,
    channels: usize,
    bytes: Vec<u8>,
}

impl Capture for Device {
    fn format(&self) -> Format {
        self.format
    }

    fn read(&mut self, out: &mut [Frame]) -> Result<Read, Error> {
        match self.pcm.wait(Some(READ_WAIT_MS)) {
            Ok(true) => {}
            Ok(false) => return Ok(Read::default()),
            Err(error) => return self.recover(&error),
        }
        let frame_bytes = self.channels * self.sample_format.bytes();
        let room = out.len().min(READ_FRAMES_MAX) * frame_bytes;
        let read = self.pcm.io_bytes().readi(&mut self.bytes[..room]);
        match read {
            Ok(frames) if frames > 0 => {
                let bytes = &self.bytes[..(frames * frame_bytes).min(room)];
                let frames = self.sample_format.convert(bytes, self.channels, out);
                Ok(Read { frames, xruns: 0 })
            }
            Err(error) if number(&error) != libc::EAGAIN => self.recover(&error),
            _ => {
                std::thread::sleep(CONFUSED_WAIT);
                Ok(Read::default())
            }
        }
    }
}

impl Device {
    /// Gets over an overrun or a suspend; anything else ends the device.
    fn recover(&self, error: &::alsa::Error) -> Result<Read, Error> {
        let errno = number(error);
        if !matches!(errno, libc::EPIPE | libc::ESTRPIPE | libc::EINTR) {
            return Err(reading(errno));
        }
        self.pcm.recover(-errno, true).map_err(|error| reading(number(&error)))?;
        if self.pcm.state() != State::Running {
            self.pcm.start().map_err(|error| reading(number(&error)))?;
        }
        Ok(Read { frames: 0, xruns: u32::from(errno != libc::EINTR) })
    }
}

/// The operating system's error number, always positive.
fn number(error: &::alsa::Error) -> i32 {
    error.errno().saturating_abs()
}

/// What an error while opening means.
fn opening(error: &::alsa::Error) -> Error {
    match number(error) {
        libc::ENOENT | libc::ENODEV | libc::ENXIO => Error::NotFound,
        libc::EBUSY | libc::EAGAIN => Error::Busy,
        libc::EACCES | libc::EPERM => Error::Denied,
        errno => Error::Device(errno),
    }
}

/// What an error while negotiating means.
fn negotiating(error: &::alsa::Error) -> Error {
    match number(error) {
        libc::EINVAL | libc::ENOTSUP => Error::Unsupported,
        _ => opening(error),
    }
}

/// What an error while reading means.
fn reading(errno: i32) -> Error {
    match errno {
        libc::ENODEV | libc::ENXIO => Error::Unplugged,
        errno => Error::Device(errno),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_is_asked_for_the_period_that_is_wanted() {
        // ALSA's device for nothing grants every period.
        let device = Alsa::new("null");
        let period = |mut device: Alsa| {
            let format = device.open().map(|opened| opened.format()).expect("ALSA's null device");
            format.period_frames * 1_000 / format.rate_hz as usize
        };
        assert_eq!(period(device.clone()), 5);
        for (wanted, granted) in [(2, 2), (5, 5), (10, 10), (20, 20), (0, 2), (255, 20)] {
            assert_eq!(period(device.clone().with_period_ms(wanted)), granted, "{wanted} ms");
        }
    }
}

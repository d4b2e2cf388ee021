//! A named pipe as a sound card: the way in for programs that write samples, as receivers of AirPlay and the like do.
//!
//! `pipe:PATH` names it, with what is written in it: `pipe:/run/airplay?rate=44100&format=s16&channels=2`. Where there is none it is
//! made, if its folder is there; while nobody writes, there is no sound, and no error that would end. A writer with a clock of its own
//! is followed as a sound card is; one that writes as fast as is read is read at the box's pace ([`Pace`]).

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{Capture, Error, Format, Open, READ_FRAMES_MAX, Read, SampleFormat};
use crate::pcm::Frame;

/// What a name begins with that is a pipe's.
const SCHEME: &str = "pipe:";

/// Who may use a pipe that is made here: the box, and programs of its group.
const MODE: u32 = 0o660;

/// How often the pipe is read, ms.
const PERIOD_MS: u32 = 5;

/// Rates that a writer may have, Hz.
const RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// Most channels that are written; the first two are heard.
const CHANNELS_MAX: usize = 8;

/// How much faster than nominal a writer may be that has a clock of its own: ten times what crystals are.
const FAST: f64 = 1.002;

/// For how long there must always have been more than was read until the writer counts as one without a clock, in
/// microseconds.
const FULL_US: u64 = 1_000_000;

/// What is saved up at most while nothing comes, in microseconds of sound: what a writer may be late.
const SAVED_US: f64 = 100_000.0;

/// How many frames to read at most, so that a writer without a clock does not fill every buffer there is. Told the time.
#[derive(Clone, Debug)]
struct Pace {
    rate_hz: f64,
    budget_frames: f64,
    last_us: u64,
    full_since_us: Option<u64>,
}

impl Pace {
    fn new(rate_hz: u32) -> Self {
        Self { rate_hz: rate_hz.into(), budget_frames: 0.0, last_us: 0, full_since_us: None }
    }

    /// Returns how many frames may be read at `now_us`.
    fn frames(&mut self, now_us: u64) -> usize {
        let has_no_clock = self.full_since_us.is_some_and(|since| now_us.saturating_sub(since) > FULL_US);
        let speed = if has_no_clock { 1.0 } else { FAST };
        let passed_us = now_us.saturating_sub(self.last_us) as f64;
        self.last_us = now_us;
        let most = self.rate_hz * SAVED_US / 1e6;
        self.budget_frames = (self.budget_frames + passed_us * self.rate_hz * speed / 1e6).min(most);
        self.budget_frames as usize
    }

    /// Notes that of what might have been read so many frames were there.
    fn read(&mut self, now_us: u64, asked: usize, frames: usize) {
        self.budget_frames -= frames as f64;
        if frames < asked {
            self.full_since_us = None;
        } else {
            self.full_since_us.get_or_insert(now_us);
        }
    }
}

/// A named pipe, to be opened again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipe {
    path: PathBuf,
    rate_hz: u32,
    sample: SampleFormat,
    channels: usize,
}

impl Pipe {
    /// Whether `name` is a pipe's.
    pub fn is_name(name: &str) -> bool {
        name.starts_with(SCHEME)
    }

    /// Returns the pipe that `name` means: 44,100 Hz, 16 bits and two channels where it does not say otherwise.
    ///
    /// # Errors
    /// What is wrong with it, and what is allowed.
    pub fn parse(name: &str) -> Result<Self, &'static str> {
        let rest = name.strip_prefix(SCHEME).ok_or("pipe:PATH")?;
        let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
        if !path.starts_with('/') {
            return Err("pipe:/PATH, from the root on");
        }
        let mut pipe = Self { path: path.into(), rate_hz: 44_100, sample: SampleFormat::S16, channels: 2 };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("rate", hz)) => {
                    let rate_hz = hz.parse().ok().filter(|hz| RATES_HZ.contains(hz));
                    pipe.rate_hz = rate_hz.ok_or("rate=8000 to 192000")?;
                }
                Some(("format", "s16")) => pipe.sample = SampleFormat::S16,
                Some(("format", "s24")) => pipe.sample = SampleFormat::S24,
                Some(("format", "s24_3")) => pipe.sample = SampleFormat::S24Packed,
                Some(("format", "s32")) => pipe.sample = SampleFormat::S32,
                Some(("format", "f32")) => pipe.sample = SampleFormat::F32,
                Some(("channels", count)) => {
                    let channels = count.parse().ok().filter(|count| (1..=CHANNELS_MAX).contains(count));
                    pipe.channels = channels.ok_or("channels=1 to 8")?;
                }
                _ => return Err("rate=, channels= and format=s16, s24, s24_3, s32 or f32"),
            }
        }
        Ok(pipe)
    }

    /// Opens what is at its place, without waiting for somebody who writes.
    fn file(&self) -> io::Result<File> {
        OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&self.path)
    }

    /// Makes the pipe where there is none.
    fn make(&self) -> io::Result<()> {
        match mknodat(CWD, &self.path, FileType::Fifo, Mode::from_raw_mode(MODE), 0) {
            Ok(()) => {}
            // Somebody else was first.
            Err(rustix::io::Errno::EXIST) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        log::info!("made the pipe {}", self.path.display());
        // Whatever the process keeps from others, its group may write here.
        std::fs::set_permissions(&self.path, Permissions::from_mode(MODE))
    }
}

impl Open for Pipe {
    fn open(&mut self) -> Result<Box<dyn Capture>, Error> {
        let opening = |error: io::Error| match error.kind() {
            ErrorKind::NotFound => Error::NotFound,
            ErrorKind::PermissionDenied => Error::Denied,
            _ => Error::Device(error.raw_os_error().unwrap_or_default()),
        };
        let file = match self.file() {
            Err(error) if error.kind() == ErrorKind::NotFound => self.make().and_then(|()| self.file()),
            opened => opened,
        };
        let file = file.map_err(opening)?;
        if !file.metadata().map_err(opening)?.file_type().is_fifo() {
            return Err(Error::Unsupported);
        }
        let frame_bytes = self.sample.bytes() * self.channels;
        let bytes = vec![0; READ_FRAMES_MAX * frame_bytes];
        let pace = Pace::new(self.rate_hz);
        Ok(Box::new(Opened { file, pipe: self.clone(), bytes, carried: 0, pace, begun: Instant::now() }))
    }
}

/// An opened pipe.
struct Opened {
    file: File,
    pipe: Pipe,
    /// What was read; a frame that is not whole is carried over to the next read.
    bytes: Vec<u8>,
    carried: usize,
    pace: Pace,
    begun: Instant,
}

impl Capture for Opened {
    fn format(&self) -> Format {
        let rate_hz = self.pipe.rate_hz;
        Format { rate_hz, period_frames: (rate_hz * PERIOD_MS / 1_000) as usize }
    }

    fn read(&mut self, out: &mut [Frame]) -> Result<Read, Error> {
        std::thread::sleep(Duration::from_millis(PERIOD_MS.into()));
        let now_us = self.begun.elapsed().as_micros() as u64;
        let frame_bytes = self.pipe.sample.bytes() * self.pipe.channels;
        let frames = self.pace.frames(now_us).min(out.len()).min(READ_FRAMES_MAX);
        let wanted = (frames * frame_bytes).max(self.carried);
        let got = match self.file.read(&mut self.bytes[self.carried..wanted]) {
            // Nobody writes: 0. Somebody does, but has written nothing yet: it would have to wait.
            Ok(got) => got,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => 0,
            Err(error) => return Err(Error::Device(error.raw_os_error().unwrap_or_default())),
        };
        let there = self.carried + got;
        let count = self.pipe.sample.convert(&self.bytes[..there], self.pipe.channels, out);
        self.bytes.copy_within(count * frame_bytes..there, 0);
        self.carried = there - count * frame_bytes;
        self.pace.read(now_us, frames, count);
        Ok(Read { frames: count, xruns: 0 })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::pcm::SILENCE;

    #[test]
    fn a_name_says_what_is_written_or_is_refused_with_what_is_allowed() {
        let plain = Pipe::parse("pipe:/run/airplay").unwrap();
        assert_eq!((plain.rate_hz, plain.sample, plain.channels), (44_100, SampleFormat::S16, 2));
        let all = Pipe::parse("pipe:/run/x?rate=48000&format=f32&channels=1").unwrap();
        assert_eq!((all.rate_hz, all.sample, all.channels), (48_000, SampleFormat::F32, 1));
        for (name, allowed) in [
            ("pipe:run/x", "from the root on"),
            ("pipe:/x?rate=1", "8000 to 192000"),
            ("pipe:/x?channels=9", "1 to 8"),
            ("pipe:/x?format=u8", "s16"),
            ("pipe:/x?bits=16", "format="),
            ("hw:0", "pipe:PATH"),
        ] {
            assert!(Pipe::parse(name).unwrap_err().contains(allowed), "{name}");
        }
    }

    #[test]
    fn a_writer_without_a_clock_is_read_at_the_boxs_pace_and_one_with_a_clock_at_its_own() {
        let mut pace = Pace::new(48_000);
        let mut read = 0;
        for ms in (5..=61_000).step_by(5) {
            let frames = pace.frames(ms * 1_000);
            pace.read(ms * 1_000, frames, frames);
            read += if ms > 1_000 { frames } else { 0 };
        }
        assert!((2_880_000..2_880_600).contains(&read), "{read} frames in 60 s");
        // 200 ppm fast: all of it is read.
        let (mut pace, mut written, mut read) = (Pace::new(48_000), 0.0_f64, 0);
        for ms in (5..=60_000).step_by(5) {
            written += 240.0 * 1.0002;
            let asked = pace.frames(ms * 1_000);
            let frames = asked.min(written as usize - read);
            pace.read(ms * 1_000, asked, frames);
            read += frames;
        }
        assert!(written as usize - read < 480, "{} frames are left", written as usize - read);
    }

    #[test]
    fn what_is_written_is_heard_whole_frames_at_a_time_and_silence_is_no_error() {
        let folder = std::env::temp_dir().join(format!("partybox-pipe-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("pipe");
        let mut pipe = Pipe::parse(&format!("pipe:{}?rate=48000", path.display())).unwrap();
        let mut opened = pipe.open().unwrap();
        let made = std::fs::metadata(&path).unwrap();
        assert!(made.file_type().is_fifo() && made.permissions().mode() & 0o777 == 0o660, "{made:?}");
        assert!(pipe.open().is_ok(), "one that is there is used as it is");
        let mut out = [SILENCE; 480];
        assert_eq!(opened.read(&mut out), Ok(Read::default()), "nobody writes");
        let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
        assert_eq!(opened.read(&mut out), Ok(Read::default()), "nothing is written yet");
        let bytes: Vec<u8> = [16_384_i16, -16_384, 8_192].iter().flat_map(|sample| sample.to_ne_bytes()).collect();
        writer.write_all(&bytes[..5]).unwrap();
        assert_eq!((opened.read(&mut out).unwrap().frames, out[0]), (1, [0.5, -0.5]));
        writer.write_all(&bytes[5..]).unwrap();
        writer.write_all(&(-8_192_i16).to_ne_bytes()).unwrap();
        assert_eq!((opened.read(&mut out).unwrap().frames, out[0]), (1, [0.25, -0.25]));
        std::fs::write(folder.join("file"), b"no pipe").unwrap();
        let mut file = Pipe::parse(&format!("pipe:{}", folder.join("file").display())).unwrap();
        assert_eq!(file.open().err(), Some(Error::Unsupported));
        assert_eq!(Pipe::parse("pipe:/nowhere/at/all").unwrap().open().err(), Some(Error::NotFound));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

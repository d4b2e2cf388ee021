//! The decoder process: parses one hostile file, given as standard input, and says what it finds on standard output.
//!
//! The program starts itself again as `… decode-worker play START_MS`, `… decode-worker probe` or `… decode-worker listen` and
//! hands the arguments after `decode-worker` to [`main`] before it has started any thread. It opens nothing itself: the file,
//! or the pipe through which a stream arrives, comes open and read-only, and the first thing it does is to lock itself in.

use std::ffi::OsString;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::process::ExitCode;

use rustix::fs::FileType;

use super::resampled::Resampled;
use super::wire::{self, SOUND_FRAMES_MAX};
use super::{Decode, Error, WorkerError, arriving, file, hardening};

/// The argument by which the program knows that it is to be a decoder process.
pub const ARGUMENT: &str = "decode-worker";

/// What a decoder process is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    /// Decode from this position in milliseconds to the end.
    Play(u64),
    /// Say what the file says about itself.
    Probe,
    /// Decode a stream as it arrives.
    Listen,
    /// Try to open a file after locking in, which must not succeed. For tests.
    Escape,
}

/// Runs a decoder process to its end. `args` are the program's arguments after [`ARGUMENT`].
///
/// The exit code is a success whenever the parent has been told everything, a broken file included.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let Some(task) = parse(args) else {
        let _ =
            writeln!(io::stderr(), "usage: {ARGUMENT} play START_MS | probe | listen, with the file as standard input");
        return ExitCode::from(2);
    };
    let mut out = Pipe;
    let told = match run(task, &mut out) {
        Ok(()) => wire::write_end(&mut out),
        Err(Stop::Failed(error)) => wire::write_failed(&mut out, &error),
        Err(Stop::NobodyListens(error)) => Err(error),
    };
    if told.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn parse(args: impl IntoIterator<Item = OsString>) -> Option<Task> {
    let args: Option<Vec<String>> = args.into_iter().map(|arg| arg.into_string().ok()).collect();
    match args?.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["play", start_ms] => start_ms.parse().ok().map(Task::Play),
        ["probe"] => Some(Task::Probe),
        ["listen"] => Some(Task::Listen),
        ["escape"] => Some(Task::Escape),
        _ => None,
    }
}

/// Why the work ended before the track did.
enum Stop {
    Failed(Error),
    NobodyListens(io::Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::NobodyListens(error)
    }
}

fn run(task: Task, out: &mut impl Write) -> Result<(), Stop> {
    if task == Task::Listen {
        hardening::lock_in().map_err(Error::Worker)?;
        return listen(arriving::open(Arriving)?, out);
    }
    let source = Input::new()?;
    let length = source.length;
    hardening::lock_in().map_err(Error::Worker)?;
    if task == Task::Escape {
        let opened = std::fs::File::open("/dev/null");
        let what = format!("opening a file gave {opened:?}");
        return Err(Error::Worker(WorkerError::NotHardened(what)).into());
    }
    let decode = file::open(source, length)?;
    wire::write_info(out, decode.info())?;
    match task {
        Task::Play(start_ms) => play(Resampled::new(decode, start_ms)?, out),
        Task::Probe | Task::Listen | Task::Escape => Ok(()),
    }
}

/// Decodes the bytes of a file in this very process, from `start_ms` milliseconds on, and writes what a decoder process
/// would say. For those who try to break the decoders; the box itself never decodes where it could be hurt.
///
/// # Errors
/// Why the file does not play, or what `out` said.
pub fn decode_here(file: Vec<u8>, start_ms: u64, out: &mut impl Write) -> Result<(), Error> {
    let length = file.len() as u64;
    let decode = file::open(io::Cursor::new(file), length)?;
    let told = wire::write_info(out, decode.info()).map_err(Stop::from);
    let played = told.and_then(|()| play(Resampled::new(decode, start_ms)?, out));
    played.map_err(|stop| match stop {
        Stop::Failed(error) => error,
        Stop::NobodyListens(error) => Error::Open(error),
    })
}

fn play(mut track: Resampled, out: &mut impl Write) -> Result<(), Stop> {
    let mut frames = Vec::new();
    loop {
        let more = track.read(&mut frames);
        for piece in frames.chunks(SOUND_FRAMES_MAX) {
            wire::write_sound(out, piece)?;
        }
        frames.clear();
        // Asked only now: what was decoded before the damage is still heard.
        if !more? {
            return Ok(());
        }
    }
}

/// Decodes a stream in this very process, as if all of it had arrived, and writes what a decoder process would say. For those who
/// try to break the decoders.
///
/// # Errors
/// Why it does not play, or what `out` said.
pub fn listen_here(stream: Vec<u8>, out: &mut impl Write) -> Result<(), Error> {
    match arriving::open(io::Cursor::new(stream)).map_err(Stop::from).and_then(|decode| listen(decode, out)) {
        Err(Stop::Failed(error)) => Err(error),
        Err(Stop::NobodyListens(error)) => Err(Error::Open(error)),
        Ok(()) => Ok(()),
    }
}

/// Writes what arrives, and what is said of it whenever that is something else.
fn listen(decode: Box<dyn Decode>, out: &mut impl Write) -> Result<(), Stop> {
    let mut said = decode.info().clone();
    wire::write_info(out, &said)?;
    let mut track = Resampled::new(decode, 0)?;
    let mut frames = Vec::new();
    loop {
        let more = track.read(&mut frames);
        if *track.info() != said {
            said = track.info().clone();
            wire::write_info(out, &said)?;
        }
        for piece in frames.chunks(SOUND_FRAMES_MAX) {
            wire::write_sound(out, piece)?;
        }
        frames.clear();
        if !more? {
            return Ok(());
        }
    }
}

/// Standard input as it arrives.
struct Arriving;

impl Read for Arriving {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(io::stdin(), bytes)?)
    }
}

/// Standard output, unbuffered: every message is one or few writes anyway.
struct Pipe;

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(io::stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Standard input as a file of known length.
struct Input {
    length: u64,
}

impl Input {
    fn new() -> Result<Self, Error> {
        let about = rustix::fs::fstat(io::stdin()).map_err(|error| Error::Open(error.into()))?;
        if FileType::from_raw_mode(about.st_mode) != FileType::RegularFile {
            return Err(Error::NotAFile);
        }
        match u64::try_from(about.st_size) {
            Ok(0) | Err(_) => Err(Error::Empty),
            Ok(length) => Ok(Self { length }),
        }
    }
}

impl Read for Input {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(io::stdin(), bytes)?)
    }
}

impl Seek for Input {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(position) => rustix::fs::SeekFrom::Start(position),
            SeekFrom::End(offset) => rustix::fs::SeekFrom::End(offset),
            SeekFrom::Current(offset) => rustix::fs::SeekFrom::Current(offset),
        };
        Ok(rustix::fs::seek(io::stdin(), to)?)
    }
}

//! The box's side of a decoder process: starts it, checks what it says, feeds the deck, and sees to its end.
//!
//! One thread per open track; it waits in the kernel or sleeps while the deck is full. It parses nothing but the wire
//! protocol. Whatever the process does, it is killed and reaped, and the deck ends.

mod child;

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::PipeReader;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use base::CueId;

use self::child::Child;
pub(crate) use self::child::Said;
use super::worker;
use super::{Error, TrackInfo, WorkerError};
use crate::deck::{self, DECK_FRAMES, Deck, DeckFeed};
use crate::pcm::Frame;

/// A decoder process that has room to deliver, but has not completed a message for this long, is killed: longer than
/// any stall of a worn SD card seen to end by itself.
pub const STALL_MAX: Duration = Duration::from_secs(2);

/// Time for opening a file and finding the start position, which may mean reading through a long file's frames.
pub const OPEN_MAX: Duration = Duration::from_secs(10);

/// How often a full deck is looked at again: the pump takes far less than the deck holds in the meantime, and a dropped
/// deck's process is gone this soon.
const FULL_DECK_NAP: Duration = Duration::from_millis(100);

/// How to start a decoder process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerCommand {
    program: PathBuf,
    args: Vec<OsString>,
}

impl WorkerCommand {
    /// This very program with the argument [`worker::ARGUMENT`].
    pub fn this_program() -> Self {
        Self::new("/proc/self/exe", [worker::ARGUMENT])
    }

    /// Another program; what to do (`play START_MS`, `probe` or `listen`) follows after `args`.
    pub fn new<A: Into<OsString>>(program: impl Into<PathBuf>, args: impl IntoIterator<Item = A>) -> Self {
        Self { program: program.into(), args: args.into_iter().map(Into::into).collect() }
    }
}

/// Which part of a file is a track, and how loud to play it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// The file.
    pub path: PathBuf,
    /// Where it begins, milliseconds.
    pub start_ms: u64,
    /// Where it ends, milliseconds from the file's beginning; `None`: with the file.
    pub end_ms: Option<u64>,
    /// What every sample is changed by, dB.
    pub gain_db: f32,
}

impl Cut {
    /// All of a file as it is.
    pub fn whole(path: &Path) -> Self {
        Self { path: path.to_owned(), start_ms: 0, end_ms: None, gain_db: 0.0 }
    }

    /// How long it is if the file is as long as that.
    fn length_ms(&self, whole_ms: Option<u64>) -> Option<u64> {
        let end_ms = [self.end_ms, whole_ms].into_iter().flatten().min()?;
        Some(end_ms.saturating_sub(self.start_ms))
    }

    /// Frames it has at most.
    pub(crate) fn frames_max(&self) -> Option<u64> {
        let ms = self.end_ms?.saturating_sub(self.start_ms);
        Some(ms * u64::from(crate::pcm::SAMPLE_RATE_HZ) / 1_000)
    }
}

/// What happens to an open track, told to whoever opened it.
#[derive(Debug)]
pub enum Event {
    /// The file is open and says this about itself. At most once, before the first frame.
    Opened(TrackInfo),
    /// It is over. Exactly once, the last event.
    Ended(Outcome),
}

/// How a track ended.
#[derive(Debug)]
pub enum Outcome {
    /// All of it is in the deck.
    Completed {
        /// Frames delivered.
        frames: u64,
    },
    /// It broke; what was decoded before is in the deck.
    Broken(Broken),
    /// The deck was dropped first.
    Abandoned,
}

/// A file that does not play, or no further; shown as one line in plain words.
#[derive(Debug)]
pub struct Broken {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub error: Error,
    /// Frames delivered before.
    pub after_frames: u64,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.after_frames as f64 / f64::from(crate::pcm::SAMPLE_RATE_HZ);
        write!(f, "{:?} {}", self.path, self.error)?;
        if self.after_frames > 0 { write!(f, " (after {seconds:.1} s)") } else { Ok(()) }
    }
}

impl std::error::Error for Broken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Starts to decode `path` from `start_at_ms` milliseconds on and returns at once with the deck it will fill.
///
/// `notify` is called from the track's own thread with `cue` and what happens; it must not wait long. Whatever
/// goes wrong is an [`Outcome::Broken`], and the deck ends. Dropping the deck ends the process within 100 ms.
pub fn open(
    worker: &WorkerCommand,
    path: &Path,
    cue: CueId,
    start_at_ms: u64,
    notify: impl FnMut(CueId, Event) + Send + 'static,
) -> Deck {
    open_cut(worker, Cut { start_ms: start_at_ms, ..Cut::whole(path) }, cue, notify)
}

/// The same for a part of a file, and at another level.
pub fn open_cut(
    worker: &WorkerCommand,
    cut: Cut,
    cue: CueId,
    notify: impl FnMut(CueId, Event) + Send + 'static,
) -> Deck {
    let (feed, deck) = deck::pair(cue, DECK_FRAMES);
    let worker = worker.clone();
    let mut playing = Playing { feed: Some(feed), frames: 0, cut, cue, outcome: None, notify: Box::new(notify) };
    // The process must be started by the thread that outlives it: it asks to be killed when its parent thread ends.
    // If there is no thread to be had, dropping the closure ends the deck and tells.
    let thread = thread::Builder::new().name("decode".into());
    if let Err(error) = thread.spawn(move || playing.run(&worker)) {
        log::error!("no thread to decode on: {error}");
    }
    deck
}

/// A decoder process that decodes `cut`, and goes on after its end.
pub(crate) fn begin(worker: &WorkerCommand, cut: &Cut) -> Result<Child, Error> {
    Child::start(worker, open_file(&cut.path)?, &["play".into(), cut.start_ms.to_string()])
}

/// A decoder process that decodes what arrives through `pipe`.
pub(crate) fn listen(worker: &WorkerCommand, pipe: PipeReader) -> Result<Child, Error> {
    Child::start(worker, pipe, &["listen".into()])
}

/// Makes sure that there is sound in `path`: a decoder process decodes its beginning. Blocks for at most twice
/// [`OPEN_MAX`] and a little.
///
/// # Errors
/// Why the file does not play.
pub fn hear(worker: &WorkerCommand, path: &Path) -> Result<TrackInfo, Error> {
    let mut child = begin(worker, &Cut::whole(path))?;
    let mut about = TrackInfo::default();
    loop {
        match child.next(OPEN_MAX, &mut Vec::new())? {
            Said::Info(info) => about = info,
            Said::Sound => return Ok(about),
            Said::End => return Err(Error::NoSound),
        }
    }
}

/// What `path` says about itself, asked of a decoder process. Blocks for at most [`OPEN_MAX`] and a little.
///
/// # Errors
/// Why the file does not play.
pub fn probe(worker: &WorkerCommand, path: &Path) -> Result<TrackInfo, Error> {
    let mut child = Child::start(worker, open_file(path)?, &["probe".into()])?;
    match child.next(OPEN_MAX, &mut Vec::new())? {
        Said::Info(info) => Ok(info),
        Said::Sound | Said::End => Err(Error::Worker(WorkerError::Protocol("no description"))),
    }
}

/// Opens a regular file for reading, and nothing else.
fn open_file(path: &Path) -> Result<File, Error> {
    // Without O_NONBLOCK a pipe named like a song would hold this thread until somebody writes into it.
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = File::options().read(true).custom_flags(flags).open(path).map_err(Error::Open)?;
    let about = file.metadata().map_err(Error::Open)?;
    match about.len() {
        _ if !about.is_file() => Err(Error::NotAFile),
        0 => Err(Error::Empty),
        _ => Ok(file),
    }
}

type Notify = Box<dyn FnMut(CueId, Event) + Send>;

/// One track on its way into its deck. Dropping it ends the deck, then tells the outcome.
struct Playing {
    /// `None` only while being dropped.
    feed: Option<DeckFeed>,
    frames: u64,
    cut: Cut,
    cue: CueId,
    /// `None` until the work has come to an end of any kind.
    outcome: Option<Result<Outcome, Error>>,
    notify: Notify,
}

impl Playing {
    fn run(&mut self, worker: &WorkerCommand) {
        self.outcome = Some(self.play(worker));
    }

    fn play(&mut self, worker: &WorkerCommand) -> Result<Outcome, Error> {
        let mut child = begin(worker, &self.cut)?;
        let frames_max = self.cut.frames_max().unwrap_or(u64::MAX);
        let gain = (self.cut.gain_db != 0.0).then(|| 10.0_f32.powf(self.cut.gain_db / 20.0));
        let mut frames = Vec::new();
        let (mut opened, mut sounding) = (false, false);
        while !self.is_abandoned() {
            let patience = if sounding { STALL_MAX } else { OPEN_MAX };
            match child.next(patience, &mut frames)? {
                Said::Info(mut info) if !opened => {
                    opened = true;
                    info.duration_ms = self.cut.length_ms(info.duration_ms);
                    (self.notify)(self.cue, Event::Opened(info));
                }
                Said::Info(_) => return Err(Error::Worker(WorkerError::Protocol("a second description"))),
                _ if !opened => return Err(Error::Worker(WorkerError::Protocol("no description"))),
                Said::Sound => {
                    sounding = true;
                    frames.truncate(usize::try_from(frames_max - self.frames).unwrap_or(usize::MAX));
                    if let Some(gain) = gain {
                        frames.as_flattened_mut().iter_mut().for_each(|sample| *sample *= gain);
                    }
                    self.push(&frames);
                    frames.clear();
                    if self.frames == frames_max {
                        return Ok(Outcome::Completed { frames: self.frames });
                    }
                }
                // A track of nothing is broken: whoever asked would ask for the next one at once, and again.
                Said::End if !sounding && self.cut.start_ms == 0 => return Err(Error::NoSound),
                Said::End => return Ok(Outcome::Completed { frames: self.frames }),
            }
        }
        Ok(Outcome::Abandoned)
    }

    fn is_abandoned(&self) -> bool {
        self.feed.as_ref().is_none_or(DeckFeed::is_abandoned)
    }

    /// Moves `frames` into the deck, sleeping while it is full, until all are in or the deck is dropped.
    fn push(&mut self, mut frames: &[Frame]) {
        while let Some(feed) = self.feed.as_mut().filter(|feed| !feed.is_abandoned()) {
            let taken = feed.push(frames);
            self.frames += taken as u64;
            frames = &frames[taken..];
            if frames.is_empty() {
                return;
            }
            thread::sleep(FULL_DECK_NAP);
        }
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.feed = None;
        let no_thread = || Err(Error::Worker(WorkerError::Died("no thread to run it".into())));
        let outcome = self.outcome.take().unwrap_or_else(no_thread).unwrap_or_else(|error| {
            let path = std::mem::take(&mut self.cut.path);
            Outcome::Broken(Broken { path, error, after_frames: self.frames })
        });
        (self.notify)(self.cue, Event::Ended(outcome));
    }
}

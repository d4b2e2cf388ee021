//! The box's side of the worker: opens a file, hands its bytes over, and believes nothing of what comes back.
//!
//! One process serves many files, so that a large library is read in minutes and not in hours; it is replaced after
//! [`FILES_PER_WORKER`] of them and whenever it dies, hangs or talks nonsense. Then the file at hand counts as broken.

mod child;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;

use self::child::{Child, Failure};
use crate::fingerprint::{self, Fingerprint, PIECE_BYTES, read_at};
use crate::lists::letters::CANDIDATES;
use crate::lists::{LIST_BYTES_MAX, List};
use crate::tags::{Doubt, Tags};
use crate::text::shown;
use crate::wire::{
    self, ART_BYTES_MAX, BLOCK_BYTES, COLOR_BYTES, HEAD_BYTES, LIST_SAID_BYTES_MAX, SAID_BYTES_MAX, TAIL_BYTES,
};

/// Files that one process reads. A file that takes the process over can lie about those that follow it in the same
/// process, but not for longer.
const FILES_PER_WORKER: u32 = 256;

/// Blocks that may be asked for of one file: 64 MB, four times what the largest item of a tag may have.
const BLOCKS_MAX: u32 = 1_024;

/// Largest file that is a picture, bytes. Larger ones show no cover.
const PICTURE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How long a process may take over the tags of one file, apart from the time the box itself needs to read it: a
/// thousand times what files of any kind need on the slowest board.
const TAGS_MAX: Duration = Duration::from_secs(5);

/// The same for a picture: ten times what the largest needs on the slowest board.
const PICTURE_MAX: Duration = Duration::from_secs(20);

/// How to start a worker process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerCommand {
    program: PathBuf,
    args: Vec<OsString>,
}

impl WorkerCommand {
    /// This very program with the argument [`crate::worker::ARGUMENT`].
    pub fn this_program() -> Self {
        Self::new("/proc/self/exe", [crate::worker::ARGUMENT])
    }

    /// Another program.
    pub fn new<A: Into<OsString>>(program: impl Into<PathBuf>, args: impl IntoIterator<Item = A>) -> Self {
        Self { program: program.into(), args: args.into_iter().map(Into::into).collect() }
    }
}

/// What was found out about a file.
#[derive(Debug)]
pub(crate) struct Inspected {
    pub(crate) tags: Tags,
    pub(crate) doubt: Doubt,
    /// The cue sheet inside it.
    pub(crate) sheet: Option<List>,
    pub(crate) fingerprint: Fingerprint,
}

/// Why nothing was found out.
#[derive(Debug)]
pub(crate) enum Error {
    /// The system does not let the file be read: trying again later may help.
    Unreadable(io::Error),
    /// It is broken, hostile or no sound file; why, in words.
    Broken(String),
    /// There is no worker process, whatever the file: the system's fault, and a retry may help.
    NoWorker(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Self::Broken(why) => f.write_str(why),
            Self::NoWorker(why) => write!(f, "there is no process to read tags in: {why}"),
        }
    }
}

/// Reads files one after the other.
pub(crate) struct Inspector {
    command: WorkerCommand,
    /// The process, and the files it may still read.
    worker: Option<(Child, u32)>,
}

impl Inspector {
    pub(crate) fn new(command: WorkerCommand) -> Self {
        Self { command, worker: None }
    }

    /// Lets the process go; the next file gets a new one.
    pub(crate) fn rest(&mut self) {
        self.worker = None;
    }

    /// Reads what the regular file at `path` says about itself.
    pub(crate) fn inspect(&mut self, path: &Path) -> Result<(Inspected, Metadata), Error> {
        self.inspect_as(path, path)
    }

    /// The same of a file that is to have another name.
    pub(crate) fn inspect_as(&mut self, path: &Path, name: impl AsRef<Path>) -> Result<(Inspected, Metadata), Error> {
        let opened = Opened::new(path)?;
        const { assert!(PIECE_BYTES <= HEAD_BYTES && PIECE_BYTES <= TAIL_BYTES) };
        let fingerprint = fingerprint::of(&opened.file, opened.about.len(), &opened.head, &opened.tail);
        let fingerprint = fingerprint.map_err(Error::Unreadable)?;
        let wanted = Wanted { kind: wire::FILE, answer: wire::TAGS, bytes_max: SAID_BYTES_MAX, patience: TAGS_MAX };
        let said = match self.ask(&opened, &wanted, &opened.handed_over(name.as_ref()), |bytes| wire::said(&bytes)) {
            Ok(said) => said,
            Err(Error::Broken(why)) => wire::Said { doubt: Doubt::Sound(why), ..wire::Said::default() },
            Err(error) => return Err(error),
        };
        let wire::Said { tags, sheet, doubt } = said;
        Ok((Inspected { tags, doubt, sheet, fingerprint }, opened.about))
    }

    /// What the list at `path` says, in the likeliest encoding.
    pub(crate) fn list(&mut self, path: &Path) -> Result<List, Error> {
        self.list_as(path, 0)
    }

    /// What it says in each other encoding that it can be read in.
    pub(crate) fn list_readings(&mut self, path: &Path) -> Vec<List> {
        (1..).take(CANDIDATES.len()).filter_map(|reading| self.list_as(path, reading).ok()).collect()
    }

    fn list_as(&mut self, path: &Path, reading: u8) -> Result<List, Error> {
        let opened = Opened::up_to(path, LIST_BYTES_MAX)?;
        let wanted =
            Wanted { kind: wire::LIST, answer: wire::ENTRIES, bytes_max: LIST_SAID_BYTES_MAX, patience: TAGS_MAX };
        let message = [&[reading][..], &opened.handed_over(path)].concat();
        let list = self.ask(&opened, &wanted, &message, |bytes| wire::list(&bytes))?;
        Ok(List { is_cut: list.is_cut || opened.about.len() > LIST_BYTES_MAX, ..list })
    }

    /// The picture at `path`, or inside the sound file there: its colour, and as JPEG with no side longer than `px`.
    pub(crate) fn picture(
        &mut self,
        path: &Path,
        is_inside: bool,
        px: u16,
    ) -> Result<([u8; COLOR_BYTES], Vec<u8>), Error> {
        let opened = Opened::new(path)?;
        if !is_inside && opened.about.len() > PICTURE_BYTES_MAX {
            return Err(Error::Broken("is too large a file for a picture".into()));
        }
        let kind = if is_inside { wire::PICTURE_INSIDE } else { wire::PICTURE };
        let wanted = Wanted { kind, answer: wire::JPEG, bytes_max: COLOR_BYTES + ART_BYTES_MAX, patience: PICTURE_MAX };
        let message = [&px.to_le_bytes()[..], &opened.handed_over(path)].concat();
        let split = |mut bytes: Vec<u8>| {
            let jpeg = (bytes.len() > COLOR_BYTES).then(|| bytes.split_off(COLOR_BYTES))?;
            Some((bytes.try_into().ok()?, jpeg))
        };
        self.ask(&opened, &wanted, &message, split)
    }

    /// Asks a worker for one thing; `understand` makes sense of its answer, if there is any in it.
    fn ask<T>(
        &mut self,
        opened: &Opened,
        wanted: &Wanted,
        message: &[u8],
        understand: impl FnOnce(Vec<u8>) -> Option<T>,
    ) -> Result<T, Error> {
        let (mut child, files_left) = match self.worker.take() {
            Some(worker) => worker,
            None => (Child::start(&self.command)?, FILES_PER_WORKER),
        };
        let told = converse(&mut child, opened, wanted, message);
        let answer = told.and_then(|told| told.map(understand).transpose().ok_or(Failure::Nonsense));
        match answer {
            // Neither the file's nor the worker's fault; the worker has begun with something that it cannot end.
            Err(Failure::Unreadable(error)) => Err(Error::Unreadable(error)),
            // Whatever it did, it is not asked again: the process is killed by being dropped.
            Err(failure) => Err(Error::Broken(failure.to_string())),
            Ok(told) => {
                self.worker = Some((child, files_left - 1)).filter(|(_, left)| *left > 0);
                told.map_err(Error::Broken)
            }
        }
    }
}

/// Hands a file over and answers what the worker asks, until it says what there is to say.
fn converse(
    child: &mut Child,
    opened: &Opened,
    wanted: &Wanted,
    message: &[u8],
) -> Result<Result<Vec<u8>, String>, Failure> {
    child.begin(wanted.patience);
    child.say(wanted.kind, message)?;
    child.say(wire::TAIL, &opened.tail)?;
    for _ in 0..=BLOCKS_MAX {
        let (kind, bytes) = child.next(wanted.bytes_max)?;
        match (kind, <[u8; 8]>::try_from(&bytes[..])) {
            (wire::WANT, Ok(offset)) => {
                let mut block = vec![0; BLOCK_BYTES];
                match read_at(&opened.file, &mut block, u64::from_le_bytes(offset)) {
                    Ok(count) => child.say(wire::BLOCK, &block[..count])?,
                    Err(error) => return Err(Failure::Unreadable(error)),
                }
            }
            (kind, _) if kind == wanted.answer => return Ok(Ok(bytes)),
            (wire::FAILED, _) => return Ok(Err(shown(&String::from_utf8_lossy(&bytes)))),
            _ => return Err(Failure::Nonsense),
        }
    }
    Err(Failure::Insatiable)
}

/// What is wanted of a worker, how its answer is called, how large it may be and how long it may take.
struct Wanted {
    kind: u8,
    answer: u8,
    bytes_max: usize,
    patience: Duration,
}

/// A file that is open, with its beginning and end.
struct Opened {
    file: File,
    about: Metadata,
    /// Bytes of it that count.
    length: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Opened {
    fn new(path: &Path) -> Result<Self, Error> {
        Self::up_to(path, u64::MAX)
    }

    /// Opens a file of which at most so many bytes count.
    fn up_to(path: &Path, bytes_max: u64) -> Result<Self, Error> {
        let (file, about) = open(path).map_err(Error::Unreadable)?;
        let length = about.len().min(bytes_max);
        if length == 0 {
            return Err(Error::Broken("is empty".into()));
        }
        let piece = |offset, bytes: u64| {
            let mut piece = vec![0; usize::try_from(bytes.min(length - offset)).unwrap_or(0)];
            let read = read_at(&file, &mut piece, offset)?;
            piece.truncate(read);
            Ok(piece)
        };
        let head = piece(0, HEAD_BYTES as u64).map_err(Error::Unreadable)?;
        let tail = piece(length.saturating_sub(TAIL_BYTES as u64), TAIL_BYTES as u64).map_err(Error::Unreadable)?;
        Ok(Self { file, about, length, head, tail })
    }

    fn handed_over(&self, path: &Path) -> Vec<u8> {
        let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        wire::file(self.length, ending, &self.head)
    }
}

/// Opens a regular file for reading, and nothing else: no link, no pipe named like a song, no device.
fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW;
    let file = File::options().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let about = file.metadata()?;
    if about.is_file() { Ok((file, about)) } else { Err(io::Error::other("it is not a file")) }
}

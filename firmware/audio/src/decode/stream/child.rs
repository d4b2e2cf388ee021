//! One decoder process as a source of checked messages.
//!
//! Dropping a [`Child`] kills and reaps the process, in every case: none is left behind, dead or alive.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{self, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::super::wire::{self, HEADER_BYTES, Kind};
use super::super::{Error, KILLED, TrackInfo, WorkerError};
use super::WorkerCommand;
use crate::pcm::Frame;

/// A checked message.
pub(crate) enum Said {
    /// The file is open.
    Info(TrackInfo),
    /// Frames have been appended.
    Sound,
    /// The track is complete.
    End,
}

/// A running decoder process.
pub(crate) struct Child {
    process: process::Child,
    output: ChildStdout,
    contents: Vec<u8>,
}

impl Child {
    /// Starts a decoder process on `input`: a file, or a pipe.
    pub(super) fn start(worker: &WorkerCommand, input: impl Into<Stdio>, args: &[String]) -> Result<Self, Error> {
        let spawned = Command::new(&worker.program)
            .args(&worker.args)
            .args(args)
            // A decoder needs no environment, and a hostile file need not see it.
            .env_clear()
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Ctrl-C in the box's terminal is for the box: it ends its decoders itself.
            .process_group(0)
            .spawn();
        let mut process = spawned.map_err(|error| Error::Worker(WorkerError::Spawn(error)))?;
        let output = process.stdout.take().expect("standard output was asked to be a pipe");
        Ok(Self { process, output, contents: Vec::new() })
    }

    /// Waits up to `patience` until it says something or ends, and returns whether it does.
    pub(crate) fn is_ready(&self, patience: Duration) -> Result<bool, Error> {
        self.wait_readable(Instant::now() + patience).map_err(broken_pipe)
    }

    /// Waits up to `patience` for the next complete message and checks it. Frames are appended to `frames`.
    pub(crate) fn next(&mut self, patience: Duration, frames: &mut Vec<Frame>) -> Result<Said, Error> {
        let deadline = Instant::now() + patience;
        let mut header = [0; HEADER_BYTES];
        self.fill(&mut header, deadline)?;
        let (kind, length) = wire::header(header).map_err(Error::Worker)?;
        let mut contents = std::mem::take(&mut self.contents);
        contents.resize(length, 0);
        self.fill(&mut contents, deadline)?;
        let said = match kind {
            Kind::Info => wire::read_info(&contents).map(Said::Info),
            Kind::Sound => wire::read_sound(&contents, frames).map(|()| Said::Sound),
            Kind::End => Ok(Said::End),
            Kind::Failed => return Err(wire::read_failed(&contents).unwrap_or_else(Error::Worker)),
        };
        self.contents = contents;
        said.map_err(Error::Worker)
    }

    /// Fills `bytes`, waiting until `deadline` at most.
    fn fill(&mut self, mut bytes: &mut [u8], deadline: Instant) -> Result<(), Error> {
        while !bytes.is_empty() {
            if !self.wait_readable(deadline).map_err(broken_pipe)? {
                return Err(Error::Worker(WorkerError::Stalled));
            }
            match self.output.read(bytes) {
                Ok(0) => return Err(Error::Worker(WorkerError::Died(self.how_it_died()))),
                Ok(count) => bytes = &mut bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(broken_pipe(error)),
            }
        }
        Ok(())
    }

    /// Whether there is something to read before `deadline`.
    fn wait_readable(&self, deadline: Instant) -> io::Result<bool> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
            match poll(&mut [PollFd::new(&self.output, PollFlags::IN)], Some(&left)) {
                Ok(ready) => return Ok(ready > 0),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Its output has ended too early: how did it die?
    fn how_it_died(&mut self) -> String {
        match self.reap() {
            Ok(status) => match (status.signal(), status.code()) {
                (Some(signal), _) if signal == libc::SIGSYS => "it tried something forbidden".into(),
                (Some(signal), _) if signal == libc::SIGABRT => "it ran out of memory or gave up".into(),
                (Some(signal), _) if signal == libc::SIGKILL => KILLED.into(),
                (Some(signal), _) => format!("signal {signal}"),
                // What a panicking program ends with.
                (None, Some(101)) => "it cannot cope with the contents".into(),
                (None, code) => format!("exit code {}", code.unwrap_or(-1)),
            },
            Err(error) => error.to_string(),
        }
    }

    fn reap(&mut self) -> io::Result<ExitStatus> {
        // It may have closed its output and live on. Killing a process that is dead already changes nothing.
        self.process.kill()?;
        self.process.wait()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Err(error) = self.reap() {
            log::error!("a decoder process cannot be reaped: {error}");
        }
    }
}

fn broken_pipe(error: io::Error) -> Error {
    Error::Worker(WorkerError::Died(error.to_string()))
}

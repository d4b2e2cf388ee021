//! One worker process as somebody to talk to, with patience that ends.
//!
//! Dropping a [`Child`] kills and reaps the process, in every case.

use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{self, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_setfl};

use super::{Error, WorkerCommand};
use crate::text::shown;
use crate::wire::{self, HEADER_BYTES, SAID_BYTES_MAX};

/// How long a new process may take to be ready, on a box that is busy starting.
const READY_MAX: Duration = Duration::from_secs(10);

/// How often a process that this machine did not let compute gets the rest of its time again.
const EXTENSIONS_MAX: u32 = 20;

/// Clock ticks per second in which Linux tells programs about times, on every processor (`USER_HZ`, asm-generic/param.h).
const TICKS_PER_SECOND: u64 = 100;

/// How a conversation failed. All of these end the process.
#[derive(Debug)]
pub(super) enum Failure {
    Died(String),
    Stalled,
    Nonsense,
    Insatiable,
    /// The file could not be read on.
    Unreadable(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Died(how) => write!(f, "made the tag reader fail ({how})"),
            Self::Stalled => write!(f, "kept the tag reader busy for too long"),
            Self::Nonsense => write!(f, "made the tag reader talk nonsense"),
            Self::Insatiable => write!(f, "made the tag reader read too much"),
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
        }
    }
}

/// A running worker process.
pub(super) struct Child {
    process: process::Child,
    input: ChildStdin,
    output: ChildStdout,
    /// What is left of the time for the file at hand; only waiting for the process counts.
    patience: Duration,
    /// All of that time, and how long the process had computed when it began.
    allowed: Duration,
    computed_before: Duration,
    extensions_left: u32,
}

impl Child {
    /// Starts a process and waits until it is locked in.
    pub(super) fn start(command: &WorkerCommand) -> Result<Self, Error> {
        let failed = |error: &dyn fmt::Display| Error::NoWorker(error.to_string());
        let spawned = Command::new(&command.program)
            .args(&command.args)
            // A hostile file need not see the environment.
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Ctrl-C in the box's terminal is for the box: it ends its workers itself.
            .process_group(0)
            .spawn();
        let mut process = spawned.map_err(|error| failed(&error))?;
        let input = process.stdin.take().expect("standard input was asked to be a pipe");
        let output = process.stdout.take().expect("standard output was asked to be a pipe");
        let mut child = Self {
            process,
            input,
            output,
            patience: READY_MAX,
            allowed: READY_MAX,
            computed_before: Duration::ZERO,
            extensions_left: EXTENSIONS_MAX,
        };
        // A process that reads nothing must not hold the scan.
        fcntl_setfl(&child.input, OFlags::NONBLOCK).map_err(|error| failed(&error))?;
        match child.next(SAID_BYTES_MAX) {
            Ok((wire::READY, _)) => Ok(child),
            Ok((wire::NOT_LOCKED_IN, why)) => {
                Err(Error::NoWorker(format!("it cannot be locked in: {}", shown(&String::from_utf8_lossy(&why)))))
            }
            Ok(_) => Err(failed(&"it talks nonsense")),
            Err(failure) => Err(failed(&failure)),
        }
    }

    /// Begins a file's time.
    pub(super) fn begin(&mut self, patience: Duration) {
        self.patience = patience;
        self.allowed = patience;
        self.computed_before = self.activity().map_or(Duration::ZERO, |activity| activity.computed);
        self.extensions_left = EXTENSIONS_MAX;
    }

    /// Says something to the process.
    pub(super) fn say(&mut self, kind: u8, bytes: &[u8]) -> Result<(), Failure> {
        let mut message = Vec::with_capacity(HEADER_BYTES + bytes.len());
        wire::write(&mut message, kind, bytes).expect("memory takes everything");
        let mut rest = &message[..];
        while !rest.is_empty() {
            match self.input.write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.wait(PollFlags::OUT)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Err(self.how_it_died()),
                Err(error) => return Err(Failure::Died(error.to_string())),
            }
        }
        Ok(())
    }

    /// What it says next: a kind and its contents, of `bytes_max` at most.
    pub(super) fn next(&mut self, bytes_max: usize) -> Result<(u8, Vec<u8>), Failure> {
        let mut head = [0; HEADER_BYTES];
        self.fill(&mut head)?;
        let (kind, length) = wire::header(head);
        if length > bytes_max {
            return Err(Failure::Nonsense);
        }
        let mut bytes = vec![0; length];
        self.fill(&mut bytes)?;
        Ok((kind, bytes))
    }

    fn fill(&mut self, mut bytes: &mut [u8]) -> Result<(), Failure> {
        while !bytes.is_empty() {
            self.wait(PollFlags::IN)?;
            match self.output.read(bytes) {
                Ok(0) => return Err(self.how_it_died()),
                Ok(count) => bytes = &mut bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Failure::Died(error.to_string())),
            }
        }
        Ok(())
    }

    /// Waits until the process has taken (`OUT`) or said (`IN`) something.
    fn wait(&mut self, flags: PollFlags) -> Result<(), Failure> {
        loop {
            let begun = Instant::now();
            let left = Timespec {
                tv_sec: self.patience.as_secs().cast_signed(),
                tv_nsec: self.patience.subsec_nanos().into(),
            };
            let pipe = if flags == PollFlags::OUT { self.input.as_fd() } else { self.output.as_fd() };
            let ready = poll(&mut [PollFd::from_borrowed_fd(pipe, flags)], Some(&left));
            self.patience = self.patience.saturating_sub(begun.elapsed());
            match ready {
                Ok(0) => self.patience = self.extension().ok_or(Failure::Stalled)?,
                Ok(_) | Err(rustix::io::Errno::INTR) => return Ok(()),
                Err(error) => return Err(Failure::Died(error.to_string())),
            }
        }
    }

    /// Returns what the process has not computed of its time, if it wants to compute and this machine did not let it: that is
    /// no fault of the file.
    fn extension(&mut self) -> Option<Duration> {
        let activity = self.activity()?;
        let left = self.allowed.saturating_sub(activity.computed.saturating_sub(self.computed_before));
        self.extensions_left = self.extensions_left.checked_sub(1)?;
        Some(left).filter(|left| activity.is_waiting_for_the_machine && !left.is_zero())
    }

    /// Returns what the kernel says of the process; `None` where it says nothing that can be understood.
    fn activity(&self) -> Option<Activity> {
        Activity::parse(&fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?)
    }

    fn how_it_died(&mut self) -> Failure {
        // It may have closed its pipe and live on.
        let status = self.process.kill().and_then(|()| self.process.wait());
        let how = match status.map(|status| (status.signal(), status.code())) {
            Ok((Some(signal), _)) if signal == rustix::process::Signal::SYS.as_raw() => {
                "it tried something forbidden".into()
            }
            Ok((Some(signal), _)) if signal == rustix::process::Signal::ABORT.as_raw() => {
                "it ran out of memory or gave up".into()
            }
            Ok((Some(signal), _)) => format!("signal {signal}"),
            // What a panicking program ends with.
            Ok((None, Some(101))) => "it cannot cope with the contents".into(),
            Ok((None, code)) => format!("exit code {}", code.unwrap_or(-1)),
            Err(error) => error.to_string(),
        };
        Failure::Died(how)
    }
}

/// What a process does.
#[derive(Debug, PartialEq, Eq)]
struct Activity {
    /// Processor time it has had, in steps of the kernel's clock tick (10 ms).
    computed: Duration,
    /// It is ready to run or waits for memory or a disk, and for nobody's word.
    is_waiting_for_the_machine: bool,
}

impl Activity {
    /// Parses a line of proc_pid_stat(5): the state is its third field, user and system time in ticks the 14th and 15th. The
    /// second is the program's name in brackets, which may hold anything.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.rsplit_once(')')?.1.split_ascii_whitespace();
        let state = fields.next()?;
        let mut times = fields.skip(10).map(str::parse::<u64>);
        let ticks = times.next()?.ok()?.checked_add(times.next()?.ok()?)?;
        let computed = Duration::from_millis(ticks.checked_mul(1000 / TICKS_PER_SECOND)?);
        Some(Self { computed, is_waiting_for_the_machine: matches!(state, "R" | "D") })
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait()) {
            log::error!("a tag reader process cannot be reaped: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_what_the_kernel_says_of_it() {
        let line = "17 (a ) R 1 (x) D 4 1 1 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 7 8 9";
        let starved = Activity { computed: Duration::from_secs(3), is_waiting_for_the_machine: true };
        assert_eq!(Activity::parse(line), Some(starved));
        let asleep = Activity { computed: Duration::from_secs(3), is_waiting_for_the_machine: false };
        assert_eq!(Activity::parse(&line.replace(" D ", " S ")), Some(asleep));
        for nonsense in
            ["", "17 a R 1", "17 (a) R 1 2 3", &line.replace("250", "x"), &line.replace("250", &u64::MAX.to_string())]
        {
            assert_eq!(Activity::parse(nonsense), None, "{nonsense}");
        }
    }
}

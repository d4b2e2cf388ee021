//! Everything that can go wrong here, and the exit code it leads to.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::{fmt, io};

use crate::cli::UsageError;
use crate::plan::Refusal;

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub(crate) enum Error {
    /// The command line makes no sense: the caller's to correct.
    Usage(UsageError),
    /// This machine cannot be set up from here: the person's to change.
    Setup(Refusal),
    /// The person said no.
    Declined,
    /// A folder or file given does not exist.
    NoSuchPath {
        /// The option that named it.
        option: &'static str,
        /// What it named.
        path: PathBuf,
        /// What it should be.
        wanted: &'static str,
    },
    /// The named fuzz target or benchmark does not exist.
    NoSuchName {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The distribution does not have these packages under Debian's names: the person's to solve.
    NotOffered {
        /// Which.
        packages: Vec<&'static str>,
    },
    /// Tests in an emulated computer need a right that this caller or machine lacks: the person's to change.
    NotAllowed(&'static str),
    /// The image cannot be made, for a reason that this tells: the person's to solve.
    Card(String),
    /// Packages or programs could not be installed: the person's to solve; a retry helps if it was the network's fault.
    Install {
        /// The command that failed, as typed.
        command: String,
        /// What it said, and what can be done about it.
        why: String,
    },
    /// A program could not be started.
    Start {
        /// Which.
        program: OsString,
        /// Why.
        source: io::Error,
    },
    /// A stage ran and failed.
    Stage {
        /// Which.
        name: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// Every test was to run, and so many say that they did not, or not whole: what they lack is this machine's to change.
    NotRun(usize),
    /// Some cases are not as they should be; which ones stands above.
    Cases,
    /// Cargo built the program but did not say where it is.
    NoExecutable,
    /// So many warnings of compiler or Clippy stand above.
    Warnings(usize),
    /// A file of ours could not be read or written.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// 1 if something failed, 2 if the command line or the machine must change first.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_)
            | Self::Setup(_)
            | Self::Declined
            | Self::NoSuchPath { .. }
            | Self::NoSuchName { .. }
            | Self::NotOffered { .. }
            | Self::NotAllowed(_)
            | Self::Card(_)
            | Self::Install { .. } => 2,
            Self::Start { .. }
            | Self::Stage { .. }
            | Self::NotRun(_)
            | Self::Cases
            | Self::NoExecutable
            | Self::Warnings(_)
            | Self::File { .. } => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => error.fmt(f),
            Self::Setup(refusal) => refusal.fmt(f),
            Self::Declined => f.write_str("nothing was installed, so this cannot go on"),
            Self::NoSuchPath { option, path, wanted } => {
                write!(f, "{option} {}: there is no such {wanted}", path.display())
            }
            Self::NoSuchName { name, known } => write!(f, "there is no {name:?}; there are: {}", known.join(", ")),
            Self::NotOffered { packages } => {
                let names = packages.join(", ");
                write!(
                    f,
                    "this system's package lists do not offer {names}; please install what is missing in another way"
                )
            }
            Self::NotAllowed(what) => {
                write!(
                    f,
                    "this builds in a folder with a root and mounts of its own, which only root may make, and {what}; try\n  \
                     sudo --preserve-env=PATH,HOME cargo xtask ..."
                )
            }
            Self::Card(why) => f.write_str(why),
            Self::Install { command, why } => write!(f, "installing failed:\n  {why}\nThe command was:\n  {command}"),
            Self::Start { program, source } => write!(f, "cannot start {}: {source}", program.to_string_lossy()),
            Self::Stage { name, status } => write!(f, "{name} failed ({status})"),
            Self::NotRun(count) => write!(f, "{count} tests or parts of tests did not run here; they are listed above"),
            Self::Cases => f.write_str("not all cases are as they should be; those that are not stand above"),
            Self::NoExecutable => f.write_str("cargo did not report the program it built"),
            Self::Warnings(count) => write!(f, "{count} warnings of the compiler or of Clippy, which stand above"),
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Usage(error) => Some(error),
            Self::Setup(refusal) => Some(refusal),
            Self::Start { source, .. } | Self::File { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<UsageError> for Error {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Setup(refusal)
    }
}

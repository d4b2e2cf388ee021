//! The command line: words in, a [`Command`] out. Pure: touches no file and starts nothing.

use std::ffi::OsString;
use std::fmt;

use lexopt::prelude::*;

use crate::help::Topic;

/// Seconds each fuzz target runs unless told otherwise.
const FUZZ_SECONDS_DEFAULT: u32 = 60;

/// The longest `--seconds` accepted: a day.
const FUZZ_SECONDS_MAX: u32 = 86_400;

/// What the person asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Print a help text.
    Help(Topic),
    /// Build and start the box.
    Run(RunArgs),
    /// Set up and run every test.
    Test(TestArgs),
    /// Run benchmarks.
    Bench(BenchArgs),
    /// Run fuzz targets.
    Fuzz(FuzzArgs),
}

/// Arguments of `run`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RunArgs {
    /// Install without asking.
    pub(crate) yes: bool,
    /// Build without optimisation.
    pub(crate) debug: bool,
    /// `--music`.
    pub(crate) music: Option<OsString>,
    /// `--line-in`.
    pub(crate) line_in: Option<OsString>,
    /// `--board`.
    pub(crate) board: Option<OsString>,
    /// `--listen`.
    pub(crate) listen: Option<String>,
    /// `--config`.
    pub(crate) config: Option<OsString>,
    /// `--host-from`.
    pub(crate) host_from: Option<OsString>,
    /// Whatever followed `--`, for the box as it is.
    pub(crate) rest: Vec<OsString>,
}

/// Arguments of `test`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TestArgs {
    /// Install without asking.
    pub(crate) yes: bool,
    /// The machine tests, and only those.
    pub(crate) machine: bool,
    /// Run only tests whose name contains one of these; empty means everything.
    pub(crate) filters: Vec<String>,
}

/// Arguments of `bench`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct BenchArgs {
    /// Install without asking.
    pub(crate) yes: bool,
    /// Run only these benchmarks; empty means all.
    pub(crate) names: Vec<String>,
}

/// Arguments of `fuzz`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FuzzArgs {
    /// Install without asking.
    pub(crate) yes: bool,
    /// Seconds per target, 1 to [`FUZZ_SECONDS_MAX`].
    pub(crate) seconds: u32,
    /// Run only these targets; empty means all.
    pub(crate) targets: Vec<String>,
}

/// A command line that makes no sense. Always the caller's to correct.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum UsageError {
    /// No such command.
    UnknownCommand(String),
    /// The command does not know this argument.
    UnknownArgument {
        /// The command.
        command: &'static str,
        /// The argument as written.
        argument: String,
    },
    /// An argument's value is missing or wrong.
    Value {
        /// The argument.
        argument: &'static str,
        /// What was written, if anything.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// The argument parser's own complaint.
    Syntax(String),
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCommand(name) => {
                write!(f, "unknown command {name:?}; there are run, test, bench, fuzz and help")
            }
            Self::UnknownArgument { command, argument } => {
                write!(f, "{command} does not know {argument:?}; see `cargo xtask {command} --help`")
            }
            Self::Value { argument, value, allowed } => write!(f, "{argument} {value:?}: must be {allowed}"),
            Self::Syntax(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for UsageError {}

impl From<lexopt::Error> for UsageError {
    fn from(error: lexopt::Error) -> Self {
        Self::Syntax(error.to_string())
    }
}

/// Reads a whole command line. Without any argument it asks for the general help.
pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Command, UsageError> {
    match parser.next()? {
        None | Some(Short('h') | Long("help")) => Ok(Command::Help(Topic::General)),
        Some(Value(name)) => match name.to_str() {
            Some("run") => run(parser),
            Some("test") => test(parser),
            Some("bench") => bench(parser),
            Some("fuzz") => fuzz(parser),
            Some("help") => help(parser),
            _ => Err(UsageError::UnknownCommand(name.to_string_lossy().into_owned())),
        },
        Some(other) => Err(unknown("help", other)),
    }
}

fn help(mut parser: lexopt::Parser) -> Result<Command, UsageError> {
    match parser.next()? {
        None => Ok(Command::Help(Topic::General)),
        Some(Value(name)) => match name.to_str().and_then(Topic::named) {
            Some(topic) => Ok(Command::Help(topic)),
            None => Err(UsageError::UnknownCommand(name.to_string_lossy().into_owned())),
        },
        Some(other) => Err(unknown("help", other)),
    }
}

fn run(mut parser: lexopt::Parser) -> Result<Command, UsageError> {
    let mut args = RunArgs::default();
    loop {
        if let Some(rest) = after_double_dash(&mut parser) {
            args.rest = rest;
            return Ok(Command::Run(args));
        }
        match parser.next()? {
            None => return Ok(Command::Run(args)),
            Some(Short('h') | Long("help")) => return Ok(Command::Help(Topic::Run)),
            Some(Short('y') | Long("yes")) => args.yes = true,
            Some(Long("debug")) => args.debug = true,
            Some(Long("music")) => args.music = Some(parser.value()?),
            Some(Long("line-in")) => args.line_in = Some(parser.value()?),
            Some(Long("board")) => args.board = Some(parser.value()?),
            Some(Long("listen")) => args.listen = Some(listen(parser.value()?)?),
            Some(Long("config")) => args.config = Some(parser.value()?),
            Some(Long("host-from")) => args.host_from = Some(parser.value()?),
            Some(other) => return Err(unknown("run", other)),
        }
    }
}

/// Everything after a `--`, if that is what comes next.
fn after_double_dash(parser: &mut lexopt::Parser) -> Option<Vec<OsString>> {
    let raw = parser.try_raw_args()?;
    if raw.peek()? != "--" {
        return None;
    }
    Some(raw.skip(1).collect())
}

fn listen(value: OsString) -> Result<String, UsageError> {
    match value.to_str() {
        Some(text) if text.parse::<std::net::SocketAddr>().is_ok() => Ok(text.to_owned()),
        _ => Err(UsageError::Value {
            argument: "--listen",
            value: value.to_string_lossy().into_owned(),
            allowed: "ADDRESS:PORT, such as 0.0.0.0:8080 or [::]:8080",
        }),
    }
}

fn test(mut parser: lexopt::Parser) -> Result<Command, UsageError> {
    let mut args = TestArgs::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help(Topic::Test)),
            Short('y') | Long("yes") => args.yes = true,
            Long("machine") => args.machine = true,
            Value(name) => args.filters.push(name.string()?),
            other => return Err(unknown("test", other)),
        }
    }
    Ok(Command::Test(args))
}

fn bench(mut parser: lexopt::Parser) -> Result<Command, UsageError> {
    let mut args = BenchArgs::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help(Topic::Bench)),
            Short('y') | Long("yes") => args.yes = true,
            Value(name) => args.names.push(name.string()?),
            other => return Err(unknown("bench", other)),
        }
    }
    Ok(Command::Bench(args))
}

fn fuzz(mut parser: lexopt::Parser) -> Result<Command, UsageError> {
    let mut args = FuzzArgs { yes: false, seconds: FUZZ_SECONDS_DEFAULT, targets: Vec::new() };
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help(Topic::Fuzz)),
            Short('y') | Long("yes") => args.yes = true,
            Long("seconds") => args.seconds = seconds(parser.value()?)?,
            Value(name) => args.targets.push(name.string()?),
            other => return Err(unknown("fuzz", other)),
        }
    }
    Ok(Command::Fuzz(args))
}

fn seconds(value: OsString) -> Result<u32, UsageError> {
    let parsed = value.to_str().and_then(|text| text.parse().ok());
    parsed.filter(|seconds| (1..=FUZZ_SECONDS_MAX).contains(seconds)).ok_or_else(|| UsageError::Value {
        argument: "--seconds",
        value: value.to_string_lossy().into_owned(),
        allowed: "a whole number from 1 to 86400",
    })
}

fn unknown(command: &'static str, argument: lexopt::Arg<'_>) -> UsageError {
    let argument = match argument {
        Short(letter) => format!("-{letter}"),
        Long(name) => format!("--{name}"),
        Value(value) => value.to_string_lossy().into_owned(),
    };
    UsageError::UnknownArgument { command, argument }
}

#[cfg(test)]
mod tests;

//! The command line: words in, a [`Command`] out. Pure: touches no file and starts nothing.

mod args;

use std::ffi::OsString;
use std::fmt;

use lexopt::prelude::*;

pub(crate) use args::{
    BenchArgs, CasesArgs, Command, Emulated, FlashArgs, FuzzArgs, ImageArgs, Locked, RunArgs, TestArgs,
};

use crate::board::Board;
use crate::help::Topic;
use crate::settings::{SETTINGS, Setting, Settings};

/// The longest `--seconds` accepted: a day.
const FUZZ_SECONDS_MAX: u32 = 86_400;

/// Most inputs of a fuzz target: libFuzzer counts in 31 bits.
const FUZZ_RUNS_MAX: u32 = 2_000_000_000;

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
                write!(f, "unknown command {name:?}; there are run, test, bench, cases, fuzz, image, flash and help")
            }
            Self::UnknownArgument { command, argument } => {
                write!(f, "{command} does not know {argument:?}; see `cargo xtask {command} --help`")
            }
            Self::Value { argument, value, allowed } if value.is_empty() => write!(f, "{argument} must be {allowed}"),
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
            Some("cases") => cases(parser),
            Some("fuzz") => fuzz(parser),
            Some("image") => image(parser),
            Some("flash") => flash(parser),
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
            return one_build(args);
        }
        match parser.next()? {
            None => return one_build(args),
            Some(Short('h') | Long("help")) => return Ok(Command::Help(Topic::Run)),
            Some(Short('y') | Long("yes")) => args.yes = true,
            Some(Long("dry")) => args.dry = true,
            Some(Long("debug")) => args.debug = true,
            Some(Long("release")) => args.release = true,
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

/// The command, unless it asks for two builds.
fn one_build(args: RunArgs) -> Result<Command, UsageError> {
    if args.debug && args.release {
        let allowed = "given without --debug";
        return Err(UsageError::Value { argument: "--release", value: String::new(), allowed });
    }
    Ok(Command::Run(args))
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
            Long("dry") => args.dry = true,
            Long("machine") => args.machine = true,
            Long("prepare") => args.prepare = true,
            Long("only") => args.only = Some(emulated(parser.value()?)?),
            Long("cache") => args.cache = Some(parser.value()?.into()),
            Value(name) => args.filters.push(name.string()?),
            other => return Err(unknown("test", other)),
        }
    }
    let of_machine = [("--cache", args.cache.is_some()), ("--prepare", args.prepare), ("--only", args.only.is_some())];
    for (argument, is_given) in of_machine {
        if is_given && !args.machine {
            let allowed = "given with --machine";
            return Err(UsageError::Value { argument, value: String::new(), allowed });
        }
    }
    Ok(Command::Test(args))
}

fn emulated(value: OsString) -> Result<Emulated, UsageError> {
    match value.to_str() {
        Some("cards") => Ok(Emulated::Cards),
        Some("machine") => Ok(Emulated::Machine),
        _ => Err(UsageError::Value {
            argument: "--only",
            value: value.to_string_lossy().into_owned(),
            allowed: "cards or machine",
        }),
    }
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

fn cases(mut parser: lexopt::Parser) -> Result<Command, UsageError> {
    let (mut yes, mut folder) = (false, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help(Topic::Cases)),
            Short('y') | Long("yes") => yes = true,
            Value(path) if folder.is_none() => folder = Some(path.into()),
            other => return Err(unknown("cases", other)),
        }
    }
    let missing = || UsageError::Value { argument: "FOLDER", value: String::new(), allowed: "given" };
    Ok(Command::Cases(CasesArgs { yes, folder: folder.ok_or_else(missing)? }))
}

fn fuzz(mut parser: lexopt::Parser) -> Result<Command, UsageError> {
    let mut args = FuzzArgs { yes: false, seconds: None, runs: None, seed: None, targets: Vec::new() };
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help(Topic::Fuzz)),
            Short('y') | Long("yes") => args.yes = true,
            Long("seconds") => args.seconds = Some(number("--seconds", parser.value()?, FUZZ_SECONDS_MAX)?),
            Long("runs") => args.runs = Some(number("--runs", parser.value()?, FUZZ_RUNS_MAX)?),
            Long("seed") => args.seed = Some(number("--seed", parser.value()?, u32::MAX)?),
            Value(name) => args.targets.push(name.string()?),
            other => return Err(unknown("fuzz", other)),
        }
    }
    Ok(Command::Fuzz(args))
}

fn image(mut parser: lexopt::Parser) -> Result<Command, UsageError> {
    let mut args = ImageArgs::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help(Topic::Image)),
            Short('y') | Long("yes") => args.yes = true,
            Long("board") => (args.board, args.emulate) = board_or_emulator(parser.value()?)?,
            Long("dry") => args.dry = true,
            Long("locked") if args.locked == Locked::No => args.locked = Locked::Repository,
            Long("locked") => {}
            Long("lock") => args.locked = Locked::File(parser.value()?.into()),
            Long("cache") => args.cache = Some(parser.value()?.into()),
            Long("update-lock") => args.update_lock = true,
            Long("check") => args.check = true,
            Long("key") => args.key = Some(parser.value()?.into()),
            Long("certificate") => args.certificate = Some(parser.value()?.into()),
            Long("keyring") => args.keyring = Some(parser.value()?.into()),
            Long("firmware") => args.firmware = Some(parser.value()?.into()),
            Long("program") => args.program = Some(parser.value()?.into()),
            other => return Err(unknown("image", other)),
        }
    }
    if args.key.is_some() != args.certificate.is_some() {
        let allowed = "given together with the other one of --key and --certificate";
        return Err(UsageError::Value { argument: "--key", value: String::new(), allowed });
    }
    if args.update_lock && args.locked != Locked::No {
        let allowed = "given without --locked and --lock: it locks what Debian has now";
        return Err(UsageError::Value { argument: "--update-lock", value: String::new(), allowed });
    }
    Ok(Command::Image(args))
}

fn flash(mut parser: lexopt::Parser) -> Result<Command, UsageError> {
    let (mut yes, mut board, mut image, mut device) = (false, Board::Pi, None, None);
    let mut settings = Settings::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help(Topic::Flash)),
            Short('y') | Long("yes") => yes = true,
            Long("board") => board = self::board(parser.value()?)?,
            Long("image") => image = Some(parser.value()?.into()),
            Long("settings") => settings.file = Some(parser.value()?.into()),
            Long(option) if setting(option).is_some() => {
                let Some(setting) = setting(option) else { continue };
                settings.add(line(setting, parser.value()?)?);
            }
            Value(path) if device.is_none() => device = Some(path.into()),
            other => return Err(unknown("flash", other)),
        }
    }
    let missing = || UsageError::Value {
        argument: "DEVICE",
        value: String::new(),
        allowed: "the card's whole disk, such as /dev/sdb; `lsblk` lists them",
    };
    if settings.file.is_some() && !settings.lines.is_empty() {
        let allowed = "given without options for single settings: write them into the file";
        return Err(UsageError::Value { argument: "--settings", value: String::new(), allowed });
    }
    Ok(Command::Flash(FlashArgs { yes, board, image, settings, device: device.ok_or_else(missing)? }))
}

/// The setting that an option of `flash` is about.
fn setting(option: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.option.strip_prefix("--") == Some(option))
}

/// The line of the card's file that such an option asks for.
fn line(setting: &'static Setting, value: OsString) -> Result<String, UsageError> {
    let text = value.to_string_lossy().into_owned();
    setting.line(&text).ok_or_else(|| UsageError::Value {
        argument: setting.option,
        value: if setting.is_secret { String::new() } else { text },
        allowed: setting.allowed,
    })
}

/// A board, or the emulator, which starts the Pi's own file.
fn board_or_emulator(value: OsString) -> Result<(Board, bool), UsageError> {
    if value == "qemu" { Ok((Board::Pi, true)) } else { Ok((board(value)?, false)) }
}

fn board(value: OsString) -> Result<Board, UsageError> {
    value.to_str().and_then(Board::named).ok_or_else(|| UsageError::Value {
        argument: "--board",
        value: value.to_string_lossy().into_owned(),
        allowed: "pi (Zero 2 W, 3 and 4) or pi5; an image also for qemu",
    })
}

fn number(argument: &'static str, value: OsString, most: u32) -> Result<u32, UsageError> {
    let parsed = value.to_str().and_then(|text| text.parse().ok());
    parsed.filter(|number| (1..=most).contains(number)).ok_or_else(|| UsageError::Value {
        argument,
        value: value.to_string_lossy().into_owned(),
        allowed: match most {
            FUZZ_SECONDS_MAX => "a whole number from 1 to 86400",
            FUZZ_RUNS_MAX => "a whole number from 1 to 2000000000",
            _ => "a whole number from 1 to 4294967295",
        },
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

//! The command line: parsing, help and what it changes in the configuration.

use std::fmt;
use std::path::PathBuf;

use lexopt::Arg;

use crate::card;
use crate::config::{self, Config, Level, Start};

/// What `--help` prints.
pub const HELP: &str = "\
Partybox: one box plays, every phone at the party hears.

Usage: partybox [OPTIONS]

Options:
      --music DIR          play the music in DIR and its subdirectories (default: built-in demo tracks)
      --line-in DEVICE     play what comes into this ALSA input, e.g. hw:CARD=CODEC,DEV=0 or usb
                           (`arecord -L` lists names); music steps in while it brings nothing
      --listen ADDR:PORT   serve the page here (default: 0.0.0.0:8080; port 0 takes a free one)
      --https-port PORT    serve it by TLS here as well, as the DJ's microphone needs it (default: 0, which is nowhere)
      --host-from NETS     addresses whose requests may control the box, comma-separated,
                           e.g. 127.0.0.0/8,::1 (default: none)
      --board BOARD        buttons, LEDs and display: auto (simulated where there are no pins), sim, none, or a
                           name from board/WIRING.md (default: auto)
      --config FILE        read the configuration from FILE
      --card-config FILE   lay this file over it, as a box does with the one that its owner edits on the card: what
                           is wrong in it is told and left out, secrets are taken over and blanked
      --print-config       print the reference configuration with all defaults and comments
      --log-level LEVEL    error, warn, info, debug or trace (default: info)
  -h, --help               print this help
  -V, --version            print the version

Options win over the files and over what hosts set on the page. Stop with Ctrl-C.
Exit codes: 0 stopped on request, 1 something essential failed, 2 an option, the configuration or a path is wrong.
";

/// What the user asked for.
#[derive(Debug, PartialEq)]
pub enum Request {
    /// Run with this configuration.
    Run(Box<Config>),
    /// Print the help.
    Help,
    /// Print the version.
    Version,
    /// Print the reference configuration.
    PrintConfig,
}

/// Why the command line was refused. Always the user's to mend.
#[derive(Debug)]
pub enum Error {
    /// An unknown option, a missing or an unreadable value.
    Usage(lexopt::Error),
    /// An option's value makes no sense.
    Value {
        /// The option.
        option: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// The configuration file, or the sum of file and options, is wrong.
    Config(config::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => write!(f, "{error}; see `partybox --help`"),
            Self::Value { option, value, allowed } => write!(f, "{option} {value}: allowed is {allowed}"),
            Self::Config(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<lexopt::Error> for Error {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error)
    }
}

/// Options as given, before they are laid over the configuration.
#[derive(Default)]
struct Options {
    music: Option<PathBuf>,
    line_in: Option<String>,
    listen: Option<String>,
    https_port: Option<String>,
    host_from: Option<String>,
    board: Option<String>,
    config: Option<PathBuf>,
    card_config: Option<PathBuf>,
    log_level: Option<String>,
}

/// Reads the command line (without the program's name) and the configuration file it names.
///
/// # Errors
/// See [`Error`].
pub fn parse(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Request, Error> {
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_args(args);
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Short('h') | Arg::Long("help") => return Ok(Request::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Request::Version),
            Arg::Long("print-config") => return Ok(Request::PrintConfig),
            Arg::Long("music") => options.music = Some(parser.value()?.into()),
            Arg::Long("config") => options.config = Some(parser.value()?.into()),
            Arg::Long("card-config") => options.card_config = Some(parser.value()?.into()),
            Arg::Long("line-in") => options.line_in = Some(text(parser.value()?)?),
            Arg::Long("listen") => options.listen = Some(text(parser.value()?)?),
            Arg::Long("https-port") => options.https_port = Some(text(parser.value()?)?),
            Arg::Long("host-from") => options.host_from = Some(text(parser.value()?)?),
            Arg::Long("board") => options.board = Some(text(parser.value()?)?),
            Arg::Long("log-level") => options.log_level = Some(text(parser.value()?)?),
            other => return Err(other.unexpected().into()),
        }
    }
    let config = match &options.config {
        Some(path) => Config::load(path).map_err(Error::Config)?,
        None => Config::default(),
    };
    let config = match &options.card_config {
        // It is tried value by value on what is right without it.
        Some(path) => card::read(config.check().map(|()| config).map_err(Error::Config)?, path),
        None => config,
    };
    let config = merge(config, options)?;
    config.check().map_err(Error::Config)?;
    Ok(Request::Run(Box::new(config)))
}

fn text(value: std::ffi::OsString) -> Result<String, Error> {
    value.into_string().map_err(|raw| Error::Usage(lexopt::Error::NonUnicodeValue(raw)))
}

fn merge(mut config: Config, options: Options) -> Result<Config, Error> {
    if let Some(music) = options.music {
        config.source.music = music;
        config.command.insert("source.music");
    }
    if let Some(device) = options.line_in {
        config.source.start = Start::LineIn;
        config.line_in.device = device;
        config.command.extend(["source.start", "line_in.device"]);
    }
    if let Some(listen) = options.listen {
        let allowed = "ADDRESS:PORT, such as 0.0.0.0:8080 or [::]:8080";
        config.listen = listen.parse().map_err(|_| Error::Value { option: "--listen", value: listen, allowed })?;
        config.command.insert("listen");
    }
    if let Some(port) = options.https_port {
        let allowed = "a port, such as 8443, or 0";
        config.http.https_port =
            port.parse().map_err(|_| Error::Value { option: "--https-port", value: port, allowed })?;
        config.command.insert("http.https_port");
    }
    if let Some(networks) = options.host_from {
        config.host_from = networks.split(',').filter(|n| !n.is_empty()).map(str::to_owned).collect();
        config.command.insert("host_from");
    }
    if let Some(board) = options.board {
        config.board.board = board;
        config.command.insert("board.board");
    }
    if let Some(level) = options.log_level {
        let allowed = "error, warn, info, debug or trace";
        let parsed = level.parse().map_err(|_| Error::Value { option: "--log-level", value: level, allowed })?;
        config.log.level = Level(parsed);
        config.command.insert("log.level");
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(args: &[&str]) -> Result<Request, Error> {
        parse(args.iter().map(Into::into))
    }

    fn config(args: &[&str]) -> Config {
        match run(args).unwrap() {
            Request::Run(config) => *config,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_options_the_defaults_hold() {
        assert_eq!(config(&[]), Config::default());
    }

    #[test]
    fn naming_a_line_in_selects_it() {
        let config = config(&["--line-in", "hw:0"]);
        assert_eq!((config.source.start, config.line_in.device.as_str()), (Start::LineIn, "hw:0"));
    }

    #[test]
    fn networks_are_split_at_commas() {
        assert_eq!(config(&["--host-from=127.0.0.0/8,::1"]).host_from, ["127.0.0.0/8", "::1"]);
    }

    #[test]
    fn every_option_in_the_help_is_understood() {
        for line in HELP.lines().filter_map(|l| l.trim_start().strip_prefix("--")) {
            let name = line.split(' ').next().unwrap();
            let refused = matches!(run(&[&format!("--{name}")]), Err(Error::Usage(lexopt::Error::UnexpectedOption(_))));
            assert!(!refused, "--{name} is not an option");
        }
    }

    #[test]
    fn refusals_are_one_line_that_names_the_culprit() {
        let cases = [
            (vec!["--volume", "3"], "--volume"),
            (vec!["--listen", "here"], "--listen here"),
            (vec!["--log-level", "loud"], "loud"),
            (vec!["--https-port", "443"], "443"),
            (vec!["--https-port", "-1"], "-1"),
            (vec!["--music"], "--music"),
            (vec!["stray"], "stray"),
            (vec!["--config", "/nonexistent.toml"], "/nonexistent.toml"),
            (vec!["--host-from", "everyone"], "everyone"),
            (vec!["--board", "abacus"], "abacus"),
        ];
        for (args, culprit) in cases {
            let message = run(&args).expect_err("must be refused").to_string();
            assert!(message.contains(culprit) && message.lines().count() == 1, "{args:?}: {message}");
        }
    }
}

//! `partybox access-point`: sets up the access point as the configuration says, and ends.
//!
//! The command line only; what is written, and for whom, is in `appliance::access_point`.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

use appliance::access_point::{self, Wanted};
use appliance::state;

use crate::card;
use crate::config::{self, Config};
use crate::settings;

/// The first word of the command line that asks for this.
pub const ARGUMENT: &str = "access-point";

/// How to call it.
const USAGE: &str = "partybox access-point --config FILE [--card-config FILE] --out DIR";

/// Why there is no access point.
#[derive(Debug)]
enum Error {
    /// Wrong command line: the caller's to mend.
    Usage(lexopt::Error),
    /// The configuration is wrong: the user's to mend.
    Config(config::Error),
    /// It cannot be set up.
    SetUp(access_point::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => write!(f, "{error}; usage: {USAGE}"),
            Self::Config(error) => error.fmt(f),
            Self::SetUp(error) => error.fmt(f),
        }
    }
}

impl From<lexopt::Error> for Error {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error)
    }
}

/// Runs the subcommand with the words behind it.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match run(args) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("partybox {ARGUMENT}: {error}");
            ExitCode::from(if matches!(error, Error::Usage(_) | Error::Config(_)) { 2 } else { 1 })
        }
    }
}

fn run(args: impl IntoIterator<Item = OsString>) -> Result<String, Error> {
    let (mut config, mut card_config, mut out) = (None, None, None);
    let mut parser = lexopt::Parser::from_args(args);
    while let Some(arg) = parser.next()? {
        match arg {
            lexopt::Arg::Long("config") => config = Some(PathBuf::from(parser.value()?)),
            lexopt::Arg::Long("card-config") => card_config = Some(PathBuf::from(parser.value()?)),
            lexopt::Arg::Long("out") => out = Some(PathBuf::from(parser.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    let missing = |option: &str| lexopt::Error::MissingValue { option: Some(option.to_owned()) };
    let out = out.ok_or_else(|| missing("--out"))?;
    let config = Config::load(&config.ok_or_else(|| missing("--config"))?).map_err(Error::Config)?;
    let config = match &card_config {
        Some(path) => card::read(config, path),
        None => config,
    };
    let state = state::place(&config.state.folder, |name| std::env::var_os(name)).ok();
    let config = settings::laid(&config, state.as_deref());
    let probes: Vec<&str> = web::portal::names().collect();
    let wanted = Wanted {
        wifi: &config.wifi,
        names: &config.http.names,
        probes: &probes,
        page_port: config.listen.port(),
        https_port: (config.http.https_port != 0).then_some(config.http.https_port),
        state: state.as_deref(),
    };
    access_point::set_up(&wanted, &out).map_err(Error::SetUp)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_wrong_command_line_is_refused() {
        for words in
            [&["--out", "x"][..], &["--config", "x"], &["--radio"], &["x"], &["--config", "/none", "--out", "x"]]
        {
            let refused = run(words.iter().map(Into::into)).expect_err("must be refused");
            assert_eq!(refused.to_string().lines().count(), 1, "{words:?}");
        }
    }

    #[test]
    fn without_a_network_of_its_own_no_old_files_are_left() {
        let out = tempfile::tempdir().unwrap();
        let config = out.path().join("partybox.toml");
        fs::write(&config, "").unwrap();
        fs::write(out.path().join("hostapd.conf"), "old").unwrap();
        let words = ["--config".as_ref(), config.as_os_str(), "--out".as_ref(), out.path().as_os_str()];
        run(words.map(std::ffi::OsStr::to_owned)).expect("no failure");
        assert!(!out.path().join("hostapd.conf").exists());
    }
}

//! The Partybox firmware: reads the command line, runs the box, and says in one line why it does not.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use partybox::app::Ended;
use partybox::args::{self, Request};
use partybox::config::{Config, REFERENCE};
use partybox::error::Error;
use partybox::{access_point, app, logger, system};

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    // The box starts itself again in this form to decode one file in a locked-in process.
    if args.peek().is_some_and(|arg| arg == audio::decode::worker::ARGUMENT) {
        return audio::decode::worker::main(args.skip(1));
    }
    // And in this form to read the tags of many, locked in likewise.
    if args.peek().is_some_and(|arg| arg == library::worker::ARGUMENT) {
        return library::worker::main(audio::decode::lock_in);
    }
    // This one the box's units run before the access point.
    if args.peek().is_some_and(|arg| arg == access_point::ARGUMENT) {
        return access_point::main(args.skip(1));
    }
    match args::parse(args) {
        Ok(Request::Run(config)) => run(*config),
        Ok(Request::Help) => print(args::HELP),
        Ok(Request::Version) => print(concat!("partybox ", env!("CARGO_PKG_VERSION"), "\n")),
        Ok(Request::PrintConfig) => print(REFERENCE),
        Err(error) => refuse(&error, 2),
    }
}

fn run(config: Config) -> ExitCode {
    logger::init(config.log.level.0);
    system::raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(app::run(config)),
        Err(error) => Err(Error::System(error)),
    };
    // Its threads end with it: the next program finds the address free.
    match result {
        Ok(Ended::Stopped) => ExitCode::SUCCESS,
        Ok(Ended::Restart) => begin_again(),
        Err(error) => refuse(&error, error.exit_code()),
    }
}

/// Starts the program again in the place of this one, with the same arguments; where something else does that by itself, which
/// also gives its threads their priorities, it is left to it.
fn begin_again() -> ExitCode {
    if std::env::var_os(app::RESTARTED_BY_OTHERS).is_some() {
        return ExitCode::SUCCESS;
    }
    let mut args = std::env::args_os();
    let name = args.next().unwrap_or_else(|| "partybox".into());
    // Returns only if it fails.
    let error = Command::new("/proc/self/exe").arg0(name).args(args).exec();
    refuse(&Error::System(error), 1)
}

fn print(text: &str) -> ExitCode {
    print!("{text}");
    ExitCode::SUCCESS
}

fn refuse(error: &dyn std::error::Error, exit_code: u8) -> ExitCode {
    eprintln!("partybox: {error}");
    ExitCode::from(exit_code)
}

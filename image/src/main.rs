//! `cargo xtask`: from a fresh machine to a running, tested, measured box.
//!
//! It finds and installs what is missing, builds the other packages with cargo and starts what was built. It links no
//! other package of the workspace, so that it compiles in seconds before anything else is installed, and it holds no
//! product behaviour: what the box does is decided by the box.

mod apt;
mod bench;
mod board;
mod build;
mod card;
mod cases;
mod cli;
mod debian;
mod deny;
mod error;
mod files;
mod fuzz;
mod help;
mod machine;
mod made;
mod packages;
mod places;
mod plan;
mod probe;
mod run;
mod settings;
mod setup;
mod stage;
mod test;
mod tools;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::parse(lexopt::Parser::from_env()).map_err(error::Error::from).and_then(dispatch) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn dispatch(command: cli::Command) -> Result<(), error::Error> {
    match command {
        cli::Command::Help(topic) => {
            println!("{}", topic.text());
            Ok(())
        }
        cli::Command::Run(args) => run::run(&args),
        cli::Command::Test(args) if args.machine => machine::test(&args),
        cli::Command::Test(args) => test::test(&args),
        cli::Command::Bench(args) => bench::bench(&args),
        cli::Command::Cases(args) => cases::cases(&args),
        cli::Command::Fuzz(args) => fuzz::fuzz(&args),
        cli::Command::Image(args) => card::image(&args),
        cli::Command::Flash(args) => card::flash(&args),
    }
}

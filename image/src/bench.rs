//! `cargo xtask bench`: set up, then the benchmarks of the `tests` package.

use crate::board::Board;
use crate::build::{self, Profile};
use crate::cli::BenchArgs;
use crate::error::Error;
use crate::machine::CARD_VARIABLE;
use crate::packages::For;
use crate::stage::Stages;
use crate::test::BIN_VARIABLE;
use crate::tools::emulator;
use crate::{fuzz, places, setup};

/// The one that starts a card.
const BOOT: &str = "boot";

/// Runs all benchmarks, or those named.
pub(crate) fn bench(args: &BenchArgs) -> Result<(), Error> {
    let known = fuzz::rust_files(&places::root().join("tests").join("benches"))?;
    fuzz::check_names(&args.names, &known)?;
    let mut stages = Stages::default();
    stages.run("set-up", || setup::ensure(&[For::Build, For::Test, For::Bench], args.yes))?;
    let program = stages.run("the box's program", || build::partybox(Profile::Release))?;
    let card = places::card().join(Board::Pi.name());
    let names = if args.names.is_empty() { &known } else { &args.names };
    for name in names {
        let mut command = build::cargo_command(&["bench", "--package", "tests", "--locked", "--bench", name]);
        if name == BOOT && !card.join("out").join("card.img").exists() {
            eprintln!("bench {BOOT}: not run: make a card first, by `cargo xtask image`");
            continue;
        }
        if name == BOOT {
            command.env(CARD_VARIABLE, &card).env("PATH", emulator::search_path()?);
        }
        stages.command(&format!("bench {name}"), command.env(BIN_VARIABLE, &program))?;
    }
    stages.print();
    Ok(())
}

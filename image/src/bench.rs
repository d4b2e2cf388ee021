//! `cargo xtask bench`: set up, then the benchmarks of the `tests` package.

use crate::build::{self, Profile};
use crate::cli::BenchArgs;
use crate::error::Error;
use crate::packages::For;
use crate::stage::Stages;
use crate::test::BIN_VARIABLE;
use crate::{fuzz, places, setup};

/// Runs all benchmarks, or those named.
pub(crate) fn bench(args: &BenchArgs) -> Result<(), Error> {
    let known = fuzz::rust_files(&places::root().join("tests").join("benches"))?;
    fuzz::check_names(&args.names, &known)?;
    let mut stages = Stages::default();
    stages.run("set-up", || setup::ensure(&[For::Build, For::Test, For::Bench], args.yes))?;
    let program = stages.run("the box's program", || build::partybox(Profile::Release))?;
    let names = if args.names.is_empty() { &known } else { &args.names };
    for name in names {
        let mut command = build::cargo_command(&["bench", "--package", "tests", "--locked", "--bench", name]);
        stages.command(&format!("bench {name}"), command.env(BIN_VARIABLE, &program))?;
    }
    stages.print();
    Ok(())
}

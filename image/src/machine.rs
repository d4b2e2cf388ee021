//! `cargo xtask test --machine`: the box's own program in an emulated arm64 computer with a real kernel's devices.
//!
//! Everything is made below `target/machine` and kept until its inputs change. What a test does there is the `tests`
//! package's business; this makes the computer.

pub(crate) mod cross;
mod guest;
pub(crate) mod jail;
pub(crate) mod made;
pub(crate) mod tools;

use std::path::PathBuf;

use crate::build;
use crate::card;
use crate::cli::{ImageArgs, TestArgs};
use crate::error::Error;
use crate::packages::For;
use crate::setup;
use crate::stage::Stages;

/// Names the folder with the computer's kernel and root file system to the tests.
const MACHINE_VARIABLE: &str = "PARTYBOX_MACHINE";

/// Names the folder with the card to the tests.
const CARD_VARIABLE: &str = "PARTYBOX_CARD";

/// Runs all machine tests, or with filters only those they name.
pub(crate) fn test(args: &TestArgs) -> Result<(), Error> {
    let mut stages = Stages::default();
    stages.run("set-up", || {
        setup::ensure(&[For::Build, For::Test, For::Machine], args.yes)?;
        jail::possible()
    })?;
    stages.run("arm64 tool chain", tools::make)?;
    let program = stages.run("the box for arm64", cross::partybox)?;
    let xtask = stages.run("xtask for arm64", cross::xtask)?;
    stages.run("the emulated computer", || guest::make(&program, &xtask))?;
    let image = ImageArgs { yes: args.yes, program: Some(program), ..ImageArgs::default() };
    let card = card::build_with_faulty(&mut stages, &image, card::Drift::Follow)?;
    // A computer with a card has a clock that counts what it does: several do not disturb each other, and while one waits,
    // another works. The others' clocks are this machine's, which each wants for itself.
    for (target, at_once) in [("cards", "--test-threads=3"), ("machine", "--test-threads=1")] {
        // Of the workspace, whose other tests have been compiled by then: so nothing is compiled twice.
        let mut tests = build::cargo_command(&["test", "--workspace", "--test", target, "--locked"]);
        tests.env(MACHINE_VARIABLE, folder()).env(CARD_VARIABLE, &card);
        tests.args(["--", "--show-output", at_once]).args(&args.filters);
        stages.command(&format!("tests of {target}"), &mut tests)?;
    }
    stages.print();
    Ok(())
}

/// Where the computer is made.
fn folder() -> PathBuf {
    build::target_folder().join("machine")
}

/// The scripts that run in the tool chain and in the guest.
fn scripts() -> PathBuf {
    build::root().join("image").join("guest")
}

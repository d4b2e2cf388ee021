//! `cargo xtask test --machine`: the box's own program in an emulated arm64 computer with a real kernel's devices.
//!
//! Everything is made below `target/machine` and kept until its inputs change. What a test does there is the `tests`
//! package's business; this makes the computer.

mod guest;

use std::fs::{self, File};

use crate::build;
use crate::card;
use crate::cli::{Emulated, ImageArgs, TestArgs};
use crate::debian::{Cache, Debian};
use crate::error::Error;
use crate::packages::For;
use crate::places;
use crate::probe;
use crate::setup;
use crate::stage::Stages;
use crate::tools::{self, cross, emulator, jail};

/// Names the folder with the computer's kernel and root file system to the tests.
const MACHINE_VARIABLE: &str = "PARTYBOX_MACHINE";

/// Names the folder with the card to the tests.
pub(crate) const CARD_VARIABLE: &str = "PARTYBOX_CARD";

/// The tests of computers with the card that is flashed, and of those with a kernel and a root of their own.
const CARDS: &str = "cards";
const MACHINE: &str = "machine";

/// Those of cards whose device keeps this machine's time: they are run with the others that do.
const PACED: &str = "sound_card";

/// Runs all machine tests, or with filters only those they name.
pub(crate) fn test(args: &TestArgs) -> Result<(), Error> {
    let mut stages = Stages::default();
    stages.run("set-up", || {
        jail::possible()?;
        setup::ensure(&[For::Build, For::Test, For::Machine], args.yes)
    })?;
    let image = ImageArgs { yes: args.yes, ..ImageArgs::default() };
    let (lock, guest) = stages.run("packages and crates", || {
        build::fetch()?;
        let debian = Debian::now(Cache::at(args.cache.as_deref()));
        Ok((card::newest(&debian, image.board)?, debian.guest()?))
    })?;
    if args.dry {
        stages.print();
        return Ok(());
    }
    let cache = Cache::at(args.cache.as_deref());
    let making = making()?;
    stages.run("arm64 tool chain", || tools::make(&cache, &lock))?;
    let program = stages.run("the box for arm64", cross::partybox)?;
    let xtask = stages.run("xtask for arm64", cross::xtask)?;
    stages.run("the emulated computer", || guest::make(&cache, &lock, &guest, &program, &xtask))?;
    let card = card::with_faulty(&mut stages, &ImageArgs { program: Some(program), ..image }, &cache, &lock)?;
    drop(making);
    if args.prepare {
        stages.print();
        return Ok(());
    }
    let path = emulator::search_path()?;
    let filters: Vec<&str> = args.filters.iter().map(String::as_str).collect();
    let tests = |target: &str, options: &[&str]| {
        // Of the workspace, whose other tests have been compiled by then: so nothing is compiled twice.
        let mut tests = build::linting(&["test", "--workspace", "--test", target, "--locked"]);
        tests.env(MACHINE_VARIABLE, places::machine()).env(CARD_VARIABLE, &card).env("PATH", &path);
        tests.args(options);
        tests
    };
    let run = |at_once: &'static str, which: &[&'static str]| {
        [&["--", "--show-output", at_once][..], which, &filters].concat()
    };
    // Who names tests means just those.
    let (beside, alone): (&[_], &[_]) = if filters.is_empty() { (&["--skip", PACED], &[PACED]) } else { (&[], &[]) };
    let wanted = |which| args.only.is_none_or(|only| only == which);
    let (cards, machine) = (wanted(Emulated::Cards), wanted(Emulated::Machine));
    for target in [CARDS, MACHINE] {
        stages.command(&format!("tests of {target} compiled"), &mut tests(target, &["--no-run"]))?;
    }
    // A computer with a card has a clock that counts what it does: several do not disturb each other, and while one waits,
    // another works. The others' clocks are this machine's, which each wants for itself before all that has time; so does a
    // sound card.
    let others = |stages: &mut Stages| {
        if !machine {
            return Ok(());
        }
        stages.tests(&format!("tests of {MACHINE}"), &mut tests(MACHINE, &run("--test-threads=1", &[])))?;
        if alone.is_empty() {
            return Ok(());
        }
        let name = format!("tests of {CARDS} that keep this machine's time");
        stages.tests(&name, &mut tests(CARDS, &run("--test-threads=1", alone)))
    };
    if cards {
        stages.tests_beside(&format!("tests of {CARDS}"), &tests(CARDS, &run("--test-threads=3", beside)), others)?;
    } else {
        others(&mut stages)?;
    }
    stages.end(probe::is_ci())
}

/// Waits until no other command makes what machine tests need; none does as long as what is returned is kept.
fn making() -> Result<File, Error> {
    let path = places::machine().with_extension("lock");
    let failed = |source| Error::File { path: path.clone(), source };
    fs::create_dir_all(places::target()).map_err(failed)?;
    let file = File::create(&path).map_err(failed)?;
    if file.try_lock().is_err() {
        eprintln!("waiting for another command that makes the same");
        file.lock().map_err(failed)?;
    }
    Ok(file)
}

//! `cargo xtask fuzz`: set up, then each fuzz target for a limited time, counting what it survived.
//!
//! `cargo fuzz` asks the compiler for sanitizers and coverage, which the stable tool chain has but hides;
//! `RUSTC_BOOTSTRAP=1` shows them, so that no second tool chain has to be installed. Nothing that is shipped is
//! compiled this way.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cli::FuzzArgs;
use crate::error::Error;
use crate::packages::For;
use crate::stage::Stages;
use crate::{places, probe, setup};

/// Longest one input may take before it counts as a hang, in seconds. Everything a guest sends is handled in
/// microseconds; a thousand times slower under sanitizers on a busy machine is still far below this.
const INPUT_TIMEOUT_S: u32 = 10;

/// Seconds each target runs unless told otherwise.
const SECONDS: u32 = 60;

/// Runs all targets, or those named.
pub(crate) fn fuzz(args: &FuzzArgs) -> Result<(), Error> {
    let home = places::root().join("tests").join("fuzz");
    let known = rust_files(&home.join("fuzz_targets"))?;
    check_names(&args.targets, &known)?;
    let mut stages = Stages::default();
    stages.run("set-up", || setup::ensure(&[For::Build, For::Fuzz], args.yes))?;
    let mut counts = Vec::new();
    for target in if args.targets.is_empty() { &known } else { &args.targets } {
        let count = stages.run(&format!("fuzz {target}"), || one(&home, target, args))?;
        counts.push((target, count));
    }
    stages.print();
    for (target, count) in counts {
        eprintln!("  {count:>12} inputs passed  {target}");
    }
    Ok(())
}

/// Runs one target and returns how many inputs it was given.
fn one(home: &Path, target: &str, args: &FuzzArgs) -> Result<u64, Error> {
    let program = probe::find("cargo-fuzz").unwrap_or_else(|| "cargo-fuzz".into());
    let corpus = home.join("corpus").join(target);
    fs::create_dir_all(&corpus).map_err(|source| Error::File { path: corpus.clone(), source })?;
    let mut command = Command::new(&program);
    command.args(["fuzz", "run", "--fuzz-dir"]).arg(home).arg("--target-dir").arg(places::target().join("fuzz"));
    command.arg(target).arg(&corpus);
    let seeds = home.join("seeds").join(target);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    command.args(["--", "-print_final_stats=1"]);
    command.args(limits(args)).arg(format!("-timeout={INPUT_TIMEOUT_S}"));
    command.env("RUSTC_BOOTSTRAP", "1").current_dir(places::root()).stderr(Stdio::piped());
    let start = |source| Error::Start { program: program.clone().into(), source };
    let mut child = command.spawn().map_err(start)?;
    let mut count = 0;
    if let Some(output) = child.stderr.take() {
        // libFuzzer prints bytes of its inputs, which need not be text.
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            eprintln!("{line}");
            count = executions(&line).unwrap_or(count);
        }
    }
    let status = child.wait().map_err(start)?;
    if status.success() { Ok(count) } else { Err(Error::Stage { name: format!("fuzz {target}"), status }) }
}

/// What libFuzzer is told of when to end and what to begin with.
fn limits(args: &FuzzArgs) -> Vec<String> {
    let seconds = args.seconds.or(args.runs.is_none().then_some(SECONDS));
    let limits = [("max_total_time", seconds), ("runs", args.runs), ("seed", args.seed)];
    limits.iter().filter_map(|(name, number)| Some(format!("-{name}={}", (*number)?))).collect()
}

/// Reads libFuzzer's final statistics line.
fn executions(line: &str) -> Option<u64> {
    line.strip_prefix("stat::number_of_executed_units:")?.trim().parse().ok()
}

/// The names of the `.rs` files in `folder`, sorted, without the ending.
pub(crate) fn rust_files(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = fs::read_dir(folder).map_err(|source| Error::File { path: folder.to_owned(), source })?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter_map(|name| name.strip_suffix(".rs").map(str::to_owned)).collect();
    names.sort();
    Ok(names)
}

/// Refuses a name that is not among `known`.
pub(crate) fn check_names(names: &[String], known: &[String]) -> Result<(), Error> {
    match names.iter().find(|name| !known.contains(name)) {
        Some(name) => Err(Error::NoSuchName { name: name.clone(), known: known.to_vec() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_are_read_from_the_final_statistics() {
        assert_eq!(executions("stat::number_of_executed_units: 81920"), Some(81_920));
        assert_eq!(executions("stat::average_exec_per_sec:     4096"), None);
    }

    #[test]
    fn a_name_that_does_not_exist_is_refused_with_those_that_do() {
        let known = ["sdp".to_owned(), "stun".to_owned()];
        assert!(check_names(&known, &known).is_ok());
        let error = check_names(&["spd".to_owned()], &known).expect_err("unknown");
        assert_eq!((error.exit_code(), error.to_string().as_str()), (2, "there is no \"spd\"; there are: sdp, stun"));
    }

    #[test]
    fn a_run_ends_after_a_minute_or_when_it_was_told_to() {
        let none = FuzzArgs { yes: false, seconds: None, runs: None, seed: None, targets: Vec::new() };
        assert_eq!(limits(&none), ["-max_total_time=60"]);
        assert_eq!(limits(&FuzzArgs { runs: Some(9), seed: Some(7), ..none }), ["-runs=9", "-seed=7"]);
        let both = FuzzArgs { yes: false, seconds: Some(5), runs: Some(9), seed: None, targets: Vec::new() };
        assert_eq!(limits(&both), ["-max_total_time=5", "-runs=9"]);
    }

    #[test]
    fn only_rust_files_are_targets() {
        let files = rust_files(&places::root().join("image").join("src")).expect("the folder exists");
        assert!(files.contains(&"fuzz".to_owned()) && files.iter().all(|name| !name.contains('.')));
    }
}

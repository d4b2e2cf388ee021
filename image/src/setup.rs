//! Carrying out a plan: show it, ask, install, look again.

use std::io::{self, BufRead, Write};
use std::process::Command;

use crate::error::Error;
use crate::packages::For;
use crate::plan::{self, Install, Plan};
use crate::{apt, build, places, probe};

/// Makes sure that everything needed for `purposes` is there, or says why it cannot be.
pub(crate) fn ensure(purposes: &[For], yes: bool) -> Result<(), Error> {
    let facts = probe::facts(purposes, yes);
    let install = match plan::plan(&facts)? {
        Plan::Ready => return Ok(()),
        Plan::Install(install) => install,
    };
    eprintln!("Missing on this machine:");
    for need in &facts.missing {
        eprintln!("  {} ({})", need.name, need.why);
    }
    eprintln!("To be run:\n{}", install.shown());
    if install.ask && !agreed("Install now?") {
        return Err(Error::Declined);
    }
    carry_out(&install)?;
    report_leftovers(purposes, yes);
    Ok(())
}

/// Asks a question at the terminal. Only a clear yes is one.
pub(crate) fn agreed(question: &str) -> bool {
    eprint!("{question} [y/N] ");
    // If the prompt cannot be shown, the answer is still read; there is nothing better to do.
    let _ = io::stderr().flush();
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).is_ok() && is_yes(&answer)
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

fn carry_out(install: &Install) -> Result<(), Error> {
    if !install.packages.is_empty() {
        packages(install)?;
    }
    if !install.components.is_empty() {
        let mut command = vec!["rustup", "component", "add"];
        command.extend(&install.components);
        must(&command)?;
    }
    for (name, version) in &install.crates {
        // Into target/, so that nothing of the person's own is replaced and `cargo clean` removes it.
        let root = places::programs();
        let root = root.parent().unwrap_or(&root).to_string_lossy();
        let cargo = build::cargo();
        let target = format!("{name}@{version}");
        must(&[&cargo.to_string_lossy(), "install", "--locked", "--root", &root, &target])?;
    }
    Ok(())
}

/// Installs packages. Lists are fetched only if they do not know a package, or if they were too old to install from.
fn packages(install: &Install) -> Result<(), Error> {
    let complete = unknown_to_lists(install).is_empty();
    if !complete {
        update(install);
        let packages = unknown_to_lists(install);
        if !packages.is_empty() {
            return Err(Error::NotOffered { packages });
        }
    }
    let command = install.apt_install();
    match apt::run(&command) {
        Err(Error::Install { .. }) if complete => {
            update(install);
            apt::run(&command)
        }
        result => result,
    }
}

/// A failure here is no reason to stop: one broken source among many, or another update that is running, fails it too,
/// and the installation after it waits for locks and says what is really missing.
fn update(install: &Install) {
    if let Err(error) = apt::run(&install.apt(&["update"])) {
        eprintln!("xtask: {error}\nxtask: trying with the package lists that are here");
    }
}

fn unknown_to_lists(install: &Install) -> Vec<&'static str> {
    install.packages.iter().copied().filter(|package| !has_candidate(package)).collect()
}

fn has_candidate(package: &str) -> bool {
    let output = Command::new("apt-cache").args(["policy", package]).env("LC_ALL", "C").output();
    output.is_ok_and(|output| names_a_candidate(&String::from_utf8_lossy(&output.stdout)))
}

/// Reads what `apt-cache policy` prints in the C locale.
fn names_a_candidate(policy: &str) -> bool {
    let candidate = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate:"));
    candidate.is_some_and(|version| version.trim() != "(none)")
}

fn must(words: &[&str]) -> Result<(), Error> {
    let status = Command::new(words[0]).args(&words[1..]).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::Stage { name: words.join(" "), status }),
        Err(source) => Err(Error::Start { program: words[0].into(), source }),
    }
}

/// A package can be installed and still not bring what the table expects (another distribution's names); the build or
/// test that needs it will then say more than could be said here, so this is a warning.
fn report_leftovers(purposes: &[For], yes: bool) {
    for need in probe::facts(purposes, yes).missing {
        eprintln!("xtask: {} still cannot be found after installing; going on without it", need.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_a_yes() {
        for answer in ["y\n", "Y", " yes \n", "YES\n"] {
            assert!(is_yes(answer), "{answer:?}");
        }
        for answer in ["", "\n", "n\n", "yess\n", "ja\n"] {
            assert!(!is_yes(answer), "{answer:?}");
        }
    }

    #[test]
    fn a_package_the_lists_do_not_offer_has_no_candidate() {
        assert!(names_a_candidate("mpv:\n  Installed: (none)\n  Candidate: 0.35.1-4\n"));
        assert!(!names_a_candidate("mpv:\n  Installed: 0.35.1-4\n  Candidate: (none)\n"));
        assert!(!names_a_candidate(""), "apt-cache prints nothing for a name it has never heard of");
    }
}

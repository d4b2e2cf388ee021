//! Licences, banned crates, sources and known holes of everything in the lock file, by cargo-deny and `.cargo/deny.toml`.
//!
//! Without a network: the advisories are those in `tests/advisories`, laid out as the database that cargo-deny would fetch. It
//! decides nothing about crates.

use std::path::Path;
use std::process::Command;

use crate::error::Error;
use crate::{build, files, places, stage};

/// The program, among those of the tests' Python: its publisher builds it there for each kind of computer.
const PROGRAM: &str = "cargo-deny";

/// The configuration, in cargo-deny's own format.
const CONFIGURATION: &str = ".cargo/deny.toml";

/// Where cargo-deny keeps what it fetches, as the configuration says; the second part is made of the database's address.
const DATABASE: &str = "target/advisories/advisory-db-3157b0e258782691";

/// Checks. `python` is the one that [`crate::test::python`] made.
pub(crate) fn check(python: &Path) -> Result<(), Error> {
    lay_out(&places::root().join("tests").join("advisories").join("crates"), &places::root().join(DATABASE))?;
    let mut command = Command::new(python.with_file_name(PROGRAM));
    command.env("CARGO", build::cargo()).current_dir(places::root());
    command.args(["--offline", "--workspace", "--config", CONFIGURATION, "check"]);
    stage::status("cargo-deny", &mut command)
}

/// Copies `advisories` into a repository at `database`, because cargo-deny asks git for the database's age.
fn lay_out(advisories: &Path, database: &Path) -> Result<(), Error> {
    files::fresh_folder(database)?;
    let mut copies = Vec::new();
    files::below(advisories, &mut copies)?;
    for file in copies {
        let place = file.strip_prefix(advisories).unwrap_or(&file);
        let copy = database.join("crates").join(place);
        copy.parent().map_or(Ok(()), files::folder)?;
        files::copy(&file, &copy)?;
    }
    let git = |words: &[&str]| stage::status("git", Command::new("git").arg("-C").arg(database).args(words));
    git(&["init", "--quiet"])?;
    git(&["add", "--all"])?;
    let who = ["-c", "user.name=xtask", "-c", "user.email=xtask@localhost", "-c", "commit.gpgsign=false"];
    git(&[&who[..], &["commit", "--quiet", "--message", "snapshot"]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advisories_are_laid_out_as_a_repository_again_and_again() {
        let folder = places::target().join(format!("deny-{}", std::process::id()));
        let (advisories, database) = (folder.join("advisories"), folder.join("database"));
        files::folder(&advisories.join("hyper")).expect("ours");
        for (crate_, rest) in [("hyper", "tokio"), ("tokio", "hyper")] {
            files::fresh_folder(&advisories).expect("ours");
            files::folder(&advisories.join(crate_)).expect("ours");
            files::write(&advisories.join(crate_).join("RUSTSEC-1.md"), "x").expect("ours");
            lay_out(&advisories, &database).expect("laid out");
            assert!(database.join("crates").join(crate_).join("RUSTSEC-1.md").is_file());
            assert!(!database.join("crates").join(rest).exists(), "something old is left");
            let told = stage::output("git", Command::new("git").arg("-C").arg(&database).args(["log", "--format=%s"]));
            assert_eq!(told.expect("git").trim(), "snapshot");
        }
        files::remove(&folder).expect("ours");
    }
}

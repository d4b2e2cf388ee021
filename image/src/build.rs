//! Cargo: running it, fetching what it needs, and building the box's program with it.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::{places, stage};

/// How the program is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Unoptimised (libraries are optimised all the same).
    Dev,
    /// Built in half the time of the shipped one: optimised where sound goes through.
    Quick,
    /// As shipped.
    Release,
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Cargo with a subcommand, at the top of the repository.
pub(crate) fn cargo_command(words: &[&str]) -> Command {
    let mut command = Command::new(cargo());
    // A relative target folder means the caller's folder, not the repository's.
    if env::var_os("CARGO_TARGET_DIR").is_some() {
        command.env("CARGO_TARGET_DIR", places::target());
    }
    command.args(words).current_dir(places::root());
    command
}

/// Fetches every crate of the lock file, so that whatever is compiled afterwards needs no network.
pub(crate) fn fetch() -> Result<(), Error> {
    stage::status("cargo fetch", &mut cargo_command(&["fetch", "--locked"]))
}

/// Builds the box and returns the program's path, as cargo itself reports it.
pub(crate) fn partybox(profile: Profile) -> Result<PathBuf, Error> {
    let mut command = cargo_command(&["build", "--bin", "partybox", "--locked"]);
    command.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped());
    command.args(match profile {
        // With the features that tests of the whole workspace have: nothing is compiled twice.
        Profile::Dev => ["--workspace"].as_slice(),
        Profile::Quick => &["--package", "partybox", "--profile", "quick"],
        Profile::Release => &["--package", "partybox", "--release"],
    });
    let start = |source| Error::Start { program: cargo(), source };
    let output = command.spawn().map_err(start)?.wait_with_output().map_err(start)?;
    if !output.status.success() {
        return Err(Error::Stage { name: "building the box".to_owned(), status: output.status });
    }
    executable(&String::from_utf8_lossy(&output.stdout)).ok_or(Error::NoExecutable)
}

/// The last `"executable":"…"` in cargo's messages. Only JSON's escapes that occur in a path are undone.
fn executable(messages: &str) -> Option<PathBuf> {
    let (_, tail) = messages.rsplit_once(r#""executable":""#)?;
    let mut path = String::new();
    let mut letters = tail.chars();
    loop {
        match letters.next()? {
            '"' => return Some(path.into()),
            '\\' => path.push(letters.next()?),
            letter => path.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_the_last_executable_cargo_names() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","executable":"/build-script","fresh":true}"#,
            "\n",
            r#"{"reason":"compiler-artifact","executable":null,"fresh":true}"#,
            "\n",
            r#"{"reason":"compiler-artifact","executable":"/a \"b\"/partybox","fresh":true}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(executable(messages), Some(PathBuf::from("/a \"b\"/partybox")));
        assert_eq!(executable(r#"{"executable":null}"#), None);
        assert_eq!(executable(r#"{"executable":"/cut"#), None);
    }
}

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

/// Cargo with a subcommand, compiling the workspace's own crates with Clippy, which lints what it compiles: a check of its
/// own would go through every library once more. Whatever is to share what was compiled must be started with this.
pub(crate) fn linting(words: &[&str]) -> Command {
    let mut command = cargo_command(words);
    command.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver");
    command
}

/// Builds the box and returns the program's path, as cargo itself reports it.
pub(crate) fn partybox(profile: Profile) -> Result<PathBuf, Error> {
    let words = ["build", "--bin", "partybox", "--locked"];
    let mut command = match profile {
        Profile::Dev => linting(&words),
        Profile::Quick | Profile::Release => cargo_command(&words),
    };
    command.args(match profile {
        // With the features that tests of the whole workspace have: nothing is compiled twice.
        Profile::Dev => ["--workspace"].as_slice(),
        Profile::Quick => &["--package", "partybox", "--profile", "quick"],
        Profile::Release => &["--package", "partybox", "--release"],
    });
    executable(&messages("building the box", &mut command)?).ok_or(Error::NoExecutable)
}

/// Builds the program that compares what the box hears of a folder with what ffmpeg does, and returns its path.
pub(crate) fn heard() -> Result<PathBuf, Error> {
    let mut command = linting(&["build", "--workspace", "--example", "heard", "--locked"]);
    executable(&messages("building the comparison", &mut command)?).ok_or(Error::NoExecutable)
}

/// Builds tests and examples, then benchmarks. A warning of any of the workspace's own crates is an error, also of one that was
/// compiled before: cargo says it again.
pub(crate) fn everything_without_warnings() -> Result<(), Error> {
    let build = |what: &[&str]| {
        let mut command = linting(&[&["test", "--workspace", "--no-run", "--locked"], what].concat());
        messages("building the tests", &mut command).map(|messages| warnings(&messages))
    };
    match build(&[])? + build(&["--benches"])? {
        0 => Ok(()),
        count => Err(Error::Warnings(count)),
    }
}

/// Runs a build to its end; returns cargo's messages, one JSON object per line. What compilers say is shown to people.
fn messages(name: &str, command: &mut Command) -> Result<String, Error> {
    let start = |source| Error::Start { program: cargo(), source };
    command.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped());
    let output = command.spawn().map_err(start)?.wait_with_output().map_err(start)?;
    if !output.status.success() {
        return Err(Error::Stage { name: name.to_owned(), status: output.status });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
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

/// The number of warnings among cargo's messages. A summary that counts others' ("2 warnings emitted") is one as well.
fn warnings(messages: &str) -> usize {
    messages
        .lines()
        .filter(|line| line.starts_with(r#"{"reason":"compiler-message""#) && line.contains(WARNING))
        .count()
}

/// How a compiler's message says that it is a warning. Inside of a text its quotation marks would be escaped.
const WARNING: &str = r#""level":"warning""#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_counted_and_nothing_else() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"warning"},"fresh":true}"#,
            "\n",
            r#"{"reason":"compiler-message","message":{"level":"note","message":"\"level\":\"warning\""}}"#,
            "\n",
            r#"{"reason":"compiler-message","message":{"message":"unused variable: `x`","level":"warning","code":null}}"#,
            "\n",
        );
        assert_eq!((warnings(messages), warnings("")), (1, 0));
    }

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

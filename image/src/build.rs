//! Where things are, and building the box's program with cargo.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;

/// How the program is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Unoptimised (libraries are optimised all the same).
    Dev,
    /// As shipped.
    Release,
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    // Cargo sets the variable at run time too; the compiled-in value is for a program started by hand.
    let here = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&here).parent().map(Path::to_owned).unwrap_or_default()
}

/// The folder for everything that is made, not written.
pub(crate) fn target_folder() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => env::current_dir().unwrap_or_default().join(folder),
        None => root().join("target"),
    }
}

/// Where programs compiled for these commands are kept.
pub(crate) fn tools_folder() -> PathBuf {
    target_folder().join("tools").join("bin")
}

/// Cargo with a subcommand, at the top of the repository.
pub(crate) fn cargo_command(words: &[&str]) -> Command {
    let mut command = Command::new(cargo());
    // A relative target folder means the caller's folder, not the repository's.
    if env::var_os("CARGO_TARGET_DIR").is_some() {
        command.env("CARGO_TARGET_DIR", target_folder());
    }
    command.args(words).current_dir(root());
    command
}

/// Builds the box and returns the program's path, as cargo itself reports it.
pub(crate) fn partybox(profile: Profile) -> Result<PathBuf, Error> {
    let mut command = cargo_command(&["build", "--bin", "partybox", "--locked"]);
    command.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped());
    command.args(match profile {
        // With the features that tests of the whole workspace have: nothing is compiled twice.
        Profile::Dev => ["--workspace"].as_slice(),
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

    #[test]
    fn the_top_of_the_repository_holds_the_workspace() {
        assert!(root().join("Cargo.lock").is_file());
    }
}

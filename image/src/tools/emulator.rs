//! The tool chain's emulator and file system tools for use outside of it: by tests and by `--board qemu`.
//!
//! They see what is made here, and what is temporary, at the same paths as everybody else on this machine.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::jail::{self, Seen};
use crate::error::Error;
use crate::{files, places};

/// What starts a card, and what tests look into one with.
const PROGRAMS: [&str; 4] = ["qemu-system-aarch64", "debugfs", "e2fsck", "mkfs.ext4"];

/// Returns the emulator, to be given its arguments.
pub(crate) fn command() -> Command {
    program(PROGRAMS[0])
}

/// Writes a script for each program that starts it with the script's arguments, and returns the search path that finds
/// these before any others.
pub(crate) fn search_path() -> Result<PathBuf, Error> {
    let folder = places::machine().join("bin");
    for name in PROGRAMS {
        let path = folder.join(name);
        files::write(&path, &script(&program(name)))?;
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&path, mode).map_err(|source| Error::File { path: path.clone(), source })?;
    }
    let others = env::var_os("PATH").unwrap_or_default();
    let joined = env::join_paths([folder.clone()].into_iter().chain(env::split_paths(&others)));
    joined.map(PathBuf::from).map_err(|why| Error::Card(format!("{}: {why}", folder.display())))
}

fn program(name: &str) -> Command {
    // In this order: what is made here may be within the temporary folder.
    let seen = [env::temp_dir(), places::target()].map(|folder| Seen::write(folder.clone(), folder));
    jail::command(&seen, &[name])
}

fn script(command: &Command) -> String {
    let words: Vec<String> = [command.get_program()].into_iter().chain(command.get_args()).map(quoted).collect();
    format!(
        "#!/bin/sh\n# The tool chain's program, whatever this machine has of that name.\nexec {} \"$@\"\n",
        words.join(" ")
    )
}

/// A word as a shell reads it, whatever is in it.
fn quoted(word: impl AsRef<Path>) -> String {
    format!("'{}'", word.as_ref().display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_starts_its_command_with_the_words_that_follow() {
        let mut command = Command::new("printf");
        command.args(["<%s>", "a b", "it's", "$HOME"]);
        let script = script(&command);
        let output = Command::new("sh").args(["-c", &script, "name", "c  d"]).output().expect("a shell");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "<a b><it's><$HOME><c  d>");
    }
}

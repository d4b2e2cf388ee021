//! `cargo xtask cases`: set up, then other people's troubles in a folder, tried on the box.
//!
//! Three kinds of files in that folder count: scripts (`*.sh`), which start the program named by `PB` and end with 0 if the
//! box does right; makers (`gen.py`, `gen_*.py`), which write sound files into the folder they are given; and sound files that lie there.
//! All sound is played by a real decoder process and compared with what ffmpeg plays of it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::build::{self, Profile};
use crate::cli::CasesArgs;
use crate::error::Error;
use crate::packages::For;
use crate::stage::{self, Stages};
use crate::{places, setup, test};

/// The variable by which scripts know the program under test.
const PROGRAM_VARIABLE: &str = "PB";

/// Runs what is in the folder.
pub(crate) fn cases(args: &CasesArgs) -> Result<(), Error> {
    let wanted = "a folder with scripts, makers or sound files";
    let folder = args.folder.canonicalize().ok().filter(|folder| folder.is_dir());
    let missing = || Error::NoSuchPath { option: "FOLDER", path: args.folder.clone(), wanted };
    let folder = folder.ok_or_else(missing)?;
    let mut files = Vec::new();
    find(&folder, &mut files)?;
    files.sort();
    let mut stages = Stages::default();
    stages.run("set-up", || setup::ensure(&[For::Build, For::Test, For::Cases], args.yes))?;
    let program = stages.run("the box's program", || build::partybox(Profile::Dev))?;
    let heard = stages.run("the comparison", build::heard)?;
    let python = stages.run("Python", || test::environment("cases.txt", "cases-venv"))?;
    let path = path_with(python.parent().unwrap_or(Path::new("/")));
    let scratch = places::target().join("cases");
    let failed = stages.run("scripts", || scripts(&files, &program, &path, &scratch))?;
    stages.run("sound files", || makers(&files, &python, &scratch))?;
    let all_heard = stages.command("heard", Command::new(&heard).arg(&folder).arg(scratch.join("made"))).is_ok();
    stages.print();
    failed.iter().for_each(|script| eprintln!("  FAILED {}", script.display()));
    if failed.is_empty() && all_heard { Ok(()) } else { Err(Error::Cases) }
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(|source| Error::File { path: folder.to_owned(), source })?;
    for path in entries.flatten().map(|entry| entry.path()) {
        match path.is_dir() {
            true => find(&path, found)?,
            false => found.push(path),
        }
    }
    Ok(())
}

/// The caller's path, with `folder` in front.
fn path_with(folder: &Path) -> OsString {
    let mut path = folder.as_os_str().to_owned();
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    path
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap_or_default()
}

/// Whether it only helps the scripts beside it.
fn is_script(path: &Path) -> bool {
    name(path).ends_with(".sh") && name(path) != "lib.sh"
}

fn is_maker(path: &Path) -> bool {
    name(path) == "gen.py" || (name(path).starts_with("gen_") && name(path).ends_with(".py"))
}

/// Runs every script and returns those that failed. They print what they saw.
fn scripts(files: &[PathBuf], program: &Path, path: &OsStr, scratch: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut failed = Vec::new();
    for script in files.iter().filter(|path| is_script(path)) {
        let mut command = Command::new("bash");
        command
            .arg(script)
            .env(PROGRAM_VARIABLE, program)
            .env("PATH", path)
            .env("TMPDIR", scratch)
            .current_dir(places::root());
        let source = |source| Error::Start { program: "bash".into(), source };
        if !command.status().map_err(source)?.success() {
            failed.push(script.clone());
        }
    }
    Ok(failed)
}

/// Lets every maker fill a folder of its own. One that cannot is said and left out: it may want more than a folder.
fn makers(files: &[PathBuf], python: &Path, scratch: &Path) -> Result<(), Error> {
    let made = scratch.join("made");
    if made.exists() {
        fs::remove_dir_all(&made).map_err(|source| Error::File { path: made.clone(), source })?;
    }
    fs::create_dir_all(&made).map_err(|source| Error::File { path: made.clone(), source })?;
    for maker in files.iter().filter(|path| is_maker(path)) {
        let folder = made.join(name(maker).trim_end_matches(".py"));
        let mut command = Command::new(python);
        command.arg(maker).arg(&folder);
        if let Err(error) = stage::status(name(maker), &mut command) {
            eprintln!("nothing more by {}: {error}", name(maker));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_makers_are_known_by_their_names() {
        let of = |text: &str| (is_script(Path::new(text)), is_maker(Path::new(text)));
        assert_eq!(of("a/b01-length.sh"), (true, false));
        assert_eq!(of("a/lib.sh"), (false, false));
        assert_eq!([of("gen.py"), of("x/gen_many.py")], [(false, true); 2]);
        assert_eq!([of("general.py"), of("a.mp3")], [(false, false); 2]);
    }
}

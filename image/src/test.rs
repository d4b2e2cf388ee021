//! `cargo xtask test`: set up, then every check and test of this machine, stopping at the first failure.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::{self, Profile};
use crate::cli::TestArgs;
use crate::error::Error;
use crate::packages::For;
use crate::stage::{self, Stages};
use crate::{deny, places, probe, setup};

/// Names the program under test to the tests.
pub(crate) const BIN_VARIABLE: &str = "PARTYBOX_BIN";

/// Names the Python with the tests' requirements to the tests.
pub(crate) const PYTHON_VARIABLE: &str = "PARTYBOX_PYTHON";

/// Names the folder with the tools of the pages' tests, as npm has installed them.
pub(crate) const WEB_TOOLS_VARIABLE: &str = "PARTYBOX_WEB_TOOLS";

/// Tests that keep all processors of this machine busy, beside which nobody could tell what another test waits for.
const FLOODS: &str = "flood::";

/// Runs everything, or with filters only the tests they name.
pub(crate) fn test(args: &TestArgs) -> Result<(), Error> {
    let mut stages = Stages::default();
    stages.run("set-up", || setup::ensure(&[For::Build, For::Test], args.yes))?;
    let python = stages.run("Python clients", python)?;
    let web_tools = stages.run("tools of the pages", web_tools)?;
    stages.run("crates", build::fetch)?;
    if args.dry {
        stages.print();
        return Ok(());
    }
    if args.filters.is_empty() {
        stages.command("formatting", &mut build::cargo_command(&["fmt", "--all", "--check"]))?;
        stages.run("crates' licences, sources and advisories", || deny::check(&python))?;
    }
    let program = stages.run("the box's program", || build::partybox(Profile::Dev))?;
    if args.filters.is_empty() {
        stages.run("tests and benchmarks compiled, and lints", build::everything_without_warnings)?;
    }
    let tests = || {
        let mut tests = build::linting(&["test", "--workspace", "--locked"]);
        tests.env(BIN_VARIABLE, &program).env(PYTHON_VARIABLE, &python).env(WEB_TOOLS_VARIABLE, &web_tools);
        tests
    };
    // Passing tests have something to say too: what they measured, or why they could not run here.
    let mut named = tests();
    named.args(["--", "--show-output"]).args(&args.filters);
    if args.filters.is_empty() {
        named.args(["--skip", FLOODS]);
    }
    stages.tests("tests", &mut named)?;
    if args.filters.is_empty() {
        let floods = ["--test", "it", "--", "--show-output", "--test-threads=1", FLOODS];
        stages.tests("tests that take the whole machine", tests().args(floods))?;
        let mut links = build::cargo_command(&["doc", "--workspace", "--no-deps", "--locked"]);
        stages.command("documentation", links.env("RUSTDOCFLAGS", "-D warnings"))?;
    }
    stages.end(probe::is_ci())
}

/// The Python of the tests, with exactly what `tests/requirements.txt` names.
pub(crate) fn python() -> Result<PathBuf, Error> {
    environment("requirements.txt", "venv")
}

/// A virtual environment, in `folder` of the target, with exactly what the file of `tests` called `requirements` names; made
/// again whenever that file changes. Returns its Python.
pub(crate) fn environment(requirements: &str, folder: &str) -> Result<PathBuf, Error> {
    let requirements = places::root().join("tests").join(requirements);
    let wanted =
        fs::read_to_string(&requirements).map_err(|source| Error::File { path: requirements.clone(), source })?;
    let folder = places::target().join(folder);
    let (program, stamp) = (folder.join("bin").join("python"), folder.join("requirements.installed"));
    if program.exists() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(program);
    }
    stage::status("python3 -m venv", Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = Command::new(&program);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&requirements);
    stage::status("pip install", &mut pip)?;
    // Written last: a half-made environment has no stamp and is made again.
    fs::write(&stamp, wanted).map_err(|source| Error::File { path: stamp, source })?;
    Ok(program)
}

/// A folder with exactly what `tests/web/package-lock.json` names; made again whenever that file changes.
pub(crate) fn web_tools() -> Result<PathBuf, Error> {
    let wanted = places::root().join("tests").join("web");
    let folder = places::target().join("web");
    let names = ["package.json", "package-lock.json"];
    let file_error = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    };
    let stamp = folder.join("package-lock.installed");
    let lock = fs::read_to_string(wanted.join(names[1])).map_err(file_error(&wanted))?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(folder.join("node_modules"));
    }
    fs::create_dir_all(&folder).map_err(file_error(&folder))?;
    for name in names {
        fs::copy(wanted.join(name), folder.join(name)).map_err(file_error(&folder))?;
    }
    let mut npm = Command::new("npm");
    stage::status("npm ci", npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder))?;
    fs::write(&stamp, lock).map_err(file_error(&stamp))?;
    Ok(folder.join("node_modules"))
}

//! What each command of `cargo xtask` was asked to do. Values without behaviour.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::board::Board;
use crate::help::Topic;
use crate::settings::Settings;

/// What the person asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Print a help text.
    Help(Topic),
    /// Build and start the box.
    Run(RunArgs),
    /// Set up and run every test.
    Test(TestArgs),
    /// Run benchmarks.
    Bench(BenchArgs),
    /// Try other people's troubles.
    Cases(CasesArgs),
    /// Run fuzz targets.
    Fuzz(FuzzArgs),
    /// Make the card.
    Image(ImageArgs),
    /// Write the card.
    Flash(FlashArgs),
}

/// Arguments of `run`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RunArgs {
    /// Install without asking.
    pub(crate) yes: bool,
    /// Stop before anything is compiled.
    pub(crate) dry: bool,
    /// Build without optimisation.
    pub(crate) debug: bool,
    /// Build as shipped.
    pub(crate) release: bool,
    /// `--music`.
    pub(crate) music: Option<OsString>,
    /// `--line-in`.
    pub(crate) line_in: Option<OsString>,
    /// `--board`.
    pub(crate) board: Option<OsString>,
    /// `--listen`.
    pub(crate) listen: Option<String>,
    /// `--config`.
    pub(crate) config: Option<OsString>,
    /// `--host-from`.
    pub(crate) host_from: Option<OsString>,
    /// Whatever followed `--`, for the box as it is.
    pub(crate) rest: Vec<OsString>,
}

/// Which emulated computers are tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Emulated {
    /// Those with the card that is flashed.
    Cards,
    /// Those with a kernel and a root of their own.
    Machine,
}

/// Arguments of `test`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TestArgs {
    /// Install without asking.
    pub(crate) yes: bool,
    /// Stop before anything is compiled.
    pub(crate) dry: bool,
    /// The machine tests, and only those.
    pub(crate) machine: bool,
    /// Make what the machine tests need, and stop before they are compiled.
    pub(crate) prepare: bool,
    /// Which of the machine tests.
    pub(crate) only: Option<Emulated>,
    /// Another cache of Debian's packages.
    pub(crate) cache: Option<PathBuf>,
    /// Run only tests whose name contains one of these; empty means everything.
    pub(crate) filters: Vec<String>,
}

/// Arguments of `bench`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct BenchArgs {
    /// Install without asking.
    pub(crate) yes: bool,
    /// Run only these benchmarks; empty means all.
    pub(crate) names: Vec<String>,
}

/// Arguments of `cases`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CasesArgs {
    /// Install without asking.
    pub(crate) yes: bool,
    /// Where they are.
    pub(crate) folder: PathBuf,
}

/// Arguments of `fuzz`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FuzzArgs {
    /// Install without asking.
    pub(crate) yes: bool,
    /// Most seconds per target, 1 to 86400.
    pub(crate) seconds: Option<u32>,
    /// Inputs per target.
    pub(crate) runs: Option<u32>,
    /// What the mutations begin with; chance says it where it is not given.
    pub(crate) seed: Option<u32>,
    /// Run only these targets; empty means all.
    pub(crate) targets: Vec<String>,
}

/// Which packages an image is made of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Locked {
    /// The newest.
    #[default]
    No,
    /// Those that the repository's lock file names.
    Repository,
    /// Those that this lock file names.
    File(PathBuf),
}

/// Arguments of `image`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ImageArgs {
    /// Install without asking.
    pub(crate) yes: bool,
    /// Stop before anything is compiled.
    pub(crate) dry: bool,
    /// Which packages.
    pub(crate) locked: Locked,
    /// Another cache of Debian's packages.
    pub(crate) cache: Option<PathBuf>,
    /// For which box.
    pub(crate) board: Board,
    /// Start it in an emulated computer afterwards.
    pub(crate) emulate: bool,
    /// Write the repository's lock file.
    pub(crate) update_lock: bool,
    /// Make the card a second time and compare.
    pub(crate) check: bool,
    /// An arm64 program of the caller's own instead of one that is built here.
    pub(crate) program: Option<PathBuf>,
    /// The key that signs, instead of a throw-away one.
    pub(crate) key: Option<PathBuf>,
    /// Its certificate.
    pub(crate) certificate: Option<PathBuf>,
    /// Certificates whose updates the box takes, instead of that one.
    pub(crate) keyring: Option<PathBuf>,
    /// Files of radios that Debian does not have, as they lie in `/lib/firmware`.
    pub(crate) firmware: Option<PathBuf>,
}

/// Arguments of `flash`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FlashArgs {
    /// Write without asking.
    pub(crate) yes: bool,
    /// Whose image.
    pub(crate) board: Board,
    /// Another image.
    pub(crate) image: Option<PathBuf>,
    /// What its owner has to say.
    pub(crate) settings: Settings,
    /// Where to.
    pub(crate) device: PathBuf,
}

//! A log of everything that was written, replayed to every state in which a failing power may leave a storage: whatever was not
//! synced may be there, be torn or be gone, in any combination. What is read afterwards is what somebody was answered, or newer.
//!
//! `PARTYBOX_TORN_STATES=100000` replays more states, `PARTYBOX_SEED` others.

use std::collections::BTreeMap;
use std::io;

use super::*;

/// States that are replayed if nothing else is asked for.
const STATES: usize = 1_000;

/// Group commits in the log, and files in the folder.
const COMMITS: usize = 12;
const NAMES: [&str; 3] = ["party", "channels", "hosts"];

/// One change of the folder.
#[derive(Clone, Debug)]
enum Change {
    Set(PathBuf, usize),
    Unset(PathBuf),
}

/// A storage that writes down what is done to it.
#[derive(Clone, Default)]
struct Log {
    /// Contents of files by number, and whether they are synced.
    files: Vec<(Vec<u8>, bool)>,
    /// The folder as the program sees it, as it is certainly kept, and what was changed since then.
    names: BTreeMap<PathBuf, usize>,
    kept: BTreeMap<PathBuf, usize>,
    changes: Vec<Change>,
    /// The state before each step, with the commits that were answered by then.
    before: Vec<(Log, usize)>,
    answered: usize,
}

impl Log {
    fn step(&mut self) {
        let state = Self { before: Vec::new(), ..self.clone() };
        self.before.push((state, self.answered));
    }

    fn change(&mut self, change: Change) {
        match &change {
            Change::Set(path, number) => _ = self.names.insert(path.clone(), *number),
            Change::Unset(path) => _ = self.names.remove(path),
        }
        self.changes.push(change);
    }

    /// Leaves in `folder` what a power that fails now may leave.
    fn fail(&self, dice: &mut fastrand::Rng, folder: &Path) {
        let mut names = self.kept.clone();
        for change in self.changes.iter().filter(|_| dice.bool()) {
            match change {
                Change::Set(path, number) => _ = names.insert(path.clone(), *number),
                Change::Unset(path) => _ = names.remove(path),
            }
        }
        // Two names of one file have one content.
        let torn: Vec<Vec<u8>> = self.files.iter().map(|(content, synced)| torn(content, *synced, dice)).collect();
        for (path, number) in names {
            fs::write(folder.join(path.file_name().unwrap()), &torn[number]).unwrap();
        }
    }
}

/// Returns what is left of a content.
fn torn(content: &[u8], is_synced: bool, dice: &mut fastrand::Rng) -> Vec<u8> {
    let mut left = content.to_vec();
    match dice.u8(..5) {
        _ if is_synced => {}
        0 => left.clear(),
        1 => left.truncate(dice.usize(..=content.len())),
        2 => left.fill(0),
        3 => left[dice.usize(..content.len())..].fill_with(|| dice.u8(..)),
        _ => {}
    }
    left
}

impl Disk for Log {
    fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.step();
        self.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        self.change(Change::Unset(path.to_owned()));
        Ok(())
    }

    fn create(&mut self, path: &Path, _mode: u32, content: &[&[u8]]) -> io::Result<()> {
        self.step();
        assert!(!self.names.contains_key(path), "{path:?} is there");
        self.files.push((content.concat(), false));
        self.change(Change::Set(path.to_owned(), self.files.len() - 1));
        Ok(())
    }

    fn sync(&mut self, path: &Path) -> io::Result<()> {
        self.step();
        match self.names.get(path) {
            Some(number) => self.files[*number].1 = true,
            None => {
                self.kept = self.names.clone();
                self.changes.clear();
            }
        }
        Ok(())
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.step();
        let number = *self.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        self.change(Change::Set(to.to_owned(), number));
        self.change(Change::Unset(from.to_owned()));
        Ok(())
    }

    fn link(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.step();
        let number = *self.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        self.change(Change::Set(to.to_owned(), number));
        Ok(())
    }
}

/// Writes the number of each commit into every file, and returns what was done.
fn log(folder: &Folder) -> Log {
    let mut log = Log::default();
    for commit in 1..=COMMITS {
        let text = format!("{commit}");
        let content = |name| {
            let copies = if name == "hosts" { Copies::Newest } else { Copies::AndOlder };
            Content { name, bytes: text.as_bytes(), copies }
        };
        let results = folder.write_all_on(&mut log, &NAMES.map(content));
        assert!(results.iter().all(Result::is_ok));
        log.answered = commit;
    }
    log.step();
    log
}

fn number(text: &[u8]) -> Option<usize> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Reads what is left, as the box does when it starts.
fn left(folder: &Path) -> [usize; 3] {
    let folder = Folder::open(folder.to_owned()).unwrap();
    NAMES.map(|name| match name {
        "hosts" => folder.read(name).ok().flatten().and_then(|text| number(&text)).unwrap_or(0),
        _ => folder.read_or_older(name, "it is lost", number).unwrap_or(0),
    })
}

fn asked<T: std::str::FromStr>(variable: &str) -> Option<T> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn nothing_that_was_answered_is_lost_in_any_state_that_a_power_cut_leaves() {
    let seed = asked("PARTYBOX_SEED").unwrap_or(0x7042);
    println!("seed {seed} (PARTYBOX_SEED={seed} replays it)");
    let mut dice = fastrand::Rng::with_seed(seed);
    let place = tempfile::tempdir().unwrap();
    let log = log(&Folder::open(place.path().to_owned()).unwrap());
    let states = asked("PARTYBOX_TORN_STATES").unwrap_or(STATES);
    for state in 0..states {
        // Every step once, then any.
        let step = if state < log.before.len() { state } else { dice.usize(..log.before.len()) };
        let (before, answered) = &log.before[step];
        let folder = tempfile::tempdir().unwrap();
        before.fail(&mut dice, folder.path());
        let found = left(folder.path());
        let may = *answered..=(answered + 1).min(COMMITS);
        assert!(found.iter().all(|found| may.contains(found)), "state {state}, step {step}: {found:?} of {may:?}");
    }
    println!("{states} torn states of {} steps: nothing that was answered is lost", log.before.len());
}

#[test]
fn a_storage_that_loses_a_file_it_had_confirmed_costs_the_last_change_alone() {
    let place = tempfile::tempdir().unwrap();
    let log = log(&Folder::open(place.path().to_owned()).unwrap());
    let mut dice = fastrand::Rng::with_seed(7);
    for (before, answered) in log.before.iter().filter(|(state, answered)| *answered > 1 && state.changes.is_empty()) {
        for name in ["party", "channels"] {
            let folder = tempfile::tempdir().unwrap();
            before.fail(&mut dice, folder.path());
            let path = folder.path().join(name);
            let mut content = fs::read(&path).unwrap();
            let at = dice.usize(..content.len());
            content[at] ^= 1 << dice.u8(..8);
            fs::write(&path, content).unwrap();
            let found = left(folder.path());
            let lost = NAMES.iter().zip(found).map(|(of, found)| (*of == name, answered - found));
            assert!(lost.clone().all(|(is_it, lost)| lost == usize::from(is_it)), "{name}: {found:?} of {answered}");
        }
    }
}

//! Power that fails after every step, on a storage that keeps only what it must.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use super::*;

const PATH: &str = "/state/hosts";
const NEW: [&[u8]; 2] = [b"new ", b"content"];

/// A folder on a storage that may lose whatever was not synced.
#[derive(Clone, Default)]
struct Storage {
    /// Contents by number: as written, and as certainly kept.
    files: Vec<(Vec<u8>, Vec<u8>)>,
    /// Numbers by name: as they are, and as certainly kept.
    names: BTreeMap<PathBuf, usize>,
    kept_names: BTreeMap<PathBuf, usize>,
    /// Steps until the power fails.
    steps: usize,
}

impl Storage {
    /// One that keeps the old content under [`PATH`], if there is one.
    fn new(old: Option<&str>, steps: usize) -> Self {
        let files = old.iter().map(|old| (old.as_bytes().to_vec(), old.as_bytes().to_vec())).collect();
        let names: BTreeMap<_, _> = old.iter().map(|_| (PATH.into(), 0)).collect();
        Self { files, kept_names: names.clone(), names, steps }
    }

    fn step(&mut self) -> io::Result<()> {
        self.steps = self.steps.checked_sub(1).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(())
    }

    /// What [`PATH`] may hold when the power is back: names and contents reach a storage in any order.
    fn found(&self) -> Vec<Option<String>> {
        let named = [&self.names, &self.kept_names].map(|names| names.get(Path::new(PATH)));
        let text = |content: &Vec<u8>| Some(String::from_utf8_lossy(content).into_owned());
        let found = |number: Option<&usize>| match number {
            Some(number) => vec![text(&self.files[*number].0), text(&self.files[*number].1)],
            None => vec![None],
        };
        named.into_iter().flat_map(found).collect()
    }
}

impl Disk for Storage {
    fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.step()?;
        self.names.remove(path).map(drop).ok_or(io::ErrorKind::NotFound.into())
    }

    fn create(&mut self, path: &Path, _mode: u32, content: &[&[u8]]) -> io::Result<()> {
        self.step()?;
        assert!(self.names.insert(path.to_owned(), self.files.len()).is_none(), "{path:?} is there");
        self.files.push((content.concat(), Vec::new()));
        Ok(())
    }

    fn sync(&mut self, path: &Path) -> io::Result<()> {
        self.step()?;
        match self.names.get(path) {
            Some(number) => self.files[*number].1 = self.files[*number].0.clone(),
            None => {
                assert_eq!(path, Path::new("/state"), "neither a file nor the folder");
                self.kept_names = self.names.clone();
            }
        }
        Ok(())
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        let number = self.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        self.names.insert(to.to_owned(), number);
        Ok(())
    }

    fn link(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        let number = *self.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        self.names.insert(to.to_owned(), number);
        Ok(())
    }
}

#[test]
fn power_that_fails_after_any_step_leaves_the_old_or_the_new_content_and_afterwards_only_the_new() {
    let new = || Some(String::from_utf8(NEW.concat()).unwrap());
    for old in [Some("old"), None] {
        let mut done = 0;
        for steps in 0..15 {
            let mut storage = Storage::new(old, steps);
            let file = New { path: Path::new(PATH), content: &NEW, keeps_older: true };
            let outcome = replace_all_on(&mut storage, 0o600, &[file]).pop().unwrap();
            let found = storage.found();
            let whole = |found: &Option<String>| *found == new() || outcome.is_err() && found.as_deref() == old;
            assert!(found.iter().all(whole), "after {steps} steps: {found:?}");
            done += usize::from(outcome.is_ok());
        }
        assert!((1..14).contains(&done), "it took some steps, and fewer than fourteen: {done}");
    }
}

#[test]
fn what_a_power_cut_left_behind_is_no_obstacle_and_nothing_is_left_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hosts");
    fs::write(folder.path().join(".hosts.new"), "left behind").unwrap();
    for content in [&b"first"[..], b"", b"last"] {
        replace(&path, 0o600, &[content]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
}

#[test]
fn a_file_takes_the_name_of_another_and_what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [part, whole] = ["part", "whole"].map(|name| folder.path().join(name));
    fs::write(&part, "new").unwrap();
    fs::write(&whole, "old").unwrap();
    rename(&part, &whole).unwrap();
    assert_eq!((fs::read_to_string(&whole).unwrap().as_str(), part.exists()), ("new", false));
    assert!(rename(&part, &whole).is_err() && replace(Path::new("/"), 0o600, &[]).is_err());
    assert_eq!(fs::read_to_string(&whole).unwrap(), "new");
}

#[test]
fn the_content_before_stays_beside_the_new_one_where_it_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let [with, without] = ["party", "hosts"].map(|name| folder.path().join(name));
    fs::write(folder.path().join(".party.older"), "left behind by a power cut").unwrap();
    for content in [&b"first"[..], b"second", b"third"] {
        let parts = [content];
        let new = |path, keeps_older| New { path, content: &parts, keeps_older };
        let results = replace_all_on(&mut System, 0o600, &[new(&with, true), new(&without, false)]);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
    }
    assert_eq!((fs::read(&with).unwrap(), fs::read(older(&with)).unwrap()), (b"third".to_vec(), b"second".to_vec()));
    assert!(!older(&without).exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing else is left");
}

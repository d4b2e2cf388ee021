//! Pairing with real secrets, a real folder and the set of hosts that `web` sees.

use party::pairing::{WAIT_MS, Why};
use web::metrics::Page;
use web::pairing::RevokeError;

use super::*;

/// A box: pairing in a folder, and what `web` sees of it.
struct Rig {
    directory: tempfile::TempDir,
    pairing: Pairing,
    hosts: watch::Receiver<Hosts>,
    now: Time,
}

impl Rig {
    fn new() -> Self {
        Self::start(tempfile::tempdir().unwrap())
    }

    fn start(directory: tempfile::TempDir) -> Self {
        let folder = Folder::open(directory.path().to_owned()).unwrap();
        let (sender, hosts) = watch::channel(Hosts::default());
        let pairing = Pairing::new(Some(Arc::new(Writer::new(Arc::new(folder)).unwrap())), sender);
        Self { directory, pairing, hosts, now: Time::from_micros(1_000_000) }
    }

    /// The same box after a restart, as after an orderly one: what was to be written is.
    fn restart(self) -> Self {
        drop(self.pairing);
        Self::start(self.directory)
    }

    fn answered<T>(&mut self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> T {
        let (reply, answer) = oneshot::channel();
        self.pairing.answer(self.now, request(reply));
        answer.blocking_recv().expect("an answer")
    }

    fn ask(&mut self, from: u8, keys: &[Key]) -> Result<Asked, AskError> {
        let phone = Phone { address: [10, 0, 0, from].into(), browser: "Chrome".into(), system: "Android".into() };
        self.answered(|reply| Request::Ask { phone, keys: keys.to_vec(), reply })
    }

    fn state(&mut self, key: Key) -> State {
        self.standing(key).state
    }

    fn standing(&mut self, key: Key) -> Standing {
        self.answered(|reply| Request::State { keys: vec![key], reply })
    }

    /// Pairs a phone and gives its key.
    fn pair(&mut self, from: u8) -> Key {
        // Later than a press that would be the same as that for another.
        self.now = self.now.plus_millis(3_000);
        let key = self.ask(from, &[]).unwrap().secret.expect("a new secret").key();
        assert!(!self.hosts.borrow().have(&[key]), "asking alone makes nobody host");
        assert!(matches!(self.pairing.press(self.now), Outcome::Paired { .. }));
        assert!(self.hosts.borrow().have(&[key]));
        key
    }

    fn metrics(&self) -> String {
        let mut page = Page::new();
        self.pairing.counters().write(&mut page);
        page.into_text()
    }
}

#[test]
fn a_paired_phone_is_host_after_a_restart_and_its_secret_is_nowhere_in_the_file() {
    let mut rig = Rig::new();
    let secret = rig.ask(1, &[]).unwrap().secret.unwrap();
    rig.pairing.press(rig.now);
    let again = rig.ask(1, &[secret.key()]).unwrap();
    assert!(again.secret.is_none() && matches!(again.state, State::Host { id: 1, .. }), "a host keeps its secret");
    let mut rig = rig.restart();
    assert!(rig.hosts.borrow().have(&[secret.key()]), "known before the first request");
    assert!(matches!(rig.state(secret.key()), State::Host { id: 1, .. }));
    let text = std::fs::read_to_string(rig.directory.path().join(hosts::FILE)).unwrap();
    assert!(text.contains("Android") && !text.contains(&secret.to_hex()), "{text}");
    rig.pair(2);
    assert_eq!(rig.pairing.rules.hosts().iter().map(|host| host.id).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn every_secret_is_another() {
    let mut rig = Rig::new();
    let secrets: std::collections::HashSet<_> =
        (0..6).map(|n| rig.ask(n, &[]).unwrap().secret.unwrap().to_hex()).collect();
    assert_eq!(secrets.len(), 6);
}

#[test]
fn a_removed_host_is_none_at_once_and_after_a_restart() {
    let mut rig = Rig::new();
    let (first, second) = (rig.pair(1), rig.pair(2));
    assert_eq!(rig.answered(|reply| Request::Revoke { id: 1, reply }), Ok(()));
    assert!(!rig.hosts.borrow().have(&[first]) && rig.hosts.borrow().have(&[second]));
    assert_eq!(rig.state(first), State::Ended(Why::Revoked));
    assert_eq!(rig.answered(|reply| Request::Revoke { id: 1, reply }), Err(RevokeError::NoSuchHost));
    let mut rig = rig.restart();
    assert_eq!(rig.state(first), State::Guest);
    assert_eq!(rig.answered(|reply| Request::Hosts { reply }).len(), 1);
    assert_eq!(rig.pairing.rules.next_id(), 3);
}

#[test]
fn a_removal_is_confirmed_only_once_it_is_on_the_storage() {
    let mut rig = Rig::new();
    rig.pair(1);
    assert_eq!(rig.answered(|reply| Request::Revoke { id: 1, reply }), Ok(()));
    let text = std::fs::read_to_string(rig.directory.path().join(hosts::FILE)).unwrap();
    assert!(text.contains("next_id = 2") && !text.contains("[[host]]"), "{text}");
    rig.pair(2);
    // Whatever holds the temporary name makes the write fail.
    drop(rig.pairing.writer.take());
    let folder = Folder::open(rig.directory.path().to_owned()).unwrap();
    std::fs::create_dir_all(folder.path().join(".hosts.new/x")).unwrap();
    rig.pairing.writer = Some(Arc::new(Writer::new(Arc::new(folder)).unwrap()));
    assert_eq!(rig.answered(|reply| Request::Revoke { id: 2, reply }), Err(RevokeError::NotSaved));
    assert_eq!(rig.answered(|reply| Request::Hosts { reply }).len(), 0, "removed for now all the same");
}

#[test]
fn forgetting_makes_every_cookie_worthless_at_once_and_for_good() {
    let mut rig = Rig::new();
    let (host, asking) = (rig.pair(1), rig.ask(2, &[]).unwrap().secret.unwrap().key());
    assert_eq!(rig.pairing.forget(rig.now), Outcome::Forgotten { hosts: 1 });
    assert!(!rig.hosts.borrow().have(&[host]));
    assert_eq!(rig.state(asking), State::Ended(Why::Forgotten));
    let mut rig = rig.restart();
    assert_eq!(rig.state(host), State::Guest);
}

#[test]
fn a_foreign_file_is_kept_aside_and_the_box_goes_on() {
    let rig = Rig::new();
    let path = rig.directory.path().join(hosts::FILE);
    std::fs::write(&path, "not ours").unwrap();
    let rig = rig.restart();
    assert!(!path.exists() && rig.directory.path().join("hosts.damaged-1").exists());
    // Whole, but of another version.
    let directory = rig.directory;
    drop(rig.pairing);
    Folder::open(directory.path().to_owned()).unwrap().write(hosts::FILE, b"version = 99").unwrap();
    let mut rig = Rig::start(directory);
    assert!(!path.exists() && rig.directory.path().join("hosts.damaged-2").exists());
    let key = rig.pair(1);
    let rig = rig.restart();
    assert!(rig.hosts.borrow().have(&[key]));
}

#[test]
fn without_a_folder_hosts_last_until_the_restart() {
    let (sender, hosts) = watch::channel(Hosts::default());
    let mut rig = Rig::new();
    rig.pairing = Pairing::new(None, sender);
    rig.hosts = hosts;
    let key = rig.pair(1);
    assert!(matches!(rig.state(key), State::Host { .. }));
    assert_eq!(rig.answered(|reply| Request::Revoke { id: 1, reply }), Ok(()));
}

#[test]
fn time_runs_by_itself_and_everything_is_counted() {
    let mut rig = Rig::new();
    rig.ask(1, &[]).unwrap();
    assert_eq!(rig.pairing.view(rig.now).asking.len(), 1);
    rig.now = rig.now.plus_millis(WAIT_MS);
    rig.pairing.tick(rig.now);
    assert!(matches!(rig.pairing.press(rig.now), Outcome::Late { .. }));
    rig.pairing.press(rig.now);
    rig.ask(1, &[]).unwrap();
    rig.ask(2, &[]).unwrap();
    assert!(matches!(rig.pairing.press(rig.now), Outcome::Shown { asking: 2, .. }));
    assert!(rig.pairing.view(rig.now).shown.is_some());
    let text = rig.metrics();
    for (outcome, count) in [("asked", 3), ("lapsed", 1), ("late", 1), ("closed", 1), ("shown", 1), ("paired", 0)] {
        assert!(
            text.contains(&format!("partybox_pairing_total{{outcome=\"{outcome}\"}} {count}\n")),
            "{outcome}: {text}"
        );
    }
}

#[test]
fn a_phone_is_told_that_it_is_host_once_that_is_written_down_or_that_it_is_not() {
    let mut rig = Rig::new();
    let key = rig.pair(1);
    assert!(rig.standing(key).kept);
    let text = std::fs::read_to_string(rig.directory.path().join(hosts::FILE)).unwrap();
    assert!(text.contains("[[host]]"), "{text}");
    // Whatever holds the temporary name makes the write fail.
    let obstacle = rig.directory.path().join(".hosts.new");
    std::fs::create_dir_all(obstacle.join("x")).unwrap();
    let late = rig.pair(2);
    assert!(!rig.standing(late).kept && rig.hosts.borrow().have(&[late]), "host all the same");
    assert!(!rig.ask(2, &[late]).unwrap().kept);
    std::fs::remove_dir_all(obstacle).unwrap();
    assert!(rig.standing(late).kept, "it was written later");
    let rig = rig.restart();
    assert!(rig.hosts.borrow().have(&[key]) && rig.hosts.borrow().have(&[late]));
}

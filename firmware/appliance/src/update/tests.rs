//! What units say and what lies on sticks, and the facts that follow.

use super::*;

struct World {
    directory: tempfile::TempDir,
    updates: Updates,
    now: Time,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| {
            let path = directory.path().join(name);
            fs::create_dir_all(&path).unwrap();
            path
        };
        for name in ["partybox", "partybox-slot", "partybox-update", "media/sda1"] {
            path(name);
        }
        let updates = Updates::new(&path("inbox"), directory.path(), &path("media")).unwrap();
        Self { directory, updates, now: Time::ZERO }
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.directory.path().join(path), text).unwrap();
    }

    /// Polls when everything is due.
    fn poll(&mut self) -> Update {
        self.now = self.now.plus_micros(STICKS_US);
        self.updates.poll(self.now)
    }
}

#[test]
fn what_the_units_say_is_what_the_facts_are() {
    let mut world = World::new();
    assert_eq!(world.poll().state, UpdateState::None);
    for (said, state, progress, version, why) in [
        ("verifying\n", UpdateState::Verifying, None, None, None),
        ("writing 0.35\n", UpdateState::Writing, Some(0.35), None, None),
        ("writing x\n", UpdateState::Writing, None, None, None),
        ("restart-needed 2.1\n", UpdateState::RestartNeeded, None, Some("2.1"), None),
        ("refused wrong-key\n", UpdateState::Refused, None, None, Some("wrong-key")),
        ("refused interrupted\n", UpdateState::Refused, None, None, Some("interrupted")),
        ("refused <script>\n", UpdateState::Refused, None, None, Some("failed")),
        ("nonsense\n", UpdateState::None, None, None, None),
    ] {
        world.write("partybox-update/state", said);
        let update = world.poll();
        assert_eq!((update.state, update.progress), (state, progress), "{said}");
        assert_eq!((update.version.as_deref(), update.why.as_deref()), (version, why), "{said}");
    }
}

#[test]
fn a_trial_is_known_until_it_is_proved_and_a_failed_one_afterwards() {
    let mut world = World::new();
    world.write("partybox-slot/state", "trying B 2\n");
    assert_eq!(world.poll().state, UpdateState::Trying);
    assert!(world.updates.is_trial());
    world.updates.prove();
    assert!(world.directory.path().join("partybox/healthy").exists() && !world.updates.is_trial());
    world.write("partybox-slot/state", "confirmed B\n");
    assert_eq!(world.poll().state, UpdateState::Confirmed);
    let mut world = World::new();
    world.write("partybox-slot/state", "confirmed A\n");
    world.write("partybox-slot/rolled-back", "2.1\n");
    assert_eq!(world.poll(), Update { version: Some("2.1".into()), ..of(UpdateState::RolledBack) });
}

fn of(state: UpdateState) -> Update {
    Update { state, ..Update::default() }
}

#[test]
fn an_update_at_the_top_of_a_stick_offers_itself_and_comes_in_whole() {
    let mut world = World::new();
    world.write("media/sda1/song.mp3", "");
    assert_eq!(world.poll().state, UpdateState::None);
    world.write("media/sda1/new.raucb", "bundle");
    assert_eq!(world.poll().state, UpdateState::Found);
    let (from, inbox) = world.updates.accept_found().expect("found");
    copy(&inbox, &from).unwrap();
    assert_eq!(fs::read(&inbox.whole).unwrap(), b"bundle");
    assert!(!inbox.part.exists());
    world.write("partybox-update/state", "writing 0.5\n");
    assert_eq!(world.poll().state, UpdateState::Writing, "what is under way comes first");
    world.write("partybox-update/state", "refused older\n");
    assert_eq!(world.poll().state, UpdateState::Refused, "the same does not offer itself again");
    world.write("media/sda1/another.raucb", "bundle");
    assert_eq!(world.poll().state, UpdateState::Found);
    assert!(copy(&inbox, Path::new("/nonexistent")).is_err());
}

#[test]
fn the_wish_for_a_restart_is_left_for_whoever_may() {
    let world = World::new();
    world.updates.restart().unwrap();
    assert!(world.directory.path().join("partybox/restart").exists());
}

#[test]
fn a_machine_without_an_inbox_is_not_updated_like_this() {
    assert!(Updates::new(Path::new(""), Path::new(RUN), Path::new(STICKS)).is_none());
}

#[test]
fn sticks_are_searched_once_per_period_however_often_is_polled() {
    let mut world = World::new();
    assert_eq!(world.poll().state, UpdateState::None);
    world.write("media/sda1/new.raucb", "bundle");
    let searched_at = world.now;
    assert_eq!(world.updates.poll(searched_at.plus_micros(STICKS_US - 1)).state, UpdateState::None);
    assert_eq!(world.updates.poll(searched_at.plus_micros(STICKS_US)).state, UpdateState::Found);
}

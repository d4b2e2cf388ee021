//! What is done with the card's file, once and again, with power cuts between the steps.

use std::fs;
use std::path::Path;

use appliance::credentials::Credentials;

use super::*;
use crate::card::read;

/// A card's folder and a state folder, which outlast any number of starts.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new(text: &str) -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        world.edit(text);
        world
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("partybox.toml")
    }

    fn state(&self) -> std::path::PathBuf {
        self.folder.path().join("state")
    }

    fn edit(&self, text: &str) {
        fs::write(self.file(), text).unwrap();
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// Starts a box, as far as the card's file is concerned.
    fn start(&self, own: bool) -> Config {
        let config = Config::parse(&format!("[wifi]\nown = {own}\n")).unwrap();
        let folder = Folder::open(self.state()).unwrap();
        take_over(&read(config, &self.file()), Some(&folder))
    }

    fn credentials(&self) -> Option<Credentials> {
        Credentials::parse(&peek(&self.state(), wifi::FILE)?)
    }

    /// Keeps `content` under `name`, as a running box would.
    fn keep(&self, name: &str, content: &str) {
        Folder::open(self.state()).unwrap().write(name, content.as_bytes()).unwrap();
    }

    fn problems(&self) -> Option<String> {
        fs::read_to_string(card_file::problems_of(&self.file())).ok()
    }
}

fn is_said(config: &Config, code: Code) -> bool {
    config.card.as_ref().is_some_and(|card| card.problems.iter().any(|problem| problem.code == code))
}

const TEXT: &str = "[wifi]\r\nssid = \"Garden\"\r\npassphrase = \"own words\" # ours\r\nportal = \"off\"\r\n";
const BLANKED: &str = "[wifi]\r\nssid = \"Garden\"\r\npassphrase = \"\"          # ours\r\nportal = \"off\"\r\n";

#[test]
fn secrets_are_taken_over_and_blanked_and_stay_taken_over() {
    let world = World::new(TEXT);
    for _ in 0..2 {
        world.start(true);
        let kept = world.credentials().expect("kept");
        assert_eq!((kept.ssid.as_str(), kept.passphrase.as_str()), ("Garden", "own words"));
        assert_eq!(world.text(), BLANKED);
        assert_eq!(world.problems(), None);
    }
    // A new one is a new word; what the box made itself since stays as long as the file says nothing new.
    world.edit(&TEXT.replace("own words", "other words"));
    world.start(true);
    assert_eq!(world.credentials().expect("kept").passphrase, "other words");
    let made = Credentials { ssid: "Box abc".to_owned(), passphrase: "made-by-the-box".to_owned() };
    world.keep(wifi::FILE, &made.to_toml());
    world.start(true);
    assert_eq!(world.credentials(), Some(made));
}

#[test]
fn a_power_cut_between_any_two_steps_loses_nothing() {
    let world = World::new(TEXT);
    world.start(true);
    let made = Credentials { ssid: "Box abc".to_owned(), passphrase: "made-by-the-box".to_owned() };
    // Cut before it was blanked; and somebody asked for new credentials before the next start.
    world.edit(TEXT);
    world.keep(wifi::FILE, &made.to_toml());
    world.start(true);
    assert_eq!((world.text().as_str(), world.credentials()), (BLANKED, Some(made)));
    // Cut before it was remembered what the file had said.
    world.edit(TEXT);
    fs::remove_file(world.state().join(card_file::FILE)).unwrap();
    world.start(true);
    assert_eq!(world.credentials().map(|kept| kept.passphrase), Some("own words".to_owned()));
    assert_eq!(world.text(), BLANKED);
    // Cut while it was blanked: one sector is written or not; two may be half done.
    let half = TEXT.replace("\"own words\"", "\"\"  words\"");
    world.edit(&half);
    let config = world.start(true);
    assert_eq!(world.credentials().map(|kept| kept.passphrase), Some("own words".to_owned()));
    assert!(is_said(&config, Code::Syntax), "{config:?}");
}

#[test]
fn a_secret_that_cannot_be_kept_is_not_blanked_and_told() {
    let world = World::new(TEXT);
    let config = Config::parse("[wifi]\nown = true\n").unwrap();
    let config = take_over(&read(config, &world.file()), None);
    assert_eq!(world.text(), TEXT);
    assert!(is_said(&config, Code::NotKept) && world.problems().is_some_and(|text| text.contains("wifi.passphrase")));
    assert_eq!(config.wifi.portal, appliance::config::Portal::Off, "the rest holds");
}

#[test]
fn somebody_elses_passphrase_is_remembered_until_its_line_is_gone() {
    let world = World::new(TEXT);
    for _ in 0..2 {
        assert_eq!(world.start(false).wifi.passphrase, "own words");
        assert_eq!((world.text().as_str(), world.credentials()), (BLANKED, None));
    }
    world.edit("[wifi]\nssid = \"Garden\"\n");
    assert_eq!(world.start(false).wifi.passphrase, "");
    assert!(!peek(&world.state(), card_file::FILE).unwrap().contains("own words"));
}

#[test]
fn a_line_that_was_edited_wins_over_what_a_host_had_set_and_one_that_was_not_does_not() {
    let world = World::new(TEXT);
    let host = Change { portal: Some(appliance::config::Portal::Quiet), forward: Some(true), cable: None };
    let set = || Change::parse(&peek(&world.state(), rules::FILE).unwrap_or_default());
    world.keep(rules::FILE, &host.to_toml());
    world.start(true);
    assert_eq!(set(), Change { portal: None, ..host }, "the file is new to this box");
    world.keep(rules::FILE, &host.to_toml());
    world.start(true);
    assert_eq!(set(), host, "nothing was edited since");
    world.edit(&BLANKED.replace("\"off\"", "\"sign-in\""));
    world.start(true);
    assert_eq!(set(), Change { portal: None, ..host });
    world.keep(rules::FILE, &host.to_toml());
    world.edit("name = \"x\"\n");
    world.start(true);
    assert_eq!(set(), host, "a line that is gone says nothing");
}

#[test]
fn what_is_wrong_is_told_beside_the_file_until_it_is_mended() {
    let world = World::new("[wifi]\ncountry = \"Germany\"\n");
    world.start(true);
    let told = world.problems().expect("told");
    assert!(told.contains("line 2: wifi.country: ") && told.ends_with("\r\n"), "{told}");
    world.edit("[wifi]\ncountry = \"DE\"\n");
    assert_eq!(world.start(true).wifi.country, "DE");
    assert_eq!(world.problems(), None);
    fs::remove_file(world.file()).unwrap();
    world.start(true);
    assert!(!Path::new(&world.file()).exists(), "it makes none");
    world.edit(&"#".repeat(card_file::BYTES_MAX + 1));
    assert!(is_said(&world.start(true), Code::TooLarge));
    assert!(world.problems().is_some());
}

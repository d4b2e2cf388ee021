//! What hosts set, over any number of starts.

use std::path::PathBuf;

use appliance::state::peek;
use serde_json::json;

use super::*;
use crate::config::CardFile;

/// A box's state folder, which outlasts any number of starts.
struct World {
    folder: tempfile::TempDir,
    config: Config,
}

impl World {
    fn new(text: &str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), config: Config::parse(text).unwrap() }
    }

    fn state(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Starts a box, as far as its settings are concerned.
    fn start(&self) -> Keeper {
        let folder = Arc::new(Folder::open(self.state()).unwrap());
        let mut keeper = Keeper::open(&self.config, Some(&folder));
        let writer = Some(Arc::new(Writer::new(folder).unwrap()));
        let network = wifi::Wifi::new(&keeper.config().wifi, &keeper.config().name, writer.clone());
        keeper.begin(writer, network.credentials());
        keeper
    }

    fn credentials(&self) -> Credentials {
        Credentials::parse(&peek(&self.state(), wifi::FILE).unwrap()).unwrap()
    }
}

/// Has a host set something, and waits until it is kept.
async fn set(keeper: &mut Keeper, some: serde_json::Value) -> Outcome {
    let (reply, mut outcome) = oneshot::channel();
    let serde_json::Value::Object(some) = some else { panic!("{some} is no object") };
    assert!(keeper.answer(Request::Change { some, reply }).is_none());
    if keeper.is_writing() {
        let is_written = keeper.written().await;
        keeper.finish(is_written);
    }
    outcome.try_recv().expect("an answer")
}

fn setting(settings: &Settings, key: &str) -> Setting {
    settings.settings.iter().find(|setting| setting.key == key).unwrap_or_else(|| panic!("no {key}")).clone()
}

#[tokio::test]
async fn some_hold_at_once_and_others_after_a_restart_and_all_can_be_taken_back() {
    let world = World::new("name = \"File\"\n");
    let mut keeper = world.start();
    let wish = json!({ "name": "Garden", "opus.complexity": 3, "log.level": "debug" });
    let now = set(&mut keeper, wish).await.expect("possible");
    let (name, complexity) = (setting(&now, "name"), setting(&now, "opus.complexity"));
    assert_eq!((&name.said.value, name.said.origin, name.pending), (&json!("Garden"), Origin::Page, false));
    assert_eq!(name.back, Some(Said { value: json!("File"), origin: Origin::File }));
    assert_eq!((&complexity.said.value, complexity.pending, now.pending), (&json!(3), true, true));
    let config = keeper.config();
    assert_eq!(
        (config.name.as_str(), config.opus.complexity, config.log.level.0),
        ("Garden", 5, log::LevelFilter::Debug)
    );
    drop(keeper);
    let mut keeper = world.start();
    assert_eq!((keeper.config().name.as_str(), keeper.config().opus.complexity), ("Garden", 3));
    assert!(!keeper.list().pending);
    let now = set(&mut keeper, json!({ "name": null, "opus.complexity": null })).await.expect("possible");
    assert_eq!(setting(&now, "name").said, Said { value: json!("File"), origin: Origin::File });
    let complexity = setting(&now, "opus.complexity");
    assert_eq!((complexity.said.origin, complexity.pending, complexity.back), (Origin::Default, true, None));
}

#[tokio::test]
async fn what_is_not_possible_is_refused_by_name_and_nothing_of_it_is_done() {
    let mut world = World::new("");
    world.config.command.insert("board.board");
    let mut keeper = world.start();
    let value = |key: &str, value: &str, allowed: &str| Refused::Value {
        key: key.to_owned(),
        value: value.to_owned(),
        allowed: allowed.to_owned(),
    };
    let not_here = |key: &str, at| Refused::NotHere { key: key.to_owned(), at };
    for (wish, refused) in [
        (json!({ "name": "Garden", "opus.bitrate_bps": 1 }), value("opus.bitrate_bps", "1", "16000 to 510000")),
        (json!({ "name": "Garden", "opus.fec": "x" }), value("opus.fec", "\"x\"", "true or false")),
        (
            json!({ "source.start": "line-in" }),
            value("source.start", "\"line-in\"", "\"files\" while line_in.device is empty"),
        ),
        (json!({ "wifi.passphrase": "hunter2" }), value("wifi.passphrase", "", "a text of 8 to 63 letters of ASCII")),
        (json!({ "nmae": "Garden" }), Refused::Unknown { key: "nmae".to_owned() }),
        (json!({ "listen": "0.0.0.0:1" }), not_here("listen", "file")),
        (json!({ "board.board": "sim" }), not_here("board.board", "command")),
        (json!({ "wifi.portal": "off" }), not_here("wifi.portal", "/api/box/network")),
    ] {
        assert_eq!(set(&mut keeper, wish.clone()).await, Err(refused), "{wish}");
    }
    assert_eq!((keeper.config().name.as_str(), peek(&world.state(), FILE)), ("Partybox", None));
    // Together they are possible; then neither can go alone.
    set(&mut keeper, json!({ "source.start": "line-in", "line_in.device": "null" })).await.expect("together");
    let alone = set(&mut keeper, json!({ "line_in.device": null })).await;
    assert!(matches!(&alone, Err(Refused::Value { key, .. }) if key == "source.start"), "{alone:?}");
}

#[tokio::test]
async fn the_own_networks_name_and_passphrase_change_with_the_next_start_and_go_back_to_what_the_box_makes() {
    let world = World::new("[wifi]\nown = true\n");
    let made = {
        world.start();
        world.credentials()
    };
    let mut keeper = world.start();
    let now =
        set(&mut keeper, json!({ "wifi.ssid": "Garden", "wifi.passphrase": "own words" })).await.expect("possible");
    let ssid = setting(&now, "wifi.ssid");
    assert_eq!((&ssid.said.value, ssid.said.origin, ssid.pending), (&json!("Garden"), Origin::Page, true));
    assert_eq!(world.credentials(), made, "phones are still in it");
    drop(keeper);
    let mut keeper = world.start();
    let chosen = world.credentials();
    assert_eq!((chosen.ssid.as_str(), chosen.passphrase.as_str()), ("Garden", "own words"));
    assert!(!keeper.list().pending);
    let now = set(&mut keeper, json!({ "wifi.passphrase": null })).await.expect("possible");
    assert!(setting(&now, "wifi.passphrase").pending);
    drop(keeper);
    let mut keeper = world.start();
    let again = world.credentials();
    assert!(
        again.ssid == "Garden" && again.passphrase != "own words" && again.passphrase != made.passphrase,
        "{again:?}"
    );
    // Somebody holds the button: what hosts had set is no word any more.
    keeper.forget_network();
    drop(keeper);
    let ssid = setting(&world.start().list(), "wifi.ssid");
    assert_eq!(ssid.said.origin, Origin::Default);
}

#[tokio::test]
async fn the_access_points_unit_is_run_again_where_what_it_is_set_up_from_has_changed() {
    let world = World::new("[wifi]\nown = true\n");
    let mut keeper = world.start();
    set(&mut keeper, json!({ "opus.complexity": 3 })).await.expect("possible");
    drop(keeper);
    let mut keeper = world.start();
    assert_eq!(peek(&world.state(), "radio"), None, "nothing of it has changed");
    set(&mut keeper, json!({ "wifi.country": "DE" })).await.expect("possible");
    assert_eq!(peek(&world.state(), "radio"), None, "guests stay where they are until the restart");
    drop(keeper);
    world.start();
    assert!(peek(&world.state(), "radio").is_some_and(|text| text.contains("country = \"DE\"")));
    assert_eq!(crate::settings::laid(&world.config, Some(&world.state())).wifi.country, "DE");
}

#[tokio::test]
async fn the_first_host_is_asked_until_somebody_has_said_something() {
    let world = World::new("[wifi]\nown = true\n");
    let mut keeper = world.start();
    assert!(keeper.list().asks);
    let (reply, mut outcome) = oneshot::channel();
    keeper.answer(Request::Asked { reply });
    let is_written = keeper.written().await;
    keeper.finish(is_written);
    assert!(!outcome.try_recv().unwrap().unwrap().asks);
    drop(keeper);
    assert!(!world.start().list().asks);
    assert!(!World::new("").start().list().asks, "a computer in somebody's house");
    assert!(!World::new("[wifi]\nown = true\ncountry = \"DE\"\n").start().list().asks);
    let mut said = World::new("[wifi]\nown = true\n");
    let card = CardFile { said: [("name".to_owned(), "\"x\"".to_owned())].into(), ..CardFile::default() };
    said.config.card = Some(card);
    assert!(!said.start().list().asks);
}

#[test]
fn without_a_place_to_keep_things_nothing_is_changed() {
    let mut keeper = Keeper::open(&Config::default(), None);
    let (reply, mut outcome) = oneshot::channel();
    let some = [("name".to_owned(), json!("x"))].into_iter().collect();
    keeper.answer(Request::Change { some, reply });
    assert_eq!(outcome.try_recv().unwrap(), Err(Refused::NotKept));
    assert_eq!(keeper.config().name, "Partybox");
}

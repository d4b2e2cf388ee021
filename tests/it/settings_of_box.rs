//! The settings of the box through the real program: each key on its way from the file over the page and a restart to what the box
//! says it is, and back; whose word holds when the card's file says something else; and a backup on its way to another box.

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use appliance::credentials::Credentials;
use appliance::state::peek;
use partybox::settings::KEYS;
use serde_json::{Map, Value, json};
use tests::caller::{Answer, Caller};
use tests::machine::wait_for;
use tests::program::Running;
use web::settings::Takes;

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(60);

const SETTINGS: &str = "/api/box/settings";

/// A key with a value for the file, as TOML, and one for the page.
fn values() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("name", "\"Fête\"", json!("Garden")),
        ("night", "\"22:00-07:00\"", json!("23:00-06:00")),
        ("time_zone", "\"UTC\"", json!("Europe/Berlin")),
        ("wifi.ssid", "", json!("Garten")),
        ("wifi.passphrase", "", json!("own words")),
        ("wifi.country", "\"DE\"", json!("FR")),
        ("wifi.band", "\"5\"", json!("2.4")),
        ("wifi.guests_max", "7", json!(8)),
        ("wifi.isolate", "false", json!(true)),
        ("source.start", "\"line-in\"", json!("files")),
        ("source.pause_fade_ms", "300", json!(400)),
        ("source.source_fade_ms", "2000", json!(3_000)),
        ("source.stop_fade_ms", "2000", json!(4_000)),
        ("guest_files.file_mb_max", "50", json!(40)),
        ("guest_files.files_max", "50", json!(40)),
        ("guest_files.total_mb_max", "500", json!(400)),
        ("line_in.device", "\"null\"", json!("usb")),
        ("line_in.period_ms", "10", json!(8)),
        ("opus.bitrate_bps", "96000", json!(64_000)),
        ("opus.complexity", "3", json!(4)),
        ("opus.fec", "false", json!(true)),
        ("opus.expected_loss_percent", "10", json!(12)),
        ("opus.packet_ms", "40", json!(60)),
        ("mp3.bitrates_bps", "[192000]", json!([64_000, 96_000])),
        ("mp3.burst_ms", "100", json!(200)),
        ("mp3.listeners_max", "50", json!(60)),
        ("webrtc.listeners_max", "50", json!(60)),
        ("webrtc.sessions_per_address_max", "7", json!(9)),
        ("webrtc.networks", "[\"127.0.0.0/8\"]", json!(["10.0.0.0/8", "192.168.1.7"])),
        ("whip.refuse_video", "true", json!(false)),
        ("whip.together_max", "3", json!(2)),
        ("rooms.rooms_max", "3", json!(5)),
        ("rooms.participants_max", "4", json!(6)),
        ("streams.connections_max", "90", json!(80)),
        ("streams.senders_max", "4", json!(5)),
        ("streams.receivers_max", "90", json!(80)),
        ("streams.streams_max", "4", json!(5)),
        ("streams.unheard_minutes", "20", json!(30)),
        // If somebody else has that port, the box goes on without.
        ("http.https_port", "18443", json!(0)),
        ("http.connections_max", "900", json!(800)),
        ("http.connections_per_address_max", "30", json!(40)),
        ("http.pages_max", "900", json!(700)),
        ("http.guests_per_address_max", "20", json!(30)),
        ("http.url", "\"http://one.internal\"", json!("https://two.internal")),
        ("http.proxies", "[\"10.9.9.0/24\"]", json!(["10.9.8.7"])),
        ("http.embed", "[\"http://one.internal:81\"]", json!(["*"])),
        ("http.metrics_from", "[\"10.9.9.0/24\"]", json!(["10.9.8.7"])),
        ("http.names", "[\"one.internal\"]", json!(["two.internal", "three.internal"])),
        ("board.board", "\"sim\"", json!("auto")),
        ("board.chip", "\"chip\"", json!("other")),
        ("board.display", "\"none\"", json!("auto")),
        ("board.display_address", "61", json!(60)),
        ("board.brightness_percent", "50", json!(60)),
        ("board.night_percent", "10", json!(0)),
        ("board.pwm", "true", json!(false)),
        ("board.double_ms", "400", json!(500)),
        ("board.pins", "{ play-led = { wired = false } }", json!({ "guests-led": { "wired": false } })),
        ("buttons.knob", "\"none\"", json!("volume")),
    ]
}

/// The same of every button: one that repeats in the file, and one that does everything else on the page.
fn buttons() -> Vec<(String, &'static str, Value)> {
    let gestures = [
        ("short", "\"pause\"", json!("next")),
        ("double", "\"none\"", json!("play")),
        ("long", "\"none\"", json!("stop")),
        ("held", "\"none\"", json!("forget")),
        ("repeat", "true", json!(false)),
    ];
    let of = |button: &str| gestures.clone().map(|(name, file, page)| (format!("buttons.{button}.{name}"), file, page));
    ["play", "next", "volume_up", "volume_down", "pair"].into_iter().flat_map(of).collect()
}

fn all_values() -> Vec<(String, &'static str, Value)> {
    values().into_iter().map(|(key, file, page)| (key.to_owned(), file, page)).chain(buttons()).collect()
}

/// A box that is its own network, with files that somebody edits.
struct World {
    folder: tempfile::TempDir,
    running: Running,
}

impl World {
    /// Starts one; nothing where it is not built.
    fn start(config: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(folder.path().join("config.toml"), format!("wifi.own = true\n{config}")).expect("a configuration");
        fs::write(folder.path().join("partybox.toml"), "").expect("a card's file");
        let options = ["--config".to_owned(), path("config.toml"), "--card-config".to_owned(), path("partybox.toml")];
        let running = Running::start(&options)?;
        Some(Self { folder, running })
    }

    fn card(&self) -> PathBuf {
        self.folder.path().join("partybox.toml")
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        Caller::new(Ipv4Addr::LOCALHOST, self.running.address).ask(method, path, body)
    }

    /// What the box says of its settings, by key.
    fn said(&self) -> Map<String, Value> {
        let body = self.ask("GET", SETTINGS, None).body;
        let settings = body["settings"].as_array().unwrap_or_else(|| panic!("{body}")).iter();
        settings.map(|setting| (setting["key"].as_str().expect("a key").to_owned(), setting.clone())).collect()
    }

    fn set(&self, some: &Value) {
        let answer = self.ask("PATCH", SETTINGS, Some(some));
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Lets the box begin again as the page's button does, and waits for the new one.
    fn begin_again(&self) {
        assert_eq!(self.ask("POST", "/api/box/restart", None).status, 204);
        // What waits for it would still be waiting in the old one.
        self.running.until(SETTINGS, LIMIT, |said| said["pending"] == false);
        self.running.until("/api/party/status", LIMIT, |status| status["session"]["live"] == true);
        assert!(PathBuf::from(format!("/proc/{}", self.running.id())).exists());
    }

    fn credentials(&self) -> Credentials {
        let kept = || peek(self.running.state(), "wifi").and_then(|kept| Credentials::parse(&kept));
        wait_for("the box's own network", &mut || kept().is_some());
        kept().expect("credentials")
    }
}

/// Lines for a file with all values; the tables of buttons are written by their keys.
fn lines() -> String {
    let values = all_values().into_iter().filter(|(_, file, _)| !file.is_empty());
    values.map(|(key, file, _)| format!("{key} = {file}\n")).collect()
}

/// What somebody may set on the page.
fn settable() -> Vec<&'static str> {
    let keys = KEYS.iter().filter(|key| matches!(key.takes, Takes::Now | Takes::Restart) && key.name != "log.level");
    keys.map(|key| key.name).collect()
}

#[test]
fn every_key_goes_from_the_file_over_the_page_and_a_restart_to_the_box_and_back() {
    let values = all_values();
    for key in settable() {
        assert!(values.iter().any(|(known, ..)| known == key), "{key} has no value here");
    }
    let Some(world) = World::start(&lines()) else { return };
    let is_made = |key: &str| ["wifi.ssid", "wifi.passphrase"].contains(&key);
    let file = world.said();
    let held_of_file = |said: &Map<String, Value>| {
        for (key, _, page) in values.iter().filter(|(key, ..)| !is_made(key)) {
            let (now, then) = (&said[key], &file[key]);
            let origin = if now["value"] == now["default"] { "default" } else { "file" };
            assert_eq!((&now["value"], &now["origin"]), (&then["value"], &json!(origin)), "{key}");
            assert_ne!(now["value"], *page, "{key}: the page says the same");
        }
    };
    held_of_file(&file);
    let made = world.credentials();

    // All at once; what can hold now does, and the rest waits.
    let wish: Value = values.iter().map(|(key, _, page)| (key.clone(), page.clone())).collect::<Map<_, _>>().into();
    world.set(&wish);
    let held_of_page = |said: &Map<String, Value>, is_pending: bool| {
        for (key, _, page) in &values {
            let now = &said[key];
            assert_eq!((&now["value"], &now["origin"]), (page, &json!("page")), "{key}");
            assert_eq!(now["pending"], json!(is_pending && now["takes"] == "restart"), "{key}");
        }
    };
    held_of_page(&world.said(), true);
    assert_eq!(world.ask("GET", "/api/party/status", None).body["name"], "Garden");
    assert_eq!(world.credentials(), made, "phones are still in the Wi-Fi");
    world.begin_again();
    held_of_page(&world.said(), false);
    let chosen = world.credentials();
    assert_eq!((chosen.ssid.as_str(), chosen.passphrase.as_str()), ("Garten", "own words"));
    assert_eq!(world.ask("GET", "/api/party/status", None).body["source"], "files");

    // A pulled plug is no different.
    let mut world = world;
    world.running.restart();
    held_of_page(&world.said(), false);

    // Taken back: the files hold again.
    let none: Value = values.iter().map(|(key, ..)| (key.clone(), Value::Null)).collect::<Map<_, _>>().into();
    world.set(&none);
    world.begin_again();
    held_of_file(&world.said());
    assert!(world.credentials().ssid != "Garten" && world.credentials().passphrase != "own words");
    assert_eq!(world.ask("GET", "/api/party/status", None).body["name"], "Fête");

    // Set again, and then said by the card: that is the last word.
    world.set(&wish);
    // All but what says how the box is put together.
    let of_the_box = ["http.", "streams.", "whip.", "webrtc.s", "webrtc.n", "guest_files."];
    let is_on_card = |key: &str| !of_the_box.iter().any(|of| key.starts_with(of));
    let text: String = lines().lines().filter(|line| is_on_card(line)).map(|line| format!("{line}\n")).collect();
    fs::write(world.card(), text).expect("an edit");
    world.running.restart();
    let said = world.said();
    for (key, value, _) in values.iter().filter(|(key, ..)| !is_made(key) && is_on_card(key)) {
        assert_eq!(
            (&said[key]["value"], &said[key]["origin"]),
            (&file[key]["value"], &json!("card")),
            "{key} = {value}"
        );
    }
}

#[test]
fn every_setting_of_the_page_has_a_name_for_people() {
    let words = concat!(env!("CARGO_MANIFEST_DIR"), "/../webui/lang/en/settings.js");
    let words = fs::read_to_string(words).expect("the words");
    for key in settable().into_iter().filter(|key| !key.starts_with("buttons.") || *key == "buttons.knob") {
        assert!(words.contains(&format!("'set.key.{key}'")), "{key} has no name");
        let section = key.split_once('.').map_or("box", |(section, _)| section);
        assert!(words.contains(&format!("'set.section.{section}'")), "{section} has no name");
    }
}

#[test]
fn what_is_refused_is_named_with_what_is_allowed_and_nothing_is_done() {
    let Some(world) = World::start("") else { return };
    let before = world.said();
    for (key, value, code, allowed) in [
        ("opus.bitrate_bps", json!(1), "setting-value", "16000 to 510000"),
        ("wifi.country", json!("Germany"), "setting-value", "ISO 3166"),
        ("wifi.passphrase", json!("hunter2"), "setting-value", "8 to 63"),
        ("source.start", json!("line-in"), "setting-value", "line_in.device"),
        ("name", json!({ "a": [1] }), "setting-value", "1 to 40"),
        ("nmae", json!("x"), "no-such-setting", SETTINGS),
        ("http.proxies", json!(["proxy.internal"]), "setting-value", "ADDRESS/BITS"),
        ("http.https_port", json!(443), "setting-value", "another port than 443"),
        ("buttons.next.short", json!("talk"), "setting-value", "a button that repeats"),
        ("listen", json!("0.0.0.0:1"), "set-elsewhere", "file"),
        ("log.level", json!("trace"), "set-elsewhere", "command"),
        ("wifi.portal", json!("off"), "set-elsewhere", "/api/box/network"),
    ] {
        let answer = world.ask("PATCH", SETTINGS, Some(&json!({ "board.night_percent": 7, key: value })));
        let said = &answer.body;
        assert!(answer.status >= 400 && answer.status < 500, "{key}: {answer:?}");
        assert_eq!((&said["code"], &said["field"]), (&json!(code), &json!(key)), "{said}");
        assert!(said["allowed"].as_str().is_some_and(|text| text.contains(allowed)), "{said}");
        assert!(!said.to_string().contains("hunter2"), "a secret is told: {said}");
    }
    assert_eq!(world.said(), before);
    assert_eq!(before["log.level"]["origin"], "command");
    // Guests see nothing of it.
    let guest = Running::start(&["--host-from", "127.0.0.2/32"]).expect("it was there before");
    let answer = Caller::new(Ipv4Addr::LOCALHOST, guest.address).ask("GET", SETTINGS, None);
    assert_eq!(answer.status, 403, "{answer:?}");
}

#[test]
fn the_queue_survives_the_restart_that_settings_need() {
    let Some(world) = World::start("") else { return };
    world.running.until("/api/party/status", LIMIT, |status| status["track"]["id"].is_u64());
    let status = world.ask("GET", "/api/party/status", None).body;
    let track = status["track"]["id"].as_u64().expect("something plays");
    for _ in 0..2 {
        assert_eq!(world.ask("POST", "/api/queue", Some(&json!({ "track": track, "at": "end" }))).status / 100, 2);
    }
    let queued = |world: &World| world.ask("GET", "/api/queue", None).body["queue"]["order"].as_array().map(Vec::len);
    assert_eq!(queued(&world), Some(2));
    world.set(&json!({ "opus.complexity": 3 }));
    world.begin_again();
    // What stood first begins with the new sound.
    world.running.until("/api/party/status", LIMIT, |status| status["track"]["id"] == track);
    assert_eq!(queued(&world), Some(1));
}

#[test]
fn a_backup_of_one_box_makes_another_like_it_and_names_what_it_does_not_know() {
    let (music, elsewhere) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let with_music = |folder: &tempfile::TempDir| format!("source.music = \"{}\"\n", folder.path().display());
    fs::create_dir(music.path().join("lists")).expect("a folder");
    fs::write(music.path().join("lists/Party.m3u"), b"caf\xe9.mp3\r\n").expect("a playlist");
    let Some(one) = World::start(&with_music(&music)) else { return };
    one.set(&json!({ "name": "Garden", "opus.complexity": 3, "wifi.ssid": "Garten" }));
    assert_eq!(one.ask("PUT", "/api/party/settings", Some(&json!({ "per_guest_max": 7 }))).status, 204);
    assert_eq!(
        one.ask("PUT", "/api/channels/green", Some(&json!({ "name": "Rock", "color": "green" }))).status / 100,
        2
    );
    let party = one.running.state().join("party");
    wait_for("what a host set", &mut || {
        fs::read_to_string(&party).is_ok_and(|text| text.contains("per_guest_max = 7"))
    });
    one.begin_again();
    let mut backup = one.ask("GET", "/api/box/backup", None).body;
    backup["stars"] = json!([1]);
    backup["playlists"]["../hosts.m3u"] = json!({ "text": "x" });
    let Some(other) = World::start(&with_music(&elsewhere)) else { return };
    let answer = other.ask("PUT", "/api/box/backup", Some(&backup));
    let left_out = json!([{ "name": "stars", "why": "unknown" }, { "name": "../hosts.m3u", "why": "bad-name" }]);
    assert_eq!((answer.status, &answer.body["left_out"]), (200, &left_out), "{answer:?}");
    assert_eq!(fs::read(elsewhere.path().join("lists/Party.m3u")).expect("it came along"), b"caf\xe9.mp3\r\n");
    assert_eq!(other.ask("GET", "/api/party/status", None).body["name"], "Partybox", "not before the restart");
    other.begin_again();
    let said = other.said();
    assert_eq!((&said["name"]["value"], &said["opus.complexity"]["value"]), (&json!("Garden"), &json!(3)));
    assert_eq!(other.ask("GET", "/api/party/settings", None).body["per_guest_max"], 7);
    assert_eq!(other.ask("GET", "/api/channels/green", None).body["name"], "Rock");
    assert_eq!(other.credentials(), one.credentials(), "phones join it without a word");
    let wrong = other.ask("PUT", "/api/box/backup", Some(&json!({ "partybox_backup": 2 })));
    assert_eq!((wrong.status, &wrong.body["code"]), (409, &json!("backup-too-new")));
    let wrong = other.ask("PUT", "/api/box/backup", Some(&json!({ "files": [] })));
    assert_eq!((wrong.status, &wrong.body["code"]), (400, &json!("no-backup")));
}

#[test]
fn a_backup_of_the_version_before_is_taken_by_this_one() {
    let Some(world) = World::start("") else { return };
    // As 0.1 wrote it, without playlists.
    let settings = "version = 1\nasked = true\n[set]\nname = \"Garden\"\n";
    let backup = json!({ "partybox_backup": 1, "version": "0.1.0", "files": { "settings": settings } });
    let answer = world.ask("PUT", "/api/box/backup", Some(&backup));
    assert_eq!((answer.status, &answer.body["left_out"]), (200, &json!([])), "{answer:?}");
    world.begin_again();
    assert_eq!(world.said()["name"]["value"], "Garden");
}

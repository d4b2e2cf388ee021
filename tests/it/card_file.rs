//! The file that a box's owner edits on the card, through the real program: each key on its way from a line to what the box
//! does, what is said of a wrong line, and whose word holds when a host says something else.

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use appliance::credentials::Credentials;
use appliance::state::peek;
use partybox::card::keys;
use serde_json::{Value, json};
use tests::caller::Caller;
use tests::machine::wait_for;
use tests::program::Running;

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(60);

/// A key, with a value that it may have and one that it may not.
type Values = (&'static str, &'static str, &'static str);

/// Most mistakes of one file that are told one by one.
const TOLD_MAX: usize = 19;

/// A value of each key that is not the default (but for the port, which no other test may have), and one that cannot be;
/// `board.pins` holds one of its pins.
const VALUES: [Values; 71] = [
    ("name", "\"Fête à Zürich\"", "\"\""),
    ("night", "\"22:00-07:00\"", "\"late\""),
    ("time_zone", "\"Europe/Berlin\"", "\"Middle-earth\""),
    ("wifi.ssid", "\"Garten\"", "\"\""),
    ("wifi.passphrase", "\"own words\"", "\"hunter2\""),
    ("wifi.country", "\"DE\"", "\"Germany\""),
    ("wifi.band", "\"5\"", "5"),
    ("wifi.guests_max", "7", "-1"),
    ("wifi.isolate", "false", "0"),
    ("wifi.portal", "\"off\"", "\"no\""),
    ("wifi.forward", "true", "\"yes\""),
    ("wifi.cable", "\"guests\"", "\"garage\""),
    ("source.start", "\"line-in\"", "\"radio\""),
    ("source.crossfade_ms", "2000", "99999"),
    ("source.pause_fade_ms", "300", "0"),
    ("source.source_fade_ms", "2000", "0"),
    ("source.stop_fade_ms", "2000", "0"),
    ("guest_files.per_guest_max", "3", "0"),
    ("guest_files.file_mb_max", "100", "0"),
    ("guest_files.files_max", "20", "1001"),
    ("guest_files.total_mb_max", "500", "0"),
    ("line_in.device", "\"null\"", "3"),
    ("line_in.period_ms", "10", "200"),
    ("opus.bitrate_bps", "96000", "1"),
    ("opus.complexity", "3", "11"),
    ("opus.fec", "false", "0"),
    ("opus.expected_loss_percent", "10", "31"),
    ("opus.packet_ms", "40", "30"),
    ("mp3.bitrates_bps", "[192000]", "[1]"),
    ("mp3.burst_ms", "100", "1001"),
    ("mp3.listeners_max", "5", "0"),
    ("webrtc.listeners_max", "5", "0"),
    ("webrtc.sessions_per_address_max", "5", "0"),
    ("webrtc.networks", "[\"10.0.0.0/8\"]", "[\"the garden\"]"),
    ("whip.refuse_video", "true", "1"),
    ("whip.together_max", "3", "5"),
    ("rooms.rooms_max", "3", "0"),
    ("rooms.participants_max", "4", "1"),
    ("streams.connections_max", "20", "0"),
    ("streams.senders_max", "0", "17"),
    ("streams.receivers_max", "20", "0"),
    ("streams.streams_max", "0", "17"),
    ("streams.unheard_minutes", "5", "0"),
    ("http.https_port", "0", "65536"),
    ("http.connections_max", "500", "1"),
    ("http.connections_per_address_max", "20", "1"),
    ("http.pages_max", "100", "1"),
    ("http.guests_per_address_max", "100", "0"),
    ("http.names", "[\"party.internal\", \"garden.local\"]", "[\"a b\"]"),
    ("http.url", "\"https://party.internal\"", "\"party\""),
    ("http.proxies", "[\"10.0.0.1\"]", "[\"me\"]"),
    ("http.embed", "[\"http://homeassistant.local:8123\"]", "[\"x\"]"),
    ("http.metrics_from", "[\"10.0.0.0/8\"]", "[\"me\"]"),
    ("board.board", "\"sim\"", "\"abacus\""),
    ("board.chip", "\"chip\"", "1"),
    ("board.display", "\"none\"", "\"tv\""),
    ("board.display_address", "61", "62"),
    ("board.brightness_percent", "50", "0"),
    ("board.night_percent", "10", "101"),
    ("board.pwm", "true", "1"),
    ("board.double_ms", "400", "1"),
    ("board.pins", "{ guests-led = { wired = false } }", "{ guests-light = { wired = false } }"),
    ("buttons.play", "{ short = \"pause\" }", "{ short = \"dance\" }"),
    ("buttons.next", "{ long = \"stop\" }", "{ brief = \"next\" }"),
    ("buttons.volume_up", "{ short = \"next\" }", "{ repeat = 1 }"),
    ("buttons.volume_down", "{ short = \"next\" }", "7"),
    ("buttons.pair", "{ short = \"pair\" }", "\"pair\""),
    ("buttons.knob", "\"none\"", "\"light\""),
    ("log.level", "\"debug\"", "\"loud\""),
    // Keys that are not for an owner.
    ("listen", "\"127.0.0.1:9\"", "9"),
    ("state.folder", "\"/nonexistent\"", "0"),
];

/// How many of them are not for an owner.
const REFUSED: usize = 2;

/// A box with a card's folder that somebody edits.
struct World {
    folder: tempfile::TempDir,
    running: Option<Running>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("config.toml"), "[wifi]\nown = true\n").expect("a configuration");
        Self { folder, running: None }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("partybox.toml")
    }

    fn problems(&self) -> Option<String> {
        fs::read_to_string(self.folder.path().join("partybox-problems.txt")).ok()
    }

    /// Edits the file and starts the box anew; nothing where it is not built.
    fn start(&mut self, bytes: &[u8]) -> Option<&mut Running> {
        fs::write(self.file(), bytes).expect("a file");
        match &mut self.running {
            Some(running) => running.restart(),
            None => {
                let path = |name: &str| self.folder.path().join(name).display().to_string();
                let options =
                    ["--config".to_owned(), path("config.toml"), "--card-config".to_owned(), path("partybox.toml")];
                self.running = Some(Running::start(&options)?);
            }
        }
        self.running().until("/api/party/status", LIMIT, |status| status["session"]["live"] == true);
        self.running.as_mut()
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("a box")
    }

    fn ask(&self, path: &str) -> Value {
        Caller::new(Ipv4Addr::LOCALHOST, self.running().address).ask("GET", path, None).body
    }

    fn set(&self, path: &str, wish: &Value) {
        let answer = Caller::new(Ipv4Addr::LOCALHOST, self.running().address).ask("PUT", path, Some(wish));
        assert_eq!(answer.status, 204, "{wish}: {answer:?}");
    }

    /// Line, key and code of each problem that a host's page is told.
    fn told(&self) -> Vec<(u64, String, String)> {
        let about = self.ask("/api/box");
        let text = |problem: &Value, field: &str| problem[field].as_str().unwrap_or_default().to_owned();
        let problems = about["card_problems"].as_array().expect("a list").iter();
        problems.map(|one| (one["line"].as_u64().unwrap_or(0), text(one, "key"), text(one, "code"))).collect()
    }

    fn credentials(&self) -> Credentials {
        let kept = peek(self.running().state(), "wifi").expect("the box's own network");
        Credentials::parse(&kept).expect("credentials")
    }
}

/// One line for each of these `values`, with one of them.
fn lines(values: &[Values], value: impl Fn(&Values) -> &'static str) -> String {
    values.iter().map(|all| format!("{} = {}\r\n", all.0, value(all))).collect()
}

/// The same letters as Notepad saves them by its various names for that.
fn windows_1252(letters: &str) -> Vec<u8> {
    letters.chars().map(|letter| u8::try_from(u32::from(letter)).expect("a letter of Western Europe")).collect()
}

fn utf16(letters: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(letters.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn every_key_is_read_as_any_editor_saves_it_and_every_mistake_is_told_while_the_box_plays() {
    let known = keys().len();
    assert_eq!(VALUES.len() - REFUSED, known, "a key has no value here");
    let mut world = World::new();
    let right = lines(&VALUES, |(_, right, _)| right);
    let not_here: Vec<_> = VALUES[known..].iter().zip(known + 1..).collect();
    let not_here: Vec<(u64, String, String)> = not_here
        .into_iter()
        .map(|((key, ..), line)| (line as u64, key.split('.').next().unwrap_or(key).to_owned(), "not-here".to_owned()))
        .collect();
    let bom = [b"\xef\xbb\xbf", right.as_bytes()].concat();
    for bytes in [right.clone().into_bytes(), bom, utf16(&right), windows_1252(&right)] {
        if world.start(&bytes).is_none() {
            return;
        }
        assert_eq!(world.told(), not_here);
        assert_eq!(world.ask("/api/party/status")["name"], "Fête à Zürich");
        let network = &world.ask("/api/box")["network"];
        assert_eq!((&network["portal"], &network["origins"]["portal"]), (&json!("off"), &json!("card")), "{network}");
        let (settings, you) = (world.ask("/api/party/settings"), world.ask("/api/queue"));
        assert_eq!(
            (&settings["crossfade_ms"], &you["you"]["origins"]["crossfade_ms"]),
            (&json!(2_000), &json!("card"))
        );
        assert_eq!(world.ask("/api/party/status")["source"], "line-in");
        let kept = world.credentials();
        assert_eq!((kept.ssid.as_str(), kept.passphrase.as_str()), ("Garten", "own words"));
        let after = fs::read(world.file()).expect("the file");
        assert_eq!(after.len(), bytes.len());
        let changed = after.iter().zip(&bytes).filter(|(now, before)| now != before).count();
        assert!((1..="\"own words\"".len()).contains(&changed), "{changed} bytes were changed");
    }

    // All of it wrong: the box plays as if there were no file, and says so line by line.
    for some in VALUES[..known].chunks(TOLD_MAX) {
        world.start(lines(some, |(_, _, wrong)| wrong).as_bytes()).expect("it was there before");
        let told = world.told();
        let beside = world.problems().expect("a file of problems");
        assert_eq!(told.len(), some.len(), "{told:?}");
        for ((at, named, code), (line, (key, ..))) in told.iter().zip((1..).zip(some)) {
            assert_eq!((*at, code.as_str()), (line, "value"), "{told:?}");
            assert!(named.starts_with(key) && beside.contains(&format!("line {line}: {named}: ")), "{key}: {beside}");
        }
        assert!(!beside.contains("hunter2"), "a secret is told: {beside}");
        assert_eq!(world.ask("/api/party/status")["name"], "Partybox");
    }

    // Mended: nothing is said any more.
    world.start(b"name = \"Garden\"\n").expect("it was there before");
    assert_eq!((world.told().len(), world.problems()), (0, None));
    assert_eq!(world.ask("/api/party/status")["name"], "Garden");
}

#[test]
fn the_last_word_holds_whoever_said_it() {
    let mut world = World::new();
    let file = |portal: &str, crossfade_ms: u32| {
        format!("wifi.portal = \"{portal}\"\nsource.crossfade_ms = {crossfade_ms}\n").into_bytes()
    };
    if world.start(&file("off", 2_000)).is_none() {
        return;
    }
    let held = |world: &World| {
        let (about, settings, you) = (world.ask("/api/box"), world.ask("/api/party/settings"), world.ask("/api/queue"));
        let network = &about["network"];
        let pair = |value: &Value, origin: &Value| format!("{value} {origin}").replace('"', "");
        let crossfade = pair(&settings["crossfade_ms"], &you["you"]["origins"]["crossfade_ms"]);
        [pair(&network["portal"], &network["origins"]["portal"]), crossfade]
    };
    assert_eq!(held(&world), ["off card", "2000 card"]);
    world.set("/api/box/network", &json!({ "portal": "sign-in" }));
    world.set("/api/party/settings", &json!({ "crossfade_ms": 4_000 }));
    let party = world.running().state().join("party");
    wait_for("what a host set", &mut || fs::read_to_string(&party).is_ok_and(|text| text.contains("4000")));
    world.start(&file("off", 2_000));
    assert_eq!(held(&world), ["sign-in page", "4000 page"], "the file says nothing new");
    world.start(&file("off", 3_000));
    assert_eq!(held(&world), ["sign-in page", "3000 card"], "one line was edited");
    world.start(&file("quiet", 3_000));
    assert_eq!(held(&world), ["quiet card", "3000 card"]);
    world.start(b"");
    assert_eq!(held(&world), ["quiet default", "0 default"], "nobody says anything any more");
}

#[test]
fn a_pulled_plug_between_taking_a_secret_over_and_blanking_it_loses_nothing() {
    let mut world = World::new();
    let text = "wifi.passphrase = \"own words\" # ours\n";
    if world.start(text.as_bytes()).is_none() {
        return;
    }
    let blanked = fs::read_to_string(world.file()).expect("the file");
    assert_eq!(blanked, "wifi.passphrase = \"\"          # ours\n");
    let first = world.credentials();
    assert_eq!(first.passphrase, "own words");
    // It was killed before it had blanked the file; and before it remembered what it had read.
    for forgotten in ["none", "card", "wifi"] {
        world.running.as_mut().expect("a box").end();
        // The first is no file.
        let _ = fs::remove_file(world.running().state().join(forgotten));
        world.start(text.as_bytes());
        assert_eq!(fs::read_to_string(world.file()).expect("the file"), blanked, "without {forgotten}");
        assert_eq!(world.credentials().passphrase, first.passphrase, "without {forgotten}");
    }
}

#[test]
fn no_bytes_keep_the_box_from_playing() {
    let mut world = World::new();
    let huge = vec![b'#'; 100_000];
    let deep = [b"x = ".to_vec(), vec![b'['; 60_000]].concat();
    let samples: [&[u8]; 6] =
        [b"\0\0\0\xff", b"\xff\xfe\x00\xd8", &huge, &deep, b"[wifi\n\"", b"name = \xe2\x80\x9cGarden\xe2\x80\x9d"];
    for bytes in samples {
        if world.start(bytes).is_none() {
            return;
        }
        assert!(!world.told().is_empty() && world.problems().is_some(), "{:?}", &bytes[..bytes.len().min(20)]);
        assert_eq!(fs::read(world.file()).expect("the file"), bytes);
    }
}

//! Rooms: one browser plays a file of its own to others, straight from browser to browser, while the box counts that no sound
//! passes it. Who comes late hears, whoever is handed the decks plays on, and a DJ who is gone is told to all.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::apart;
use tests::browser::{Browser, Options, missing};
use tests::program::Running;
use tests::{hear, metrics, wait, wav};

use super::{PATIENCE, looks, start};

/// The tones of the first and of the second DJ, left and right, Hz.
pub(super) const TONES_HZ: [f64; 2] = [997.0, 1_499.0];
pub(super) const OTHER_TONES_HZ: [f64; 2] = [701.0, 1_223.0];

/// The peak of each, and how far below full scale a tone may arrive: Opus takes nothing away, a browser's level control would.
const PEAK: f32 = 0.25;
const LEVEL_DB_MIN: f64 = -18.0;

/// How far one side's tone lies below the other's on the other side, dB.
const APART_DB: f64 = 30.0;

/// Seconds of each file: longer than any test needs.
const SECONDS: usize = 240;

/// Browsers on one machine reach each other by its loopback, which pages are given no address of otherwise.
pub(super) const FLAGS: [&str; 2] =
    ["--disable-features=WebRtcHideLocalIpsWithMdns", "--allow-loopback-in-peer-connection"];

/// What the box counts of sound that it sends, receives and is asked for.
const OF_SOUND: [&str; 7] = [
    "listeners",
    "webrtc_packets_sent_total",
    "webrtc_packets_received_total",
    "webrtc_joins_total",
    "webrtc_sender_joins_total",
    "mp3_joined_total",
    "mp3_sent_bytes_total",
];

/// Samples of both sides of what the page's element was given; `null` while it plays nothing.
pub(super) const LISTEN: &str = "(async () => {
  const audio = document.getElementById('audio');
  if (audio.srcObject === null || audio.paused || audio.currentTime === 0) return [];
  const ear = window.testEar ??= new AudioContext({ sampleRate: 48000 });
  await ear.resume();
  if (window.testStream !== audio.srcObject) {
    window.testStream = audio.srcObject;
    const split = ear.createChannelSplitter(2);
    ear.createMediaStreamSource(audio.srcObject).connect(split);
    window.testSides = [0, 1].map((side) => {
      const analyser = ear.createAnalyser();
      analyser.fftSize = 8192;
      split.connect(analyser, side);
      return analyser;
    });
  }
  return window.testSides.map((analyser) => {
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    return [...samples];
  });
})()";

pub(super) fn options(flags: &[&str]) -> Options {
    Options { flags: flags.iter().map(|&flag| flag.to_owned()).collect(), ..Options::default() }
}

/// A file of two tones, one on each side.
pub(super) fn file(folder: &Path, name: &str, tones_hz: [f64; 2]) -> PathBuf {
    let sides = tones_hz.map(|hz| hear::sine(hz, PEAK, wav::RATE_HZ, SECONDS * wav::RATE_HZ as usize));
    let frames: Vec<[f32; 2]> = sides[0].iter().zip(&sides[1]).map(|(left, right)| [*left, *right]).collect();
    let path = folder.join(name);
    wav::write_stereo(&path, &frames).expect("a file");
    path
}

/// Somebody with the page of rooms open.
pub(super) struct Person {
    pub(super) browser: Browser,
    name: &'static str,
}

impl Person {
    /// Opens the page with this query, such as `?room=BCDFG`, and says what they are called.
    pub(super) fn open(base: &str, query: &str, name: &'static str, options: &Options) -> Self {
        let browser = Browser::open(options).expect("a browser");
        browser.go(&format!("{base}/rooms{query}")).expect("the page opens");
        browser.wait_for("!document.getElementById('page').hasAttribute('aria-busy')", PATIENCE).expect("it works");
        browser.press("#name", name).expect("a name");
        Self { browser, name }
    }

    pub(super) fn wait_for(&self, expression: &str) -> Value {
        let waited = self.browser.wait_for(expression, PATIENCE);
        waited.unwrap_or_else(|error| panic!("{}: {error}: {:?}", self.name, self.browser.console()))
    }

    pub(super) fn until_shown(&self, text: &str) {
        self.wait_for(&format!("document.body.innerText.includes({})", Value::from(text)));
    }

    pub(super) fn click(&self, selector: &str) {
        self.browser.click(selector).unwrap_or_else(|error| panic!("{}: {error}", self.name));
    }

    /// Opens a room, and returns its code.
    pub(super) fn create(&self) -> String {
        self.click("#create-form button");
        let code = self.wait_for("document.getElementById('room-code').textContent");
        code.as_str().expect("a code").to_owned()
    }

    /// Comes into the room whose code is in the field, or is typed there.
    pub(super) fn join(&self, typed: &str) {
        if !typed.is_empty() {
            self.browser.press("#code", typed).expect("typed");
        }
        self.click("#join-form button");
        self.wait_for("document.getElementById('page').dataset.phase === 'inside'");
    }

    pub(super) fn play(&self, file: &Path) {
        self.browser.press("#files", file.to_str().expect("a path")).expect("a file");
        self.wait_for("!document.getElementById('deck-play').hidden");
        self.click("#deck-play");
        self.until_shown("This is what the others hear.");
    }

    /// Waits until both tones are heard, each on its own side and on no other.
    pub(super) fn hears(&self, tones_hz: [f64; 2]) {
        hears(self.name, tones_hz, || self.wait_for(LISTEN));
    }

    /// Waits until these people are shown in the room.
    fn sees(&self, people: &[&str]) {
        let shown = "[...document.querySelectorAll('#people b')].map((name) => name.textContent).join()";
        self.wait_for(&format!("{shown} === {}", Value::from(people.join(","))));
    }
}

/// Waits until `listen` gives both tones, each on its own side and on no other.
pub(super) fn hears(name: &str, tones_hz: [f64; 2], mut listen: impl FnMut() -> Value) {
    let mut levels_db = [[0.0; 2]; 2];
    let heard = wait::comes_true(PATIENCE, || {
        let sides: Vec<Vec<f32>> = serde_json::from_value(listen()).expect("samples");
        let [left, right] = &sides[..] else { return false };
        levels_db = [left, right].map(|side| tones_hz.map(|hz| hear::tone_db(side, hz, wav::RATE_HZ)));
        (0..2).all(|side| {
            let (own, other) = (levels_db[side][side], levels_db[side][1 - side]);
            own > LEVEL_DB_MIN && own - other > APART_DB
        })
    });
    assert!(heard, "{name} hears {levels_db:?} dBFS of {tones_hz:?} Hz");
    println!("{name} hears {tones_hz:?} Hz, left and right: {levels_db:.1?} dBFS");
}

/// The box's own numbers.
fn numbers(running: &Running, names: &[&str]) -> Vec<f64> {
    let page = running.metrics();
    names.iter().map(|name| metrics::number(&page, name).unwrap_or_else(|| panic!("no {name}"))).collect()
}

#[test]
fn a_dj_plays_a_file_to_all_in_the_room_in_stereo_and_no_sound_passes_the_box() {
    let Some(running) = start() else { return };
    let (base, options) = (running.url(""), options(&FLAGS));
    let folder = tempfile::tempdir().expect("a folder");
    let tones = file(folder.path(), "Two Tones.wav", TONES_HZ);
    let ann = Person::open(&base, "", "Ann", &options);
    let code = ann.create();
    let bob = Person::open(&base, "", "Bob", &options);
    bob.join(&code.to_lowercase());
    bob.until_shown("Connected. Ann plays nothing right now.");
    // A file that is no music says so, and ends nothing.
    let wrong = folder.path().join("wrong.mp3");
    std::fs::write(&wrong, "no sound").expect("a file");
    ann.browser.press("#files", wrong.to_str().expect("a path")).expect("a file");
    ann.until_shown("This phone cannot play this file.");
    ann.play(&tones);
    bob.hears(TONES_HZ);
    bob.until_shown("Two Tones");
    // Who scanned the code has it in the address, and comes while music plays.
    let eve = Person::open(&base, &format!("?room={code}"), "Eve", &options);
    eve.join("");
    eve.hears(TONES_HZ);
    for person in [&ann, &bob, &eve] {
        person.sees(&["Ann", "Bob", "Eve"]);
    }
    ann.wait_for("document.querySelectorAll('#people .badge.good').length === 2");
    assert_eq!(numbers(&running, &OF_SOUND), [0.0; OF_SOUND.len()], "{OF_SOUND:?}");
    assert_eq!(numbers(&running, &["rooms", "room_participants"]), [1.0, 3.0]);
    let relayed = numbers(&running, &["room_messages_relayed_total{kind=\"offer\"}"])[0];
    assert!(relayed >= 2.0, "{relayed} offers");
    ann.click("#deck-play");
    bob.until_shown("Connected. Ann plays nothing right now.");
    for person in [ann, bob, eve] {
        let complaints = person.browser.console().expect("a log");
        assert!(complaints.is_empty(), "{}: {complaints:?}", person.name);
    }
}

#[test]
fn the_decks_are_handed_over_and_a_dj_who_is_gone_is_told_to_all() {
    let Some(running) = start() else { return };
    let (base, options) = (running.url(""), options(&FLAGS));
    let folder = tempfile::tempdir().expect("a folder");
    let [tones, others] =
        [("a.wav", TONES_HZ), ("b.wav", OTHER_TONES_HZ)].map(|(name, hz)| file(folder.path(), name, hz));
    let ann = Person::open(&base, "", "Ann", &options);
    let code = ann.create();
    let [bob, eve] = ["Bob", "Eve"].map(|name| Person::open(&base, &format!("?room={code}"), name, &options));
    bob.join("");
    eve.join("");
    ann.play(&tones);
    eve.hears(TONES_HZ);
    ann.click("[aria-label='Make DJ: Bob']");
    bob.wait_for("!document.getElementById('deck').hidden");
    bob.play(&others);
    for listener in [&ann, &eve] {
        listener.until_shown("Bob plays");
        listener.hears(OTHER_TONES_HZ);
    }
    // His page is closed, without a word.
    drop(bob);
    for listener in [&ann, &eve] {
        listener.until_shown("Bob, the DJ, is gone");
        listener.sees(&["Ann", "Eve"]);
    }
    eve.click("#take-over");
    eve.play(&tones);
    ann.until_shown("Eve plays");
    ann.hears(TONES_HZ);
    ann.click("#leave");
    ann.wait_for("document.getElementById('page').dataset.phase === 'outside'");
    eve.sees(&["Eve"]);
    assert_eq!(numbers(&running, &["rooms", "room_participants"]), [1.0, 1.0]);
    drop(eve);
    let over = wait::comes_true(PATIENCE, || numbers(&running, &["rooms", "room_participants"]) == [0.0, 0.0]);
    assert!(over, "the room ends with its last participant");
}

#[test]
fn after_a_restart_of_the_box_the_room_is_there_again_under_its_code() {
    let Some(mut running) = start() else { return };
    let (base, options) = (running.url(""), options(&FLAGS));
    let folder = tempfile::tempdir().expect("a folder");
    let tones = file(folder.path(), "tones.wav", TONES_HZ);
    let ann = Person::open(&base, "", "Ann", &options);
    let code = ann.create();
    let bob = Person::open(&base, &format!("?room={code}"), "Bob", &options);
    bob.join("");
    ann.play(&tones);
    bob.hears(TONES_HZ);
    running.end();
    bob.until_shown("The box does not answer. What you hear goes on");
    bob.hears(TONES_HZ);
    running.restart();
    let back = wait::comes_true(PATIENCE, || numbers(&running, &["rooms", "room_participants"]) == [1.0, 2.0]);
    assert!(back, "{}; {}", ann.browser.text(), bob.browser.text());
    bob.hears(TONES_HZ);
    assert_eq!(ann.wait_for("document.getElementById('room-code').textContent"), code.as_str());
}

#[test]
fn the_page_of_rooms_can_be_used_by_everybody_and_leaves_pictures() {
    let Some(running) = start() else { return };
    let base = running.url("");
    let looks = [
        ((360, 740), true, "dark", "en"),
        ((360, 740), false, "light", "de"),
        ((360, 740), true, "rtl", "ar"),
        ((1_280, 800), true, "wide", "en"),
        ((1_280, 800), false, "wide-light", "fr"),
    ];
    for (window, dark, kind, language) in looks {
        let options = Options { window, dark, ..options(&FLAGS) };
        let ann = Person::open(&base, "", "Ann", &options);
        let keep = format!("localStorage.setItem('partybox.language', '{language}')");
        ann.browser.run(&keep).expect("kept");
        ann.browser.reload().expect("the page");
        ann.wait_for(&format!("document.documentElement.lang === '{language}'"));
        ann.wait_for("!document.getElementById('page').hasAttribute('aria-busy')");
        looks::look(&ann.browser, &format!("rooms-outside-{kind}"), window);
        ann.browser.press("#name", "Ann").expect("a name");
        let code = ann.create();
        let bob = Person::open(&base, &format!("?room={code}"), "Bob", &options);
        bob.browser.run(&keep).expect("kept");
        bob.browser.reload().expect("the page");
        bob.wait_for(&format!("document.documentElement.lang === '{language}'"));
        bob.browser.press("#name", "Bob").expect("a name");
        bob.join("");
        ann.wait_for("document.querySelector('#people .badge.good')");
        looks::look(&ann.browser, &format!("rooms-dj-{kind}"), window);
        looks::look(&bob.browser, &format!("rooms-listener-{kind}"), window);
        drop(ann);
        bob.wait_for("!document.getElementById('lost').hidden");
        looks::look(&bob.browser, &format!("rooms-lost-{kind}"), window);
    }
}

/// Keeps every address that the page is told of.
const WATCH_CANDIDATES: &str = "window.testCandidates = [];
const add = RTCPeerConnection.prototype.addIceCandidate;
RTCPeerConnection.prototype.addIceCandidate = function (candidate) {
  window.testCandidates.push(candidate.candidate);
  return add.call(this, candidate);
};
return true;";

#[test]
fn phones_in_networks_without_multicast_find_each_other_by_the_addresses_that_the_box_sees() {
    const NAME: &str =
        "pages::rooms::phones_in_networks_without_multicast_find_each_other_by_the_addresses_that_the_box_sees";
    if let Some(reason) = missing() {
        println!("{reason}");
        return;
    }
    if !apart::is_within(NAME) {
        return;
    }
    let [dj, listener] = &apart::lay(2)[..] else { panic!("two phones") };
    // The test itself asks from the box's own address, and reads its numbers.
    let Some(running) = Running::start_at_with(apart::BOX, &[format!("--host-from={}/32", apart::BOX)]) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let tones = file(folder.path(), "tones.wav", TONES_HZ);
    let at = |place: &apart::Place| Options { place: Some(place.clone()), ..Options::default() };
    let ann = Person::open(&running.url(""), "", "Ann", &at(dj));
    let code = ann.create();
    let bob = Person::open(&running.url(""), &format!("?room={code}"), "Bob", &at(listener));
    bob.browser.run(WATCH_CANDIDATES).expect("watched");
    bob.join("");
    ann.play(&tones);
    bob.hears(TONES_HZ);
    let told = bob.browser.run("return window.testCandidates").expect("a list");
    let told: Vec<String> = serde_json::from_value(told).expect("candidates");
    let address = format!(" {} ", dj.address);
    assert!(told.iter().any(|candidate| candidate.contains(&address)), "{told:?}");
    assert!(!told.iter().any(|candidate| candidate.contains(".local")), "{told:?}");
    assert_eq!(numbers(&running, &OF_SOUND), [0.0; OF_SOUND.len()], "{OF_SOUND:?}");
}

//! The lock screen of a guest's phone, as the system shows it: what plays, how far it is, and keys that do what they say.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use tests::browser::Options;
use tests::guest::Guest;
use tests::lock_screen::{LockScreen, Shown};
use tests::program::Running;
use tests::wait;

use super::{AUDIBLE, PATIENCE, start_with_records};

/// How far lock screen and box may be apart, ms: a page is told every second where the music is, and here both are asked one
/// after the other on a busy machine.
const APART_MS_MAX: u64 = 2_000;

/// For how long a bar that stands still is looked at: while nothing plays, the page is told where the music is every 5 s.
const STILL_FOR: Duration = Duration::from_secs(4);

/// Keeps what the page does at the keys of a phone where a test finds it.
const WATCH_KEYS: &str = "window.testKeys = {};
const set = MediaSession.prototype.setActionHandler;
MediaSession.prototype.setActionHandler = function (key, act) { window.testKeys[key] = act; set.call(this, key, act); };";

/// What the box says.
fn status(running: &Running) -> Value {
    let mut answer = ureq::get(running.url("/api/party/status")).call().expect("the box answers");
    answer.body_mut().read_json().expect("JSON")
}

/// Whether the lock screen shows what the box says.
fn is_true(shown: &Shown, status: &Value) -> bool {
    let track = &status["track"];
    let texts = [(&shown.title, &track["title"]), (&shown.artist, &track["artist"]), (&shown.album, &status["name"])];
    texts.iter().all(|(shown, said)| *shown == *said)
        && shown.length_ms == track["duration_ms"].as_u64()
        && shown.position_ms.abs_diff(track["position_ms"].as_u64().unwrap_or(0)) < APART_MS_MAX
}

/// Waits until the lock screen shows what the box says plays, in this state, and returns it.
fn until_true(running: &Running, screen: &LockScreen, state: &str) -> Shown {
    let mut seen = (None, Value::Null);
    let is_so = wait::comes_true(PATIENCE, || {
        seen = (screen.shown(), status(running));
        seen.0.as_ref().is_some_and(|shown| shown.state == state && is_true(shown, &seen.1))
    });
    assert!(is_so, "the lock screen shows {:?}; the box says {}", seen.0, seen.1["track"]);
    seen.0.expect("it was seen")
}

/// The picture that is shown, as bytes.
fn picture(screen: &LockScreen) -> Vec<u8> {
    let read = || fs::read(screen.shown()?.art?).ok().filter(|bytes| bytes.starts_with(b"\x89PNG"));
    wait::until(PATIENCE, read).expect("a picture")
}

/// Chooses Pocket: of Live, whose sound is a stream without a file, Chromium shows nothing.
fn choose_pocket(guest: &Guest) {
    // The choice stands in another part of the page.
    guest.browser.run("document.querySelector('input[value=pocket]').click()").expect("a choice");
}

#[test]
fn the_lock_screen_shows_what_plays_and_its_keys_stop_it() {
    let Some(mut party) = start_with_records() else { return };
    let screen = match LockScreen::start() {
        Ok(screen) => screen,
        Err(reason) => return println!("not run: {reason}"),
    };
    let options = Options { lock_screen: Some(screen.address().to_owned()), ..Options::default() };
    let guest = Guest::visit(&party.running.url(""), &options).expect("the page opens");
    choose_pocket(&guest);
    assert_eq!(screen.shown(), None, "before a tap");
    guest.tap().expect("a tap");
    guest.until("pocket", PATIENCE).expect("pocket");
    until_true(&party.running, &screen, "Playing");
    let first = picture(&screen);

    // Another song, from another record: texts, length and picture follow.
    let track = |running: &Running| status(running)["track"].clone();
    let before = track(&party.running);
    while track(&party.running)["album"] == before["album"] {
        let heard = track(&party.running)["id"].clone();
        party.host("POST", "/api/party/next", None);
        party.running.until("/api/party/status", PATIENCE, |status| {
            status["track"]["id"].is_u64() && status["track"]["id"] != heard
        });
    }
    until_true(&party.running, &screen, "Playing");
    assert!(wait::comes_true(PATIENCE, || picture(&screen) != first), "the picture of the song before");

    // A pause of the host: a bar would go on by itself while the guest still listens, so there is none, or it is right.
    party.host("POST", "/api/party/pause", None);
    guest.until_shown("The host has paused the music", PATIENCE).expect("words");
    let stands_still =
        || screen.shown().is_some_and(|shown| shown.length_ms.is_none() || is_true(&shown, &status(&party.running)));
    assert!(wait::comes_true(PATIENCE, stands_still), "{:?}", screen.shown());
    assert!(wait::stays_true(STILL_FOR, stands_still), "it goes on: {:?}", screen.shown());
    party.host("POST", "/api/party/play", None);
    until_true(&party.running, &screen, "Playing");

    for key in ["Pause", "Stop"] {
        screen.press(key);
        guest.until("idle", PATIENCE).expect(key);
        guest
            .browser
            .wait_for("document.getElementById('listeners').textContent === ''", PATIENCE)
            .expect("the box knows");
        let says_so = || screen.shown().is_none_or(|shown| shown.state != "Playing");
        assert!(wait::comes_true(PATIENCE, says_so), "{key}: {:?}", screen.shown());
        guest.tap().expect("a tap");
        guest.until("pocket", PATIENCE).expect("pocket");
        until_true(&party.running, &screen, "Playing");
    }
}

#[test]
fn live_says_the_same_to_its_phone_whose_keys_stop_it_and_go_on() {
    let Some(party) = start_with_records() else { return };
    let guest = super::guest(&party.running);
    guest.browser.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": WATCH_KEYS })).expect("watched");
    guest.browser.reload().expect("the page again");
    let said = "(({ metadata, playbackState }) => metadata && { playbackState, title: metadata.title,
        artist: metadata.artist, album: metadata.album, art: metadata.artwork.map(({ src }) => new URL(src).pathname) })
        (navigator.mediaSession)";
    let until = |state: &str| {
        let now = status(&party.running);
        let track = &now["track"];
        let art = track["art"].as_str().and_then(|art| art.split('?').next()).expect("a picture");
        let wanted = json!({ "playbackState": state, "title": track["title"], "artist": track["artist"],
            "album": now["name"], "art": [art] });
        let is_so =
            wait::comes_true(PATIENCE, || guest.browser.run(&format!("return {said}")).expect("it says") == wanted);
        assert!(is_so, "not {wanted}: {:?}", guest.browser.run(&format!("return {said}")));
    };
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    guest.hears(AUDIBLE, PATIENCE).expect("sound");
    until("playing");
    // What the phone calls when its keys are pressed. None of it is a tap on the page.
    let press = |key: &str| guest.browser.run(&format!("window.testKeys.{key}({{ action: '{key}' }})")).expect(key);
    for key in ["pause", "stop"] {
        press(key);
        guest.until("idle", PATIENCE).expect(key);
        guest
            .browser
            .wait_for("document.getElementById('listeners').textContent === ''", PATIENCE)
            .expect("the box knows");
        until("paused");
        press("play");
        guest.until("live", PATIENCE).expect("live again");
        guest.hears(AUDIBLE, PATIENCE).expect("sound again");
        until("playing");
    }
}

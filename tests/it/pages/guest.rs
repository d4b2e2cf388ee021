//! The guest page: what one tap leads to, and what comes back by itself.

use std::time::Instant;

use serde_json::json;

use super::{AUDIBLE, PATIENCE, guest, start};

#[test]
fn one_tap_leads_to_live_sound() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    guest.until("idle", PATIENCE).expect("nothing plays before the tap");
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    let level = guest.hears(AUDIBLE, PATIENCE).expect("sound");
    println!("heard: {level:?}");
    let before = guest.played().expect("a position");
    guest
        .browser
        .wait_for(&format!("document.getElementById('audio').currentTime > {before}"), PATIENCE)
        .expect("more");
    let complaints = guest.browser.console().expect("a log");
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[test]
fn a_second_tap_ends_the_session_at_the_box() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    guest.tap().expect("a tap");
    guest.until_shown("1 listening", PATIENCE).expect("counted");
    guest.tap().expect("a second tap");
    guest.until("idle", PATIENCE).expect("idle");
    guest
        .browser
        .wait_for("document.getElementById('listeners').textContent === ''", PATIENCE)
        .expect("no longer counted");
}

#[test]
fn the_button_works_from_the_keyboard() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    guest.browser.press("#play", "\u{e007}").expect("Enter");
    guest.until("live", PATIENCE).expect("live");
}

#[test]
fn a_browser_without_webrtc_hears_pocket_and_is_told_so() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    guest.browser.run("delete window.RTCPeerConnection").expect("gone");
    guest.tap().expect("a tap");
    guest.until("pocket", PATIENCE).expect("pocket");
    guest.until_shown("cannot play Live", PATIENCE).expect("words");
}

#[test]
fn a_pause_of_the_host_is_shown_and_ends() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    running.post("/api/party/pause");
    guest.until_shown("The host has paused the music", PATIENCE).expect("words");
    guest.until("live", PATIENCE).expect("still connected");
    running.post("/api/party/play");
    guest.until_shown("You hear the party as it happens", PATIENCE).expect("words");
    guest.hears(AUDIBLE, PATIENCE).expect("sound again");
}

#[test]
fn sound_comes_back_after_a_restart_of_the_box_without_a_tap() {
    let Some(mut running) = start() else { return };
    let guest = guest(&running);
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    running.end();
    guest.until("reconnecting", PATIENCE).expect("noticed");
    guest.until_shown("The box does not answer", PATIENCE).expect("words");
    running.restart();
    let begun = Instant::now();
    guest.until("live", PATIENCE).expect("live again");
    println!("live {:?} after the restarted box took connections", begun.elapsed());
    guest.hears(AUDIBLE, PATIENCE).expect("sound again");
}

#[test]
fn a_network_that_comes_back_is_heard_without_a_tap() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    // The phone's radio goes: its requests fail at once, and the box, which hears nothing of it, lets go later.
    let network =
        |offline: bool| json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    guest.browser.devtools("Network.enable", &json!({})).expect("a network");
    guest.browser.devtools("Network.emulateNetworkConditions", &network(true)).expect("gone");
    guest.browser.run("window.testPeers.at(-1).close()").expect("no packets either");
    guest.until("reconnecting", PATIENCE).expect("noticed");
    guest.browser.devtools("Network.emulateNetworkConditions", &network(false)).expect("back");
    let begun = Instant::now();
    guest.until("live", PATIENCE).expect("live again");
    println!("live {:?} after the network was back", begun.elapsed());
    guest.hears(AUDIBLE, PATIENCE).expect("sound again");
}

#[test]
fn a_page_that_was_frozen_goes_on_when_it_is_woken() {
    let Some(mut running) = start() else { return };
    let guest = guest(&running);
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    let state = |state: &str| guest.browser.devtools("Page.setWebLifecycleState", &json!({ "state": state }));
    state("frozen").expect("asleep");
    running.restart();
    state("active").expect("awake");
    // Whatever it believed before its sleep: what it says now is what is heard.
    guest.browser.wait_for("window.testPeers.at(-1).connectionState === 'connected'", PATIENCE).expect("a new session");
    guest.until("live", PATIENCE).expect("live");
    guest.hears(AUDIBLE, PATIENCE).expect("sound again");
}

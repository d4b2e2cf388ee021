//! The guest page, in a real browser on a real box: what one tap leads to, and what comes back by itself.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use tests::browser::{Browser, Options, installed, missing};
use tests::guest::Guest;
use tests::program::Running;

/// How long anything on a busy machine may take before it counts as not happening.
const PATIENCE: Duration = Duration::from_secs(30);

/// -60 dBFS: far above what an encoder makes of silence, far below any music.
const AUDIBLE: f64 = 0.001;

/// A box with the demo tracks. `None`, with the reason printed, where no browser or no built program is.
fn start() -> Option<Running> {
    if let Some(reason) = missing() {
        println!("{reason}");
        return None;
    }
    Running::start::<&str>(&[])
}

fn guest(running: &Running) -> Guest {
    Guest::visit(&running.url(""), &Options::default()).expect("the page opens")
}

/// The folder of the tools in `tests/web`, which `cargo xtask test` installs. `None`, with the reason printed, without it.
fn web_tools() -> Option<PathBuf> {
    let folder = std::env::var_os("PARTYBOX_WEB_TOOLS").map(PathBuf::from);
    if folder.is_none() {
        println!("not run: PARTYBOX_WEB_TOOLS names no folder; cargo xtask test does");
    }
    folder
}

/// The rules of the pages that need no browser: Node runs the modules' own tests.
#[test]
fn the_pages_own_rules_hold() {
    if !installed("node") {
        println!("not run: node not installed");
        return;
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../webui/test");
    let tests: Vec<_> = std::fs::read_dir(folder)
        .expect("webui/test")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "js"))
        .collect();
    assert!(!tests.is_empty(), "no tests in {folder}");
    let output = Command::new("node").arg("--test").args(&tests).output().expect("node starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// Types stand in comments, so that no page needs a build; the checker holds them.
#[test]
fn the_pages_modules_have_right_types() {
    let Some(tools) = web_tools() else { return };
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/../webui");
    let output = Command::new(tools.join(".bin/tsc")).args(["-p", project]).output().expect("the type checker starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_driver_finds_presses_and_waits() {
    if let Some(reason) = missing() {
        println!("{reason}");
        return;
    }
    let browser = Browser::open(&Options::default()).expect("a browser");
    browser.go("data:text/html,<button onclick='this.dataset.trusted=event.isTrusted'>b</button>").expect("a page");
    browser.click("button").expect("a click");
    let trusted = browser.wait_for("document.querySelector('button').dataset.trusted", PATIENCE);
    assert_eq!(trusted.expect("a trusted click"), "true");
    let picture = tempfile::tempdir().expect("a folder");
    browser.screenshot(&picture.path().join("page.png")).expect("a picture");
    let error = browser.wait_for("false", Duration::from_millis(100)).expect_err("never true");
    assert!(error.to_string().contains("waited 100ms for false"), "{error}");
}

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
    guest.until_shown("0 listening", PATIENCE).expect("no longer counted");
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
    guest.browser.click("#host-play").expect("pause");
    guest.until_shown("The host has paused the music", PATIENCE).expect("words");
    guest.until("live", PATIENCE).expect("still connected");
    guest.browser.click("#host-play").expect("play");
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

//! A page that stays where it is and says what is true: nothing jumps, nothing is covered, no tap is lost, a full box says
//! so, and two tabs are no echo.

use serde_json::json;
use tests::browser::Options;
use tests::guest::Guest;
use tests::program::Running;

use super::{AUDIBLE, PATIENCE, guest, start};

/// Where something stands, and how high, in pixels of the page.
fn top(guest: &Guest, id: &str) -> f64 {
    let top = guest.browser.run(&format!("return document.getElementById('{id}').getBoundingClientRect().top"));
    top.expect("a place").as_f64().expect("a number")
}

#[test]
fn volume_stays_where_it_is_whatever_the_hint_says() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    let rest = top(&guest, "volume");
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    assert!((top(&guest, "volume") - rest).abs() < 2.0, "live: {} for {rest}", top(&guest, "volume"));
    running.post("/api/party/pause");
    guest.until_shown("The host has paused the music", PATIENCE).expect("a longer hint");
    guest.until_shown("No sound? See why", PATIENCE).expect("and a link");
    assert!((top(&guest, "volume") - rest).abs() < 2.0, "paused: {} for {rest}", top(&guest, "volume"));
}

#[test]
fn what_is_said_covers_nothing_that_can_be_tapped() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    for part in ["listen", "queue", "music", "more"] {
        guest.browser.run(&format!("location.hash = '/{part}'")).expect("a part");
        guest
            .browser
            .run(
                "document.getElementById('toast').textContent = 'Something that was said, in two lines, which is long'",
            )
            .expect("said");
        let covered = "const toast = document.getElementById('toast').getBoundingClientRect();
          return [...document.querySelectorAll('button, a, input, select, summary')].filter((one) => {
            if (!one.checkVisibility() || one.closest('.unseen')) return false;
            const place = one.getBoundingClientRect();
            return place.width > 0 && place.bottom > toast.top + 1 && place.top < toast.bottom - 1 && place.right > toast.left && place.left < toast.right;
          }).map((one) => one.id || one.outerHTML)";
        assert_eq!(guest.browser.run(covered).expect("a judgement"), json!([]), "{part}");
    }
}

#[test]
fn a_tap_before_the_page_is_ready_is_remembered() {
    let Some(running) = start() else { return };
    let options = Options { until_loaded: false, ..Options::default() };
    let guest = Guest::visit(&running.url(""), &options).expect("the page opens");
    // The modules are late, as on a radio that is full: the button is there long before them.
    guest.browser.devtools("Network.enable", &json!({})).expect("a network");
    guest.browser.devtools("Network.setCacheDisabled", &json!({ "cacheDisabled": true })).expect("nothing is kept");
    let slow = json!({ "offline": false, "latency": 400, "downloadThroughput": 8_000, "uploadThroughput": 8_000 });
    guest.browser.devtools("Network.emulateNetworkConditions", &slow).expect("a slow network");
    guest.browser.run("location.reload()").expect("anew");
    let early = "document.readyState !== 'loading' && document.getElementById('state')?.textContent === 'One moment…'
      && performance.getEntriesByType('resource').some(({ name, responseEnd }) => name.includes('early') && responseEnd > 0)";
    guest.browser.wait_for(early, PATIENCE).expect("painted, and not ready");
    assert!(!guest.browser.text().contains("Ready to play"), "only said when it is true");
    guest.browser.click("#play").expect("a tap");
    guest.until("live", PATIENCE).expect("it was remembered");
}

#[test]
fn a_full_box_says_so_and_lets_in_whoever_waited() {
    if let Some(reason) = tests::browser::missing() {
        println!("{reason}");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("partybox.toml");
    let text = "[webrtc]\nlisteners_max = 1\n[mp3]\nlisteners_max = 1\n";
    std::fs::write(&file, text).expect("a file");
    let Some(running) = Running::start(&["--config", file.to_str().expect("UTF-8")]) else { return };
    let (one, two, three) = (guest(&running), guest(&running), guest(&running));
    one.tap().expect("a tap");
    one.until("live", PATIENCE).expect("live");
    two.tap().expect("a tap");
    two.until("pocket", PATIENCE).expect("the other way");
    three.tap().expect("a tap");
    three.until_shown("The box is full", PATIENCE).expect("the truth");
    three.until_shown("tries again every 10 seconds", PATIENCE).expect("and what happens next");
    one.tap().expect("the first one stops");
    three.until("live", PATIENCE).expect("its place is taken, without a tap");
}

#[test]
fn two_tabs_of_one_phone_are_no_echo() {
    let Some(running) = start() else { return };
    let guest = guest(&running);
    let open = || {
        let window = guest.browser.open_window(&running.url("/")).expect("a window");
        guest.browser.wait_for("!document.getElementById('listeners').hidden", PATIENCE).expect("the page");
        guest.tap().expect("a tap");
        guest.until("live", PATIENCE).expect("live");
        window
    };
    let first = open();
    open();
    guest.browser.turn_to(&first).expect("the first tab again");
    guest.until("idle", PATIENCE).expect("silent here");
    guest.until_shown("plays in another tab", PATIENCE).expect("and why");
    running.until("/api/party/status", PATIENCE, |status| status["listeners"]["live"] == 1);
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("it comes back here");
    guest.hears(AUDIBLE, PATIENCE).expect("sound");
}

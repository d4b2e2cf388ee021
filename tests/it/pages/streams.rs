//! The list of streams, each a tap away from being heard, and the page that waits for the latest one and starts by itself.

use tests::browser::{Browser, Options};

use super::channels::{DISCO, disco, host};
use super::{PATIENCE, start};

/// What the page plays is heard: an element moves.
const PLAYS: &str = "[...document.querySelectorAll('audio')].some((audio) => !audio.paused && audio.currentTime > 0.3)";

/// A page of the box, and whatever it did wrong told at the end.
fn open(address: &str, flags: &[&str]) -> Browser {
    let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
    let browser = Browser::open(&Options { flags, ..Options::default() }).expect("a browser");
    browser.go(address).expect("the page opens");
    browser
}

#[test]
fn every_stream_is_listed_and_heard_by_one_tap() {
    let Some(party) = disco() else { return };
    let browser = open(&party.running.url("/streams"), &[]);
    let rows = format!("document.querySelectorAll('.stream').length === {}", DISCO.len());
    browser.wait_for(&rows, PATIENCE).expect("a row for each");
    for (id, song, _) in DISCO {
        let row = format!("document.querySelector('[data-key={id}]').innerText.includes('{song}')");
        browser.wait_for(&row, PATIENCE).unwrap_or_else(|error| panic!("{id}: {error}"));
    }
    let heard = |id: &str| {
        browser.click(&format!("[data-key={id}] button")).expect("a tap");
        browser.wait_for(PLAYS, PATIENCE).expect("sound");
        let listeners = |status: &serde_json::Value| {
            let streams = status["streams"].as_array().expect("a list");
            streams.iter().all(|stream| stream["listeners"] == u64::from(stream["id"] == id))
        };
        party.running.until("/stream/status", PATIENCE, listeners);
    };
    heard("green");
    heard("blue");
    browser.click("[data-key=blue] button").expect("a tap");
    party.running.until("/stream/status", PATIENCE, |status| {
        status["streams"].as_array().expect("a list").iter().all(|stream| stream["listeners"] == 0)
    });
    browser
        .wait_for("document.querySelector('[data-key=blue]').innerText.includes('House · Pop')", PATIENCE)
        .expect("genres");
    // What is heard may go.
    browser.click("[data-key=green] button").expect("a tap");
    browser.wait_for(PLAYS, PATIENCE).expect("sound");
    host(&party, "DELETE", "/api/channels/green", None);
    browser.wait_for("document.querySelectorAll('.stream').length === 2", PATIENCE).expect("it is gone");
    browser
        .wait_for("[...document.querySelectorAll('audio')].every((audio) => audio.paused)", PATIENCE)
        .expect("quiet");
    // A session that was left over its own connection is gone before the request that leaves it arrives.
    let complaints = browser.console().expect("a log").into_iter().filter(|line| !line.contains("/whep/"));
    assert_eq!(complaints.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn the_page_that_waits_starts_by_itself_when_there_is_something_to_hear() {
    let Some(running) = start() else { return };
    running.post("/api/party/pause");
    running.until("/stream/status", PATIENCE, |status| status["active"] == false);
    // As a tablet on a shelf is set up, and as a phone is that wants a tap first.
    let tablet = open(&running.url("/stream/latest"), &["--autoplay-policy=no-user-gesture-required"]);
    let phone = open(&running.url("/stream/latest"), &[]);
    for browser in [&tablet, &phone] {
        browser.wait_for("document.body.innerText.includes('starts by itself')", PATIENCE).expect("it waits");
    }
    running.post("/api/party/play");
    tablet.wait_for(PLAYS, PATIENCE).expect("sound without a tap");
    phone.wait_for("document.body.innerText.includes('One more tap')", PATIENCE).expect("what the phone wants");
    phone.click("#toggle").expect("a tap");
    phone.wait_for(PLAYS, PATIENCE).expect("sound");
    // From now on the phone lets it: silence and sound again, without a hand.
    running.post("/api/party/pause");
    for browser in [&tablet, &phone] {
        browser.wait_for("document.body.innerText.includes('starts by itself')", PATIENCE).expect("it waits again");
    }
    running.until("/stream/status", PATIENCE, |status| status["streams"][0]["listeners"] == 0);
    running.post("/api/party/play");
    for browser in [&tablet, &phone] {
        browser.wait_for(PLAYS, PATIENCE).expect("sound again");
    }
    running.until("/stream/status", PATIENCE, |status| status["streams"][0]["listeners"] == 2);
}

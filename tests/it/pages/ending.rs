//! The end of a party: the host ends it on the page, the guests' pages say so, and nothing about guests outlives it.

use std::fs;
use std::path::Path;

use serde_json::json;
use tests::browser::{Browser, Options};
use tests::guest::Guest;

use super::host::{Party, party, until};
use super::{AUDIBLE, PATIENCE};

/// A name that stands nowhere by chance.
const NAME: &str = "Zaphodina";

/// Files below a folder that hold the name.
fn traces(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(traces(&path));
        } else if fs::read(&path).is_ok_and(|bytes| bytes.windows(NAME.len()).any(|part| part == NAME.as_bytes())) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Pages that are opened when all is over have followed nothing of it themselves, and say what was played, and when.
fn late_to_the_goodbye(party: &Party) {
    let told = |list: &str| {
        format!(
            "(() => {{ const said = document.getElementById('{list}').textContent;
               return said.includes('Amber Lights') && said.includes('Dust and Neon') && /\\d{{1,2}}:\\d\\d/.test(said); }})()"
        )
    };
    let screen = Browser::open(&Options::default()).expect("a browser");
    screen.go(&party.running.url("/screen")).expect("the page opens");
    screen.wait_for(&told("evening-list"), PATIENCE).expect("the evening in the room");
    screen.screenshot(&super::looks::pictures().join("screen-ended-late.png")).expect("a picture");
    let host = party.host(&Options::default());
    host.browser.wait_for(&told("over-list"), PATIENCE).expect("the evening for the host");
    host.browser.run("document.getElementById('over-songs').open = true").expect("unfolded");
    host.browser.screenshot(&super::looks::pictures().join("host-ended-late.png")).expect("a picture");
}

#[test]
fn when_the_host_ends_the_party_the_guests_are_told_and_forgotten_and_the_next_one_is_heard_without_a_tap() {
    let Some(party) = party() else { return };
    let mut phone = party.phone(1);
    assert_eq!(phone.ask("PUT", "/api/me", Some(&json!({ "name": NAME }))).status / 100, 2);
    assert_eq!(phone.ask("POST", "/api/requests", Some(&json!({ "track": party.track("Evergreen") }))).status, 201);
    let guest = Guest::visit(&party.running.url(""), &Options::default()).expect("a guest's page");
    guest.tap().expect("a tap");
    guest.hears(AUDIBLE, PATIENCE).expect("sound");
    let screen = Browser::open(&Options::default()).expect("a browser");
    screen.go(&party.running.url("/screen")).expect("the page opens");
    screen.wait_for("document.body.innerText.includes('Coming up')", PATIENCE).expect("a party");
    let host = party.host(&Options::default());
    host.part("people").expect("the people");
    host.until_shown(NAME, PATIENCE).expect("her row");
    // A song of the guest's own, which plays when the party ends.
    let wish = format!(
        "(async () => (await fetch('/api/requests', {{ method: 'POST', headers: {{ 'Content-Type': 'application/json' }},
          body: JSON.stringify({{ track: {} }}) }})).status)()",
        party.track("Dust and Neon")
    );
    assert_eq!(guest.browser.wait_for(&wish, PATIENCE).expect("an answer"), 201);
    party.running.post("/api/party/next");
    guest
        .browser
        .wait_for("document.getElementById('title').textContent === 'Dust and Neon'", PATIENCE)
        .expect("plays");
    // What the guest's page says in the moment in which it is told.
    guest
        .browser
        .run(
            "const part = (id) => document.getElementById(id);
             new MutationObserver((_, one) => {
               if (part('page').dataset.over !== 'true') return;
               one.disconnect();
               queueMicrotask(() => (window.testOver = [part('toast').textContent, part('listeners').textContent, part('cover').hidden]));
             }).observe(part('page'), { attributes: true })",
        )
        .expect("watched");
    host.part("box").expect("the box");
    host.tap("#party-end").expect("the end");
    host.tap("#sure-yes").expect("surely");
    host.until_shown("The party is over.", PATIENCE).expect("words");
    host.until_shown("Your guests read a goodbye", PATIENCE).expect("what the guests see");
    host.part("queue").expect("the queue");
    host.browser.wait_for("!document.body.innerText.includes('Coming up')", PATIENCE).expect("nothing comes");
    guest.until_shown("The party has ended. Thank you for coming.", PATIENCE).expect("the guest is told");
    guest.browser.wait_for("document.getElementById('skip').hidden", PATIENCE).expect("nothing to skip");
    let over = guest.browser.wait_for("window.testOver", PATIENCE).expect("what it said");
    assert_eq!(over, json!(["", "", true]), "no news, nobody who listens, no cover");
    guest.until_shown("Your songs", PATIENCE).expect("those the guest wished for");
    let mine = "document.getElementById('goodbye-mine-list').innerText.includes('Dust and Neon')";
    guest.browser.wait_for(mine, PATIENCE).expect("hers");
    guest.until_shown("Played tonight", PATIENCE).expect("the evening's list");
    guest.until_shown("Amber Lights", PATIENCE).expect("what was played");
    guest.until("idle", PATIENCE).expect("the sound is let go");
    let said = guest.browser.text();
    for gone in ["Live", "Ready to play", "No sound?", "Coming up", "Wish for a song"] {
        assert!(!said.contains(gone), "{gone}: {said}");
    }
    guest.browser.run("location.hash = '/queue'").expect("the queue");
    guest.until_shown("The party has ended. Thank you for coming.", PATIENCE).expect("here as well");
    let said = guest.browser.text();
    for gone in ["Then, by itself", "Wish for a song", "plays its own choice"] {
        assert!(!said.contains(gone), "{gone}: {said}");
    }
    guest.browser.run("location.hash = '/listen'").expect("the stage");
    guest.browser.screenshot(&super::looks::pictures().join("guest-ended.png")).expect("a picture");
    screen.wait_for("document.body.innerText.includes('The party is over. Good night!')", PATIENCE).expect("the room");
    screen.wait_for("document.body.innerText.includes('Played tonight')", PATIENCE).expect("its list");
    for gone in ["Playing now", "Coming up", "Scan, listen"] {
        assert!(!screen.text().contains(gone), "{gone}: {}", screen.text());
    }
    screen.screenshot(&super::looks::pictures().join("screen-ended.png")).expect("a picture");
    late_to_the_goodbye(&party);
    let why = Browser::open(&Options::default()).expect("a browser");
    why.go(&party.running.url("/why")).expect("the page opens");
    why.wait_for("document.body.innerText.includes('The party has ended.')", PATIENCE).expect("the one reason");
    let reasons = why.run("return document.querySelectorAll('#reasons li').length").expect("a list");
    assert_eq!(reasons, 1, "{}", why.text());

    // Her phone comes back as somebody whom nobody knows, and with no wish of hers.
    let me = phone.ask("GET", "/api/queue", None).body;
    assert!(!me.to_string().contains(NAME), "{me}");
    host.part("people").expect("the people");
    let gone = format!("!document.getElementById('guests').innerText.includes('{NAME}')");
    host.browser.wait_for(&gone, PATIENCE).expect("no row of hers");
    host.part("asks").expect("the requests");
    host.until_shown("No request waits for you", PATIENCE).expect("no wish of hers");
    until(|| traces(party.running.state()).is_empty());

    host.tap("#over-start").expect("another party");
    guest.until_shown("You hear the party as it happens", PATIENCE).expect("words");
    guest.hears(AUDIBLE, PATIENCE).expect("sound again, without a tap");
    assert!(!guest.browser.text().contains("Played tonight"), "the next evening begins clean");
    screen.wait_for("document.body.innerText.includes('Playing now')", PATIENCE).expect("the room as well");
}

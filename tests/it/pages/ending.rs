//! The end of a party: the host ends it on the page, the guests' pages say so, and nothing about guests outlives it.

use std::fs;
use std::path::Path;

use serde_json::json;
use tests::browser::Options;
use tests::guest::Guest;

use super::host::{party, until};
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

#[test]
fn when_the_host_ends_the_party_the_guests_are_told_and_forgotten_and_the_next_one_is_heard_without_a_tap() {
    let Some(party) = party() else { return };
    let mut phone = party.phone(1);
    assert_eq!(phone.ask("PUT", "/api/me", Some(&json!({ "name": NAME }))).status / 100, 2);
    assert_eq!(phone.ask("POST", "/api/requests", Some(&json!({ "track": party.track("Evergreen") }))).status, 201);
    let guest = Guest::visit(&party.running.url(""), &Options::default()).expect("a guest's page");
    guest.tap().expect("a tap");
    guest.hears(AUDIBLE, PATIENCE).expect("sound");
    let host = party.host(&Options::default());
    host.part("people").expect("the people");
    host.until_shown(NAME, PATIENCE).expect("her row");
    host.part("box").expect("the box");
    host.tap("#party-end").expect("the end");
    host.tap("#sure-yes").expect("surely");
    host.until_shown("The party is over.", PATIENCE).expect("words");
    guest.until_shown("The party has ended. Thank you for coming.", PATIENCE).expect("the guest is told");
    guest.browser.wait_for("document.getElementById('skip').hidden", PATIENCE).expect("nothing to skip");
    guest.browser.screenshot(&super::looks::pictures().join("guest-ended.png")).expect("a picture");

    // Her phone comes back as somebody whom nobody knows, and with no wish of hers.
    let me = phone.ask("GET", "/api/queue", None).body;
    assert!(!me.to_string().contains(NAME), "{me}");
    host.part("people").expect("the people");
    let gone = format!("!document.getElementById('guests').innerText.includes('{NAME}')");
    host.browser.wait_for(&gone, PATIENCE).expect("no row of hers");
    host.part("asks").expect("the requests");
    host.until_shown("No request waits for you", PATIENCE).expect("no wish of hers");
    until(|| traces(party.running.state()).is_empty());

    host.part("box").expect("the box");
    host.tap("#party-save").expect("another party");
    guest.until_shown("You hear the party as it happens", PATIENCE).expect("words");
    guest.hears(AUDIBLE, PATIENCE).expect("sound again, without a tap");
}

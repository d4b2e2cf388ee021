//! Wishes and votes: from a guest's tap through the host's yes to the song that plays.

use serde_json::{Value, json};

use super::{PATIENCE, guest, start_with_records};

/// Types into the search field and waits for what is found.
fn find(guest: &tests::guest::Guest, text: &str, title: &str) {
    guest.browser.run("location.hash = '/music'").expect("the music");
    guest.browser.run("document.getElementById('search').value = ''").expect("an empty field");
    guest.browser.press("#search", text).expect("typed");
    guest.until_shown(title, PATIENCE).expect("found as it is typed");
}

fn tap_wish(guest: &tests::guest::Guest, title: &str) {
    let selector = format!("#found-list button[aria-label=\"Wish for {title}\"]");
    let there = format!("document.querySelector('{selector}')");
    guest.browser.wait_for(&format!("{there} !== null"), PATIENCE).expect("can be wished for");
    guest.browser.click(&selector).expect("a tap");
}

#[test]
fn a_wish_is_approved_appears_and_plays() {
    let Some(mut party) = start_with_records() else { return };
    party.host("PUT", "/api/party/settings", Some(json!({ "requests": "approve" })));
    let guest = guest(&party.running);
    find(&guest, "velv", "Velvet Morning");
    tap_wish(&guest, "Velvet Morning");
    guest.browser.run("location.hash = '/queue'").expect("the queue");
    guest.until_shown("waiting for the host", PATIENCE).expect("asked");
    let pending = "(async () => (await (await fetch('/api/queue')).json()).you?.requests?.[0]?.id)()";
    let id = guest.browser.wait_for(pending, PATIENCE).expect("a request");
    party.host("POST", &format!("/api/requests/{id}/approve"), None);
    let listed = "document.querySelector('#queue-list .item b')?.textContent === 'Velvet Morning'";
    guest.browser.wait_for(listed, PATIENCE).expect("in the queue");
    let reason = "document.querySelector('#queue-list .item .note').textContent.length > 0";
    guest.browser.wait_for(reason, PATIENCE).expect("and why it stands there");
    party.host("POST", "/api/party/next", None);
    guest
        .browser
        .wait_for("document.getElementById('title').textContent === 'Velvet Morning'", PATIENCE)
        .expect("plays");
}

#[test]
fn votes_order_the_queue_and_outlast_a_reload() {
    let Some(mut party) = start_with_records() else { return };
    party.host("PUT", "/api/party/settings", Some(json!({ "requests": "auto" })));
    let (one, two) = (guest(&party.running), guest(&party.running));
    find(&one, "har", "Harbour");
    tap_wish(&one, "Harbour");
    find(&two, "lemo", "Lemonade");
    tap_wish(&two, "Lemonade");
    let first = "document.querySelector('#queue-list li:first-child b').textContent";
    for phone in [&one, &two] {
        phone.browser.run("location.hash = '/queue'").expect("the queue");
        phone.browser.wait_for("document.querySelectorAll('#queue-list .vote').length === 2", PATIENCE).expect("both");
        phone.browser.wait_for(&format!("{first} === 'Harbour'"), PATIENCE).expect("who asked first comes first");
    }
    one.browser.click("#queue-list li:last-child .vote").expect("a vote");
    for phone in [&one, &two] {
        let voted = format!("{first} === 'Lemonade'");
        phone.browser.wait_for(&voted, PATIENCE).expect("the voted one comes first, everywhere");
    }
    let pressed = "document.querySelector('#queue-list li:first-child .vote').getAttribute('aria-pressed') === 'true'";
    one.browser.wait_for(pressed, PATIENCE).expect("my vote");
    one.browser.reload().expect("the page again");
    one.browser.wait_for(pressed, PATIENCE).expect("still my vote");
    assert_eq!(two.browser.run(&format!("return {pressed}")).expect("an answer"), Value::Bool(false), "not theirs");
    one.browser.click("#queue-list li:first-child .vote").expect("taken back");
    one.browser.wait_for("document.querySelectorAll('.vote[aria-pressed=true]').length === 0", PATIENCE).expect("gone");
}

#[test]
fn a_name_is_shown_beside_a_wish_and_a_refusal_has_words() {
    let Some(mut party) = start_with_records() else { return };
    party.host("PUT", "/api/party/settings", Some(json!({ "requests": "auto" })));
    let (ann, ben) = (guest(&party.running), guest(&party.running));
    ann.browser.run("location.hash = '/more'").expect("settings");
    ann.browser.press("#name", "Ann").expect("typed");
    ann.browser.click("#name-form button").expect("saved");
    ann.until_said("You are Ann now.", PATIENCE).expect("said");
    find(&ann, "last", "Last Train");
    tap_wish(&ann, "Last Train");
    ben.browser.run("location.hash = '/queue'").expect("the queue");
    ben.until_shown("from Ann", PATIENCE).expect("who asked");
    let again = "(async () => (await fetch('/api/requests', { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ track: (await (await fetch('/api/library/search?q=last')).json()).tracks[0].id }) })).status)()";
    assert_eq!(ben.browser.wait_for(again, PATIENCE).expect("an answer"), 409);
}

#[test]
fn albums_are_shown_with_their_covers() {
    let Some(party) = start_with_records() else { return };
    let guest = guest(&party.running);
    guest.browser.run("location.hash = '/music'").expect("the music");
    guest.browser.click("#kinds a:nth-child(2)").expect("albums");
    let covers = "document.querySelectorAll('#covers .album .art img').length === 5
      && document.querySelector('#covers .album .art img').naturalWidth > 0";
    guest.browser.wait_for(covers, PATIENCE).expect("a cover each");
    guest.browser.screenshot(&super::looks::pictures().join("guest-albums.png")).expect("a picture");
}

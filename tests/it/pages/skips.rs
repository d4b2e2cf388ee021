//! Votes to skip as people see them: who listens has a say, everybody sees how many used it, and nobody else counts.

use serde_json::json;
use tests::browser::{Browser, Options};
use tests::guest::Guest;

use super::{PATIENCE, guest, start_with_records};

/// Asks the box for a vote to skip as the page's own guest would, and says what came of it.
const VOTE: &str = "(async () => {
  const answer = await fetch('/api/party/skip-vote', { method: 'PUT' });
  return answer.ok ? 'taken' : (await answer.json()).code;
})()";

fn listener(running: &tests::program::Running) -> Guest {
    let guest = guest(running);
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    guest
}

fn title(guest: &Guest) -> String {
    let title = guest.browser.run("return document.getElementById('title').textContent").expect("a title");
    title.as_str().expect("text").to_owned()
}

#[test]
fn two_who_listen_skip_a_song_and_somebody_without_sound_does_not() {
    let Some(mut party) = start_with_records() else { return };
    party.host("PUT", "/api/party/settings", Some(json!({ "skip_after_s": 0 })));
    let idle = guest(&party.running);
    let one = listener(&party.running);
    one.until_shown("Vote to skip · 0 of 1", PATIENCE).expect("who is alone decides alone");
    let two = listener(&party.running);
    one.until_shown("Vote to skip · 0 of 2", PATIENCE).expect("now it takes both");
    let heard = title(&one);
    assert_eq!(idle.browser.wait_for(VOTE, PATIENCE).expect("an answer"), "not-listening");
    assert!(!idle.browser.text().contains("Vote to skip"), "nothing to vote on for who does not listen");
    one.browser.click("#skip").expect("a tap");
    two.until_shown("Vote to skip · 1 of 2", PATIENCE).expect("the other is seen");
    assert_eq!(title(&two), heard, "one of two does not skip");
    let screen = Browser::open(&Options::default()).expect("a browser");
    screen.go(&party.running.url("/screen")).expect("the screen opens");
    two.browser.click("#skip").expect("a tap");
    for phone in [&one, &two, &idle] {
        phone.until_shown("Skipped by 2 guests", PATIENCE).expect("everybody sees how many");
        assert_ne!(title(phone), heard);
    }
    screen.wait_for("document.body.innerText.includes('Skipped by 2 guests')", PATIENCE).expect("and the room");
    // Whose vote has skipped a song waits before the next.
    one.browser.wait_for("/Vote to skip · in \\d+ s/.test(document.body.innerText)", PATIENCE).expect("a pause");
    assert_eq!(one.browser.wait_for(VOTE, PATIENCE).expect("an answer"), "skipped-lately");
    idle.browser.run("location.hash = '/queue'").expect("the queue");
    idle.browser.run("document.getElementById('history').open = true").expect("the history");
    let told = "document.getElementById('history-list').innerText.includes('Skipped by 2 guests')";
    idle.browser.wait_for(told, PATIENCE).expect("the history keeps it");
}

#[test]
fn a_song_that_has_just_begun_says_how_long_it_is_safe() {
    let Some(mut party) = start_with_records() else { return };
    // Long enough to be seen, on a busy machine as well; half of what it is by default.
    party.host("PUT", "/api/party/settings", Some(json!({ "skip_after_s": 10 })));
    let one = listener(&party.running);
    party.host("POST", "/api/party/next", None);
    one.browser.wait_for("/Vote to skip · in \\d+ s/.test(document.body.innerText)", PATIENCE).expect("it is safe");
    // The box counts ears twice a second: until then nobody hears.
    let refused = format!("(async () => (await {VOTE}) === 'skip-too-early')()");
    one.browser.wait_for(&refused, PATIENCE).expect("refused, because it is too early");
    let waits = "document.getElementById('skip').getAttribute('aria-disabled') === 'true'";
    one.browser.wait_for(waits, PATIENCE).expect("the button rests");
    one.until_shown("Vote to skip · 0 of 1", PATIENCE).expect("and wakes by itself");
}

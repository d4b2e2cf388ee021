//! What a guest is told of their own wish, from the host's yes to who loved it; and what was heard, to be wished for again and
//! to be kept.

use serde_json::{Value, json};
use tests::guest::Guest;

use super::looks::pictures;
use super::{PATIENCE, Party, guest, start_with_records};

/// Asks for the first song that `typed` finds, in the page's own name, and returns the request's number.
fn wish(guest: &Guest, typed: &str) -> Value {
    let ask = format!(
        "(async () => {{
          const {{ tracks }} = await (await fetch('/api/library/search?q={typed}')).json();
          const asked = await fetch('/api/requests', {{ method: 'POST', headers: {{ 'Content-Type': 'application/json' }},
            body: JSON.stringify({{ track: tracks[0].id }}) }});
          return asked.ok ? (await asked.json()).id : undefined;
        }})()"
    );
    guest.browser.wait_for(&ask, PATIENCE).expect("a wish")
}

/// Counts pieces of confetti, which fall for two seconds.
fn count_confetti(guest: &Guest) {
    guest
        .browser
        .run(
            "window.bits = 0;
             new MutationObserver((news) => news.forEach(({ addedNodes }) => (window.bits += addedNodes.length)))
               .observe(document.getElementById('confetti'), { childList: true });",
        )
        .expect("an eye");
}

fn until_said(guest: &Guest, words: &str) {
    guest.until_said(words, PATIENCE).expect(words);
}

fn title_is(guest: &Guest, title: &str) {
    let there = format!("document.getElementById('title').textContent === '{title}'");
    guest.browser.wait_for(&there, PATIENCE).expect(title);
}

fn badge(guest: &Guest) -> Value {
    let shown =
        "const badge = document.getElementById('queue-news'); return badge.hidden ? 0 : Number(badge.textContent)";
    guest.browser.run(shown).expect("a number")
}

fn approving() -> Option<Party> {
    let mut party = start_with_records()?;
    party.host("PUT", "/api/party/settings", Some(json!({ "requests": "approve" })));
    Some(party)
}

#[test]
fn a_guest_is_told_that_a_wish_is_taken_next_playing_and_loved() {
    let Some(mut party) = approving() else { return };
    let (ann, ben) = (guest(&party.running), guest(&party.running));
    count_confetti(&ann);
    count_confetti(&ben);
    let other = "(async () => (await (await fetch('/api/library/search?q=harbour')).json()).tracks[0].id)()";
    let other = ann.browser.wait_for(other, PATIENCE).expect("a song of the host's");
    party.host("POST", "/api/queue", Some(json!({ "track": other, "at": "next" })));
    let id = wish(&ann, "velvet");
    ann.browser.wait_for("!document.getElementById('wishes').hidden", PATIENCE).expect("it waits");
    party.host("POST", &format!("/api/requests/{id}/approve"), None);
    until_said(&ann, "Your wish was taken: Velvet Morning");
    party.host("POST", "/api/party/next", None);
    until_said(&ann, "Your song is next: Velvet Morning");
    assert!(badge(&ann).as_u64() > Some(0), "the Queue has news");
    ann.browser.screenshot(&pictures().join("moment-next.png")).expect("a picture");
    ann.browser.run("location.hash = '/queue'").expect("the queue");
    ann.browser.wait_for("document.getElementById('queue-news').hidden", PATIENCE).expect("seen");
    ann.browser.run("location.hash = '/listen'").expect("the stage");
    party.host("POST", "/api/party/next", None);
    title_is(&ann, "Velvet Morning");
    until_said(&ann, "Your song is playing!");
    ann.browser.wait_for("window.bits > 10", PATIENCE).expect("confetti");
    ann.until_shown("Your wish", PATIENCE).expect("whose it is");
    let own = "document.getElementById('heart').getAttribute('aria-disabled') === 'true'";
    ann.browser.wait_for(own, PATIENCE).expect("nobody loves their own wish");
    title_is(&ben, "Velvet Morning");
    ben.browser.click("#heart").expect("a heart");
    ann.browser.wait_for("document.getElementById('hearts').textContent === '1'", PATIENCE).expect("it is loved");
    ann.browser.screenshot(&pictures().join("moment-playing.png")).expect("a picture");
    party.host("POST", "/api/party/next", None);
    until_said(&ann, "1 guest loved your song");
    let once = ann.browser.run("return window.testSaid.filter((text) => text === 'Your song is playing!').length");
    assert_eq!(once.expect("a number"), 1, "said once");
    let others = ben.browser.run("return window.testSaid.some((text) => text.includes('Your')) || window.bits > 0");
    assert_eq!(others.expect("an answer"), false, "it is nobody else's moment");
}

#[test]
fn a_guest_is_told_that_a_wish_is_declined_and_why() {
    let Some(mut party) = approving() else { return };
    let ann = guest(&party.running);
    count_confetti(&ann);
    let first = wish(&ann, "velvet");
    ann.browser.wait_for("!document.getElementById('wishes').hidden", PATIENCE).expect("it waits");
    party.host("POST", &format!("/api/requests/{first}/decline"), None);
    until_said(&ann, "Not this time: Velvet Morning");
    let second = wish(&ann, "harbour");
    party.host("POST", &format!("/api/requests/{second}/approve"), None);
    until_said(&ann, "Your song is next: Harbour");
    let item = "(async () => (await (await fetch('/api/queue')).json()).queue.order[0])()";
    let item = ann.browser.wait_for(item, PATIENCE).expect("an item");
    party.host("DELETE", &format!("/api/queue/{item}"), None);
    until_said(&ann, "The host took your wish out: Harbour");
    ann.browser.run("location.hash = '/queue'").expect("the queue");
    ann.until_shown("taken out by the host", PATIENCE).expect("it stands there as well");
    ann.until_shown("not this time", PATIENCE).expect("and so does the other");
}

#[test]
fn who_wants_nothing_to_move_gets_words_and_no_confetti() {
    let Some(mut party) = approving() else { return };
    let ann = guest(&party.running);
    let calm = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
    ann.browser.devtools("Emulation.setEmulatedMedia", &calm).expect("a calm page");
    count_confetti(&ann);
    let id = wish(&ann, "velvet");
    party.host("POST", &format!("/api/requests/{id}/approve"), None);
    until_said(&ann, "Your song is next");
    party.host("POST", "/api/party/next", None);
    until_said(&ann, "Your song is playing!");
    assert_eq!(ann.browser.run("return window.bits").expect("a number"), 0);
}

#[test]
fn what_was_heard_has_its_time_and_can_be_wished_for_again_and_kept() {
    let Some(mut party) = start_with_records() else { return };
    party.host("PUT", "/api/party/settings", Some(json!({ "requests": "auto", "recent_min": 0 })));
    let ann = guest(&party.running);
    let heard = ann.browser.run("return document.getElementById('title').textContent").expect("a title");
    let heard = heard.as_str().expect("text").to_owned();
    party.host("POST", "/api/party/next", None);
    ann.browser.run("location.hash = '/queue'").expect("the queue");
    ann.browser.run("document.getElementById('history').open = true").expect("the history");
    let row = format!(
        "(() => {{ const row = document.querySelector('#history-list .item');
           return row !== null && row.innerText.includes('{heard}') && /\\d?\\d:\\d\\d/.test(row.innerText); }})()"
    );
    ann.browser.wait_for(&row, PATIENCE).expect("when it was heard");
    ann.browser.screenshot(&pictures().join("history.png")).expect("a picture");
    ann.browser.click("#history-list .item button").expect("a tap");
    let again = format!("document.querySelector('#queue-list .item b')?.textContent === '{heard}'");
    ann.browser.wait_for(&again, PATIENCE).expect("once more");
    // What the phone is handed as a file is looked at on its way.
    party.host("POST", "/api/party/end", None);
    ann.browser.run("location.hash = '/listen'").expect("the goodbye");
    ann.browser.wait_for("!document.getElementById('goodbye-save').hidden", PATIENCE).expect("a list to keep");
    let kept = "window.kept = null; const made = URL.createObjectURL.bind(URL);
      URL.createObjectURL = (blob) => { blob.text().then((text) => (window.kept = text)); return made(blob); };";
    ann.browser.run(kept).expect("an eye");
    ann.browser.click("#goodbye-save").expect("a tap");
    let text = ann.browser.wait_for("window.kept", PATIENCE).expect("a file");
    let text = text.as_str().expect("text");
    let lines: Vec<&str> = text.lines().skip(2).collect();
    assert!(lines.len() == 2 && lines[0].contains(&heard), "the song, and what was heard at the end: {text}");
    let is_time = |line: &str| line.split(' ').next().is_some_and(|word| word.len() >= 4 && word.contains(':'));
    assert!(lines.iter().all(|line| is_time(line)), "{text}");
}

//! The pages in Firefox at a phone's size: a guest joins, hears, wishes and hears the wish; the other pages show what they
//! show in Chromium. Each leaves a picture in the build's `screenshots` folder for people to look at.

use std::net::Ipv4Addr;

use serde_json::json;
use tests::caller::Caller;
use tests::firefox::{Firefox, missing};
use tests::hear;
use tests::sound::{Recording, SoundServer};

use super::host::{Party, party_of};
use super::looks::pictures;
use super::{HOST, PATIENCE};

const RATE_HZ: usize = 48_000;
pub(super) const PHONE: (u32, u32) = (390, 844);
const WALL: (u32, u32) = (1280, 720);

/// Stretches of a second that are listened to before a pitch counts as never heard: what played before still lies in the
/// ways of the sound server.
const STRETCHES: usize = 30;

/// A party at which Firefox, at 127.0.0.1, is what `hosts` says. `None`, with the reason printed, without Firefox.
pub(super) fn party(hosts: &str) -> Option<Party> {
    if let Some(reason) = missing() {
        println!("{reason}");
        return None;
    }
    party_of(hosts)
}

pub(super) fn picture(firefox: &mut Firefox, name: &str) {
    firefox.screenshot(&pictures().join(format!("firefox-{name}.png"))).expect("a picture");
}

/// Waits until what comes out of the browser is one unbroken tone of `hz`.
fn hears(recording: &Recording, hz: f64) {
    let mut heard = Vec::new();
    for _ in 0..STRETCHES {
        let from = recording.len();
        assert!(recording.wait_for(from + RATE_HZ, PATIENCE), "nothing is recorded");
        let second = recording.channel(0, from);
        let pitch_hz = hear::pitch_hz(&second, RATE_HZ as u32).unwrap_or(0.1);
        let cents = 1_200.0 * (pitch_hz / hz).log2();
        let gaps = hear::gaps(&second, 0.002, RATE_HZ / 200).len();
        if cents.abs() < 5.0 && gaps == 0 {
            println!("{hz} Hz is heard: {cents:+.2} cent, {:.1} dBFS", hear::level_db(&second));
            return;
        }
        heard.push((pitch_hz.round(), gaps));
    }
    panic!("{hz} Hz is not heard, but (Hz, gaps): {heard:?}");
}

#[test]
fn a_guest_joins_hears_wishes_and_hears_the_wish() {
    let Some(party) = party(&format!("{HOST}/32")) else { return };
    let Some((server, sink)) = SoundServer::ears() else { return };
    let mut host = Caller::new(HOST, party.running.address);
    // What plays first is known: it is what the box began with, but from its beginning, and at its own pitch.
    let own = json!({ "track": party.track("Blaue Stunde"), "at": "end" });
    assert_eq!(host.ask("POST", "/api/queue", Some(&own)).status, 201);
    assert_eq!(host.ask("POST", "/api/party/next", None).status / 100, 2);
    let mut guest = Firefox::open(&party.running.url(""), PHONE, Some(&sink)).expect("the page opens");
    let size = guest.run("return [innerWidth, innerHeight].join('x')").expect("a size");
    println!("Firefox's page is {size}");
    guest.until_shown("Blaue Stunde", PATIENCE).expect("what plays");
    picture(&mut guest, "guest-idle");
    guest.click("#play").expect("a tap");
    guest.wait_for("document.getElementById('page').dataset.phase === 'live'", PATIENCE).expect("live");
    let recording = server.record("ears").expect("parec starts");
    hears(&recording, 275.0);
    picture(&mut guest, "guest-live");

    guest.run("location.hash = '/music'").expect("the music");
    guest.press("#search", "everg").expect("typed");
    let wish = "#found-list button[aria-label=\"Wish for Evergreen\"]";
    guest.wait_for(&format!("document.querySelector('{wish}')"), PATIENCE).expect("found");
    picture(&mut guest, "guest-search");
    guest.click(wish).expect("a tap");
    guest.run("location.hash = '/queue'").expect("the queue");
    guest.until_shown("waiting for the host", PATIENCE).expect("asked");
    let pending = "(async () => (await (await fetch('/api/queue')).json()).you?.requests?.[0]?.id)()";
    let id = guest.wait_for(pending, PATIENCE).expect("a request");
    assert_eq!(host.ask("POST", &format!("/api/requests/{id}/approve"), None).status / 100, 2);
    let listed = "document.querySelector('#queue-list .item b')?.textContent === 'Evergreen'";
    guest.wait_for(listed, PATIENCE).expect("in the queue");
    picture(&mut guest, "guest-queue");
    assert_eq!(host.ask("POST", "/api/party/next", None).status / 100, 2);
    guest.run("location.hash = '/listen'").expect("what plays");
    guest.wait_for("document.getElementById('title').textContent === 'Evergreen'", PATIENCE).expect("it plays");
    hears(&recording, 440.0);
    picture(&mut guest, "guest-wish-plays");
}

#[test]
fn the_page_that_says_why_finds_that_nobody_has_tapped() {
    let Some(party) = party("") else { return };
    let mut guest = Firefox::open(&party.running.url("/why"), PHONE, None).expect("the page opens");
    guest.until_shown("The music was not started on this phone.", PATIENCE).expect("the reason");
    picture(&mut guest, "why");
    let across = guest.run("return document.documentElement.scrollWidth - innerWidth").expect("a width");
    assert!(across.as_f64().is_some_and(|across| across < 1.0), "it can be pushed sideways by {across} px");
}

#[test]
fn a_host_pauses_and_orders_the_queue() {
    let Some(party) = party("127.0.0.1/32") else { return };
    party.enqueue(&["Blaue Stunde", "Dust and Neon"]);
    let mut host = Firefox::open(&party.running.url("/host"), PHONE, None).expect("the page opens");
    host.wait_for("document.getElementById('page').dataset.role === 'host'", PATIENCE).expect("a host");
    host.wait_for("document.querySelectorAll('#queue li').length === 2", PATIENCE).expect("the queue");
    host.press("#queue li:nth-child(1) .grip", "\u{e015}").expect("the down key");
    let order = "[...document.querySelectorAll('#queue .row-title')].map((row) => row.textContent).join()";
    host.wait_for(&format!("{order} === 'Dust and Neon,Blaue Stunde'"), PATIENCE).expect("moved");
    picture(&mut host, "host-queue");
    host.click("#toggle").expect("a tap");
    party.running.until("/api/party/status", PATIENCE, |status| status["playing"] == false);
    for part in ["asks", "music", "people", "box"] {
        host.click(&format!("#tab-{part}")).expect("a part");
        host.wait_for(&format!("!document.getElementById('panel-{part}').hidden"), PATIENCE).expect("open");
        picture(&mut host, &format!("host-{part}"));
    }
}

#[test]
fn the_party_screen_shows_what_plays_and_what_comes() {
    let Some(party) = party(&format!("{}/32", Ipv4Addr::LOCALHOST)) else { return };
    party.enqueue(&["Blaue Stunde"]);
    let mut screen = Firefox::open(&party.running.url("/screen"), WALL, None).expect("the page opens");
    screen.until_shown("Blaue Stunde", PATIENCE).expect("what comes next");
    screen.wait_for("document.getElementById('page-code').naturalWidth > 0", PATIENCE).expect("a code to scan");
    picture(&mut screen, "screen");
}

#[test]
fn the_pages_are_views_of_one_document() {
    let Some(party) = party("127.0.0.1/32") else { return };
    let mut phone = Firefox::open(&party.running.url("/#/more"), PHONE, None).expect("the page opens");
    phone.until_shown("Your name at this party", PATIENCE).expect("the settings");
    phone.run("window.testDocument = 'the same'").expect("marked");
    let follow = |phone: &mut Firefox, link: &str| {
        // Clear of the bar at the foot, as a finger would have it.
        let seen = format!("document.querySelector(\"{link}\").scrollIntoView({{ block: 'center' }})");
        phone.run(&seen).expect("in sight");
        phone.click(link).expect("a tap");
    };
    follow(&mut phone, "#more a[href='/host']");
    phone.wait_for("document.getElementById('page').dataset.role === 'host'", PATIENCE).expect("the host's page");
    let dressed = "getComputedStyle(document.querySelector('.now-card')).display === 'grid'";
    phone.wait_for(dressed, PATIENCE).expect("in its own style");
    picture(&mut phone, "host-beside-guest");
    phone.run("history.back()").expect("back");
    phone.until_shown("Your name at this party", PATIENCE).expect("the settings again");
    follow(&mut phone, "#more a[href='/why']");
    phone.until_shown("The music was not started on this phone.", PATIENCE).expect("the reason");
    follow(&mut phone, ".line-up a[href='/']");
    phone.until_shown("Your name at this party", PATIENCE).expect("back where it was");
    assert_eq!(phone.run("return window.testDocument").expect("a mark"), "the same");
}

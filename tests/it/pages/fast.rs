//! What a first visit costs a full radio, and that nothing moves under a finger while a page comes in.

use tests::browser::missing;
use tests::first_visit::{Conditions, FULL_RADIO, asked_after_tap, open, tap_to_sound, until_standing_by, visit};

use super::{PATIENCE, start};

/// What the guest's page may ask of the box at a first visit: each request is a round trip of a full radio, and a turn at the
/// box for everybody else.
const REQUESTS_MAX: usize = 12;

/// What may come down for it, in bytes with headers: 0.6 s of 1 Mbit/s.
const BYTES_MAX: u64 = 75_000;

/// How far a page may move what it has shown, as Chromium scores it; from 0.1 on it is called bad.
const SHIFT_MAX: f64 = 0.01;

/// All pages.
const PAGES: [&str; 10] =
    ["/", "/host", "/dj", "/rooms", "/why", "/settings", "/screen", "/poster", "/streams", "/stream/latest"];

/// How each is looked at: a phone in a language of another script, in one with longer words, and in one from the right, and a desk
/// in the language that the pages are written in.
const LOOKS: [((u32, u32), &str); 4] =
    [((390, 844), "ja"), ((320, 568), "de"), ((390, 844), "ar"), ((1440, 900), "en")];

#[test]
fn a_first_visit_asks_for_little() {
    let Some(running) = start() else { return };
    let calm = Conditions { window: (390, 844), language: "en", radio: None, slower: 1 };
    let seen = visit(&open(&calm).expect("a browser"), &running.url("/")).expect("the page rests");
    println!("{} requests, {} bytes", seen.requests, seen.bytes);
    seen.files.iter().for_each(|(name, bytes)| println!("  {bytes:>6} {name}"));
    let languages: Vec<&str> = seen.files.iter().filter_map(|(name, _)| name.split("/lang/").nth(1)).collect();
    assert!(!languages.is_empty() && languages.iter().all(|file| file.starts_with("en/")), "{languages:?}");
    assert!(seen.files.iter().any(|(name, _)| name.ends_with("/joined/why.js")), "the answer travels with the page");
    assert!(seen.requests <= REQUESTS_MAX, "{} requests", seen.requests);
    assert!(seen.bytes <= BYTES_MAX, "{} bytes", seen.bytes);
}

#[test]
fn a_tap_is_one_request_away_from_the_sound() {
    let Some(running) = start() else { return };
    let browser = open(&Conditions { window: (390, 844), language: "en", radio: Some(FULL_RADIO), slower: 1 });
    let browser = browser.expect("a browser");
    visit(&browser, &running.url("/")).expect("the page rests");
    until_standing_by(&browser).expect("a session before anybody taps");
    // Who only looks at the page is no listener.
    running.until("/api/party/status", PATIENCE, |status| status["listeners"]["live"] == 0);
    tap_to_sound(&browser).expect("sound");
    let asked = asked_after_tap(&browser).expect("a list");
    assert!(asked.len() == 1 && asked[0].starts_with("/whep/main/") && asked[0].ends_with("/stream"), "{asked:?}");
    let peers = browser.run("return testPeers.length").expect("a number");
    assert_eq!(peers, 1, "the session that stood by is the one that is heard");
    running.until("/api/party/status", PATIENCE, |status| status["listeners"]["live"] == 1);
}

#[test]
fn no_page_moves_what_it_has_shown() {
    if let Some(reason) = missing() {
        return println!("{reason}");
    }
    let Some(running) = start() else { return };
    let mut wrong = Vec::new();
    for (window, language) in LOOKS {
        let slow = Conditions { window, language, radio: Some(FULL_RADIO), slower: 1 };
        let browser = open(&slow).expect("a browser");
        for page in PAGES {
            let seen = visit(&browser, &running.url(page)).expect("the page rests");
            println!("{page} {language} {window:?}: {:.4}", seen.shift);
            if seen.shift > SHIFT_MAX {
                wrong.push(format!(
                    "{page} {language} {window:?}: {:.4}\n    {}",
                    seen.shift,
                    seen.moved.join("\n    ")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

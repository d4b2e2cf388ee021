//! A USB stick in the box that was started from its card: found, played, pulled out in the middle of a song.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tests::card::Card;
use tests::listener::Listener;
use tests::{hear, wav};

/// What is at home and what is on the stick: pitches in Hz, and seconds. At home it is short, so that the stick's turn
/// comes soon. The stick's are so long that nobody waits for their end.
const HOME: (f64, usize) = (440.0, 10);
const STICK: (f64, usize) = (1_000.0, 240);

/// Peak of both: below the limiter.
const PEAK: f32 = 0.25;

/// So much of a track has been played before the next thing happens, ms.
const PLAYED_MS: u64 = 4_000;

/// Samples of silence that are too many when a track breaks off: two seconds.
const HOLE: usize = 2 * wav::RATE_HZ as usize;

#[test]
fn a_stick_that_is_pulled_in_the_middle_of_a_song_takes_its_tracks_along_and_the_music_goes_on() {
    let Some(card) = Card::fresh("stick") else { return };
    let (home, stick) = (card.beside("wav"), card.beside("stick"));
    fs::create_dir_all(&stick).expect("a folder");
    tone(&home, HOME);
    card.put(&home, "/music/at-home.wav");
    for name in ["one", "two"] {
        tone(&stick.join(format!("on-the-stick-{name}.wav")), STICK);
    }
    let (running, sockets) = card.boot_with_usb();
    running.until_tells("/api/party/status", |said| plays(said, "at-home"));
    // While somebody listens, a small box measures no loudness: nothing has read the stick's files to their end before
    // they are played, and what is not in memory when the stick is pulled is gone.
    let listener = Listener::of(&running);
    assert_eq!(count(&running.get("/api/library/search?q=stick").expect("the box answers")), 0, "no stick yet");

    sockets.plug(&stick);
    running.until_tells("/api/library/search?q=stick", |said| count(said) == 2);
    running.until_tells("/api/party/status", |said| plays(said, "on-the-stick"));
    sockets.pull();
    running.until_tells("/api/library/search?q=stick", |said| count(said) == 0);
    running.until_tells("/api/party/status", |said| plays(said, "at-home"));

    let heard = listener.end();
    let pitches = hear::pitches(&heard, wav::RATE_HZ);
    let at = |hz: f64| move |heard: &f64| (heard - hz).abs() < 5.0;
    let first = pitches.iter().position(at(STICK.0)).expect("the stick is heard");
    let last = pitches.iter().rposition(at(STICK.0)).expect("found before");
    println!("the stick was heard from {} to {} s of {}", first / 2, last / 2, pitches.len() / 2);
    assert!(pitches[..first].iter().any(at(HOME.0)), "before the stick was not heard what is at home: {pitches:.0?}");
    assert!(pitches[last..].iter().any(at(HOME.0)), "after the stick was not heard what is at home: {pitches:.0?}");
    let holes = hear::gaps(&heard, 0.01, HOLE);
    assert!(holes.is_empty(), "silence: {holes:?}");
}

fn tone(path: &Path, (hz, seconds): (f64, usize)) {
    let samples = hear::sine(hz, PEAK, wav::RATE_HZ, seconds * wav::RATE_HZ as usize);
    wav::write(path, &samples).expect("room for a tone");
}

/// Tracks in an answer of the library.
fn count(said: &str) -> usize {
    let said: Value = serde_json::from_str(said).unwrap_or_default();
    said["tracks"].as_array().map_or(0, Vec::len)
}

/// Whether a track whose title begins like this has been playing for a while.
fn plays(status: &str, title: &str) -> bool {
    let said: Value = serde_json::from_str(status).unwrap_or_default();
    let track = &said["track"];
    track["title"].as_str().is_some_and(|t| t.starts_with(title))
        && track["position_ms"].as_u64().is_some_and(|ms| ms >= PLAYED_MS)
}

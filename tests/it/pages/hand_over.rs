//! From Live to Pocket and back while music plays: the recording of what comes out of the browser has no hole.

use tests::browser::{Options, Sink, missing};
use tests::guest::Guest;
use tests::hear;
use tests::program::Running;
use tests::sound::{Recording, SoundServer};
use tests::wav;

use super::PATIENCE;

const RATE_HZ: u32 = 48_000;

/// The peak of what is played, and what counts as silence beside it.
const PEAK: f32 = 0.25;
const SILENT: f32 = PEAK / 20.0;

/// The longest hole that the promise allows, in ms.
const HOLE_MS_MAX: usize = 300;

/// Changes that are tried. A loaded machine lets a browser hiccup; a page that leaves a hole leaves one each time.
const TRIES: usize = 4;

/// Sound before and after each change, in frames.
const AROUND: usize = 2 * RATE_HZ as usize;

#[test]
fn the_way_of_listening_changes_without_a_hole() {
    if let Some(reason) = missing() {
        println!("{reason}");
        return;
    }
    let server = match SoundServer::start(&["ears"]) {
        Ok(server) => server,
        Err(reason) => {
            println!("not run: {reason}");
            return;
        }
    };
    let folder = tempfile::tempdir().expect("a folder");
    let tune = hear::melody(7, PEAK, RATE_HZ, 120 * RATE_HZ as usize);
    wav::write(&folder.path().join("tune.wav"), &tune).expect("a file");
    let Some(running) = Running::start(&["--music".as_ref(), folder.path().as_os_str()]) else { return };
    let mut environment = server.environment().into_iter();
    let address = environment.find(|(name, _)| *name == "PULSE_SERVER").expect("it has an address").1;
    let sink = Some(Sink { server: address, name: "ears".to_owned(), buffer_ms: None });
    let guest = Guest::visit(&running.url(""), &Options { sink, ..Options::default() }).expect("the page");
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    let recording = server.record("ears").expect("parec starts");
    for way in ["pocket", "live"] {
        let mut holes_ms = Vec::new();
        while holes_ms.last().is_none_or(|&ms| ms > HOLE_MS_MAX) {
            assert!(holes_ms.len() < TRIES, "to {way}: holes of {holes_ms:?} ms");
            if !holes_ms.is_empty() {
                choose(&guest, if way == "live" { "pocket" } else { "live" });
            }
            holes_ms.push(longest_hole_ms(&guest, &recording, way));
        }
        println!("to {way}: the longest hole is {holes_ms:?} ms");
    }
}

/// Chooses a way of listening and waits until it is heard.
fn choose(guest: &Guest, way: &str) {
    // The choice stands in another part of the page; the change is what is tested.
    guest.browser.run(&format!("document.querySelector('input[value={way}]').click()")).expect("a choice");
    guest.until(way, PATIENCE).expect(way);
}

/// The longest silence from two seconds before the change to two seconds after it.
fn longest_hole_ms(guest: &Guest, recording: &Recording, way: &str) -> usize {
    let begin = recording.channel(0, 0).len();
    assert!(recording.wait_for(begin + AROUND, PATIENCE), "nothing is recorded");
    choose(guest, way);
    let end = recording.channel(0, 0).len() + AROUND;
    assert!(recording.wait_for(end, PATIENCE), "nothing more is recorded");
    let heard = recording.channel(0, begin);
    let holes = hear::gaps(&heard, SILENT, RATE_HZ as usize / 200);
    holes.iter().map(|hole| hole.samples * 1_000 / RATE_HZ as usize).max().unwrap_or(0)
}

//! From Live to Pocket and back while music plays: the recording of what comes out of the browser has no hole.
//!
//! A loaded machine lets a sound server, a browser or the box's own threads wait for longer than any buffer. A change with a
//! hole is excused, and the next one taken, only where a second witness says that it was the machine: the box's own counters,
//! a second recorder of the same loudspeakers, or a second guest, in a browser of his own, who changes nothing: he had a hole as
//! well, or his page's clock rang late.

use std::time::{Duration, Instant};

use tests::browser::{Options, Sink, missing};
use tests::guest::Guest;
use tests::program::Running;
use tests::sound::{Recording, SoundServer};
use tests::{hear, hiccups, wav};

use super::PATIENCE;

const RATE_HZ: u32 = 48_000;

/// The peak of what is played, and what counts as silence beside it.
const PEAK: f32 = 0.25;
const SILENT: f32 = PEAK / 20.0;

/// The longest hole that the promise allows, in ms.
const HOLE_MS_MAX: usize = 300;

/// The shortest silence that is one, in ms.
const HOLE_MS_MIN: usize = 5;

/// How long a change without a hole is looked for. A machine that tears every one of them for so long, by every witness, is
/// too busy to judge them on.
const HICCUPS_FOR: Duration = Duration::from_secs(120);

/// Sound before and after each change, in frames.
const AROUND: usize = 2 * RATE_HZ as usize;

/// How late the clock of a page rings on a machine that lets it wait, in ms: a third of the longest hole.
const LATE_MS_MAX: f64 = 100.0;

/// Lets a page watch how late its clock rings.
const WATCH_LATENESS: &str = "window.testLate = 0;
let due = performance.now() + 20;
setInterval(() => {
  const now = performance.now();
  window.testLate = Math.max(window.testLate, now - due);
  due = now + 20;
}, 20);";

/// Where the guest plays into, and the one who changes nothing.
const SINKS: [&str; 2] = ["ears", "other-ears"];

/// A guest who listens live in a browser that plays into `sink`.
fn guest(server: &SoundServer, running: &Running, sink: &str) -> Guest {
    let mut environment = server.environment().into_iter();
    let address = environment.find(|(name, _)| *name == "PULSE_SERVER").expect("it has an address").1;
    let sink = Some(Sink { server: address, name: sink.to_owned(), buffer_ms: None });
    let guest = Guest::visit(&running.url(""), &Options { sink, ..Options::default() }).expect("the page");
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    guest
}

#[test]
fn the_way_of_listening_changes_without_a_hole() {
    if let Some(reason) = missing() {
        println!("{reason}");
        return;
    }
    let server = match SoundServer::start(&SINKS) {
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
    let [guest, other] = SINKS.map(|sink| guest(&server, &running, sink));
    other.browser.run(WATCH_LATENESS).expect("watched");
    let lateness = || {
        let late = other.browser.run("const late = window.testLate; window.testLate = 0; return late");
        late.expect("a time").as_f64().expect("a number")
    };
    let record = |sink: &str| server.record(sink).expect("parec starts");
    let recordings = [record(SINKS[0]), record(SINKS[0]), record(SINKS[1])];
    for way in ["pocket", "live"] {
        let begun = Instant::now();
        let mut excused = Vec::new();
        loop {
            lateness();
            let before = hiccups::counted(&running);
            let [hole_ms, again_ms, other_ms] = longest_holes_ms(&guest, &recordings, way);
            if hole_ms <= HOLE_MS_MAX {
                println!("to {way}: the longest hole is {hole_ms} ms, after {excused:?}");
                break;
            }
            let (after, late_ms) = (hiccups::counted(&running), lateness());
            let witnesses = [before != after, again_ms <= HOLE_MS_MAX, other_ms > 0, late_ms > LATE_MS_MAX];
            println!(
                "to {way}: a hole of {hole_ms} ms; counters {before:?} to {after:?}; another recorder hears {again_ms} ms, \
                 another guest has {other_ms} ms, late {late_ms:.0} ms"
            );
            assert!(
                witnesses.contains(&true),
                "to {way}: a hole of {hole_ms} ms, and nobody was late: {}",
                server.log()
            );
            excused.push(hole_ms);
            if begun.elapsed() > HICCUPS_FOR {
                println!("not judged: the change to {way}; this machine tore each of them: {excused:?} ms");
                break;
            }
            choose(&guest, if way == "live" { "pocket" } else { "live" });
        }
    }
}

/// Chooses a way of listening and waits until it is heard.
fn choose(guest: &Guest, way: &str) {
    // The choice stands in another part of the page; the change is what is tested.
    guest.browser.run(&format!("document.querySelector('input[value={way}]').click()")).expect("a choice");
    guest.until(way, PATIENCE).expect(way);
}

/// The longest silence of each recording from two seconds before the change to two seconds after it.
fn longest_holes_ms(guest: &Guest, recordings: &[Recording; 3], way: &str) -> [usize; 3] {
    let length = |recording: &Recording| recording.len();
    let begin = recordings.each_ref().map(length);
    let more = |from: [usize; 3]| {
        for (recording, from) in recordings.iter().zip(from) {
            assert!(recording.wait_for(from + AROUND, PATIENCE), "nothing is recorded");
        }
    };
    more(begin);
    choose(guest, way);
    more(recordings.each_ref().map(length));
    let longest = |heard: &[f32]| {
        let holes = hear::gaps(heard, SILENT, RATE_HZ as usize * HOLE_MS_MIN / 1_000);
        holes.iter().map(|hole| hole.samples * 1_000 / RATE_HZ as usize).max().unwrap_or(0)
    };
    [0, 1, 2].map(|n| longest(&recordings[n].channel(0, begin[n])))
}

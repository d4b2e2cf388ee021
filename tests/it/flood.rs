//! Floods of requests, and those who listen meanwhile: nothing that a page asks costs anybody a packet.

use std::time::{Duration, Instant};

use tests::flood::{Flood, Listener};
use tests::program::Running;
use tests::{hear, wait, wav};

/// Sockets of a flood.
const SOCKETS: usize = 1_000;

/// How long each flood lasts, at least.
const LASTS: Duration = Duration::from_secs(2);

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// What players of MP3 hold at least, so that a stream which is later falls silent (browsers hold 0.4 s to 8 s).
const HELD: Duration = Duration::from_millis(400);

/// What is asked for: a page, what is made anew for each, what is computed, what the database knows.
const PATHS: [&str; 4] = ["/host", "/api/party/status", "/api/qr/page.png", "/api/library/tracks?limit=200"];

/// Asks for the host's page as long as the flood lasts, each time by a connection of its own; returns how long it took, in ms.
fn host_page(running: &Running, lasts: Duration) -> Vec<f64> {
    let begun = Instant::now();
    let mut took = Vec::new();
    while begun.elapsed() < lasts {
        let asked = Instant::now();
        let agent = ureq::Agent::new_with_defaults();
        // Sockets of the flood before may still be in the way of one that comes from the box itself.
        if let Ok(mut answer) = agent.get(running.url("/host")).call() {
            answer.body_mut().read_to_vec().expect("all of it");
            took.push(asked.elapsed().as_secs_f64() * 1e3);
        }
    }
    took
}

#[test]
fn who_listens_to_mp3_hears_no_gap_beside_a_thousand_pipelining_sockets() {
    let music = tempfile::tempdir().expect("a folder");
    for n in 0..40 {
        let tone = hear::sine(300.0 + 10.0 * f64::from(n), 0.25, wav::RATE_HZ, 60 * wav::RATE_HZ as usize);
        wav::write(&music.path().join(format!("a{n}.wav")), &tone).expect("a file");
    }
    let Some(running) = Running::start(&["--music".as_ref(), music.path().as_os_str()]) else { return };
    running.until("/api/party/status", PATIENCE, |status| {
        !status["track"].is_null() && status["scan"]["running"] == false
    });
    let (listener, witness) = (Listener::of(running.address), Listener::witness());
    for path in PATHS {
        let flood = Flood::begin(running.address, path, SOCKETS);
        assert!(wait::comes_true(PATIENCE, || flood.answered() > 0), "{path}: the flood is answered");
        let mut took = host_page(&running, LASTS);
        let answered = flood.answered();
        drop(flood);
        let (late, machine) = (listener.worst(), witness.worst());
        took.sort_by(f64::total_cmp);
        println!(
            "{path}: late by {late:?}, the machine {machine:?}; /host p50 {:.0} ms, p95 {:.0} ms of {}; {} kB answered",
            hear::percentile(&took, 0.5),
            hear::percentile(&took, 0.95),
            took.len(),
            answered / 1_000,
        );
        assert!(late < HELD + machine, "{path}: sound was late by {late:?}, the machine by {machine:?}");
    }
    listener.end();
    witness.end();
}

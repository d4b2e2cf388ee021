//! Ten guests listen and the box is restarted: all hear again by themselves.

use std::time::{SystemTime, UNIX_EPOCH};

use tests::browser::missing;
use tests::guests::Guests;
use tests::hear;
use tests::program::Running;
use tests::wav;

use super::PATIENCE;

/// Guests who listen.
const GUESTS: usize = 10;

/// All come from one address, each with a session, a live connection and a few requests at once.
const ROOM: &str = "[webrtc]\nsessions_per_address_max = 20\n[http]\nconnections_per_address_max = 64\n";

#[test]
fn ten_guests_hear_again_after_a_restart_of_the_box_without_a_tap() {
    if let Some(reason) = missing() {
        println!("{reason}");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    wav::write(&folder.path().join("tone.wav"), &hear::sine(440.0, 0.25, 48_000, 300 * 48_000)).expect("a file");
    let room = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(room.path(), ROOM).expect("written");
    let options = ["--music".as_ref(), folder.path().as_os_str(), "--config".as_ref(), room.path().as_os_str()];
    let Some(mut running) = Running::start(&options) else { return };
    let guests = Guests::listen(&running.url(""), GUESTS, PATIENCE).expect("ten who hear");
    for noticed in [true, false] {
        guests.watch(PATIENCE).expect("watched");
        running.end();
        let ended = unix_ms();
        if noticed {
            let known = "document.getElementById('page').dataset.phase === 'reconnecting'";
            guests.all(known, PATIENCE).expect("all have noticed");
        }
        running.restart();
        let back = unix_ms();
        let mut after: Vec<_> = guests.heard_again_unix_ms(PATIENCE).expect("all hear again");
        after.sort_unstable();
        let how = if noticed { "gone until all had noticed" } else { "back at once" };
        let seen = |since: u64| after.iter().map(|at| at.saturating_sub(since)).collect::<Vec<_>>();
        println!("{how}: heard after it took connections, ms: {:?}", seen(back));
        println!("{how}: heard after it was killed, ms: {:?}", seen(ended));
        guests.all("document.getElementById('page').dataset.phase === 'live'", PATIENCE).expect("Live, no other way");
    }
}

fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_millis() as u64
}

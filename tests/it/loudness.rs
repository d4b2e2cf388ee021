//! Measuring how loud the music is goes on where it was after a pulled plug: what was found out is not measured again.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tests::program::Running;
use tests::{hear, wait, wav};

/// Longest wait for anything: it is done when nothing else wants to run, which on a busy machine is seldom.
const LIMIT: Duration = Duration::from_secs(300);

/// Files, several times what is written down at once.
const FILES: usize = 20;

/// The gains that are known, by title.
fn known(running: &Running) -> BTreeMap<String, f64> {
    let mut answer = ureq::get(running.url("/api/library/tracks?limit=100")).call().expect("an answer");
    let said: Value = answer.body_mut().read_json().expect("JSON");
    let tracks = said["tracks"].as_array().expect("tracks").iter();
    let gains = tracks.map(|track| (track["title"].to_string(), track["gain_db"].as_f64().expect("a number")));
    gains.filter(|(_, gain)| *gain != 0.0).collect()
}

fn until(holds: impl Fn() -> bool) {
    assert!(wait::comes_true(LIMIT, holds), "it does not come to hold");
}

#[test]
fn a_killed_box_goes_on_measuring_with_what_it_has_not_measured() {
    let folder = tempfile::tempdir().expect("a folder");
    for n in 0..FILES {
        let tone = hear::sine(200.0 + 10.0 * n as f64, 0.2, 48_000, 2 * 48_000);
        wav::write(&folder.path().join(format!("{n}.wav")), &tone).expect("a file");
    }
    let Some(mut running) = Running::start(&["--music".as_ref(), folder.path().as_os_str()]) else { return };
    until(|| !known(&running).is_empty());
    running.end();
    running.restart();
    // Asked before the box can have measured anything again.
    let kept = known(&running);
    assert!(!kept.is_empty() && kept.len() < FILES, "{} of {FILES}", kept.len());
    println!("{} of {FILES} were known when it was killed", kept.len());
    until(|| known(&running).len() == FILES);
    let all = known(&running);
    assert!(kept.iter().all(|(title, gain)| all.get(title) == Some(gain)), "{kept:?} {all:?}");
}

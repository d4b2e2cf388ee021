//! A silent disco in real browsers: three channels, each with a tone of its own, and guests who hear theirs and no other.

use std::time::Instant;

use serde_json::{Value, json};
use tests::caller::Caller;
use tests::disco::{CHANNELS, Disco, PATIENCE, hears_only, switch};
use tests::program::Running;
use tests::sound::SoundServer;
use tests::{hear, metrics, wav};

/// What a busy machine does to delays is not judged here: the browser holds back more sound than it would, and the page does
/// not connect again because it is late.
const CALM: &str = "&jitter=1000";

#[test]
fn three_guests_hear_three_colours_and_whoever_switches_hears_the_other_without_a_gap() {
    let Some(disco) = Disco::open() else { return };
    let guests = CHANNELS.map(|(id, _, _)| disco.guest(id, CALM));
    let levels: Vec<f64> =
        guests.iter().enumerate().map(|(place, guest)| hears_only(guest, place).expect("its own tone")).collect();
    println!("own tones at {levels:.1?} dB");
    assert!(levels.iter().all(|level| (level - levels[0]).abs() < 1.0), "they are equally loud: {levels:?}");
    // Everybody goes on to the next, three times round, and is home again.
    for turn in 1..=3 {
        for (place, guest) in guests.iter().enumerate() {
            switch(guest, CHANNELS[(place + turn) % 3].0);
        }
        for (place, guest) in guests.iter().enumerate() {
            hears_only(guest, (place + turn) % 3).expect("the other tone");
        }
    }
    for guest in &guests {
        let connections = guest.connections().expect("the page's connections");
        assert_eq!(connections.len(), 1, "another connection was made: {connections:#?}");
        let inbound = guest.inbound().expect("it counts");
        let lost = inbound["packetsLost"].as_i64().unwrap_or(0);
        println!("received {}, lost {lost}, concealed {}", inbound["packetsReceived"], inbound["concealedSamples"]);
        assert_eq!(lost, 0, "no sequence number is missing: {inbound}");
    }
}

#[test]
fn whoever_listens_to_a_channel_that_is_removed_goes_on_with_the_first() {
    let Some(mut disco) = Disco::open() else { return };
    let guest = disco.guest("blue", CALM);
    hears_only(&guest, 2).expect("its own tone");
    let answer = disco.host.ask("DELETE", "/api/channels/blue", None);
    assert_eq!(answer.status, 204, "{}", answer.body);
    hears_only(&guest, 0).expect("the first channel's tone");
    disco.running.until("/api/party/status", PATIENCE, |status| {
        status["channels"].as_array().is_some_and(|channels| channels.len() == 2) && status["listeners"]["live"] == 1
    });
}

#[test]
fn line_in_feeds_two_channels_at_once_and_a_third_plays_on() {
    let server = match SoundServer::start(&["cable"]) {
        Ok(server) => server,
        Err(reason) => return println!("not run: {reason}"),
    };
    let config = server.alsa_config();
    let environment = [("ALSA_CONFIG_PATH", config.as_os_str())];
    let Some(running) = Running::start_in(&environment, &["--line-in", "cable-in"]) else { return };
    let tone = hear::sine(1_000.0, 0.25, wav::RATE_HZ, 120 * wav::RATE_HZ as usize);
    let _player = server.play("cable", &tone).expect("paplay starts");
    let address = running.url("").trim_start_matches("http://").parse().expect("an address");
    let mut host = Caller::new([127, 0, 0, 1].into(), address);
    let mut asked = |method: &str, path: &str, body: Value| {
        let answer = host.ask(method, path, Some(&body));
        assert_eq!(answer.status, 204, "{method} {path}: {}", answer.body);
    };
    for id in ["green", "blue"] {
        asked("PUT", &format!("/api/channels/{id}"), json!({ "color": id }));
    }
    for id in ["main", "green"] {
        asked("POST", &format!("/api/channels/{id}/source"), json!({ "source": "line-in" }));
        running.until(&format!("/api/channels/{id}/status"), PATIENCE, |status| {
            let line_in = status["sources"].as_array().and_then(|all| all.iter().find(|one| one["id"] == "line-in"));
            status["fallback"] == false && line_in.is_some_and(|line_in| line_in["state"] == "signal")
        });
    }
    // Softer on one of them: the volume is the channel's.
    asked("PUT", "/api/channels/green/volume", json!({ "db": -6 }));
    let peak =
        |id: &str| metrics::number(&running.metrics(), &format!("out_peak_dbfs{{channel=\"{id}\"}}")).expect("a peak");
    let begun = Instant::now();
    let near = |db: f64, wanted: f64| (db - wanted).abs() < 0.5;
    while !(near(peak("main"), -12.04) && near(peak("green"), -18.04)) {
        assert!(begun.elapsed() < PATIENCE, "main {} dBFS, green {} dBFS", peak("main"), peak("green"));
    }
    running.until("/api/channels/blue/status", PATIENCE, |status| {
        status["source"] == "files" && status["track"]["title"].is_string()
    });
}

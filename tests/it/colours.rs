//! A silent disco in real browsers: three channels, each with a tone of its own, and guests who hear theirs and no other.

use tests::disco::{CHANNELS, Disco, PATIENCE, hears_only, switch};

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

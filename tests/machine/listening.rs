//! The box as it comes: its page, and its built-in tracks through the locked-in decoder process.

use tests::hear;
use tests::listener::decoded;
use tests::machine::Machine;
use tests::wav::RATE_HZ;

use crate::sound::heard;

/// Seconds that are listened to.
const SECONDS: u64 = 5;

/// By the guest's clock, how far the track can have come before somebody listens.
const START_SECONDS_MAX: usize = 15;

/// The first track that the box plays as it comes.
const FIRST_TRACK: &[u8] = include_bytes!("../../firmware/partybox/demo/porch-light.opus");

#[test]
fn the_page_is_served_and_the_first_demo_track_is_heard_without_a_gap() {
    let Some(mut machine) = Machine::boot("listening") else { return };
    machine.start_box("");
    let page = machine.get("/").expect("the page");
    assert!(page.contains("id=\"play\""), "not the guest's page: {page}");
    let heard = heard(&machine, SECONDS);
    // Encoders start within a block.
    let middle = &heard[RATE_HZ as usize / 10..];
    let track = decoded("ogg", FIRST_TRACK);
    // Music repeats itself: a whole second is looked for, and only where the box can have come by now.
    let (at, _) = hear::find(&track, &middle[..RATE_HZ as usize], START_SECONDS_MAX * RATE_HZ as usize);
    let likeness = hear::likeness(&track, middle, at);
    let level = hear::level_db(middle) - hear::level_db(&track[at..at + middle.len()]);
    println!("heard from second {:.2}: level {level:+.2} dB, likeness {likeness:.4}", at as f64 / f64::from(RATE_HZ));
    assert!(likeness > 0.98, "this is not the track: {likeness}");
    assert!(level.abs() < 0.5, "level is off by {level} dB");
    assert_eq!(machine.metric("starved_total"), 0.0, "the decoder was too slow");
}

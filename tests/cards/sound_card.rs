//! A USB sound card in the box that was started from its card: heard when it is plugged in, missed by nobody when it is
//! pulled out, and heard again from another socket.

use serde_json::json;
use tests::card::{Card, Running};
use tests::listener::Listener;
use tests::{hear, wav};

/// What is at home: its pitch in Hz, its peak, which no limiter touches, and its seconds: so many that it never ends.
const HOME: (f64, f32, usize) = (440.0, 0.25, 240);

/// What comes in over the first sound card, and over the second, kHz.
const KHZ: [u8; 2] = [1, 2];

/// Blocks of 10 ms that are heard before the next thing happens.
const HEARD_BLOCKS: f64 = 600.0;

/// Samples of silence that are too many when a source comes or goes: a tenth of a second.
const HOLE: usize = wav::RATE_HZ as usize / 10;

#[test]
fn a_usb_sound_card_is_heard_over_the_music_and_again_from_another_socket_after_it_was_pulled_out() {
    let Some(card) = Card::fresh("sound-card") else { return };
    card.pair();
    let home = card.beside("wav");
    let (hz, peak, seconds) = HOME;
    let tone = hear::sine(hz, peak, wav::RATE_HZ, seconds * wav::RATE_HZ as usize);
    wav::write(&home, &tone).expect("room for a tone");
    card.put(&home, "/music/at-home.wav");
    let (running, sockets) = card.boot_with_usb();
    running.until_tells("/api/party/status", |said| said.contains("at-home"));
    assert_eq!(running.order("/api/party/source", &json!({ "source": "line-in" })), 204, "a host may choose line-in");
    let listener = Listener::of(&running);
    without_line_in(&running);
    for (socket, khz) in [(1, KHZ[0]), (3, KHZ[1])] {
        let plugged = sockets.plug_sound_card(socket, khz);
        running.until_tells_host("/health", |said| said.contains("\"line-in\":\"signal\""));
        goes_on(&running);
        sockets.pull_sound_card(plugged);
        without_line_in(&running);
    }
    let measured = ["line_in_opened_total", "line_in_xruns_total", "line_in_underruns_total", "line_in_slips_total"]
        .map(|name| running.until_measures(name, |_| true));
    let heard = listener.end();
    let pitches = hear::pitches(&heard, wav::RATE_HZ);
    println!("opened, xruns, underruns and slips: {measured:?}; heard each half second, Hz: {pitches:.0?}");
    let mut rest = &pitches[..];
    for hz in [hz, 1e3 * f64::from(KHZ[0]), hz, 1e3 * f64::from(KHZ[1]), hz] {
        let at = rest.windows(2).position(|two| two.iter().all(|heard| (heard - hz).abs() < hz / 100.0));
        rest = &rest[at.unwrap_or_else(|| panic!("a second of {hz} Hz is missing: {pitches:.0?}"))..];
    }
    // What a listener who has just come hears first is another test's.
    let holes = hear::gaps(hear::sounding(&heard, 0.01), 0.01, HOLE);
    assert!(holes.is_empty(), "silence: {holes:?}");
}

/// Waits until the box says that nothing is plugged in, and that music is heard all the same.
fn without_line_in(running: &Running) {
    running.until_tells_host("/health", |said| said.contains("\"line-in\":\"no-device\""));
    goes_on(running);
}

/// Waits until so much has been heard.
fn goes_on(running: &Running) {
    let now = running.until_measures("blocks_total", |_| true);
    running.until_measures("blocks_total", |later| later >= now + HEARD_BLOCKS);
}

//! The card's cable: to the house, until a host says that it leads to guests.

use std::io::ErrorKind;
use std::net::{TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tests::card::Card;

/// How long a change may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// After this long the box has read a choice and is at work with it, on an idle machine and on a busy one.
const AT_WORK: Duration = Duration::from_secs(1);

/// Pause between two tries.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The question for party.internal's IPv4 address (RFC 1035 section 4).
const QUESTION: &[u8] = b"\x77\x77\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05party\x08internal\x00\x00\x01\x00\x01";

fn until(mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "it does not come to hold");
        thread::park_timeout(LOOK_AGAIN);
    }
}

/// A page as a phone gets it, with its status; nothing if it does not come.
fn page(url: &str) -> Option<(u16, String)> {
    let agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).build();
    let mut answer = ureq::Agent::from(agent).get(url).call().ok()?;
    Some((answer.status().as_u16(), answer.body_mut().read_to_string().ok()?))
}

/// What the box's server for names answers, once.
fn named() -> Option<Vec<u8>> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    socket.send_to(QUESTION, "10.77.0.1:53").ok()?;
    let mut answer = [0; 512];
    let bytes = socket.recv(&mut answer).ok()?;
    Some(answer[..bytes].to_vec())
}

#[test]
fn more_access_points_at_the_cable_are_the_boxs_own_network_once_a_host_says_so() {
    let Some(card) = Card::fresh("cable") else { return };
    card.pair();
    let (running, end) = card.boot_with_cable();
    running.page();
    assert!(!end.takes_an_address(), "a house gives addresses, the box does not");
    let choose = |cable| assert_eq!(running.choose("/api/box/network", &json!({ "cable": cable })), 204);
    // The second choice comes while the box is at work with the first.
    choose("house");
    thread::park_timeout(AT_WORK);
    choose("guests");
    // At its first cable the emulator gives addresses of another network: none of them must come to this one.
    until(|| end.takes_an_address());
    assert!(end.address().starts_with("10.77."), "{}", end.address());
    let (status, text) = end.see(|| page("http://10.77.0.1/")).expect("the page");
    assert!(status == 200 && text.contains("id=\"play\""), "{status}: {text}");
    let answer = end.see(named).expect("an answer");
    assert!(answer.ends_with(&[10, 77, 0, 1]), "{answer:?}");
    let (probe, _) = end.see(|| page("http://192.0.2.1/generate_204")).expect("an answer to a phone's question");
    assert!(probe < 500, "{probe}");
    let refused = end.see(|| TcpStream::connect("192.0.2.1:443").map(drop).map_err(|error| error.kind()));
    assert_eq!(refused, Err(ErrorKind::ConnectionRefused));
}

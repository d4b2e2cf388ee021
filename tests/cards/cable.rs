//! The card's cable: to the house, unless a host says that it leads to guests.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::thread;
use std::time::Duration;

use serde_json::json;
use tests::card::Card;

/// How long a change may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// How often an address is asked for where none may come, and for how long.
const OFTEN: Duration = Duration::from_secs(1);
const A_WHILE: Duration = Duration::from_secs(15);

/// How often, where the box is given time to answer.
const SELDOM: Duration = Duration::from_secs(20);

/// After this long the box has read a choice and is at work with it, on an idle machine and on a busy one.
const AT_WORK: Duration = Duration::from_secs(1);

/// The box among its guests.
const BOX: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);

/// Where its server for names sends phones' questions for the internet.
const INTERNET: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

/// Whom an Android phone asks whether it is there.
const ANDROID: &str = "connectivitycheck.gstatic.com";

/// The question for party.internal's IPv4 address (RFC 1035 section 4).
const QUESTION: &[u8] = b"\x77\x77\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05party\x08internal\x00\x00\x01\x00\x01";

#[test]
fn more_access_points_at_the_cable_are_the_boxs_own_network_as_long_as_a_host_says_so() {
    let Some(card) = Card::fresh("cable") else { return };
    card.pair();
    let (running, mut end) = card.boot_with_cable();
    running.page();
    assert_eq!(end.takes_an_address(OFTEN, A_WHILE), None, "a house gives addresses, the box does not");
    let choose = |cable| assert_eq!(running.choose("/api/box/network", &json!({ "cable": cable })), 204);
    // The second choice comes while the box is at work with the first.
    choose("house");
    thread::park_timeout(AT_WORK);
    choose("guests");
    // At its first cable the emulator gives addresses of another network: none of them must come to this one, not even while
    // the box joins the two.
    let early = end.takes_an_address(OFTEN, A_WHILE);
    let ours = early.or_else(|| end.takes_an_address(SELDOM, PATIENCE)).expect("an address");
    assert_eq!(ours.octets()[..2], BOX.octets()[..2], "{ours}");
    let page = end.page(SocketAddrV4::new(BOX, 80), "10.77.0.1", "/").expect("the page");
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("id=\"play\""), "{page}");
    let name = end.answer(SocketAddrV4::new(BOX, 53), QUESTION).expect("an answer");
    assert!(name.ends_with(&BOX.octets()), "{name:?}");
    let probe = end.page(SocketAddrV4::new(INTERNET, 80), ANDROID, "/generate_204").expect("an answer to a phone");
    assert!(probe.starts_with("HTTP/1.1 204 ") || probe.starts_with("HTTP/1.1 302 "), "{probe}");
    assert_eq!(end.is_refused(SocketAddrV4::new(INTERNET, 443)), Some(true));

    // A host who has come by this cable gives both back to the house.
    let back = json!({ "cable": "house" });
    let answer = end.choose(SocketAddrV4::new(BOX, 80), "/api/box/network", &back).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    running.page();
    assert_eq!(end.takes_an_address(OFTEN, A_WHILE), None, "the box gives none any more");
}

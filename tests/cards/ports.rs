//! What of a card answers on a cable: the ports that are documented, and no other.

use tests::card::Card;

/// Where a maintainer reads which ports there are.
const DOCUMENTED: &str = include_str!("../../image/PORTS.md");

/// The ports of a protocol that the table has for the cable, in order. What is over IPv6 alone is not among them.
fn documented(protocol: &str) -> Vec<u16> {
    let rows = DOCUMENTED.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let at_cable = rows.filter(|(_, rest)| rest.split(" | ").next().is_some_and(|places| places.contains("cable")));
    let named = at_cable.flat_map(|(ports, _)| ports.split(", "));
    let mut ports: Vec<u16> = named.filter_map(|port| port.strip_prefix(protocol)?.trim().parse().ok()).collect();
    ports.sort();
    assert!(!ports.is_empty(), "the table has rows");
    ports
}

#[test]
fn no_port_answers_but_the_documented_ones() {
    let Some(card) = Card::fresh("ports") else { return };
    let mut card = card.boot_watched();
    card.running.page();
    assert_eq!(card.tcp_ports(), documented("tcp"));
    assert_eq!(card.udp_ports(), documented("udp"));
}

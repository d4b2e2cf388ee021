//! What of a card answers on a cable: the ports that are documented, and no other.

use tests::card::Card;

/// Where a maintainer reads which ports there are.
const DOCUMENTED: &str = include_str!("../../image/PORTS.md");

#[test]
fn no_port_answers_but_the_documented_ones() {
    let rows = DOCUMENTED.lines().filter_map(|line| line.strip_prefix("| tcp ")).filter(|row| row.contains("cable"));
    let port = |row: &str| row.split([' ', ',']).next().and_then(|port| port.parse::<u16>().ok()).expect("a port");
    let documented: Vec<u16> = rows.map(port).collect();
    assert!(!documented.is_empty(), "the table has rows");
    let Some(card) = Card::fresh("ports") else { return };
    let mut card = card.boot_watched();
    card.running.page();
    assert_eq!(card.tcp_ports(), documented);
}

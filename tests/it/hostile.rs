//! Thousands of damaged offers, fragments and datagrams against the fan-out, by seed; the fuzz targets in `fuzz/` go on
//! for as long as they are let.

use tests::dice::Dice;
use tests::hostile::{Siege, honest, mutated};

/// Inputs per door.
const INPUTS: usize = 4_000;

#[test]
fn damaged_offers_are_refused_and_harm_nobody() {
    let mut dice = Dice::for_test("offers");
    let (offers, _) = honest();
    let mut siege = Siege::new();
    for round in 0..INPUTS {
        let bytes = mutated(&mut dice, offers[round % offers.len()].as_bytes());
        siege.offer(&String::from_utf8_lossy(&bytes));
        siege.patch(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn damaged_datagrams_get_no_answer_and_harm_nobody() {
    let mut dice = Dice::for_test("datagrams");
    let (_, datagrams) = honest();
    assert!(datagrams.len() > 4, "a handshake is more than {} datagrams", datagrams.len());
    let mut siege = Siege::new();
    for round in 0..INPUTS {
        siege.datagram(&mutated(&mut dice, &datagrams[round % datagrams.len()]));
    }
}

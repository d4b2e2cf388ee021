//! The card: the file that is flashed starts through the boot loader and survives damage and power cuts.

use std::time::Duration;

use tests::card::Card;

#[test]
fn the_flashed_file_starts_through_the_boot_loader_and_serves_the_page() {
    let Some(card) = Card::fresh("starts") else { return };
    let mut running = card.boot();
    running.says("partybox: slot A, last resort 0");
    running.says("partybox: data partition: ");
    running.says("partybox: slot A is whole");
    running.says("partybox: slot: confirmed A");
    assert!(running.page().contains("id=\"play\""), "not the guest's page");
    let page = running.page_by_localhost().unwrap_or_default();
    assert!(page.contains("id=\"play\""), "the address that is printed leads to {page:?}");
}

#[test]
fn a_flipped_bit_in_a_slots_kernel_or_in_a_program_starts_the_other_slot() {
    for (name, path) in [("kernel", "/boot/kernel"), ("program", "/usr/lib/systemd/systemd-journald")] {
        let Some(card) = Card::fresh(&format!("flipped-{name}")) else { return };
        card.flip(card.place(0, path) + 1_000);
        let mut running = card.boot();
        running.says("partybox: slot A, last resort 0");
        running.says("partybox: slot B, last resort 0");
        running.says("partybox: slot B is whole");
    }
}

/// Power cuts that a run makes unless `PARTYBOX_CUTS` says how many.
const CUTS: u32 = 2;

/// Power cuts that one card has to bear before it is looked at and another takes its place: enough for a first start, an
/// update and its trial, which a card goes through once.
const CUTS_OF_A_CARD: u32 = 4;

/// The longest time from a start to its power cut, seconds of this machine's processor: an update is taken and written by
/// then, or on trial.
const CUT_S_MAX: f64 = 80.0;

#[test]
fn whenever_the_plug_is_pulled_the_box_starts_again() {
    let number = |variable: &str| std::env::var(variable).ok().and_then(|text| text.parse().ok());
    let cuts = number("PARTYBOX_CUTS").map_or(CUTS, |cuts: u64| cuts as u32);
    let seed = number("PARTYBOX_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("PARTYBOX_SEED={seed}");
    let mut dice = fastrand::Rng::with_seed(seed);
    for first in (1..=cuts).step_by(CUTS_OF_A_CARD as usize) {
        let Some(card) = Card::fresh("cuts") else { return };
        // The first start and the writing of a slot are among the moments.
        card.put(&card.made("out/update.raucb"), "/update/inbox.raucb");
        for cut in first..(first + CUTS_OF_A_CARD).min(cuts + 1) {
            let mut running = card.boot();
            running.says("partybox: slot ");
            // Early ones more often than late ones, so that more of them can be made in the same time.
            let moment = Duration::from_secs_f64(CUT_S_MAX * dice.f64().powi(2));
            let told = running.compute(moment);
            println!("cut {cut} after {:.1} s: {told}", moment.as_secs_f64());
        }
        let mut running = card.boot();
        running.says(" is whole");
        assert!(running.page().contains("id=\"play\""), "not the guest's page");
    }
}

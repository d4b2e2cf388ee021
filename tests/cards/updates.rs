//! Updates of the card: taken, tried and confirmed, or refused, or given up for the slot before.

use std::fs;

use tests::card::{Card, Running};
use tests::machine::wait_for;

/// Where the box looks for one, on its data partition.
const INBOX: &str = "/update/inbox.raucb";

#[test]
fn a_good_update_is_written_tried_and_confirmed_once_sound_has_flowed() {
    let Some(card) = Card::fresh("update") else { return };
    // So that it is seen which bytes are written; and only by an update is anything written there.
    card.write(tests::card::SLOTS[1], &vec![0; card.slot(0).len()]);
    card.put(&card.made("out/update.raucb"), INBOX);
    card.pair();
    let mut running = card.boot();
    running.says("partybox: update: verifying");
    running.says("partybox: update: writing");
    running.says("partybox: update: restart-needed");
    let is_told = || running.tells_host("/api/box").is_some_and(|said| said.contains("restart-needed"));
    wait_for("the host to be told that it is written", &mut || is_told());
    drop(running);
    assert!(card.slot(1) == card.slot(0), "the other slot holds what was signed");
    let mut running = card.boot();
    running.says("partybox: slot B, last resort 0, tries left 2");
    running.says("partybox: slot: trying B 2");
    running.says("partybox: slot: confirmed B");
    drop(running);
    let mut running = card.boot();
    running.says("partybox: slot B, last resort 0, tries left 0");
    running.says("partybox: slot: confirmed B");
    drop(running);
    assert!(card.get(INBOX).is_empty(), "the update is gone once it was taken");
}

#[test]
fn a_system_that_panics_is_given_up_and_its_last_words_are_kept() {
    let Some((card, running)) = is_given_up_before_it_is_seen("panics") else { return };
    running.has_said("partybox: last words: kept of the kernel");
    drop(running);
    keeps(&card, "kernel", "Attempted to kill init!");
}

#[test]
fn a_system_that_hangs_is_given_up() {
    is_given_up_before_it_is_seen("hangs");
}

#[test]
fn firmware_that_crashes_is_given_up_and_its_last_words_are_kept() {
    let Some((card, running)) = is_given_up_by_itself("crashes") else { return };
    running.has_said("partybox: last words: kept of the firmware");
    drop(running);
    keeps(&card, "firmware", "the firmware says its last words");
}

#[test]
fn firmware_that_is_silent_is_given_up() {
    is_given_up_by_itself("silent");
}

/// Nobody in this slot's system can say that it is given up: it is tried until no tries are left.
fn is_given_up_before_it_is_seen(name: &str) -> Option<(Card, Running)> {
    let card = Card::fresh(&format!("given-up-{name}"))?;
    card.to_be_tried(&format!("faulty/{name}.img"));
    let mut running = card.boot();
    for left in [2, 1, 0] {
        running.says(&format!("partybox: slot B, last resort 0, tries left {left}"));
        running.says("partybox: slot B is whole");
    }
    goes_on_as_before(&mut running);
    Some((card, running))
}

/// This slot's system sees that nothing is heard, and gives itself up at its first start.
fn is_given_up_by_itself(name: &str) -> Option<(Card, Running)> {
    let card = Card::fresh(&format!("given-up-{name}"))?;
    card.to_be_tried(&format!("faulty/{name}.img"));
    let mut running = card.boot();
    running.says("partybox: slot B, last resort 0, tries left 2");
    running.says("partybox: slot: trying B 2");
    running.says("partybox: slot: given-up B");
    goes_on_as_before(&mut running);
    Some((card, running))
}

fn goes_on_as_before(running: &mut Running) {
    running.says("partybox: slot A, last resort 0");
    running.says("partybox: slot: confirmed A");
    assert!(running.page().contains("id=\"play\""), "not the guest's page");
}

fn keeps(card: &Card, file: &str, words: &str) {
    let kept = String::from_utf8_lossy(&card.get(&format!("/system/last-words/{file}"))).into_owned();
    assert!(kept.contains(words) && kept.len() <= 65_536, "these were kept: {kept}");
}

#[test]
fn damaged_and_foreign_updates_are_refused_before_anything_is_written() {
    let Some(card) = Card::fresh("refused") else { return };
    let good = fs::read(card.made("out/update.raucb")).expect("an update");
    let cut = card.beside("cut");
    fs::write(&cut, &good[..good.len() / 2]).expect("ours");
    let flipped = card.beside("flipped");
    let mut bytes = good;
    bytes[1_000_000] ^= 1;
    fs::write(&flipped, bytes).expect("ours");
    for (file, code) in [
        (card.made("faulty/wrong-key.raucb"), "wrong-key"),
        (card.made("faulty/wrong-board.raucb"), "wrong-board"),
        (card.made("faulty/older.raucb"), "older"),
        (cut, "damaged"),
        (flipped, "damaged"),
    ] {
        // A new one for each: what is put beside a journal that is not yet replayed is gone at the next start.
        let Some(card) = Card::fresh("refused") else { return };
        let before = card.slot(1);
        card.put(&file, INBOX);
        let mut running = card.boot();
        running.says(&format!("partybox: update: refused {code}"));
        drop(running);
        assert!(card.slot(1) == before, "{}: written all the same", file.display());
    }
}

#[test]
fn an_update_that_ends_the_box_whenever_it_is_written_is_tried_three_times() {
    let Some(card) = Card::fresh("interrupted") else { return };
    card.put(&card.made("out/update.raucb"), INBOX);
    for _ in 0..3 {
        let mut running = card.boot();
        running.says("partybox: update: verifying");
    }
    let mut running = card.boot();
    running.says("partybox: update: refused interrupted");
    assert!(running.page().contains("id=\"play\""), "not the guest's page");
    drop(running);
    // Whatever comes next has three tries again.
    assert!(card.get("/system/update-tries").is_empty() && card.get(INBOX).is_empty(), "something is left");
}

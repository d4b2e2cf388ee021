//! Updates of the card: taken, tried and confirmed, or refused, or given up for the slot before.

use std::fs;

use serde_json::json;
use tests::card::{Card, Running};
use tests::machine::wait_for;

/// Where the box looks for one, on its data partition.
const INBOX: &str = "/update/inbox.raucb";

/// Where it counts how often it began with that one.
const TRIES: &str = "/system/update-tries";

/// What somebody downloads who updates a box; `image/UPDATES.md` says what the parts are.
const BYTES_MAX: usize = 44_000_000;

#[test]
fn a_good_update_that_a_host_sends_is_written_tried_and_confirmed_once_sound_has_flowed() {
    let Some(card) = Card::fresh("update") else { return };
    // So that it is seen which bytes are written; and only by an update is anything written there.
    card.write(tests::card::SLOTS[1], &vec![0; card.slot(0).len()]);
    card.pair();
    let update = fs::read(card.made("out/update.raucb")).expect("an update");
    assert!(update.len() <= BYTES_MAX, "an update of {} bytes", update.len());
    let mut running = card.boot();
    running.says("partybox: slot: confirmed A");
    running.page();
    assert_eq!(running.choose("/api/box/network", &json!({ "portal": "off" })), 204);
    assert_eq!(running.upload("/api/update", &update), 202);
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
    running.page();
    let about = running.tells_host("/api/box").expect("its host is host of the new version, too");
    assert!(about.contains(r#""portal":"off""#), "what the host chose is forgotten: {about}");
    drop(running);
    assert!(card.get(INBOX).is_empty(), "the update is gone once it was taken");
}

#[test]
fn a_system_that_panics_is_given_up_and_its_last_words_are_kept() {
    let Some((card, running)) = is_given_up_before_it_is_seen("panics", 3) else { return };
    running.has_said("partybox: last words: kept of the kernel");
    drop(running);
    keeps(&card, "kernel", "Attempted to kill init!");
}

#[test]
fn a_system_that_hangs_is_given_up() {
    is_given_up_before_it_is_seen("hangs", 1);
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

/// Nobody in this slot's system can say that it is given up: it is tried until none of so many tries is left.
fn is_given_up_before_it_is_seen(name: &str, tries: u32) -> Option<(Card, Running)> {
    let card = Card::fresh(&format!("given-up-{name}"))?;
    card.to_be_tried(&format!("faulty/{name}.img"), tries);
    let mut running = card.boot();
    for left in (0..tries).rev() {
        running.says(&format!("partybox: slot B, last resort 0, tries left {left}"));
        running.says("partybox: slot B is whole");
    }
    goes_on_as_before(&mut running);
    Some((card, running))
}

/// This slot's system sees that nothing is heard, and gives itself up at its first start.
fn is_given_up_by_itself(name: &str) -> Option<(Card, Running)> {
    let card = Card::fresh(&format!("given-up-{name}"))?;
    card.pair();
    card.to_be_tried(&format!("faulty/{name}.img"), 3);
    let mut running = card.boot();
    running.says("partybox: slot B, last resort 0, tries left 2");
    running.says("partybox: slot: trying B 2");
    running.says("partybox: slot: given-up B");
    goes_on_as_before(&mut running);
    assert!(running.tells_host("/api/box").is_some(), "the version before has forgotten its host");
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
fn damaged_and_foreign_updates_that_a_host_sends_are_refused_before_anything_is_written() {
    let Some(card) = Card::fresh("refused") else { return };
    card.pair();
    let before = card.slot(1);
    let good = fs::read(card.made("out/update.raucb")).expect("an update");
    let mut flipped = good.clone();
    flipped[1_000_000] ^= 1;
    let faulty = |name| fs::read(card.made(&format!("faulty/{name}.raucb"))).expect("an update");
    let mut running = card.boot();
    running.says("partybox: slot: confirmed A");
    running.page();
    for (update, code) in [
        (&faulty("wrong-key")[..], "wrong-key"),
        (&faulty("wrong-board"), "wrong-board"),
        (&faulty("older"), "older"),
        (&good[..good.len() / 2], "damaged"),
        (&flipped, "damaged"),
    ] {
        assert_eq!(running.upload("/api/update", update), 202);
        running.says("partybox: update: verifying");
        running.says(&format!("partybox: update: refused {code}"));
        let is_told = || running.tells_host("/api/update").is_some_and(|said| said.contains(code));
        wait_for("the host to be told why", &mut || is_told());
    }
    drop(running);
    assert!(card.slot(1) == before, "written all the same");
}

#[test]
fn an_update_that_has_ended_the_box_three_times_is_not_tried_again() {
    let Some(card) = Card::fresh("interrupted") else { return };
    card.put(&card.made("out/update.raucb"), INBOX);
    // Twice before.
    let tries = card.beside("tries");
    fs::write(&tries, "2\n").expect("ours");
    card.put(&tries, TRIES);
    let mut running = card.boot();
    running.says("partybox: update: verifying");
    drop(running);
    let mut running = card.boot();
    running.says("partybox: update: refused interrupted");
    assert!(running.page().contains("id=\"play\""), "not the guest's page");
    drop(running);
    // Whatever comes next has three tries again.
    assert!(card.get(TRIES).is_empty() && card.get(INBOX).is_empty(), "something is left");
}

//! Updates of the card: taken, tried and confirmed, or refused, or given up for the slot before.

use std::fs;

use tests::card::Card;

/// Where the box looks for one, on its data partition.
const INBOX: &str = "/update/inbox.raucb";

#[test]
fn a_good_update_is_written_tried_and_confirmed_once_sound_has_flowed() {
    let Some(card) = Card::fresh("update") else { return };
    // So that it is seen which bytes are written; and only by an update is anything written there.
    card.write(tests::card::SLOTS[1], &vec![0; card.slot(0).len()]);
    card.put(&card.made("out/update.raucb"), INBOX);
    let mut running = card.boot();
    running.says("partybox: update: verifying");
    running.says("partybox: update: writing");
    running.says("partybox: update: restart-needed");
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
fn a_system_that_panics_or_hangs_or_crashes_or_is_silent_is_given_up_and_its_last_words_are_kept() {
    for (name, words) in [
        ("panics", Some(("kernel", "Attempted to kill init!"))),
        ("hangs", Some(("kernel", "the first process does nothing"))),
        ("crashes", Some(("firmware", "the firmware says its last words"))),
        ("silent", None),
    ] {
        let Some(card) = Card::fresh(&format!("given-up-{name}")) else { return };
        card.to_be_tried(&format!("faulty/{name}.img"));
        let mut running = card.boot();
        running.says("partybox: slot B, last resort 0, tries left 2");
        running.says("partybox: slot B is whole");
        if ["crashes", "silent"].contains(&name) {
            running.says("partybox: slot: trying B 2");
            running.says("partybox: slot: given-up B");
        } else {
            running.says("partybox: slot B, last resort 0, tries left 1");
            running.says("partybox: slot B, last resort 0, tries left 0");
        }
        running.says("partybox: slot A, last resort 0");
        running.says("partybox: slot: confirmed A");
        assert!(running.page().contains("id=\"play\""), "{name}: not the guest's page");
        if let Some((file, said)) = words {
            running.has_said(&format!("partybox: last words: kept of the {file}"));
            drop(running);
            let kept = String::from_utf8_lossy(&card.get(&format!("/system/last-words/{file}"))).into_owned();
            assert!(kept.contains(said) && kept.len() <= 65_536, "{name}: these were kept: {kept}");
        }
    }
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

//! A data partition that no repair brings back: the box plays and says so, and begins anew only once a host says so. And one
//! that can be read, but no longer written.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use tests::card::{Card, DATA};

/// Where the file system's most important block is and has its copy, bytes of the partition: at the beginning of the first
/// and of the second 32,768 blocks of 4 KiB.
const SUPERBLOCKS: [u64; 2] = [0, 32_768 * 4_096];

/// A setting that is not as it comes from the shop.
const CHOSEN: &str = "sign-in";

/// A card whose data partition cannot be known any more, with a host.
fn lost(name: &str) -> Option<Card> {
    let card = Card::fresh(name)?;
    card.pair_at_start();
    let mut dice = fastrand::Rng::with_seed(4);
    for at in SUPERBLOCKS {
        let noise: Vec<u8> = (0..4_096).map(|_| dice.u8(..)).collect();
        card.write(DATA + at, &noise);
    }
    Some(card)
}

/// Whether the box tells everybody that it forgets, as it does here.
fn forgets(status: &str) -> bool {
    status.contains(r#""forgets":"lost""#)
}

fn keeps(status: &str) -> bool {
    status.contains(r#""name":"#) && !status.contains(r#""forgets":""#)
}

#[test]
fn a_box_whose_data_is_lost_plays_and_begins_anew_only_when_a_host_says_so() {
    let Some(card) = lost("lost") else { return };
    let before = card.beside("before");
    copy(&card.beside("img"), &before);
    let mut running = card.boot();
    running.says("partybox: data: lost");
    assert!(running.page().contains("id=\"play\""), "not the guest's page");
    running.until_tells("/api/party/status", forgets);
    running.until_tells_host("/metrics", |text| text.contains("partybox_forgets 1\n"));
    assert_eq!(running.choose("/api/box/network", &json!({ "portal": CHOSEN })), 204, "it holds until it is off");
    assert!(is_same(&before, &card.beside("img")), "something was written to the partition");

    // The plug is pulled while it begins anew: that may have been done or not, and the box starts.
    assert_eq!(running.press("/api/box/anew"), 204);
    running.says("partybox: data: making");
    drop(running);

    let mut running = card.boot();
    running.page();
    running.until_tells("/api/party/status", |status| forgets(status) || keeps(status));
    if running.get("/api/party/status").is_some_and(|status| forgets(&status)) {
        assert_eq!(running.choose("/api/box/network", &json!({ "portal": CHOSEN })), 204);
        assert_eq!(running.press("/api/box/anew"), 204);
        running.says("partybox: data: made anew");
        // By itself.
        running.says("partybox: slot A is whole");
        running.page();
        running.until_tells("/api/party/status", keeps);
        let about = running.tells_host("/api/box").expect("still a host");
        assert!(about.contains(CHOSEN), "what was chosen since then is gone: {about}");
    }
    assert_eq!(running.press("/api/box/anew"), 409, "there is nothing to give up any more");
    assert_eq!(running.choose("/api/box/network", &json!({ "portal": "off" })), 204);
    drop(running);
    let running = card.boot();
    running.page();
    running.until_tells("/api/party/status", keeps);
    let about = running.tells_host("/api/box").expect("still a host");
    assert!(about.contains(r#""portal":"off""#), "not kept: {about}");
}

#[test]
fn a_card_that_takes_no_more_writing_still_says_what_it_holds() {
    let Some(card) = Card::fresh("worn-out") else { return };
    card.pair();
    let running = card.boot();
    running.page();
    assert_eq!(running.choose("/api/box/network", &json!({ "portal": CHOSEN })), 204);
    drop(running);
    card.settle();
    let mut running = card.boot_worn_out();
    running.says("partybox: data: read-only");
    assert!(running.page().contains("id=\"play\""), "not the guest's page");
    running.until_tells("/api/party/status", |status| status.contains(r#""forgets":"read-only""#));
    let about = running.tells_host("/api/box").expect("the host is still known");
    assert!(about.contains(CHOSEN), "what was kept is not there: {about}");
    assert_eq!(running.choose("/api/box/network", &json!({ "portal": "off" })), 507, "it cannot be kept");
    assert_eq!(running.press("/api/box/anew"), 409, "what can be read is not given up");
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("--sparse=always").args([from, to]).status().expect("cp starts");
    assert!(copied.success(), "there is no room");
}

/// Whether both cards have the same data partition.
fn is_same(one: &Path, other: &Path) -> bool {
    let compared = Command::new("cmp").arg(format!("--ignore-initial={DATA}")).args([one, other]).status();
    compared.expect("cmp starts").success()
}

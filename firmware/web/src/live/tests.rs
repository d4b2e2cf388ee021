//! The story and who follows it, without sockets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use appliance::facts::Facts;
use base::{GuestId, ItemId, TrackId};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::follower::{Follower, News, TooSlow};
use super::publish::{Sources, publish};
use super::state::{state, you};
use super::story::{CHANGES_BYTES_MAX, CHANGES_MAX, Message, Story};
use crate::guests::{Guests, Names};
use crate::http::tests::snapshot;
use crate::party_view::{ByView, ItemView, PartyView, QueueView, TrackView, Why};
use crate::status::{Listeners, Snapshot};

fn of(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { panic!("an object") };
    fields
}

fn story() -> Story {
    Story::new("s", of(json!({ "n": 0 })), Arc::new(snapshot()))
}

fn told(follower: &mut Follower, story: &Story) -> Result<Vec<(&'static str, Option<u64>)>, TooSlow> {
    let news = follower.news(story, json!({ "role": "guest" }), 0)?;
    Ok(news.into_iter().map(|News { kind, seq, .. }| (kind, seq)).collect())
}

#[test]
fn who_follows_is_told_everything_once_and_in_order() {
    let mut story = story();
    let mut follower = Follower::default();
    assert_eq!(told(&mut follower, &story), Ok(vec![("snapshot", Some(0))]));
    assert_eq!(told(&mut follower, &story), Ok(vec![]));
    assert!(story.go_on(of(json!({ "n": 1 }))) && story.go_on(of(json!({ "n": 2 }))));
    assert!(!story.go_on(of(json!({ "n": 2 }))), "nothing has changed");
    story.position = Some(Message { seq: 1, text: "{}".into() });
    assert_eq!(told(&mut follower, &story), Ok(vec![("change", Some(1)), ("change", Some(2)), ("position", None)]));
    assert_eq!(told(&mut follower, &story), Ok(vec![]));
    let news = follower.news(&story, json!({ "role": "host" }), 0).unwrap();
    assert_eq!(news[0].text, r#"{"type":"you","value":{"role":"host"}}"#);
}

#[test]
fn who_was_away_too_long_or_invents_a_past_gets_the_whole_state() {
    let mut story = story();
    let turns = CHANGES_MAX as u64 + 10;
    (1..=turns).for_each(|n| assert!(story.go_on(of(json!({ "n": n })))));
    let resumed = |session, seq| {
        let mut follower = Follower::resuming(&story, session, seq);
        told(&mut follower, &story).unwrap().first().map(|(kind, _)| *kind)
    };
    assert_eq!(resumed("s", 10), Some("change"), "the oldest that is kept");
    assert_eq!(resumed("s", turns), Some("you"), "nothing was missed");
    for (session, seq) in [("s", 9), ("s", turns + 1), ("s", u64::MAX), ("t", turns), ("", 0)] {
        assert_eq!(resumed(session, seq), Some("snapshot"), "{session} {seq}");
    }
}

#[test]
fn large_changes_push_old_ones_out_but_never_the_newest() {
    let mut story = story();
    let mut follower = Follower::default();
    told(&mut follower, &story).unwrap();
    assert!(story.go_on(of(json!({ "n": "x".repeat(CHANGES_BYTES_MAX) }))));
    assert_eq!(told(&mut follower, &story), Ok(vec![("change", Some(1))]));
    assert!(story.go_on(of(json!({ "n": "y".repeat(CHANGES_BYTES_MAX / 2) }))));
    assert!(story.kept_bytes() <= CHANGES_BYTES_MAX);
    let mut late = Follower::resuming(&story, "s", 0);
    assert_eq!(told(&mut late, &story).unwrap()[0].0, "snapshot");
    assert!(story.go_on(of(json!({ "n": "z".repeat(CHANGES_BYTES_MAX) }))));
    assert!(story.go_on(of(json!({ "n": "a".repeat(CHANGES_BYTES_MAX) }))));
    assert_eq!(told(&mut follower, &story), Err(TooSlow));
}

/// A party with so many items in its queue.
fn busy(items: u64, votes: u32) -> Snapshot {
    let track =
        |n| TrackView { id: TrackId(n), title: format!("Title {n}"), artist: "Artist".into(), ..TrackView::default() };
    let item = |n: u64| {
        let by = Some(ByView::Guest { label: GuestId(n as u32), name: None });
        ItemView { track: track(n), by, votes, boosted: false, why: vec![Why::Votes { votes }] }
    };
    let items: BTreeMap<ItemId, ItemView> = (0..items).map(|n| (ItemId(n), item(n))).collect();
    let queue = QueueView { order: items.keys().copied().collect(), items, can_undo: false };
    Snapshot { party: Arc::new(PartyView { queue, ..PartyView::default() }), ..snapshot() }
}

fn state_of(snapshot: &Snapshot) -> Map<String, Value> {
    state(snapshot, Listeners::default(), None, &Names::default(), &Facts::default())
}

/// Also prints what a change for 200 phones costs: with the time that one would take that wrote it for each of them.
#[test]
fn a_change_is_written_once_however_many_phones_there_are() {
    const PHONES: usize = 200;
    let (before, after) = (busy(200, 1), busy(200, 2));
    let mut story = Story::new("s", state_of(&before), Arc::new(before));
    let mut followers: Vec<Follower> = (0..PHONES).map(|_| Follower::default()).collect();
    let one = you(&story.snapshot, &story.names, None, false);
    for follower in &mut followers {
        follower.news(&story, one.clone(), 0).unwrap();
    }
    let begun = Instant::now();
    assert!(story.go_on(state_of(&after)));
    let told = begun.elapsed();
    let begun = Instant::now();
    let mut texts = Vec::new();
    for follower in &mut followers {
        let you = you(&story.snapshot, &story.names, None, false);
        texts.extend(follower.news(&story, you, 0).unwrap().into_iter().map(|news| news.text));
    }
    let spread = begun.elapsed();
    assert_eq!(texts.len(), PHONES);
    assert!(texts.iter().all(|text| text.as_ptr() == texts[0].as_ptr()), "all share the same bytes");
    let begun = Instant::now();
    let patch: Value = serde_json::from_slice(&texts[0]).unwrap();
    let parsed = begun.elapsed();
    let written: usize = (0..PHONES).map(|_| patch.to_string().len()).sum();
    let floor = begun.elapsed() - parsed;
    println!(
        "a change of {} bytes for {PHONES} phones: {told:?} to make, {spread:?} to hand out, {:.3} of writing it for each ({} bytes, {floor:?})",
        texts[0].len(),
        (told + spread).as_secs_f64() / floor.as_secs_f64(),
        written,
    );
}

#[tokio::test]
async fn however_much_happens_no_phone_is_told_more_than_five_times_a_second() {
    let (snapshots_in, snapshots) = watch::channel(Arc::new(snapshot()));
    let (_facts, facts) = watch::channel(Arc::default());
    let sources = Sources {
        snapshots,
        guests: Guests::default(),
        facts,
        listeners: Box::new(Listeners::default),
        scan: Box::new(|| None),
    };
    let (_stop, stopped) = watch::channel(false);
    let begun = Instant::now();
    let mut stories = publish(sources, "s", stopped);
    let mut told = 0;
    let busy = async {
        while stories.borrow().seq < 6 {
            told += 1;
            snapshots_in.send_replace(Arc::new(Snapshot { name: told.to_string(), ..snapshot() }));
            tokio::task::yield_now().await;
        }
        while !String::from_utf8_lossy(stories.borrow_and_update().text()).contains(&format!("\"name\":\"{told}\"")) {
            stories.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), busy).await.expect("the last change is told as well");
    let (changes, fifths) = (stories.borrow().seq, begun.elapsed().as_millis() / 200);
    assert!(told > 100 && u128::from(changes) <= fifths + 1, "{told} told as {changes} in {fifths} fifths of a second");
}

//! The feed and who follows it, without sockets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use appliance::facts::Facts;
use base::{GuestId, ItemId, TrackId};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::patches::{CHANGES_BYTES_MAX, CHANGES_MAX, Feed, Feeds, Message};
use super::publish::{Sources, publish};
use super::render::{state, you};
use super::subscriber::{Subscriber, TooSlow, Update};
use crate::guests::{Guests, Names};
use crate::http::tests::{snapshot, snapshot_of, status};
use crate::party_view::{ByView, ItemView, PartyView, QueueView, TrackView, Why};
use crate::status::{ChannelStatus, Listeners, Snapshot};

fn of(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { panic!("an object") };
    fields
}

fn feed() -> Feed {
    feed_of("s", of(json!({ "n": 0 })), snapshot())
}

fn feed_of(session: &str, state: Map<String, Value>, snapshot: Snapshot) -> Feed {
    let channel = Arc::clone(snapshot.first());
    Feed::new(session, state, Arc::new(snapshot), channel)
}

fn feeds(feed: &Feed) -> Feeds {
    Feeds::new(vec![Arc::new(feed.clone())])
}

fn sent(subscriber: &mut Subscriber, feed: &Feed) -> Result<Vec<(&'static str, Option<u64>)>, TooSlow> {
    let updates = subscriber.updates(feed, json!({ "role": "guest" }), 0)?;
    Ok(updates.into_iter().map(|Update { kind, seq, .. }| (kind, seq)).collect())
}

#[test]
fn who_follows_is_told_everything_once_and_in_order() {
    let mut feed = feed();
    let mut subscriber = Subscriber::default();
    assert_eq!(sent(&mut subscriber, &feed), Ok(vec![("snapshot", Some(0))]));
    assert_eq!(sent(&mut subscriber, &feed), Ok(vec![]));
    assert!(feed.update(of(json!({ "n": 1 }))) && feed.update(of(json!({ "n": 2 }))));
    assert!(!feed.update(of(json!({ "n": 2 }))), "nothing has changed");
    feed.position = Some(Message { seq: 1, text: "{}".into() });
    assert_eq!(sent(&mut subscriber, &feed), Ok(vec![("change", Some(1)), ("change", Some(2)), ("position", None)]));
    assert_eq!(sent(&mut subscriber, &feed), Ok(vec![]));
    let news = subscriber.updates(&feed, json!({ "role": "host" }), 0).unwrap();
    assert_eq!(news[0].text, r#"{"type":"you","value":{"role":"host"}}"#);
}

#[test]
fn who_was_away_too_long_or_invents_a_past_gets_the_whole_state() {
    let mut feed = feed();
    let turns = CHANGES_MAX as u64 + 10;
    (1..=turns).for_each(|n| assert!(feed.update(of(json!({ "n": n })))));
    let resumed = |session, seq| {
        let mut subscriber = Subscriber::resuming(&feeds(&feed), None, session, seq);
        sent(&mut subscriber, &feed).unwrap().first().map(|(kind, _)| *kind)
    };
    assert_eq!(resumed("s", 10), Some("change"), "the oldest that is kept");
    assert_eq!(resumed("s", turns), Some("you"), "nothing was missed");
    for (session, seq) in [("s", 9), ("s", turns + 1), ("s", u64::MAX), ("t", turns), ("", 0)] {
        assert_eq!(resumed(session, seq), Some("snapshot"), "{session} {seq}");
    }
}

#[test]
fn large_changes_push_old_ones_out_but_never_the_newest() {
    let mut feed = feed();
    let mut subscriber = Subscriber::default();
    sent(&mut subscriber, &feed).unwrap();
    assert!(feed.update(of(json!({ "n": "x".repeat(CHANGES_BYTES_MAX) }))));
    assert_eq!(sent(&mut subscriber, &feed), Ok(vec![("change", Some(1))]));
    assert!(feed.update(of(json!({ "n": "y".repeat(CHANGES_BYTES_MAX / 2) }))));
    assert!(feed.kept_bytes() <= CHANGES_BYTES_MAX);
    let mut late = Subscriber::resuming(&feeds(&feed), None, "s", 0);
    assert_eq!(sent(&mut late, &feed).unwrap()[0].0, "snapshot");
    assert!(feed.update(of(json!({ "n": "z".repeat(CHANGES_BYTES_MAX) }))));
    assert!(feed.update(of(json!({ "n": "a".repeat(CHANGES_BYTES_MAX) }))));
    assert_eq!(sent(&mut subscriber, &feed), Err(TooSlow));
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
    let party = Arc::new(PartyView { queue, ..PartyView::default() });
    snapshot_of([ChannelStatus { party, ..status() }])
}

fn state_of(snapshot: &Snapshot) -> Map<String, Value> {
    state(snapshot, snapshot.first(), &[], None, &Names::default(), &Facts::default())
}

/// Also prints what a change for 200 phones costs: with the time that one would take that wrote it for each of them.
#[test]
fn a_change_is_written_once_however_many_phones_there_are() {
    const PHONES: usize = 200;
    let (before, after) = (busy(200, 1), busy(200, 2));
    let mut feed = feed_of("s", state_of(&before), before);
    let mut subscribers: Vec<Subscriber> = (0..PHONES).map(|_| Subscriber::default()).collect();
    let one = you(&feed.snapshot, &feed.status_of_channel, &feed.names, None, false);
    for subscriber in &mut subscribers {
        subscriber.updates(&feed, one.clone(), 0).unwrap();
    }
    let begun = Instant::now();
    assert!(feed.update(state_of(&after)));
    let told = begun.elapsed();
    let begun = Instant::now();
    let mut texts = Vec::new();
    for subscriber in &mut subscribers {
        let you = you(&feed.snapshot, &feed.status_of_channel, &feed.names, None, false);
        texts.extend(subscriber.updates(&feed, you, 0).unwrap().into_iter().map(|update| update.text));
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
        listeners: Box::new(|_| Listeners::default()),
        scan: Box::new(|| None),
    };
    let (_stop, stopped) = watch::channel(false);
    let begun = Instant::now();
    let mut published = publish(sources, "s", stopped);
    let mut told = 0;
    let busy = async {
        while published.borrow().of(None).seq < 6 {
            told += 1;
            snapshots_in.send_replace(Arc::new(Snapshot { name: told.to_string(), ..snapshot() }));
            tokio::task::yield_now().await;
        }
        while !String::from_utf8_lossy(published.borrow_and_update().of(None).text())
            .contains(&format!("\"name\":\"{told}\""))
        {
            published.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), busy).await.expect("the last change is told as well");
    let (changes, fifths) = (published.borrow().of(None).seq, begun.elapsed().as_millis() / 200);
    assert!(told > 100 && u128::from(changes) <= fifths + 1, "{told} told as {changes} in {fifths} fifths of a second");
}

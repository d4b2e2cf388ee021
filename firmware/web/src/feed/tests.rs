//! The feed and who follows it, without sockets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::party::{Asker, ByView, Input, ItemView, Party, QueueView, Role, What, Why};
use appliance::facts::Facts;
use base::{GuestId, ItemId, Time, TrackId};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::patches::{CHANGES_BYTES_MAX, CHANGES_MAX, Feed, Feeds, Message};
use super::publish::{Sources, publish};
use super::render::state;
use super::subscriber::{Subscriber, TooSlow, Update};
use super::you::Viewer;
use crate::guests::{Guests, Names};
use crate::http::tests::{party, seen, snapshot, snapshot_of, status_of, track};
use crate::metrics::Count;
use crate::panel::LineLevel;
use crate::status::{Listeners, Snapshot};

fn of(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { panic!("an object") };
    fields
}

fn feed() -> Feed {
    feed_of("s", of(json!({ "n": 0 })), snapshot())
}

fn feed_of(session: &str, state: Map<String, Value>, snapshot: Snapshot) -> Feed {
    let channel = Arc::clone(snapshot.first());
    Feed::new(session, state, Arc::new(snapshot), channel, Arc::default())
}

fn feeds(feed: &Feed) -> Feeds {
    Feeds::new(vec![Arc::new(feed.clone())])
}

fn sent(subscriber: &mut Subscriber, feed: &Feed) -> Result<Vec<(&'static str, Option<u64>)>, TooSlow> {
    let updates = subscriber.updates(feed, &Viewer::default(), 0)?;
    Ok(updates.into_iter().map(|Update { kind, seq, .. }| (kind, seq)).collect())
}

#[test]
fn who_follows_is_sent_everything_once_and_in_order() {
    let mut feed = feed();
    let mut subscriber = Subscriber::default();
    assert_eq!(sent(&mut subscriber, &feed), Ok(vec![("snapshot", Some(0))]));
    assert_eq!(sent(&mut subscriber, &feed), Ok(vec![]));
    assert!(feed.update(of(json!({ "n": 1 }))) && feed.update(of(json!({ "n": 2 }))));
    assert!(!feed.update(of(json!({ "n": 2 }))), "nothing has changed");
    feed.position = Some(Message { seq: 1, text: "{}".into() });
    assert_eq!(sent(&mut subscriber, &feed), Ok(vec![("change", Some(1)), ("change", Some(2)), ("position", None)]));
    assert_eq!(sent(&mut subscriber, &feed), Ok(vec![]));
    let dj = Viewer { role: Role::Dj, ..Viewer::default() };
    let updates = subscriber.updates(&feed, &dj, 0).unwrap();
    let you = concat!(
        r#"{"type":"you","value":{"boosts_left":3,"heart":false,"items":[],"label":null,"name":null,"pending":[],"requests":[],"#,
        r#""requests_left":3,"role":"dj","skip_from_ms":0,"skip_vote":false,"votes":[]}}"#
    );
    assert_eq!((updates.len(), updates[0].kind, &updates[0].text[..]), (1, "you", you.as_bytes()));
    assert_eq!(subscriber.updates(&feed, &dj, 0), Ok(vec![]));
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
    let item = |n: u64| {
        let by = Some(ByView::Guest { label: GuestId(n as u32) });
        ItemView { track: track(TrackId(n)), by, votes, boosted: false, why: vec![Why::Votes { votes }] }
    };
    let items: BTreeMap<ItemId, ItemView<_>> = (0..items).map(|n| (ItemId(n), item(n))).collect();
    let queue = QueueView { order: items.keys().copied().collect(), items, can_undo: false };
    snapshot_of([seen(|party| party.queue = queue)])
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
    let viewer = Viewer::default();
    for subscriber in &mut subscribers {
        subscriber.updates(&feed, &viewer, 0).unwrap();
    }
    let begun = Instant::now();
    assert!(feed.update(state_of(&after)));
    let made = begun.elapsed();
    let begun = Instant::now();
    let mut texts = Vec::new();
    for subscriber in &mut subscribers {
        texts.extend(subscriber.updates(&feed, &viewer, 0).unwrap().into_iter().map(|update| update.text));
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
        "a change of {} bytes for {PHONES} phones: {made:?} to make, {spread:?} to hand out, {:.3} of writing it for each ({} bytes, {floor:?})",
        texts[0].len(),
        (made + spread).as_secs_f64() / floor.as_secs_f64(),
        written,
    );
}

/// Asks for a track as a guest.
fn request(party: &mut Party, guest: u32, track: u64) {
    let who = Asker { guest: Some(GuestId(guest)), ..Asker::default() };
    party.ask(Time::ZERO, who, What::Request(TrackId(track))).expect("granted");
}

#[test]
fn a_state_is_written_once_per_channel_and_what_a_role_sees_once_per_role() {
    let mut parties = [party(), party()];
    for party in &mut parties {
        party.handle(Time::ZERO, Input::Catalogue((1..=9).map(TrackId).collect()));
        request(party, 7, 5);
    }
    let written = Arc::<Count>::default();
    let mut feeds = parties.each_ref().map(|party| {
        let snapshot = Arc::new(snapshot_of([status_of(party)]));
        Feed::new("s", state_of(&snapshot), Arc::clone(&snapshot), Arc::clone(snapshot.first()), Arc::clone(&written))
    });
    let mut phones: Vec<(usize, Viewer, Subscriber)> = Vec::new();
    for number in 0..300 {
        let viewer = Viewer { role: Role::ALL[number as usize % 3], guest: Some(GuestId(number)), name: None };
        phones.extend([0, 1].map(|channel| (channel, viewer.clone(), Subscriber::default())));
    }
    let mut send = |feeds: &[Feed]| -> Vec<(Role, Update)> {
        let send = |(channel, viewer, phone): &mut (usize, Viewer, Subscriber)| {
            let updates = phone.updates(&feeds[*channel], viewer, 0).expect("in time");
            updates.into_iter().map(|update| (viewer.role, update)).collect::<Vec<_>>()
        };
        phones.iter_mut().flat_map(send).collect()
    };
    let first = send(&feeds);
    assert_eq!((first.len(), written.get()), (600, 2 * (1 + 3)), "a state and three roles for each channel");
    for (role, update) in first {
        let text = String::from_utf8_lossy(&update.text).into_owned();
        let sees = [r#""pending":[{"by":{"label":7"#, r#""origins":{"#].map(|part| text.contains(part));
        assert_eq!(sees, [role != Role::Guest, role == Role::Host], "{role:?}: {text}");
    }

    // Another request waits: nothing that everybody may see.
    request(&mut parties[0], 8, 6);
    let snapshot = Arc::new(snapshot_of([status_of(&parties[0])]));
    assert!(!feeds[0].update(state_of(&snapshot)));
    assert!(feeds[0].made_from(&snapshot, snapshot.first(), Names::default()));
    let second = send(&feeds);
    assert_eq!((second.len(), written.get()), (200, 8 + 3), "hosts and DJs of one channel");
    assert!(second.iter().all(|(role, update)| (*role != Role::Guest, update.kind) == (true, "you")));

    // The line's level moves: for hosts only.
    let mut moved = (*snapshot).clone();
    Arc::make_mut(&mut moved.panel).line_level = Some(LineLevel { peak_dbfs: Some(-3.0), clipped: false });
    let moved = Arc::new(moved);
    assert!(feeds[0].made_from(&moved, moved.first(), Names::default()));
    let third = send(&feeds);
    assert_eq!((third.len(), written.get()), (100, 8 + 3 + 1));
    assert!(!feeds[0].made_from(&moved, moved.first(), Names::default()));
    assert_eq!((send(&feeds).len(), written.get()), (0, 12), "nothing has changed");
}

#[tokio::test]
async fn however_much_happens_a_feed_changes_at_most_five_times_a_second() {
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
    let mut sent = 0;
    let busy = async {
        while published.borrow().of(None).seq < 6 {
            sent += 1;
            snapshots_in.send_replace(Arc::new(Snapshot { name: sent.to_string(), ..snapshot() }));
            tokio::task::yield_now().await;
        }
        while !String::from_utf8_lossy(published.borrow_and_update().of(None).text())
            .contains(&format!("\"name\":\"{sent}\""))
        {
            published.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), busy).await.expect("the last change is published as well");
    let (changes, fifths) = (published.borrow().of(None).seq, begun.elapsed().as_millis() / 200);
    assert!(
        sent > 100 && u128::from(changes) <= fifths + 1,
        "{sent} published as {changes} in {fifths} fifths of a second"
    );
}

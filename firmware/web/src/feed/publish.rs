//! Watches the box and keeps the feeds: a change is with every phone within a fifth of a second, and however much
//! happens, no phone is sent more often than that.

use std::sync::Arc;
use std::time::Duration;

use base::ChannelId;
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::patch::without_nulls;
use super::patches::{Feed, Feeds, Message};
use super::position::Position;
use super::render::state;
use crate::guests::Guests;
use crate::metrics::Count;
use crate::status::{ChannelStatus, Listeners, ScanStatus, Snapshot};
use appliance::facts::Facts;

/// Least time between two publications, and so between two changes.
const PUBLISH_PAUSE: Duration = Duration::from_millis(200);

/// How often is polled what nobody announces: listeners, how far a scan is, radio and power.
const POLL_EVERY: Duration = Duration::from_millis(250);

/// Where everything comes from.
pub(crate) struct Sources {
    pub(crate) snapshots: watch::Receiver<Arc<Snapshot>>,
    pub(crate) guests: Guests,
    pub(crate) facts: watch::Receiver<Arc<Facts>>,
    pub(crate) listeners: Box<dyn Fn(ChannelId) -> Listeners + Send>,
    pub(crate) scan: Box<dyn Fn() -> Option<ScanStatus> + Send>,
}

/// One channel's feed on its way, and what was said of its position last.
struct Publishing {
    feed: Feed,
    position: Position,
    positioned: Instant,
}

/// The task that publishes.
struct Publisher {
    sources: Sources,
    session: String,
    /// Feeds begun so far: a channel that is removed and added again begins another one.
    begun: u64,
    publishing: Vec<Publishing>,
    written: Arc<Count>,
}

/// Starts the task that publishes until `stop` becomes true. `session` tells this run of the box from others.
pub(crate) fn publish(
    mut sources: Sources,
    session: &str,
    mut stop: watch::Receiver<bool>,
) -> watch::Receiver<Arc<Feeds>> {
    let snapshot = Arc::clone(&sources.snapshots.borrow_and_update());
    let mut guests = sources.guests.changes();
    let (session, written) = (session.to_owned(), Arc::default());
    let mut publisher = Publisher { sources, session, begun: 0, publishing: Vec::new(), written };
    publisher.update(&snapshot);
    let (newest, feeds) = watch::channel(Arc::new(publisher.feeds()));
    tokio::spawn(async move {
        let mut polls = interval(POLL_EVERY);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = crate::stopped(&mut stop) => return,
                changed = publisher.sources.snapshots.changed() => if changed.is_err() {
                    // Who runs the party is gone; what it said last stays true until the server ends.
                    return crate::stopped(&mut stop).await;
                },
                _ = guests.changed() => {}
                _ = polls.tick() => {}
            }
            let snapshot = Arc::clone(&publisher.sources.snapshots.borrow_and_update());
            if publisher.update(&snapshot) {
                newest.send_replace(Arc::new(publisher.feeds()));
            }
            // Also after a turn that found nothing: while many vote, most of what is published is the same again.
            tokio::select! {
                () = crate::stopped(&mut stop) => return,
                () = sleep_until(Instant::now() + PUBLISH_PAUSE) => {}
            }
        }
    });
    feeds
}

impl Publisher {
    fn feeds(&self) -> Feeds {
        Feeds::new(self.publishing.iter().map(|publishing| Arc::new(publishing.feed.clone())).collect())
    }

    /// Brings all feeds up to `snapshot`, begins those of added channels and drops those of removed ones. Returns whether
    /// there is anything to send.
    fn update(&mut self, snapshot: &Arc<Snapshot>) -> bool {
        let before: Vec<ChannelId> = self.publishing.iter().map(|publishing| publishing.feed.channel()).collect();
        let mut kept = std::mem::take(&mut self.publishing);
        let mut changed = !before.iter().eq(snapshot.channels.iter().map(|status| &status.channel.id));
        let heard: Vec<Listeners> =
            snapshot.channels.iter().map(|status| (self.sources.listeners)(status.channel.id)).collect();
        for status in &snapshot.channels {
            let state = self.state(snapshot, status, &heard);
            let place = kept.iter().position(|publishing| publishing.feed.channel() == status.channel.id);
            let mut publishing = match place {
                Some(place) => kept.swap_remove(place),
                None => self.begin(snapshot, status, state.clone()),
            };
            changed |= publishing.update(snapshot, status, state, &self.sources.guests);
            self.publishing.push(publishing);
        }
        changed
    }

    fn state(&self, snapshot: &Snapshot, status: &ChannelStatus, heard: &[Listeners]) -> Map<String, Value> {
        let facts = self.sources.facts.borrow().clone();
        let scan = (self.sources.scan)();
        match without_nulls(Value::Object(state(snapshot, status, heard, scan, &self.sources.guests.names(), &facts))) {
            Value::Object(state) => state,
            _ => Map::new(),
        }
    }

    fn begin(
        &mut self,
        snapshot: &Arc<Snapshot>,
        status: &Arc<ChannelStatus>,
        state: Map<String, Value>,
    ) -> Publishing {
        let session = format!("{}-{}", self.session, self.begun);
        self.begun += 1;
        let mut feed = Feed::new(&session, state, Arc::clone(snapshot), Arc::clone(status), Arc::clone(&self.written));
        let position = Position::of(status);
        feed.position = Some(Message { seq: 1, text: position.text().into() });
        Publishing { feed, position, positioned: Instant::now() }
    }
}

impl Publishing {
    fn update(
        &mut self,
        snapshot: &Arc<Snapshot>,
        status: &Arc<ChannelStatus>,
        state: Map<String, Value>,
        guests: &Guests,
    ) -> bool {
        let changed = self.feed.update(state);
        let position = Position::of(status);
        let moved = self.position.is_stale(&position, self.positioned.elapsed().as_millis() as u64);
        if moved {
            (self.position, self.positioned) = (position, Instant::now());
            let seq = self.feed.position.as_ref().map_or(0, |position| position.seq) + 1;
            self.feed.position = Some(Message { seq, text: position.text().into() });
        }
        let personal = self.feed.made_from(snapshot, status, guests.names());
        changed || moved || personal
    }
}

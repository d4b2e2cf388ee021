//! Watches the party and tells its story: a change is with every phone within a fifth of a second, and however much
//! happens, no phone is told more often than that.

use std::sync::Arc;
use std::time::Duration;

use appliance::facts::Facts;
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::patch::without_nulls;
use super::position::Position;
use super::state::state;
use super::story::{Message, Story};
use crate::guests::Guests;
use crate::party_view::SessionView;
use crate::status::{Listeners, ScanStatus, Snapshot};

/// Least time between two looks, and so between two changes.
const PUBLISH_PAUSE: Duration = Duration::from_millis(200);

/// How often is looked for what nobody tells of: listeners, how far a scan is, radio and power.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Where everything comes from.
pub(crate) struct Sources {
    pub(crate) snapshots: watch::Receiver<Arc<Snapshot>>,
    pub(crate) guests: Guests,
    pub(crate) facts: watch::Receiver<Arc<Facts>>,
    pub(crate) listeners: Box<dyn Fn() -> Listeners + Send>,
    pub(crate) scan: Box<dyn Fn() -> Option<ScanStatus> + Send>,
}

impl Sources {
    fn state(&self, snapshot: &Snapshot) -> Map<String, Value> {
        let facts = self.facts.borrow().clone();
        let state = state(snapshot, (self.listeners)(), (self.scan)(), &self.guests.names(), &facts);
        match without_nulls(Value::Object(state)) {
            Value::Object(state) => state,
            _ => Map::new(),
        }
    }
}

/// Starts the task that tells the story until `stop` becomes true. `session` tells this run of the box from others.
pub(crate) fn publish(
    mut sources: Sources,
    session: &str,
    mut stop: watch::Receiver<bool>,
) -> watch::Receiver<Arc<Story>> {
    let snapshot = Arc::clone(&sources.snapshots.borrow_and_update());
    let mut party = snapshot.party.session.clone();
    let mut told = (Position::of(&snapshot), Instant::now());
    let mut story = Story::new(session, sources.state(&snapshot), snapshot);
    story.position = Some(Message { seq: 1, text: told.0.text().into() });
    let (newest, stories) = watch::channel(Arc::new(story.clone()));
    let mut guests = sources.guests.changes();
    tokio::spawn(async move {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = crate::stopped(&mut stop) => return,
                changed = sources.snapshots.changed() => if changed.is_err() {
                    // Who runs the party is gone; what it told last stays true until the server ends.
                    return crate::stopped(&mut stop).await;
                },
                _ = guests.changed() => {}
                _ = looks.tick() => {}
            }
            let snapshot = Arc::clone(&sources.snapshots.borrow_and_update());
            if is_over(&party, &snapshot.party.session) {
                sources.guests.forget_all();
            }
            party.clone_from(&snapshot.party.session);
            let changed = story.go_on(sources.state(&snapshot));
            let position = Position::of(&snapshot);
            let moved = told.0.is_stale(&position, told.1.elapsed().as_millis() as u64);
            if moved {
                told = (position, Instant::now());
                let seq = story.position.as_ref().map_or(0, |position| position.seq) + 1;
                story.position = Some(Message { seq, text: position.text().into() });
            }
            let names = sources.guests.names();
            let personal = *snapshot.party != *story.snapshot.party
                || snapshot.panel.line_level != story.snapshot.panel.line_level
                || names != story.names;
            story.snapshot = snapshot;
            story.names = names;
            if changed || moved || personal {
                newest.send_replace(Arc::new(story.clone()));
            }
            // Also after a look that found nothing: while many vote, most of what is told is the same again.
            tokio::select! {
                () = crate::stopped(&mut stop) => return,
                () = sleep_until(Instant::now() + PUBLISH_PAUSE) => {}
            }
        }
    });
    stories
}

/// Whether the party that was told of has ended since.
fn is_over(was: &SessionView, is: &SessionView) -> bool {
    was.live && (!is.live || was.started_ms != is.started_ms)
}

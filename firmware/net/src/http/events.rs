//! Server-sent events: the status at once, at every change, and every few seconds for the position.
//!
//! One task writes each event once; all listeners share its bytes. A listener that does not keep up skips events (only
//! the newest matters), and one that takes nothing at all is closed by the write limit of its connection.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::StreamBody;
use hyper::body::{Body, Frame};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::App;
use crate::gate::{Gate, Pass};
use crate::status::{Listeners, Snapshot, to_json};

/// Time between two looks at the status: at most four events a second.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// An event is sent at least this often: it corrects the position a page counts by itself, and shows the page that the
/// box is still there.
const REPEAT_EVERY: Duration = Duration::from_secs(5);

/// The newest event, for guests and for hosts.
#[derive(Clone, Debug)]
pub(super) struct Latest {
    guest: Bytes,
    host: Bytes,
}

impl Latest {
    fn new(snapshot: &Snapshot, listeners: Listeners) -> Self {
        let event =
            |is_host| Bytes::from(format!("event: status\ndata: {}\n\n", to_json(snapshot, listeners, is_host)));
        Self { guest: event(false), host: event(true) }
    }
}

/// Starts the task that writes events until `stop` becomes true.
pub(super) fn publish(app: &App, pocket: &Gate, mut stop: watch::Receiver<bool>) -> watch::Receiver<Latest> {
    let (rtc, pocket) = (app.rtc.clone(), pocket.clone());
    let listeners = move || Listeners { live: rtc.listeners(), pocket: pocket.total() };
    let mut snapshots = app.snapshot.clone();
    let mut shown = (Arc::clone(&snapshots.borrow_and_update()), listeners());
    let (latest_in, latest) = watch::channel(Latest::new(&shown.0, shown.1));
    tokio::spawn(async move {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut sent = Instant::now();
        loop {
            tokio::select! {
                () = crate::stopped(&mut stop) => return,
                _ = looks.tick() => {}
            }
            let seen = (Arc::clone(&snapshots.borrow_and_update()), listeners());
            let changed = seen.1 != shown.1 || !seen.0.same_but_position(&shown.0);
            if changed || sent.elapsed() >= REPEAT_EVERY {
                sent = Instant::now();
                latest_in.send_replace(Latest::new(&seen.0, seen.1));
                shown = seen;
            }
        }
    });
    latest
}

/// The body of one listener. It ends when the server does, and gives its place back when it is dropped.
pub(super) fn event_body(
    mut latest: watch::Receiver<Latest>,
    place: Pass,
    is_host: bool,
) -> impl Body<Data = Bytes, Error = Infallible> + Send + 'static {
    latest.mark_changed();
    let events = stream::unfold((latest, place), move |(mut latest, place)| async move {
        latest.changed().await.ok()?;
        let event = {
            let latest = latest.borrow_and_update();
            if is_host { latest.host.clone() } else { latest.guest.clone() }
        };
        Some((Ok(Frame::data(event)), (latest, place)))
    });
    StreamBody::new(events)
}

//! `GET /api/channels/statistics`, and the task that takes a sample every minute.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::App;
use super::call::{Call, listeners_of};
use crate::statistics::{SAMPLE_EVERY_MS, Statistics};

/// Takes samples until `stop` becomes true.
pub(super) async fn keep(statistics: Arc<Statistics>, app: App, mut stop: watch::Receiver<bool>) {
    let every = Duration::from_millis(SAMPLE_EVERY_MS);
    let mut due = interval_at(Instant::now() + every, every);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = crate::stopped(&mut stop) => return,
            _ = due.tick() => {}
        }
        let snapshot = Arc::clone(&app.snapshot.borrow());
        let channels = snapshot.channels.iter().map(|status| status.channel.id);
        statistics.sample(channels.map(|id| (id, listeners_of(&app, id).total())));
    }
}

/// `GET /api/channels/statistics`: listeners per channel over time, and switches between channels.
pub(super) fn statistics(call: &Call) -> Response {
    let (server, statistics) = (&call.server, &call.server.statistics);
    let snapshot = Arc::clone(&server.app.snapshot.borrow());
    let body = json!({
        "every_ms": SAMPLE_EVERY_MS,
        "channels": statistics.histories(snapshot.channels.iter().map(|status| status.channel.id)),
        "switches": statistics.switches(),
    });
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, body.to_string()).into_response()
}

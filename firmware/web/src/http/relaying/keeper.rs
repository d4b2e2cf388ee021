//! Tidies up behind relayed streams: what has ended is taken out of the fan-out, and what is over is noticed.

use std::sync::Arc;
use std::time::Duration;

use rtc::api::StreamError;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::super::call::Server;
use super::super::streams;
use crate::mp3::Hub;

/// How often it looks by itself: for streams that nobody hears, and those for whose removal the fan-out was too busy.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Keeps the registry true until `stop` becomes true.
pub(in crate::http) async fn keep(server: Arc<Server>, mut stop: watch::Receiver<bool>) {
    let mut channels = server.app.mp3.clone();
    let mut snapshots = server.app.snapshot.clone();
    let mut due = interval(LOOK_EVERY);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let hubs = Arc::clone(&channels.borrow_and_update());
        server.relays.note_channels(hubs.iter().map(Hub::stream));
        let playing: Vec<_> = streams::playing(&snapshots.borrow_and_update()).collect();
        server.relays.note_playing(playing);
        let (sessions, ended) = server.relays.take_stock(|stream| server.app.rtc.listeners_of(stream));
        if !sessions.is_empty() {
            server.end_senders(sessions);
        }
        for stream in ended {
            match server.app.rtc.remove_stream(stream) {
                // One that was never carried is not known there.
                Ok(()) | Err(StreamError::Unknown(_)) => server.relays.removed(stream),
                Err(StreamError::Unavailable | StreamError::Duplicate(_) | StreamError::Full { .. }) => {}
            }
        }
        tokio::select! {
            () = crate::stopped(&mut stop) => return,
            () = server.relays.woken() => {}
            // Without channels the box ends.
            Ok(()) = channels.changed() => {}
            Ok(()) = snapshots.changed() => {}
            _ = due.tick() => {}
        }
    }
}

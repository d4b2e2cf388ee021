//! Tells the box which guests hear which channel, by the media sessions and MP3 bodies they hold.
//!
//! A guest is known by the cookie that came with the request for the sound; a cookie that holds no sound is nobody's ear.
//! Who may do what because they listen is decided by the rules, elsewhere.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use ::party::Audience;
use base::{ChannelId, GuestId, StreamId};
use rtc::api::SessionId;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::App;
use super::call::listeners_of;
use crate::guests::Guests;

/// Who hears each channel.
pub type Audiences = Arc<BTreeMap<ChannelId, Audience>>;

/// How often it is counted: a guest who has just heard the first sound may vote before a finger finds the button.
const COUNT_EVERY: Duration = Duration::from_millis(500);

/// Publishes who hears what, until `stop` becomes true.
pub(super) async fn publish(app: App, guests: Guests, mut stop: watch::Receiver<bool>) {
    let mut due = interval(COUNT_EVERY);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = crate::stopped(&mut stop) => return,
            _ = due.tick() => {}
        }
        let sessions: Vec<(SessionId, StreamId)> =
            app.rtc.listeners_now().await.iter().map(|listener| (listener.session, listener.stream)).collect();
        // A fan-out that is too busy to answer has lost nobody: who listens is as it was.
        if sessions.is_empty() && app.rtc.listeners() > 0 {
            continue;
        }
        let snapshot = Arc::clone(&app.snapshot.borrow());
        let channels = snapshot.channels.iter().map(|status| status.channel.id);
        let counted: BTreeMap<ChannelId, Audience> =
            channels.map(|id| (id, audience(id.into(), &sessions, &guests, listeners_of(&app, id).pocket))).collect();
        app.audience.send_if_modified(|known| {
            let changed = **known != counted;
            if changed {
                *known = Arc::new(counted);
            }
            changed
        });
    }
}

/// Returns who hears `stream`: over the live `sessions`, and in `pocket` MP3 bodies.
fn audience(stream: StreamId, sessions: &[(SessionId, StreamId)], guests: &Guests, pocket: usize) -> Audience {
    let live: HashSet<SessionId> =
        sessions.iter().filter(|(_, heard)| *heard == stream).map(|(session, _)| *session).collect();
    let (of_guests, bodies) = (guests.with_sessions(&live), guests.with_bodies(stream));
    let nobodys = live.len().saturating_sub(of_guests.len()) + pocket.saturating_sub(bodies.len());
    let heard: BTreeSet<GuestId> = of_guests.into_iter().chain(bodies).collect();
    Audience { guests: heard, others: nobodys }
}

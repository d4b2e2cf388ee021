//! Server-sent events, for programs that want no WebSocket: what live connections tell, as events of the same names,
//! and the status at once, at every change, and every few seconds for the position.
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
use super::call::Call;
use super::latest::Latest;
use super::role::Role;
use crate::gate::{Gate, Pass};
use crate::live::{Follower, Story, state};
use crate::status::Listeners;

/// Time between two looks at the status: at most four events a second.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// An event is sent at least this often: it corrects the position a page counts by itself, and shows the page that the
/// box is still there.
const REPEAT_EVERY: Duration = Duration::from_secs(5);

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

/// One listener.
struct Listener {
    latest: watch::Receiver<Latest>,
    stories: watch::Receiver<Arc<Story>>,
    follower: Follower,
    role: Role,
    zero: std::time::Instant,
    _place: Pass,
}

/// The body of one listener: `status` events, and what live connections tell as `snapshot`, `change`, `you` and
/// `position`. It ends when the server does, or when the listener is too slow, and gives its place back when it is
/// dropped. Who becomes a host, or is one no longer, is told at once.
pub(super) fn event_body(call: &Call, place: Pass) -> impl Body<Data = Bytes, Error = Infallible> + Send + 'static {
    let server = &call.server;
    let stories = server.stories.clone();
    let known = call.header("last-event-id").and_then(|id| id.split_once(':'));
    let follower = match known.and_then(|(session, seq)| Some((session, seq.parse().ok()?))) {
        Some((session, seq)) => Follower::resuming(&stories.borrow(), session, seq),
        None => Follower::default(),
    };
    let (latest, role, zero) = (server.latest.clone(), call.role.clone(), server.app.zero);
    body_of(Listener { latest, stories, follower, role, zero, _place: place })
}

fn body_of(mut listener: Listener) -> impl Body<Data = Bytes, Error = Infallible> + Send + 'static {
    listener.latest.mark_changed();
    listener.stories.mark_changed();
    let events = stream::unfold(listener, move |mut listener| async move {
        let mut text = Vec::new();
        while text.is_empty() {
            tokio::select! {
                changed = listener.latest.changed() => {
                    changed.ok()?;
                    text.extend(listener.status());
                }
                changed = listener.stories.changed() => changed.ok()?,
                () = listener.role.may_have_changed() => text.extend(listener.status()),
            }
            listener.news(&mut text)?;
        }
        Some((Ok(Frame::data(Bytes::from(text))), listener))
    });
    StreamBody::new(events)
}

impl Listener {
    fn status(&mut self) -> Bytes {
        let latest = self.latest.borrow_and_update();
        if self.role.is_host() { latest.host.clone() } else { latest.guest.clone() }
    }

    /// Writes what the party's story has that is new; `None` if too much of it was missed.
    fn news(&mut self, text: &mut Vec<u8>) -> Option<()> {
        let story = Arc::clone(&self.stories.borrow_and_update());
        let you = state::you(&story.snapshot, &story.names, self.role.guest().as_ref(), self.role.is_host());
        let time_ms = u64::try_from(self.zero.elapsed().as_millis()).unwrap_or(u64::MAX);
        for news in self.follower.news(&story, you, time_ms).ok()? {
            let id = news.seq.map_or(String::new(), |seq| format!("id: {}:{seq}\n", story.session));
            text.extend_from_slice(format!("event: {}\n{id}data: ", news.kind).as_bytes());
            text.extend_from_slice(&news.text);
            text.extend_from_slice(b"\n\n");
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use ::party::pairing::Key;
    use axum::http::{HeaderMap, HeaderValue};
    use http_body_util::BodyExt;

    use super::*;
    use crate::gate::{Entrant, Places};
    use crate::guests::Guests;
    use crate::http::Config;
    use crate::pairing::{Hosts, Secret, channel};

    #[tokio::test]
    async fn a_change_of_hosts_is_an_event_though_nothing_else_changes() {
        let secret = Secret::new([1; 16]);
        let (pairing, keeper) = channel();
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let cookie = HeaderValue::from_str(&format!("partybox_host={}", secret.to_hex())).unwrap();
        let headers = HeaderMap::from_iter([(axum::http::header::COOKIE, cookie)]);
        let role = Role::new(&Config::default(), &pairing, &Guests::default(), address, &headers);
        let (guest, host) = (Bytes::from_static(b"guest"), Bytes::from_static(b"host"));
        let (_newest, latest) = watch::channel(Latest { guest: guest.clone(), host: host.clone() });
        let gate = Gate::new(Places { total: 1, kept: 0, per_address: 1 });
        let place = gate.enter(Entrant::Own(address)).unwrap();
        let story = Story::new("s", Default::default(), Arc::new(crate::http::tests::snapshot()));
        let (_told, stories) = watch::channel(Arc::new(story));
        let (follower, zero) = (Follower::default(), std::time::Instant::now());
        let mut body = Box::pin(body_of(Listener { latest, stories, follower, role, zero, _place: place }));
        let nobody: [Key; 0] = [];
        for (hosts, event) in [(None, &guest), (Some(vec![secret.key()]), &host), (Some(nobody.to_vec()), &guest)] {
            if let Some(hosts) = hosts {
                keeper.hosts.send_replace(Hosts::new(hosts));
            }
            let role = if *event == host { r#""role":"host""# } else { r#""role":"guest""# };
            let told = tokio::time::timeout(Duration::from_secs(20), async {
                let mut text = String::new();
                let event = std::str::from_utf8(event).unwrap();
                while !(text.contains(event) && text.contains(role)) {
                    let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
                    text.push_str(std::str::from_utf8(&frame).unwrap());
                }
            });
            told.await.expect("an event");
        }
    }
}

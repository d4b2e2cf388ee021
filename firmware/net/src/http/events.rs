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
use super::role::Role;
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

/// The body of one listener. It ends when the server does, and gives its place back when it is dropped. Who becomes a
/// host, or is one no longer, is told at once.
pub(super) fn event_body(
    mut latest: watch::Receiver<Latest>,
    place: Pass,
    role: Role,
) -> impl Body<Data = Bytes, Error = Infallible> + Send + 'static {
    latest.mark_changed();
    let events = stream::unfold((latest, role, place), move |(mut latest, mut role, place)| async move {
        tokio::select! {
            changed = latest.changed() => changed.ok()?,
            () = role.may_have_changed() => {}
        }
        let event = {
            let latest = latest.borrow_and_update();
            if role.is_host() { latest.host.clone() } else { latest.guest.clone() }
        };
        Some((Ok(Frame::data(event)), (latest, role, place)))
    });
    StreamBody::new(events)
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
        let mut body = Box::pin(event_body(latest, place, role));
        let nobody: [Key; 0] = [];
        for (hosts, event) in [(None, &guest), (Some(vec![secret.key()]), &host), (Some(nobody.to_vec()), &guest)] {
            if let Some(hosts) = hosts {
                keeper.hosts.send_replace(Hosts::new(hosts));
            }
            let frame = tokio::time::timeout(Duration::from_secs(20), body.frame()).await.expect("an event");
            assert_eq!(frame.unwrap().unwrap().into_data().unwrap(), *event);
        }
    }
}

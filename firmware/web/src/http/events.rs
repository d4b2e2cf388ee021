//! Server-sent events, for programs that want no WebSocket: a channel's feed, as events of the same names as its
//! messages, and a `status` event at once, at every change, and every few seconds for the position.
//!
//! Each event is written once; all listeners share its bytes. A listener that does not keep up skips events (only the
//! newest matters), and one that takes nothing at all is closed by the write limit of its connection.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use base::ChannelId;
use bytes::Bytes;
use futures_util::stream;
use http_body_util::StreamBody;
use hyper::body::{Body, Frame};
use tokio::sync::watch;
use tokio::time::Instant;

use super::call::Call;
use super::role::Role;
use crate::feed::{Feed, Feeds, Subscriber};
use crate::gate::Pass;

/// A `status` event is sent at least this often: it corrects the position a page counts by itself, and shows the page
/// that the box is still there. The feed itself is published more often than that while music plays, and as often while
/// it does not.
const REPEAT_EVERY: Duration = Duration::from_secs(5);

/// One listener.
struct Listener {
    feeds: watch::Receiver<Arc<Feeds>>,
    subscriber: Subscriber,
    /// The feed and the change that the last `status` event was about, for whom, and when it was.
    status: Option<(Arc<str>, u64, bool, Instant)>,
    role: Role,
    zero: std::time::Instant,
    _place: Pass,
}

/// Returns the body of one listener: `status` events, and what is in the feed of `channel` as `snapshot`, `change`,
/// `you` and `position`. It ends when the server does, or when the listener is too slow, and gives its place back when it
/// is dropped. Who becomes a host, or is one no longer, learns it at once.
pub(super) fn event_body(
    call: &Call,
    place: Pass,
    channel: ChannelId,
) -> impl Body<Data = Bytes, Error = Infallible> + Send + 'static {
    let server = &call.server;
    let feeds = server.feeds.clone();
    let known = call.header("last-event-id").and_then(|id| id.split_once(':'));
    let subscriber = match known.and_then(|(session, seq)| Some((session, seq.parse().ok()?))) {
        Some((session, seq)) => Subscriber::resuming(&feeds.borrow(), Some(channel), session, seq),
        None => Subscriber::new(Some(channel)),
    };
    let (role, zero) = (call.role.clone(), server.app.zero);
    body_of(Listener { feeds, subscriber, status: None, role, zero, _place: place })
}

fn body_of(mut listener: Listener) -> impl Body<Data = Bytes, Error = Infallible> + Send + 'static {
    listener.feeds.mark_changed();
    let events = stream::unfold(listener, move |mut listener| async move {
        let mut text = Vec::new();
        while text.is_empty() {
            tokio::select! {
                changed = listener.feeds.changed() => changed.ok()?,
                () = listener.role.may_have_changed() => {}
            }
            listener.write(&mut text)?;
        }
        Some((Ok(Frame::data(Bytes::from(text))), listener))
    });
    StreamBody::new(events)
}

impl Listener {
    /// Writes what the feed has for this listener; `None` if too much of it was missed.
    fn write(&mut self, text: &mut Vec<u8>) -> Option<()> {
        let feeds = Arc::clone(&self.feeds.borrow_and_update());
        let feed = self.subscriber.feed(&feeds);
        let viewer = self.role.viewer();
        self.write_status(feed, viewer.role == ::party::Role::Host, text);
        let time_ms = u64::try_from(self.zero.elapsed().as_millis()).unwrap_or(u64::MAX);
        for update in self.subscriber.updates(feed, &viewer, time_ms).ok()? {
            let id = update.seq.map_or(String::new(), |seq| format!("id: {}:{seq}\n", feed.session));
            text.extend_from_slice(format!("event: {}\n{id}data: ", update.kind).as_bytes());
            text.extend_from_slice(&update.text);
            text.extend_from_slice(b"\n\n");
        }
        Some(())
    }

    fn write_status(&mut self, feed: &Feed, is_host: bool, text: &mut Vec<u8>) {
        let is_new = self.status.as_ref().is_none_or(|(session, seq, for_host, at)| {
            (session, *seq, *for_host) != (&feed.session, feed.seq, is_host) || at.elapsed() >= REPEAT_EVERY
        });
        if is_new {
            self.status = Some((Arc::clone(&feed.session), feed.seq, is_host, Instant::now()));
            text.extend_from_slice(feed.status(is_host));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use ::party::pairing::Key;
    use axum::http::{HeaderMap, HeaderValue};
    use http_body_util::BodyExt;

    use super::*;
    use crate::gate::{Entrant, Gate, Places};
    use crate::guests::Guests;
    use crate::http::Config;
    use crate::http::way::Way;
    use crate::pairing::{Hosts, Secret, channel};

    #[tokio::test]
    async fn a_change_of_hosts_is_an_event_though_nothing_else_changes() {
        let secret = Secret::new([1; 16]);
        let (pairing, keeper) = channel();
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let cookie = HeaderValue::from_str(&format!("partybox_host={}", secret.to_hex())).unwrap();
        let headers = HeaderMap::from_iter([(axum::http::header::COOKIE, cookie)]);
        let config = Config::default();
        let way = Way::of(&config, address, false, &headers);
        let role = Role::new(&config, &pairing, &Guests::default(), &way, &headers);
        let gate = Gate::new(Places { total: 1, kept: 0, each: 1, guests: 1 });
        let place = gate.enter(Entrant::Own(address), None).unwrap();
        let snapshot = Arc::new(crate::http::tests::snapshot());
        let feed =
            Feed::new("s", Default::default(), Arc::clone(&snapshot), Arc::clone(snapshot.first()), Arc::default());
        let (_newest, feeds) = watch::channel(Arc::new(Feeds::new(vec![Arc::new(feed)])));
        let (subscriber, zero) = (Subscriber::default(), std::time::Instant::now());
        let mut body = Box::pin(body_of(Listener { feeds, subscriber, status: None, role, zero, _place: place }));
        let nobody: [Key; 0] = [];
        for (hosts, is_host) in [(None, false), (Some(vec![secret.key()]), true), (Some(nobody.to_vec()), false)] {
            if let Some(hosts) = hosts {
                keeper.hosts.send_replace(Hosts::new(hosts));
            }
            let role = if is_host { r#""role":"host""# } else { r#""role":"guest""# };
            let event = format!("\"you_are_host\":{is_host}");
            let sent = tokio::time::timeout(Duration::from_secs(20), async {
                let mut text = String::new();
                while !(text.contains(&event) && text.contains(role)) {
                    let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
                    text.push_str(std::str::from_utf8(&frame).unwrap());
                }
            });
            sent.await.expect("an event");
        }
    }
}

//! What one phone knows of the feed it follows, and what it is to be sent next.

use std::sync::Arc;

use base::ChannelId;
use bytes::Bytes;
use serde_json::json;

use super::patches::{Feed, Feeds};
use super::you::Viewer;

/// A message for one phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    /// `snapshot`, `change`, `you` or `position`.
    pub(crate) kind: &'static str,
    /// The number of the change up to which the phone knows the state with it, where it brings one.
    pub(crate) seq: Option<u64>,
    /// JSON.
    pub(crate) text: Bytes,
}

/// A phone has missed more than is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooSlow;

/// What one phone knows.
#[derive(Debug, Default)]
pub(crate) struct Subscriber {
    /// The channel it asked for; `None`: the first.
    channel: Option<ChannelId>,
    /// The feed whose state it knows, and the change up to which; `None` before the first word.
    known: Option<(Arc<str>, u64)>,
    you: Option<You>,
    position: u64,
}

/// What one phone was sent of what only it may see, and what that was made from.
#[derive(Debug)]
struct You {
    revision: u64,
    viewer: Viewer,
    text: String,
}

impl Subscriber {
    /// Returns a phone that follows `channel`, or the first one, from the beginning.
    pub(crate) fn new(channel: Option<ChannelId>) -> Self {
        Self { channel, ..Self::default() }
    }

    /// Returns a phone that says that it knows the state of `session` up to change `seq`: believed if it can be.
    pub(crate) fn resuming(feeds: &Feeds, channel: Option<ChannelId>, session: &str, seq: u64) -> Self {
        let feed = feeds.of(channel);
        let known = *feed.session == *session && feed.since(seq).is_some();
        Self { known: known.then(|| (Arc::clone(&feed.session), seq)), ..Self::new(channel) }
    }

    /// Follows `channel` from here on.
    pub(crate) fn follow(&mut self, channel: ChannelId) {
        self.channel = Some(channel);
    }

    /// Returns the feed it follows: of the channel it asked for, or of the first one if that is gone.
    pub(crate) fn feed<'a>(&self, feeds: &'a Feeds) -> &'a Arc<Feed> {
        feeds.of(self.channel)
    }

    /// Returns what the phone of `viewer` is to be sent of `feed`, in order. `time_ms` is the box's clock.
    pub(crate) fn updates(&mut self, feed: &Feed, viewer: &Viewer, time_ms: u64) -> Result<Vec<Update>, TooSlow> {
        let mut updates = Vec::new();
        let known = self.known.take().filter(|(session, _)| *session == feed.session).map(|(_, seq)| seq);
        match known {
            None => {
                let head = json!({ "type": "snapshot", "session": *feed.session, "seq": feed.seq, "time_ms": time_ms });
                let head = head.to_string();
                // The state is text already, so it is put in rather than parsed and written again for each phone.
                let state = String::from_utf8_lossy(feed.text());
                let you = You::of(feed, viewer);
                let text = format!("{},\"state\":{state},\"you\":{}}}", head.trim_end_matches('}'), you.text);
                updates.push(Update { kind: "snapshot", seq: Some(feed.seq), text: text.into() });
                self.you = Some(you);
                self.position = 0;
            }
            Some(seq) => {
                let changes = feed.since(seq).ok_or(TooSlow)?;
                let changes = changes.map(|change| (Some(change.seq), change.text.clone()));
                updates.extend(changes.map(|(seq, text)| Update { kind: "change", seq, text }));
                updates.extend(self.update_you(feed, viewer));
            }
        }
        self.known = Some((Arc::clone(&feed.session), feed.seq));
        if let Some(position) = feed.position.as_ref().filter(|position| position.seq > self.position) {
            self.position = position.seq;
            updates.push(Update { kind: "position", seq: None, text: position.text.clone() });
        }
        Ok(updates)
    }

    /// Returns what only `viewer` may see, if that is not what the phone was sent last. Nothing is made while nothing that
    /// it is made from has changed.
    fn update_you(&mut self, feed: &Feed, viewer: &Viewer) -> Option<Update> {
        let before = self.you.take();
        if before.as_ref().is_some_and(|you| you.viewer == *viewer && you.revision == feed.revision(viewer.role)) {
            self.you = before;
            return None;
        }
        let you = You::of(feed, viewer);
        let is_new = before.is_none_or(|before| before.text != you.text);
        let update = is_new.then(|| {
            let text = format!("{{\"type\":\"you\",\"value\":{}}}", you.text);
            Update { kind: "you", seq: None, text: text.into() }
        });
        self.you = Some(you);
        update
    }
}

impl You {
    fn of(feed: &Feed, viewer: &Viewer) -> Self {
        Self { revision: feed.revision(viewer.role), viewer: viewer.clone(), text: feed.you(viewer) }
    }
}

//! What one phone knows of the feed it follows, and what it is to be sent next.

use std::sync::Arc;

use base::ChannelId;
use bytes::Bytes;
use serde_json::{Value, json};

use super::patches::{Feed, Feeds};

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
    you: Option<Value>,
    position: u64,
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

    /// Returns what the phone is to be sent of `feed`, in order. `you` is what only this phone may know; `time_ms` the
    /// box's clock.
    pub(crate) fn updates(&mut self, feed: &Feed, you: Value, time_ms: u64) -> Result<Vec<Update>, TooSlow> {
        let mut updates = Vec::new();
        let known = self.known.take().filter(|(session, _)| *session == feed.session).map(|(_, seq)| seq);
        match known {
            None => {
                let head = json!({ "type": "snapshot", "session": *feed.session, "seq": feed.seq, "time_ms": time_ms });
                let head = head.to_string();
                // The state is text already, so it is put in rather than parsed and written again for each phone.
                let state = String::from_utf8_lossy(feed.text());
                let text = format!("{},\"state\":{state},\"you\":{you}}}", head.trim_end_matches('}'));
                updates.push(Update { kind: "snapshot", seq: Some(feed.seq), text: text.into() });
                self.you = Some(you);
                self.position = 0;
            }
            Some(seq) => {
                let changes = feed.since(seq).ok_or(TooSlow)?;
                let changes = changes.map(|change| (Some(change.seq), change.text.clone()));
                updates.extend(changes.map(|(seq, text)| Update { kind: "change", seq, text }));
                if self.you.as_ref() != Some(&you) {
                    let text = Bytes::from(json!({ "type": "you", "value": you }).to_string());
                    updates.push(Update { kind: "you", seq: None, text });
                    self.you = Some(you);
                }
            }
        }
        self.known = Some((Arc::clone(&feed.session), feed.seq));
        if let Some(position) = feed.position.as_ref().filter(|position| position.seq > self.position) {
            self.position = position.seq;
            updates.push(Update { kind: "position", seq: None, text: position.text.clone() });
        }
        Ok(updates)
    }
}

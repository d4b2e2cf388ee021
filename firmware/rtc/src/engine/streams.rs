//! The streams of an engine: they come and go while it runs.

use base::{PacketDuration, StreamId};

use super::audience::Audience;
use super::relay::Relay;
use crate::api::StreamError;
use crate::config::{STREAMS_MAX, StreamConfig};
use crate::history::{Origin, StreamKey};

/// The packets in which whoever joins hears a stream first. A box makes every longer packet from these.
pub(super) const FIRST: PacketDuration = PacketDuration::Ms20;

/// One stream with its audiences, one per packet duration.
pub(super) struct Stream {
    pub(super) key: StreamKey,
    pub(super) config: StreamConfig,
    audiences: [Audience; 4],
    /// Where its packets come from a sender, what is known of those.
    pub(super) relay: Option<Relay>,
    /// Joined listeners.
    pub(super) listeners: usize,
    /// Sessions whose handshake is not done.
    pub(super) joining: usize,
}

impl Stream {
    pub(super) fn audience(&self, duration: PacketDuration) -> &Audience {
        &self.audiences[duration.index()]
    }

    pub(super) fn audience_mut(&mut self, duration: PacketDuration) -> &mut Audience {
        &mut self.audiences[duration.index()]
    }

    pub(super) fn origin(&self, duration: PacketDuration) -> Origin {
        Origin { stream: self.key, duration }
    }

    /// Returns whether anybody hears packets of `duration`, is to, or is about to join in them.
    pub(super) fn wants(&self, duration: PacketDuration) -> bool {
        self.audience(duration).is_wanted() || (duration == FIRST && self.joining > 0)
    }
}

/// All streams. There are few, so that they are searched one by one.
#[derive(Default)]
pub(super) struct Streams {
    all: Vec<Stream>,
    /// Key of the stream that is added next.
    next: u32,
}

impl Streams {
    /// Adds a stream to which nobody listens; its packets come from a sender if it `is_relayed`.
    pub(super) fn add(&mut self, config: StreamConfig, is_relayed: bool) -> Result<(), StreamError> {
        if self.by_id(config.id).is_some() {
            return Err(StreamError::Duplicate(config.id));
        }
        if self.all.len() >= STREAMS_MAX {
            return Err(StreamError::Full { limit: STREAMS_MAX });
        }
        let key = StreamKey(self.next);
        self.next += 1;
        let audiences = PacketDuration::ALL.map(|duration| Audience::new(duration, is_relayed));
        let relay = is_relayed.then(Relay::new);
        self.all.push(Stream { key, config, audiences, relay, listeners: 0, joining: 0 });
        Ok(())
    }

    /// Forgets a stream; its listeners must have left.
    pub(super) fn remove(&mut self, key: StreamKey) {
        self.all.retain(|stream| stream.key != key);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Stream> {
        self.all.iter()
    }

    pub(super) fn by_id(&self, id: StreamId) -> Option<&Stream> {
        self.all.iter().find(|stream| stream.config.id == id)
    }

    pub(super) fn get(&self, key: StreamKey) -> Option<&Stream> {
        self.all.iter().find(|stream| stream.key == key)
    }

    pub(super) fn get_mut(&mut self, key: StreamKey) -> Option<&mut Stream> {
        self.all.iter_mut().find(|stream| stream.key == key)
    }
}

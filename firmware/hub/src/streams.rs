//! Streams that are a sender's as it came: which there are, who sends and who receives them, and when they are over.
//!
//! A stream is *created* when somebody may send it, *active* from its first packet on, *ended* when its sender is gone or told
//! to stop or when nobody has received it for long, and *removed* once what carried it is gone. Ended for good: whoever comes back
//! is a new stream. A connection does one thing at a time: it sends one stream, or receives one, or neither; what it does ends
//! with it, at once.

use std::collections::{BTreeMap, BTreeSet};

use base::{StreamId, Time};

use crate::senders::Who;
use crate::text::shown;

/// For how long a stream may be created without becoming active, in milliseconds: the handshake of somebody in a hurry takes
/// a tenth of a second, and of somebody whose browser asks for the microphone as long as they need to read that.
pub const CREATED_MS_MAX: u64 = 60_000;

/// How much there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Of these, those that send.
    pub senders: usize,
    /// Receivers of one stream, however they receive it.
    pub receivers: usize,
    /// Streams at once, until they are removed.
    pub streams: usize,
    /// For how long an active stream may have no receiver, in milliseconds.
    pub unheard_ms: u64,
}

impl Default for Limits {
    /// More than the notes have measured on such a computer with streams that are decoded (10 senders, 50 receivers): a relayed
    /// packet costs what a channel's does.
    fn default() -> Self {
        Self { connections: 256, senders: 10, receivers: 200, streams: 10, unheard_ms: 600_000 }
    }
}

/// The identity of a connection. Counts up while the box runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// Where a stream stands in its life; a removed one is not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its sender may begin; nothing has come yet.
    Created,
    /// It can be received.
    Active,
    /// It is over, and what carried it is still to be removed.
    Ended,
}

/// A stream that is relayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Its identity.
    pub id: StreamId,
    /// What others are shown; may be empty.
    pub name: String,
    /// By what right it is sent.
    pub who: Who,
    /// Where it stands.
    pub state: State,
    /// When it got there.
    pub since: Time,
    /// Who sends it.
    sender: ConnectionId,
    /// Connections that receive it.
    receivers: BTreeSet<ConnectionId>,
    /// When somebody last received it.
    heard_at: Time,
}

impl Stream {
    /// Returns how many connections receive it.
    pub fn receivers(&self) -> usize {
        self.receivers.len()
    }
}

/// What a connection does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Nothing but to know which streams there are.
    #[default]
    Idle,
    /// Sends this stream.
    Sends(StreamId),
    /// Receives this stream, which may be a channel's.
    Receives(StreamId),
}

/// Why something is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamRefused {
    /// As many connections as there may be: nobody's fault, possible again when one is gone.
    TooManyConnections {
        /// So many.
        limit: usize,
    },
    /// As many send as may: nobody's fault, possible again when one stops.
    TooManySenders {
        /// So many.
        limit: usize,
    },
    /// As many streams as there may be: nobody's fault, possible again when one is removed.
    TooManyStreams {
        /// So many.
        limit: usize,
    },
    /// As many receive this stream as may: nobody's fault, possible again when one stops.
    TooManyReceivers {
        /// So many.
        limit: usize,
    },
    /// There is no such stream that can be received: the caller's fault.
    NoSuchStream,
    /// There is a stream of this id: the caller draws another.
    Duplicate,
    /// The connection sends or receives already: the caller's fault, it stops first.
    Busy,
    /// There is no such connection (any more).
    NoSuchConnection,
}

impl StreamRefused {
    /// Returns the limit that was reached, if it was one.
    pub fn limit(self) -> Option<usize> {
        match self {
            Self::TooManyConnections { limit }
            | Self::TooManySenders { limit }
            | Self::TooManyStreams { limit }
            | Self::TooManyReceivers { limit } => Some(limit),
            Self::NoSuchStream | Self::Duplicate | Self::Busy | Self::NoSuchConnection => None,
        }
    }
}

/// Which streams there are, and who has to do with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    limits: Limits,
    connections: BTreeMap<ConnectionId, Role>,
    streams: BTreeMap<StreamId, Stream>,
    /// The last connection.
    last: u64,
}

impl Streams {
    /// Returns a registry without connections and streams.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Somebody connects.
    ///
    /// # Errors
    /// [`StreamRefused::TooManyConnections`].
    pub fn connect(&mut self) -> Result<ConnectionId, StreamRefused> {
        let limit = self.limits.connections;
        if self.connections.len() >= limit {
            return Err(StreamRefused::TooManyConnections { limit });
        }
        self.last += 1;
        let id = ConnectionId(self.last);
        self.connections.insert(id, Role::Idle);
        Ok(id)
    }

    /// A connection is gone. Returns the stream that ends with it.
    pub fn disconnect(&mut self, now: Time, connection: ConnectionId) -> Option<StreamId> {
        let ended = self.stop(now, connection);
        self.connections.remove(&connection);
        ended
    }

    /// A connection is to send a stream called `name`, by this right.
    ///
    /// # Errors
    /// It does something else, there is a stream of this id, or a limit is reached.
    pub fn create(
        &mut self,
        now: Time,
        connection: ConnectionId,
        id: StreamId,
        (who, name): (Who, &str),
    ) -> Result<(), StreamRefused> {
        let Limits { senders, streams, .. } = self.limits;
        match self.role(connection) {
            None => return Err(StreamRefused::NoSuchConnection),
            Some(Role::Idle) => {}
            Some(_) => return Err(StreamRefused::Busy),
        }
        if self.senders() >= senders {
            return Err(StreamRefused::TooManySenders { limit: senders });
        }
        if self.streams.len() >= streams {
            return Err(StreamRefused::TooManyStreams { limit: streams });
        }
        if self.streams.contains_key(&id) {
            return Err(StreamRefused::Duplicate);
        }
        let (name, state) = (shown(name).unwrap_or_default(), State::Created);
        let (receivers, heard_at) = (BTreeSet::new(), now);
        let stream = Stream { id, name, who, state, since: now, sender: connection, receivers, heard_at };
        self.streams.insert(id, stream);
        self.connections.insert(connection, Role::Sends(id));
        Ok(())
    }

    /// The first packet of a stream has come. Returns whether it can be received from now on, and could not before.
    pub fn activate(&mut self, now: Time, id: StreamId) -> bool {
        let Some(stream) = self.streams.get_mut(&id).filter(|stream| stream.state == State::Created) else {
            return false;
        };
        (stream.state, stream.since, stream.heard_at) = (State::Active, now, now);
        true
    }

    /// Returns whether one more may receive `stream`, which `heard` receive already by what carries it. Of what is no relayed
    /// stream the registry knows nothing, and says nothing.
    ///
    /// # Errors
    /// [`StreamRefused::NoSuchStream`], [`StreamRefused::TooManyReceivers`].
    pub fn has_room(&self, stream: StreamId, heard: usize) -> Result<(), StreamRefused> {
        let Some(stream) = self.streams.get(&stream) else { return Ok(()) };
        if stream.state != State::Active {
            return Err(StreamRefused::NoSuchStream);
        }
        let limit = self.limits.receivers;
        if heard.max(stream.receivers()) >= limit {
            return Err(StreamRefused::TooManyReceivers { limit });
        }
        Ok(())
    }

    /// A connection is to receive `stream`, which `heard` receive already.
    ///
    /// # Errors
    /// It does something else, or [`Streams::has_room`] refuses it.
    pub fn receive(
        &mut self,
        now: Time,
        connection: ConnectionId,
        stream: StreamId,
        heard: usize,
    ) -> Result<(), StreamRefused> {
        match self.role(connection) {
            None => return Err(StreamRefused::NoSuchConnection),
            Some(Role::Idle) => {}
            Some(_) => return Err(StreamRefused::Busy),
        }
        self.has_room(stream, heard)?;
        if let Some(stream) = self.streams.get_mut(&stream) {
            stream.receivers.insert(connection);
            stream.heard_at = now;
        }
        self.connections.insert(connection, Role::Receives(stream));
        Ok(())
    }

    /// A connection stops what it does. Returns the stream that ends with it.
    pub fn stop(&mut self, now: Time, connection: ConnectionId) -> Option<StreamId> {
        match self.role(connection)? {
            Role::Idle => None,
            Role::Sends(stream) => self.end(now, stream).then_some(stream),
            Role::Receives(stream) => {
                if let Some(stream) = self.streams.get_mut(&stream) {
                    stream.receivers.remove(&connection);
                    stream.heard_at = now;
                }
                self.connections.insert(connection, Role::Idle);
                None
            }
        }
    }

    /// A stream ends: its sender and its receivers are free for something else. Returns whether it had not ended before.
    pub fn end(&mut self, now: Time, id: StreamId) -> bool {
        let Some(stream) = self.streams.get_mut(&id).filter(|stream| stream.state != State::Ended) else {
            return false;
        };
        (stream.state, stream.since) = (State::Ended, now);
        let freed = std::mem::take(&mut stream.receivers).into_iter().chain([stream.sender]);
        for connection in freed {
            if let Some(role) = self.connections.get_mut(&connection) {
                *role = Role::Idle;
            }
        }
        true
    }

    /// Ends what is sent by a right that is gone. Returns the streams.
    pub fn end_all(&mut self, now: Time, is_over: impl Fn(Who) -> bool) -> Vec<StreamId> {
        let all: Vec<StreamId> =
            self.streams.values().filter(|stream| is_over(stream.who)).map(|stream| stream.id).collect();
        all.into_iter().filter(|id| self.end(now, *id)).collect()
    }

    /// Ends what nobody has received for too long, or what nothing has come of. `heard` says how many receive a stream by what
    /// carries it. Returns the streams.
    pub fn check(&mut self, now: Time, heard: impl Fn(StreamId) -> usize) -> Vec<StreamId> {
        let unheard_ms = self.limits.unheard_ms;
        let mut over = Vec::new();
        for stream in self.streams.values_mut() {
            if !stream.receivers.is_empty() || heard(stream.id) > 0 {
                stream.heard_at = now;
            }
            let is_over = match stream.state {
                State::Created => now >= stream.since.plus_millis(CREATED_MS_MAX),
                State::Active => now >= stream.heard_at.plus_millis(unheard_ms),
                State::Ended => false,
            };
            over.extend(is_over.then_some(stream.id));
        }
        over.into_iter().filter(|id| self.end(now, *id)).collect()
    }

    /// What carried an ended stream is gone. Returns whether there was such a stream.
    pub fn remove(&mut self, id: StreamId) -> bool {
        let has_ended = self.get(id).is_some_and(|stream| stream.state == State::Ended);
        has_ended && self.streams.remove(&id).is_some()
    }

    /// Returns the stream, whatever its state.
    pub fn get(&self, id: StreamId) -> Option<&Stream> {
        self.streams.get(&id)
    }

    /// Returns every stream, in no order that means something.
    pub fn all(&self) -> impl Iterator<Item = &Stream> {
        self.streams.values()
    }

    /// Returns the streams that can be received, oldest first.
    pub fn active(&self) -> Vec<&Stream> {
        let mut active: Vec<&Stream> = self.all().filter(|stream| stream.state == State::Active).collect();
        active.sort_by_key(|stream| (stream.since, stream.id));
        active
    }

    /// Returns what a connection does; `None` if there is no such connection.
    pub fn role(&self, connection: ConnectionId) -> Option<Role> {
        self.connections.get(&connection).copied()
    }

    /// Returns how many connections there are.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Returns how many connections send, or are about to.
    pub fn senders(&self) -> usize {
        self.connections.values().filter(|role| matches!(role, Role::Sends(_))).count()
    }
}

#[cfg(test)]
mod tests;

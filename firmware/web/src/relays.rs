//! Streams that are a sender's as it came, as the box keeps them: the rules of [`hub`] behind one lock, the connections that hold
//! them, and the signs of life of what carries them.
//!
//! Sound never passes here, and neither does a wait: who has to do something because of a change is woken. What is so changes in
//! one step each, so that whoever looks sees it whole.

mod decoded;
mod id;
mod signs;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use base::{PacketInlet, StreamId, Time};
use hub::{ConnectionId, Limits, Role, State, StreamRefused, Streams, Who};
use rtc::api::SessionId;
use tokio::sync::{Notify, watch};

use self::decoded::Decoded;
use self::id::draw;
use self::signs::{Signs, Watched};
use crate::decoding::Decode;
use crate::mp3::Hub;

/// Ids that are drawn before it is given up: none is ever drawn twice unless the generator is broken.
const DRAWS_MAX: usize = 3;

/// One stream of a sender that can be heard, for whoever shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its id in every address.
    pub(crate) id: StreamId,
    /// Its sender's name; may be empty.
    pub(crate) name: String,
    /// Since when it can be heard, by the box's clock.
    pub(crate) since: Time,
    /// Who hears its MP3. Who hears it live the fan-out counts.
    pub(crate) pocket: usize,
}

/// What is counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Streams that became active.
    pub(crate) begun: u64,
    /// Streams that have ended, active or not.
    pub(crate) ended: u64,
    /// What was refused because there was as much of it as there may be.
    pub(crate) full: u64,
}

#[derive(Debug)]
struct Book {
    streams: Streams,
    /// Streams that the fan-out carries.
    carried: BTreeMap<StreamId, Arc<Signs>>,
    /// Streams of which somebody hears MP3.
    decoded: Decoded,
    /// Media sessions of connections that receive.
    sessions: BTreeMap<ConnectionId, SessionId>,
    /// Media sessions whose connections are gone.
    left: Vec<SessionId>,
    /// Streams that ended before their senders were answered.
    strays: Vec<StreamId>,
    /// The channels' streams, oldest first, and since when there are.
    channels: Vec<(StreamId, Time)>,
    /// Those of them that play.
    playing: Vec<StreamId>,
    totals: Totals,
}

impl Book {
    /// A connection does nothing any more.
    fn release(&mut self, connection: ConnectionId) {
        self.left.extend(self.sessions.remove(&connection));
    }

    fn counted<T>(&mut self, result: Result<T, StreamRefused>) -> Result<T, StreamRefused> {
        if let Err(refused) = &result {
            self.totals.full += u64::from(refused.limit().is_some());
        }
        result
    }
}

struct Inner {
    book: Mutex<Book>,
    zero: Instant,
    /// Counts changes of what can be heard.
    changes: watch::Sender<u64>,
    /// Notified when something is to be done about a stream.
    wake: Arc<Notify>,
}

/// The relayed streams. Cloning gives another handle to the same.
#[derive(Clone)]
pub(crate) struct Relays(Arc<Inner>);

impl fmt::Debug for Relays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Relays").field(&self.book().streams).finish()
    }
}

/// A connection; dropping it ends what it does.
#[derive(Debug)]
pub(crate) struct Connection {
    relays: Relays,
    pub(crate) id: ConnectionId,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.relays.change(|book, now| {
            book.totals.ended += u64::from(book.streams.disconnect(now, self.id).is_some());
            book.release(self.id);
        });
    }
}

impl Relays {
    /// Returns a registry without streams, for a box whose clock started at `zero`.
    pub(crate) fn new(limits: Limits, zero: Instant) -> Self {
        let book = Book {
            streams: Streams::new(limits),
            carried: BTreeMap::new(),
            decoded: Decoded::default(),
            sessions: BTreeMap::new(),
            left: Vec::new(),
            strays: Vec::new(),
            channels: Vec::new(),
            playing: Vec::new(),
            totals: Totals::default(),
        };
        Self(Arc::new(Inner { book: Mutex::new(book), zero, changes: watch::Sender::default(), wake: Arc::default() }))
    }

    /// The book stays right whatever panicked elsewhere: it is only ever changed in one step.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Time {
        Time::from_micros(u64::try_from(self.0.zero.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// Changes the book, and tells whoever shows what can be heard, or has to tidy up.
    fn change<T>(&self, change: impl FnOnce(&mut Book, Time) -> T) -> T {
        let now = self.now();
        let result = change(&mut self.book(), now);
        self.0.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
        self.0.wake.notify_one();
        result
    }

    /// Returns how whoever shows the streams learns that they have changed.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Waits until something may have to be done ([`Relays::take_stock`]).
    pub(crate) async fn woken(&self) {
        self.0.wake.notified().await;
    }

    /// Somebody connects.
    ///
    /// # Errors
    /// There are as many connections as there may be.
    pub(crate) fn connect(&self) -> Result<Connection, StreamRefused> {
        let mut book = self.book();
        let connected = book.streams.connect();
        let id = book.counted(connected)?;
        Ok(Connection { relays: self.clone(), id })
    }

    /// A connection is to send a stream called `name`. Returns its id; inside, `None` if the system has no random bytes.
    ///
    /// # Errors
    /// The rules refuse it.
    pub(crate) fn create(
        &self,
        connection: ConnectionId,
        who: Who,
        name: &str,
    ) -> Result<Option<StreamId>, StreamRefused> {
        self.change(|book, now| {
            for _ in 0..DRAWS_MAX {
                let Some(id) = draw() else { return Ok(None) };
                match book.streams.create(now, connection, id, (who, name)) {
                    Err(StreamRefused::Duplicate) => {}
                    created => return book.counted(created).map(|()| Some(id)),
                }
            }
            Ok(None)
        })
    }

    /// The stream that a connection sends is to be carried. Returns the way in for its packets; `None` if it has ended meanwhile,
    /// or is carried already.
    pub(crate) fn carry(&self, connection: ConnectionId, stream: StreamId) -> Option<Box<dyn PacketInlet>> {
        let mut book = self.book();
        let is_its = book.streams.role(connection) == Some(Role::Sends(stream));
        if !is_its || book.carried.contains_key(&stream) {
            return None;
        }
        let signs = Arc::<Signs>::default();
        book.carried.insert(stream, Arc::clone(&signs));
        Some(Box::new(Watched::new(Arc::clone(&self.0.wake), signs)))
    }

    /// Nothing came of carrying a stream; its connection may try again.
    pub(crate) fn put_down(&self, stream: StreamId) {
        self.book().carried.remove(&stream);
    }

    /// The sender of a stream is answered. If the stream has ended meanwhile, what carries it is to be removed once more.
    pub(crate) fn answered(&self, connection: ConnectionId, stream: StreamId) {
        self.change(|book, _| {
            if let Some(signs) = book.carried.get(&stream) {
                signs.is_answered.store(true, Ordering::Release);
            }
            if book.streams.role(connection) != Some(Role::Sends(stream)) && book.streams.get(stream).is_none() {
                book.strays.push(stream);
            }
        });
    }

    /// A connection is to receive a stream, which `heard` receive live already.
    ///
    /// # Errors
    /// The rules refuse it.
    pub(crate) fn receive(
        &self,
        connection: ConnectionId,
        stream: StreamId,
        heard: usize,
    ) -> Result<(), StreamRefused> {
        let (now, mut book) = (self.now(), self.book());
        let in_all = heard + book.decoded.listeners(stream);
        let received = book.streams.receive(now, connection, stream, in_all);
        book.counted(received)
    }

    /// A connection has a media session over which it receives `stream`. Returns `false` if it does not want that any more: then
    /// the session is to be ended.
    pub(crate) fn joined(&self, connection: ConnectionId, stream: StreamId, session: SessionId) -> bool {
        let mut book = self.book();
        let wants_it = book.streams.role(connection) == Some(Role::Receives(stream));
        if wants_it {
            book.sessions.insert(connection, session);
        }
        wants_it
    }

    /// Returns whether one more may receive `stream`, which `heard` receive live already. Of a channel's stream nothing is known here.
    ///
    /// # Errors
    /// The rules refuse it.
    pub(crate) fn has_room(&self, stream: StreamId, heard: usize) -> Result<(), StreamRefused> {
        let mut book = self.book();
        let has_room = book.streams.has_room(stream, heard + book.decoded.listeners(stream));
        book.counted(has_room)
    }

    /// A connection stops what it does.
    pub(crate) fn stop(&self, connection: ConnectionId) {
        self.change(|book, now| {
            book.totals.ended += u64::from(book.streams.stop(now, connection).is_some());
            book.release(connection);
        });
    }

    /// Ends a stream. Returns `false` if there is none of this id.
    pub(crate) fn end(&self, stream: StreamId) -> bool {
        self.change(|book, now| {
            let has_ended = book.streams.end(now, stream);
            book.totals.ended += u64::from(has_ended);
            has_ended
        })
    }

    /// Ends what is sent by a right that is gone.
    pub(crate) fn end_all(&self, is_over: impl Fn(Who) -> bool) {
        self.change(|book, now| book.totals.ended += book.streams.end_all(now, is_over).len() as u64);
    }

    /// Returns what a connection does.
    pub(crate) fn role(&self, connection: ConnectionId) -> Role {
        self.book().streams.role(connection).unwrap_or_default()
    }

    /// Returns the streams that can be heard, oldest first: the one list for whoever shows them.
    pub(crate) fn list(&self) -> Vec<Listed> {
        let book = self.book();
        let one = |stream: &hub::Stream| Listed {
            id: stream.id,
            name: stream.name.clone(),
            since: stream.since,
            pocket: book.decoded.listeners(stream.id),
        };
        book.streams.active().into_iter().map(one).collect()
    }

    /// Returns where the MP3 of a stream is heard that can be; inside, `None` if the system refuses something.
    pub(crate) fn mp3(&self, stream: StreamId, decode: &Decode) -> Option<Option<Hub>> {
        let now = self.now();
        let mut book = self.book();
        let Book { streams, carried, decoded, .. } = &mut *book;
        streams.get(stream).filter(|stream| stream.state == State::Active)?;
        let signs = carried.get(&stream)?;
        Some(decoded.hub(now, stream, signs, decode))
    }

    /// Returns how many streams are decoded now.
    pub(crate) fn decoded(&self) -> usize {
        self.book().decoded.len()
    }

    /// Returns how many connections there are, and how many of them send or are about to.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let book = self.book();
        (book.streams.connections(), book.streams.senders())
    }

    pub(crate) fn totals(&self) -> Totals {
        self.book().totals
    }

    /// Notes which channels there are, oldest first.
    pub(crate) fn note_channels(&self, streams: impl IntoIterator<Item = StreamId>) {
        let now = self.now();
        let mut book = self.book();
        let since = |id| book.channels.iter().find(|(known, _)| *known == id).map_or(now, |(_, since)| *since);
        book.channels = streams.into_iter().map(|id| (id, since(id))).collect();
    }

    /// Notes which channels play, and tells whoever shows what can be heard if that has changed.
    pub(crate) fn note_playing(&self, playing: Vec<StreamId>) {
        let before = std::mem::replace(&mut self.book().playing, playing.clone());
        if before != playing {
            self.0.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
        }
    }

    /// Returns the stream that can be heard since the shortest time, a sender's or that of a channel that `plays`.
    pub(crate) fn latest(&self, plays: impl Fn(StreamId) -> bool) -> Option<StreamId> {
        let book = self.book();
        let sent = book.streams.active().last().map(|stream| (stream.since, stream.id));
        let channel = book.channels.iter().rfind(|(id, _)| plays(*id)).map(|(id, since)| (*since, *id));
        sent.into_iter().chain(channel).max_by_key(|(since, _)| *since).map(|(_, id)| id)
    }

    /// Follows the signs of life, and ends what is over. `heard` says how many receive a stream. Returns the media sessions that
    /// are to be ended, and the ended streams, of which each is to be reported as removed or said again the next time.
    pub(crate) fn take_stock(&self, heard: impl Fn(StreamId) -> usize) -> (Vec<SessionId>, Vec<StreamId>) {
        let now = self.now();
        let mut book = self.book();
        let Book { streams, carried, totals, decoded, .. } = &mut *book;
        let heard = |stream| heard(stream) + decoded.listeners(stream);
        let mut is_changed = false;
        for (id, signs) in carried.iter() {
            if signs.is_heard.load(Ordering::Acquire) && streams.activate(now, *id) {
                totals.begun += 1;
                is_changed = true;
            }
            let is_over = signs.is_answered.load(Ordering::Acquire) && signs.is_gone.load(Ordering::Acquire);
            if is_over && streams.end(now, *id) {
                totals.ended += 1;
                is_changed = true;
            }
        }
        let unheard = streams.check(now, heard).len() as u64;
        totals.ended += unheard;
        decoded.prune(now, |stream| streams.get(stream).is_some_and(|stream| stream.state == State::Active));
        let mut ended: Vec<StreamId> =
            streams.all().filter(|stream| stream.state == State::Ended).map(|stream| stream.id).collect();
        ended.extend(&book.strays);
        let left = std::mem::take(&mut book.left);
        drop(book);
        if is_changed || unheard > 0 {
            self.0.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
        }
        (left, ended)
    }

    /// What carried an ended stream is gone.
    pub(crate) fn removed(&self, stream: StreamId) {
        let mut book = self.book();
        book.carried.remove(&stream);
        book.strays.retain(|stray| *stray != stream);
        book.streams.remove(stream);
    }
}

#[cfg(test)]
mod tests;

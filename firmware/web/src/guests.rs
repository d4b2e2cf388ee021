//! Who is at the party: guests by the secret in their cookie, of which the box keeps only a hash, and only in memory.
//!
//! It knows a guest's number, name, right to be DJ and whether a page of theirs is open. It knows nothing of votes and
//! requests: those are the rules'. When the party ends, all of it is forgotten. It reads no clock.

pub(crate) mod likeness;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::party::pairing::Key;
use aws_lc_rs::rand;
use base::{GuestId, StreamId, Time, fair_limit};
use tokio::sync::watch;

use self::likeness::Look;
use crate::pairing::{SECRET_BYTES, Secret};
use rtc::api::SessionId;

/// Guests that are known at once. Above it, who has been away longest is forgotten; if nobody is away, a newcomer is
/// refused.
pub const GUESTS_MAX: usize = 1_000;

/// Guests of one address that are known at once: a phone has one or two browsers, but phones behind another router share an address,
/// and a guest Wi-Fi behind one has fifty of them at a party. Without it one phone could vote as often as it drops its cookie, and
/// take the places of all others. The fewer places are left in all, the fewer one address may have ([`base::fair_limit`]). The box
/// itself is not counted. Unless another number is configured.
pub const GUESTS_PER_ADDRESS_MAX: usize = 64;

/// The same where more than half of all guests that can be known are.
const GUESTS_PER_ADDRESS_CROWDED: usize = 16;

/// How long a guest must have been away before another takes its place, in microseconds (10 min): whoever drops
/// cookies to be somebody else has to wait that long.
pub const AWAY_US_MIN: u64 = 600_000_000;

/// Media sessions remembered of one guest.
pub const SESSIONS_MAX: usize = 4;

/// Longest name of a guest, characters.
pub const NAME_CHARS_MAX: usize = 24;

/// Which limit forbids a newcomer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// [`GUESTS_MAX`] are here, and none of them is away.
    Full,
    /// This address has as many as one may, and none of them is away.
    Address,
    /// The system gives no random bytes.
    NoRandom,
}

/// Another guest has a name that looks the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameTaken;

/// Somebody who may become a guest, once what they said was understood. Whoever is only refused leaves no trace.
#[derive(Debug)]
pub struct Newcomer {
    /// Who it is from now on.
    pub id: GuestId,
    /// What it has to show from now on.
    pub secret: Secret,
    address: IpAddr,
}

/// One guest, for the hosts' list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// The number.
    pub id: GuestId,
    /// The name it gave itself.
    pub name: Option<String>,
    /// Whether a host has made it DJ.
    pub is_dj: bool,
    /// Whether a page of theirs is open.
    pub is_here: bool,
    /// When they were here last.
    pub seen: Time,
    /// Where it called from first.
    pub address: IpAddr,
    /// The last media sessions that it asked for, whether they still are or not; at most [`SESSIONS_MAX`].
    pub sessions: Vec<SessionId>,
}

#[derive(Debug)]
struct Entry {
    guest: Guest,
    /// Pages that are open.
    pages: usize,
    /// The streams of the MP3 bodies that run.
    bodies: Vec<StreamId>,
}

/// An MP3 body of a guest. Dropping it says that it has ended.
#[derive(Debug)]
pub(crate) struct HeldBody {
    guests: Guests,
    key: Key,
    stream: StreamId,
}

#[derive(Debug)]
struct Book {
    /// Guests of one address, at most.
    per_address_max: usize,
    by_key: HashMap<Key, Entry>,
    last: u32,
    names: Names,
}

/// The names that guests gave themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(Arc<HashMap<GuestId, String>>);

impl Names {
    /// The name of this guest, if it has one.
    pub fn of(&self, id: GuestId) -> Option<&str> {
        self.0.get(&id).map(String::as_str)
    }
}

/// The guests. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub struct Guests {
    book: Arc<Mutex<Book>>,
    /// Told of every change of names and rights.
    changed: Arc<watch::Sender<()>>,
}

/// A page of a guest that is open. Dropping it says that it is closed.
#[derive(Debug)]
pub struct Page {
    guests: Guests,
    key: Key,
}

impl Default for Guests {
    fn default() -> Self {
        Self::new(GUESTS_PER_ADDRESS_MAX)
    }
}

impl Guests {
    /// No guests yet; of one address, at most so many.
    pub fn new(per_address_max: usize) -> Self {
        Self { book: Arc::new(Mutex::new(Book::new(per_address_max))), changed: Arc::new(watch::Sender::new(())) }
    }

    /// The book stays right whatever panicked elsewhere: it is only ever changed in one step.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells when names, rights or numbers may have changed.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// The guest who brings one of these keys.
    pub fn find(&self, keys: &[Key]) -> Option<Guest> {
        let book = self.book();
        keys.iter().find_map(|key| book.by_key.get(key)).map(|entry| entry.guest.clone())
    }

    /// The guest who brings one of these keys was here just now.
    pub fn saw(&self, keys: &[Key], now: Time) {
        let mut book = self.book();
        for key in keys {
            if let Some(entry) = book.by_key.get_mut(key) {
                entry.guest.seen = now;
            }
        }
    }

    /// Returns a newcomer from `address`, who is no guest yet.
    ///
    /// # Errors
    /// A limit forbids it, or the system has no randomness.
    pub fn greet(&self, address: IpAddr, now: Time) -> Result<Newcomer, Refused> {
        let mut bytes = [0; SECRET_BYTES];
        rand::fill(&mut bytes).map_err(|_| Refused::NoRandom)?;
        let mut book = self.book();
        book.room(address, now)?;
        // Four thousand million numbers are more than any evening has newcomers.
        book.last = book.last.checked_add(1).ok_or(Refused::Full)?;
        Ok(Newcomer { id: GuestId(book.last), secret: Secret::new(bytes), address })
    }

    /// Makes a newcomer a guest; nothing changes if it is one. Returns who was forgotten to make room for it: the party
    /// shall forget them, too.
    ///
    /// # Errors
    /// Others have taken the last places in the meantime.
    pub fn join(&self, newcomer: &Newcomer, now: Time) -> Result<Option<GuestId>, Refused> {
        let Newcomer { id, secret, address } = newcomer;
        let mut book = self.book();
        if book.by_key.contains_key(&secret.key()) {
            return Ok(None);
        }
        let gone = book.room(*address, now)?.and_then(|key| book.forget(&key));
        let guest = Guest {
            id: *id,
            name: None,
            is_dj: false,
            is_here: false,
            seen: now,
            address: *address,
            sessions: Vec::new(),
        };
        book.by_key.insert(secret.key(), Entry { guest, pages: 0, bodies: Vec::new() });
        Ok(gone)
    }

    /// A page of the guest with one of these keys is open from now on; `None` if nobody has them.
    pub fn open_page(&self, keys: &[Key]) -> Option<Page> {
        let mut book = self.book();
        let key = *keys.iter().find(|key| book.by_key.contains_key(key))?;
        let entry = book.by_key.get_mut(&key)?;
        entry.pages += 1;
        entry.guest.is_here = true;
        Some(Page { guests: self.clone(), key })
    }

    /// The guest with one of these keys has got a media session. A guest's phones have one each; of more than
    /// [`SESSIONS_MAX`] the oldest is forgotten.
    pub fn note_session(&self, keys: &[Key], session: SessionId) {
        let mut book = self.book();
        let Some(key) = keys.iter().find(|key| book.by_key.contains_key(key)) else { return };
        if let Some(entry) = book.by_key.get_mut(key) {
            let sessions = &mut entry.guest.sessions;
            if sessions.contains(&session) {
                return;
            }
            if sessions.len() == SESSIONS_MAX {
                sessions.remove(0);
            }
            sessions.push(session);
        }
    }

    /// The guest with one of these keys hears `stream` in an MP3 body from now on; `None` if nobody has them. How many one
    /// may hold is limited where bodies are given out.
    pub(crate) fn hold_body(&self, keys: &[Key], stream: StreamId) -> Option<HeldBody> {
        let mut book = self.book();
        let key = *keys.iter().find(|key| book.by_key.contains_key(key))?;
        book.by_key.get_mut(&key)?.bodies.push(stream);
        Some(HeldBody { guests: self.clone(), key, stream })
    }

    /// Whose each of these media sessions is; one that is nobody's is left out.
    pub(crate) fn with_sessions(&self, sessions: &HashSet<SessionId>) -> Vec<GuestId> {
        let book = self.book();
        let of = |entry: &Entry| {
            let held = entry.guest.sessions.iter().filter(|session| sessions.contains(session)).count();
            std::iter::repeat_n(entry.guest.id, held)
        };
        book.by_key.values().flat_map(of).collect()
    }

    /// Whose each MP3 body of `stream` is; one that is nobody's is left out.
    pub(crate) fn with_bodies(&self, stream: StreamId) -> Vec<GuestId> {
        let book = self.book();
        let of = |entry: &Entry| {
            let held = entry.bodies.iter().filter(|held| **held == stream).count();
            std::iter::repeat_n(entry.guest.id, held)
        };
        book.by_key.values().flat_map(of).collect()
    }

    /// Gives a guest a name, or takes it. Says whether there is such a guest.
    ///
    /// # Errors
    /// Another guest has this name, or one that looks like it.
    pub fn rename(&self, id: GuestId, name: Option<String>) -> Result<bool, NameTaken> {
        if let Some(look) = name.as_deref().map(Look::of) {
            let book = self.book();
            let others = book.by_key.values().map(|entry| &entry.guest).filter(|guest| guest.id != id);
            let mut names = others.filter_map(|guest| guest.name.as_deref());
            if names.any(|other| Look::of(other).is_like(&look)) {
                return Err(NameTaken);
            }
        }
        Ok(self.change(id, |guest| guest.name = name))
    }

    /// Makes a guest DJ, or no longer. Says whether there is such a guest.
    pub fn set_dj(&self, id: GuestId, is_dj: bool) -> bool {
        self.change(id, |guest| guest.is_dj = is_dj)
    }

    fn change(&self, id: GuestId, change: impl FnOnce(&mut Guest)) -> bool {
        let mut book = self.book();
        let Some(entry) = book.by_key.values_mut().find(|entry| entry.guest.id == id) else { return false };
        change(&mut entry.guest);
        book.note_names();
        drop(book);
        self.changed.send_replace(());
        true
    }

    /// Everybody, by number.
    pub fn list(&self) -> Vec<Guest> {
        let mut guests: Vec<Guest> = self.book().by_key.values().map(|entry| entry.guest.clone()).collect();
        guests.sort_by_key(|guest| guest.id);
        guests
    }

    /// How many are known, and how many of them have a page open.
    pub fn count(&self) -> (usize, usize) {
        let book = self.book();
        (book.by_key.len(), book.by_key.values().filter(|entry| entry.guest.is_here).count())
    }

    /// All names, as they are now.
    pub fn names(&self) -> Names {
        self.book().names.clone()
    }

    /// Forgets everybody: the party is over. Their numbers are not used again, because what the party still knows under
    /// one of them must not become somebody else's.
    pub fn forget_all(&self) {
        let mut book = self.book();
        *book = Book { last: book.last, ..Book::new(book.per_address_max) };
        drop(book);
        self.changed.send_replace(());
    }
}

impl Book {
    fn new(per_address_max: usize) -> Self {
        Self { per_address_max, by_key: HashMap::new(), last: 0, names: Names::default() }
    }

    /// Returns who has to go so that there is room for a guest from `address`; `None` if there is room.
    fn room(&self, address: IpAddr, now: Time) -> Result<Option<Key>, Refused> {
        let same = |entry: &Entry| entry.guest.address == address;
        let of_address = self.by_key.values().filter(|entry| same(entry)).count();
        if !address.is_loopback() && of_address >= fair_limit(GUESTS_MAX, self.by_key.len(), self.each_max()) {
            self.longest_away(now, same).map(Some).ok_or(Refused::Address)
        } else if self.by_key.len() >= GUESTS_MAX {
            self.longest_away(now, |_| true).map(Some).ok_or(Refused::Full)
        } else {
            Ok(None)
        }
    }

    /// Returns how many guests of one address may be known as long as there is room for others: where more than half of all places are
    /// taken, of whomever, only those of one phone, unless the owner has said that more come by it.
    fn each_max(&self) -> usize {
        let is_crowded = 2 * self.by_key.len() > GUESTS_MAX && self.per_address_max <= GUESTS_PER_ADDRESS_MAX;
        if is_crowded { self.per_address_max.min(GUESTS_PER_ADDRESS_CROWDED) } else { self.per_address_max }
    }

    /// Returns who has been away longest among those that `may_go`.
    fn longest_away(&self, now: Time, may_go: impl Fn(&Entry) -> bool) -> Option<Key> {
        let is_away = |entry: &Entry| entry.pages == 0 && now.micros_since(entry.guest.seen) >= AWAY_US_MIN;
        let candidates = self.by_key.iter().filter(|(_, entry)| is_away(entry) && may_go(entry));
        candidates.min_by_key(|(_, entry)| entry.guest.seen).map(|(key, _)| *key)
    }

    fn forget(&mut self, key: &Key) -> Option<GuestId> {
        let gone = self.by_key.remove(key)?;
        self.note_names();
        Some(gone.guest.id)
    }

    fn note_names(&mut self) {
        let named = self.by_key.values().filter_map(|entry| Some((entry.guest.id, entry.guest.name.clone()?)));
        self.names = Names(Arc::new(named.collect()));
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let mut book = self.guests.book();
        // The guest may have been forgotten in the meantime.
        if let Some(entry) = book.by_key.get_mut(&self.key) {
            entry.pages -= 1;
            entry.guest.is_here = entry.pages > 0;
        }
    }
}

impl Drop for HeldBody {
    fn drop(&mut self) {
        let mut book = self.guests.book();
        // The guest may have been forgotten in the meantime.
        if let Some(entry) = book.by_key.get_mut(&self.key)
            && let Some(held) = entry.bodies.iter().position(|held| *held == self.stream)
        {
            entry.bodies.swap_remove(held);
        }
    }
}

#[cfg(test)]
mod tests;

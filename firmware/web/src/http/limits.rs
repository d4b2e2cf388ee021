//! Every limit of the HTTP server, by name. [`Limits`] holds those that a configuration or a test may change.

use std::time::Duration;

pub use hub::RoomLimits;

use crate::gate::{GUESTS_BEHIND_ADDRESS, Places};
use crate::guests::GUESTS_PER_ADDRESS_MAX;

/// Request line and headers together, in bytes. Longer heads are answered 431 by hyper and the connection is closed.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Headers in a request. More are answered 431 by hyper and the connection is closed.
pub const HEADERS_MAX: usize = 64;

/// Path and query together, in bytes. No address of ours is longer than 100. Longer ones are answered 414.
pub const URI_BYTES_MAX: usize = 1_024;

/// Read and write buffer of one connection, in bytes; what does not fit waits in the kernel.
pub const BUFFER_BYTES_MAX: usize = 32 * 1024;

/// An SDP offer or fragment, in bytes: browsers send 1 to 4 KB for one audio track. Larger is answered 413.
pub const SDP_BYTES_MAX: usize = 16 * 1024;

/// A JSON body, in bytes. Larger is answered 413.
pub const JSON_BYTES_MAX: usize = 4 * 1024;

/// A backup, in bytes: sixteen files of the state folder, and three times as much of playlists. Larger is answered 413.
pub const BACKUP_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A signed update, in bytes: twice what one may weigh. Larger is answered 413.
pub const UPDATE_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// Questions to the library that are answered at once; others wait for their turn up to [`REPLY_TIMEOUT`]. What waits
/// for storage must not take every thread the box has.
pub const QUESTIONS_MAX: usize = 2;

/// Pictures that are made at once; others wait for their turn up to [`PICTURE_TIMEOUT`].
pub const PICTURES_MAX: usize = 2;

/// Questions to the library that wait. Of more, those are refused with 503 whose address asked most.
pub const QUESTIONS_WAITING_MAX: usize = 64;

/// Guests' files that are sent at once, and of these by one guest; an address has those of a few guests. Further ones are
/// refused and try again.
pub(crate) const FILES_SENT: Places = Places { total: ::library::GUESTS_UPLOADS_MAX - 2, kept: 0, each: 1, guests: 4 };

/// Guests' files that hosts hear before they say yes, and of these from one address: a browser asks for parts of a file side by side.
/// Further ones are refused and try again.
pub(crate) const FILES_HEARD: Places = Places { total: 8, kept: 0, each: 4, guests: 1 };

/// The same for pictures: a page of covers asks for many at once.
pub const PICTURES_WAITING_MAX: usize = 256;

/// Questions about pairing that wait, and of these from one address: as many as fit into their queue.
pub(crate) const PAIRING_WAITING: Places =
    Places { total: crate::pairing::REQUESTS_WAITING_MAX, kept: 0, each: 4, guests: 1 };

/// Requests that are answered at once, as far as an answer is computed without waiting: on half of the processors, so that the
/// other half takes what comes in, and writes what goes out.
pub(crate) fn requests_at_once() -> usize {
    std::thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2))
}

/// How long a picture waits for its turn before it is refused with 503: a page of covers on the slowest board.
pub const PICTURE_TIMEOUT: Duration = Duration::from_secs(20);

/// Connections by TLS, and of these from one address: for the phones of DJs, of which a party has a few. Further ones are closed.
pub(crate) const TLS_PLACES: Places = Places { total: 64, kept: 0, each: 8, guests: 1 };

/// How long a handshake of TLS may take: three round trips of a bad radio, and a signature. Then the connection is closed.
pub const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the fan-out or the party may take to answer a request before it is refused with 503.
pub const REPLY_TIMEOUT: Duration = Duration::from_secs(5);

/// First pause after the system refused a connection (no file descriptors left); doubles up to [`ACCEPT_PAUSE_MAX`].
pub const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(10);

/// Longest pause after the system refused a connection.
pub const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(1);

/// How long requests under way may take to finish once the server ends. Then their connections are closed.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// The part of all connections that is left to what does not last, as its inverse.
const PART_NOT_LASTING: usize = 16;

/// What may be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections in all, MP3 and event listeners included. Above it the one goes whose other end has been silent longest; if
    /// none is, the new one gets 503 and is closed.
    pub connections_max: usize,
    /// Of these, kept for hosts: a crowd of guests cannot lock the host out.
    pub connections_kept_for_hosts: usize,
    /// Connections per address; a browser uses at most 6. The box itself (loopback) is not counted. Phones behind one
    /// address (another router's NAT) share it, so raise it there.
    pub connections_per_address_max: usize,
    /// MP3 listeners in all. Above it the request is refused with 503.
    pub mp3_listeners_max: usize,
    /// MP3 listeners per guest, or per address of guests that are not known (429); the box itself is not counted.
    pub mp3_listeners_per_address_max: usize,
    /// Event listeners (open pages) in all. Above it the request is refused with 503 and the page asks now and then.
    pub event_listeners_max: usize,
    /// Event listeners per guest, or per address of guests that are not known (429); the box itself is not counted.
    pub event_listeners_per_address_max: usize,
    /// Rooms, and participants of each. Above it whoever asks is told so.
    pub rooms: RoomLimits,
    /// Connections to rooms per guest, or per address of guests that are not known (429); the box itself is not counted.
    pub room_places_per_address_max: usize,
    /// The fan-out's, by whose budget offers are refused before their bodies are read.
    pub fan_out: rtc::config::Limits,
    /// Guests that are known of one address; where phones share one behind a router of their own, as many as come by it. So many
    /// of them have places of their own among the listeners, at least `GUESTS_BEHIND_ADDRESS`.
    pub guests_per_address_max: usize,
    /// From a connection's first byte of a request (or its beginning) to the end of the head; then it is closed.
    pub head_timeout: Duration,
    /// From the end of one request to the first byte of the next; then the connection is closed.
    pub idle_timeout: Duration,
    /// For a whole request body; then the request is answered 408.
    pub body_timeout: Duration,
    /// How long nothing may come of a file that somebody sends: a phone that walks through a bad radio comes back.
    pub file_pause: Duration,
    /// How long a client may take nothing of what is sent to it; then the connection is closed.
    pub write_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 1_024,
            connections_kept_for_hosts: 20,
            connections_per_address_max: 16,
            mp3_listeners_max: 600,
            mp3_listeners_per_address_max: 8,
            event_listeners_max: 960,
            event_listeners_per_address_max: 8,
            rooms: RoomLimits::default(),
            room_places_per_address_max: 4,
            fan_out: rtc::config::Limits::default(),
            guests_per_address_max: GUESTS_PER_ADDRESS_MAX,
            head_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(10),
            file_pause: Duration::from_secs(40),
            write_timeout: Duration::from_secs(10),
        }
    }
}

impl Limits {
    pub(crate) fn connections(&self) -> Places {
        Places {
            total: self.connections_max,
            kept: self.connections_kept_for_hosts,
            each: self.connections_per_address_max,
            // Whose a connection is shows only when something has been read.
            guests: 1,
        }
    }

    /// Connections that last (sound, events) in all, and of guests: beside them there is room for who loads a page or offers.
    pub(crate) fn lasting_max(&self, is_guest: bool) -> usize {
        let kept = if is_guest { self.connections_kept_for_hosts } else { 0 };
        self.connections_max.saturating_sub(self.connections_max / PART_NOT_LASTING + kept)
    }

    pub(crate) fn mp3_listeners(&self) -> Places {
        self.of_guests(self.mp3_listeners_max, self.mp3_listeners_per_address_max)
    }

    pub(crate) fn event_listeners(&self) -> Places {
        self.of_guests(self.event_listeners_max, self.event_listeners_per_address_max)
    }

    /// As many as all rooms have participants; who is in none yet has a place of one who could be.
    pub(crate) fn room_places(&self) -> Places {
        self.of_guests(self.rooms.rooms_max * self.rooms.participants_max, self.room_places_per_address_max)
    }

    fn of_guests(&self, total: usize, each: usize) -> Places {
        let guests = GUESTS_BEHIND_ADDRESS.max(self.guests_per_address_max / GUESTS_BEHIND_ADDRESS);
        Places { total, kept: 0, each, guests }
    }
}

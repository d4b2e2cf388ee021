//! The one thread that writes to the database: carries out orders in their order, and puts another database in the place of one that
//! cannot be used, while everybody else goes on.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::shared::Shared;
use crate::store;
use crate::store::read::Reader;
use crate::store::rebuild::{begin, highest, rebuild};
use crate::store::write::{self, Alike, Fact, Measured, Place};
use crate::walk::join;

/// Batches on their way to the writer. When it is full, the scan waits for the storage.
pub(crate) const ORDERS_MAX: usize = 4;

/// Time from one rebuilding to the next at least: the first, and the longest, to which it doubles.
const REBUILD_EVERY: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(600));

/// What the writer shall do.
pub(crate) enum Order {
    /// Remember facts about files of a root, which is at this path.
    Facts { root: i64, path: Arc<Path>, facts: Vec<Fact> },
    /// Find out again what the lists of a root mean, which is at this path.
    Derive { root: i64, path: Arc<Path> },
    /// Remember a place that is there now, and say its number if that could be done.
    Place { place: Place, answer: SyncSender<Option<i64>> },
    /// Remember whether a root can be listed.
    Present { root: i64, present: bool },
    /// Remember how loud tracks are, and say when that is done.
    Loudness { all: Vec<Measured>, done: SyncSender<()> },
    /// Remember that a track does not play, and why.
    Refused { id: i64, why: String },
    /// Remember that somebody wanted to hear a track.
    Played(i64),
    /// Say when everything before is written, and whether all of it could be.
    Tell(SyncSender<bool>),
    /// Put another database in the place of the one that is believed no more.
    Rebuild,
}

/// The one writer.
pub(crate) struct Scribe {
    connection: Connection,
    /// Where the database is.
    path: PathBuf,
    reader: Arc<Reader>,
    shared: Arc<Shared>,
    /// What is known of files that are alike; as long as a scan takes.
    alike: Alike,
    /// The places that music comes from, by their numbers.
    places: Vec<(i64, Place)>,
    /// The largest number of a track when the database was opened.
    highest: i64,
    /// Whether everything since the last [`Order::Tell`] could be written.
    is_well: bool,
    /// When it may be rebuilt next, and the time to the one after that.
    rebuilds: (Instant, Duration),
    /// A folder that goes with the box, where the database's own place takes no other.
    passing: Option<PathBuf>,
}

impl Scribe {
    pub(crate) fn new(
        connection: Connection,
        path: PathBuf,
        places: Vec<(i64, Place)>,
        reader: Arc<Reader>,
        shared: Arc<Shared>,
    ) -> Self {
        let highest = highest(&connection);
        let rebuilds = (Instant::now(), REBUILD_EVERY.0);
        let alike = Alike::default();
        Self { connection, path, reader, shared, alike, places, highest, is_well: true, rebuilds, passing: None }
    }

    /// Carries out orders until nobody gives any.
    pub(crate) fn run(mut self, orders: &Receiver<Order>) {
        for order in orders {
            match self.carry_out(&order) {
                Ok(true) => self.shared.changed(),
                Ok(false) => {}
                Err(error) => self.failed(&order, &error),
            }
            self.answer(order);
        }
        if let Some(folder) = &self.passing {
            // Whatever stays is the temporary folder's business.
            _ = fs::remove_dir_all(folder);
        }
    }

    /// Carries out an order. Returns whether something has changed for people.
    fn carry_out(&mut self, order: &Order) -> rusqlite::Result<bool> {
        let Self { connection, alike, .. } = self;
        match order {
            Order::Facts { root, path, facts } => {
                let exists = |below: &[u8]| fs::symlink_metadata(join(path, below)).is_ok();
                write::apply(connection, *root, facts, alike, exists).map(|()| true)
            }
            Order::Derive { root, path } => {
                let exists = |below: &[u8]| fs::symlink_metadata(join(path, below)).is_ok();
                write::derive(connection, *root, path.as_os_str().as_bytes(), &exists)
            }
            Order::Place { place, .. } => {
                let number = write::root(connection, place)?;
                self.places.retain(|(known, _)| *known != number);
                self.places.push((number, place.clone()));
                Ok(true)
            }
            Order::Present { root, present } => write::set_present(connection, *root, *present),
            Order::Loudness { all, .. } => write::measured(connection, all),
            Order::Refused { id, why } => write::refused(connection, *id, why),
            Order::Played(id) => write::played(connection, *id).map(|()| false),
            Order::Tell(_) => {
                *alike = Alike::default();
                write::forget(connection).map(|_| false)
            }
            Order::Rebuild => {
                self.rebuild("what is in it makes no sense, or it does not open");
                Ok(false)
            }
        }
    }

    /// Gives the answer that an order is for. Whoever asked may have gone.
    fn answer(&mut self, order: Order) {
        match order {
            Order::Place { place, answer } => {
                let known = self.places.iter().find(|(_, known)| known.key == place.key);
                _ = answer.send(known.map(|(number, _)| *number));
            }
            Order::Loudness { done, .. } => _ = done.send(()),
            Order::Tell(written) => _ = written.send(std::mem::replace(&mut self.is_well, true)),
            Order::Facts { .. }
            | Order::Derive { .. }
            | Order::Present { .. }
            | Order::Refused { .. }
            | Order::Played(_)
            | Order::Rebuild => {}
        }
    }

    /// Takes in that an order could not be carried out. If the database is not to be believed any more, another one is made, and the
    /// order is carried out there.
    fn failed(&mut self, order: &Order, error: &rusqlite::Error) {
        if self.is_well {
            log::warn!("the library's database cannot be written: {error}");
        }
        self.reader.doubt(error);
        let is_done = self.reader.is_lost() && self.rebuild(&error.to_string()) && self.carry_out(order).is_ok();
        self.is_well &= is_done;
    }

    /// Puts another database in the place of this one, and has everything scanned for it. Returns whether that could be done.
    fn rebuild(&mut self, why: &str) -> bool {
        let (next, pause) = self.rebuilds;
        if Instant::now() < next || !self.reader.is_lost() {
            return false;
        }
        self.rebuilds = (Instant::now() + pause, (pause * 2).min(REBUILD_EVERY.1));
        log::warn!("{} cannot be used ({why}): another is made, and the music is scanned anew", self.path.display());
        // Closed first: what its end removes must not be the next one's.
        let Ok(nothing) = Connection::open_in_memory() else { return false };
        drop(std::mem::replace(&mut self.connection, nothing));
        self.reader.renew(self.path.clone());
        let made = match rebuild(&self.path, &self.places, self.highest) {
            Ok(connection) => Ok(connection),
            Err(error) => {
                log::warn!("no other can be made there ({error}): it is made in memory until the box restarts");
                self.make_passing()
            }
        };
        match made {
            Ok(connection) => (self.connection, self.alike) = (connection, Alike::default()),
            Err(error) => {
                log::warn!("the library's database cannot be made: {error}");
                return false;
            }
        }
        self.highest = self.highest.max(highest(&self.connection));
        self.reader.renew(self.path.clone());
        self.shared.update(|progress| progress.scanning = true);
        self.shared.scan_all();
        true
    }

    /// Makes a database in the temporary folder.
    fn make_passing(&mut self) -> Result<Connection, store::Error> {
        let folder = std::env::temp_dir().join(format!("partybox-library-{}", std::process::id()));
        let stuck = |error| store::Error::Stuck(folder.clone(), error);
        if self.passing.take().is_some() {
            fs::remove_dir_all(&folder).map_err(stuck)?;
        }
        // Somebody else's is not ours to fill.
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(stuck)?;
        let path = folder.join("library.db");
        let connection = begin(&path, &self.places, self.highest, Some(&self.path))?;
        (self.passing, self.path) = (Some(folder), path);
        Ok(connection)
    }
}

//! Who asks the database: connections that are kept, a limit of time for each question, and what errors say about the database.
//!
//! What is asked is in [`super`].

use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use base::TrackId;
use rusqlite::{Connection, ErrorCode, ffi};

use super::super::open_to_read;
use super::super::trust::{Trust, fault};
use super::Plays;

/// Longest time for an answer: a hundred times what the slowest takes at 100,000 tracks.
pub(super) const QUESTION_MAX: Duration = Duration::from_millis(500);

/// Longest time for reading all of it: what is not read by then is found out when it is asked for.
const VERIFY_MAX: Duration = Duration::from_secs(30);

/// Steps of SQLite's machine between two looks at the clock: less than a millisecond on the slowest board.
const STEPS: i32 = 20_000;

/// Connections kept for the next who asks.
const KEPT_MAX: usize = 4;

/// Why there is no answer.
#[derive(Debug)]
pub enum AskError {
    /// It took too long, or the database is held up: a retry may help.
    Slow,
    /// The page begins after a track that there is not.
    UnknownTrack(TrackId),
    /// The database or the storage below it is broken.
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for AskError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted | ErrorCode::DatabaseBusy) => Self::Slow,
            _ => Self::Database(error),
        }
    }
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slow => write!(f, "the library is busy"),
            Self::UnknownTrack(id) => write!(f, "there is no track {id}"),
            Self::Database(error) => write!(f, "the library's database: {error}"),
        }
    }
}

impl std::error::Error for AskError {}

/// Asks the database; for any number of threads.
pub(crate) struct Reader {
    idle: Mutex<Idle>,
    pub(super) plays: Mutex<Plays>,
    trust: Trust,
    /// Called when the database is believed no more.
    on_loss: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

/// Where the database is, and connections to it that nobody uses now.
#[derive(Default)]
struct Idle {
    path: PathBuf,
    connections: Vec<Connection>,
    /// Goes up when another database is in its place.
    generation: u64,
}

impl Reader {
    pub(crate) fn new(path: PathBuf) -> Self {
        let idle = Mutex::new(Idle { path, ..Idle::default() });
        Self { idle, plays: Mutex::default(), trust: Trust::default(), on_loss: OnceLock::new() }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `on_loss` called when the database is believed no more. To be called once.
    pub(crate) fn watch(&self, on_loss: impl Fn() + Send + Sync + 'static) {
        _ = self.on_loss.set(Box::new(on_loss));
    }

    /// Takes in what an error says about the database.
    pub(crate) fn doubt(&self, error: &rusqlite::Error) {
        if self.trust.note(fault(error), Instant::now()) {
            log::warn!("the library's database is believed no more: {error}");
            self.on_loss.get().into_iter().for_each(|on_loss| on_loss());
        }
    }

    /// Returns whether the database is believed no more.
    pub(crate) fn is_lost(&self) -> bool {
        self.trust.is_lost()
    }

    /// Reads all of the database, and believes it no more if it contradicts itself. Waits for storage.
    pub(crate) fn verify(&self) {
        let checked = self.within(Some(VERIFY_MAX), |connection| {
            let said: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            let corrupt = || rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(said.clone()));
            if said == "ok" { Ok(()) } else { Err(corrupt().into()) }
        });
        // What it says was noted; that it takes too long says nothing.
        _ = checked;
    }

    /// Asks the database at `path` from now on, which is another one than before.
    pub(crate) fn renew(&self, path: PathBuf) {
        let mut idle = self.idle();
        idle.path = path;
        idle.generation += 1;
        idle.connections.clear();
        drop(idle);
        self.trust.renew();
    }

    /// Runs `ask` on a connection and lets it go on for `limit` at most.
    pub(super) fn within<T>(
        &self,
        limit: Option<Duration>,
        ask: impl FnOnce(&Connection) -> Result<T, AskError>,
    ) -> Result<T, AskError> {
        let (kept, path, generation) = {
            let mut idle = self.idle();
            (idle.connections.pop(), idle.path.clone(), idle.generation)
        };
        let watch = limit.map(|limit| {
            let begun = Instant::now();
            move || begun.elapsed() > limit
        });
        let asked = || {
            let mut connection = match kept {
                Some(connection) => connection,
                None => open_to_read(&path)?,
            };
            connection.progress_handler(STEPS, watch)?;
            Ok((ask(&connection)?, connection))
        };
        let (answer, connection) = asked().inspect_err(|error| {
            // What is said of another one that was there before is nobody's fault now.
            if let AskError::Database(error) = error
                && self.idle().generation == generation
            {
                self.doubt(error);
            }
        })?;
        let mut idle = self.idle();
        if idle.generation == generation && idle.connections.len() < KEPT_MAX {
            idle.connections.push(connection);
        }
        Ok(answer)
    }
}

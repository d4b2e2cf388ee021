//! Whether the database is still believed: what errors say about it, and how many of them are too many.
//!
//! Pure but for its lock. Building another one is the writer's business.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Error, ErrorCode, ffi};

/// Largest number that a track can have: above are those of the demo tracks, and what scripts cannot count.
pub(crate) const TRACK_MAX: i64 = (1 << 52) - 1;

/// Refusals after which the database is as good as unusable: one may be a moment's, such as too many open files.
const REFUSALS_MAX: u32 = 3;

/// Time without a refusal after which the earlier ones count no more.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);

/// Shortest time between two refusals that count: many questions in one bad moment are one.
const APART: Duration = Duration::from_secs(1);

/// What an error says about the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// What is in it cannot be used, however often it is asked: damaged, of somebody else, or impossible.
    Unusable,
    /// It cannot be used now: it is held by somebody, or the system refuses.
    Refused,
    /// Nothing: the question was broken off or the storage is full, and what is there can be read.
    Nothing,
}

/// Returns what an error says about the database.
pub(crate) fn fault(error: &Error) -> Fault {
    match error {
        // Tables that are not there, and values that nobody has written.
        Error::SqlInputError { .. }
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::FromSqlConversionFailure(..)
        | Error::Utf8Error(..) => Fault::Unusable,
        // What is asked is right: if it makes no sense there, it is another's, or what it says of itself is damaged.
        Error::SqliteFailure(said, _) if said.extended_code == ffi::SQLITE_ERROR => Fault::Unusable,
        _ => match error.sqlite_error_code() {
            Some(
                ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::ConstraintViolation
                | ErrorCode::TypeMismatch
                | ErrorCode::SchemaChanged,
            ) => Fault::Unusable,
            Some(
                ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::SystemIoFailure
                | ErrorCode::PermissionDenied
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked,
            ) => Fault::Refused,
            _ => Fault::Nothing,
        },
    }
}

/// What was said of the database so far.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_lost: bool,
    refusals: u32,
    last: Option<Instant>,
}

impl Trust {
    /// Takes in an error. Returns whether the database is, from now on, not believed any more.
    pub(crate) fn note(&self, fault: Fault, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.is_lost;
        match fault {
            Fault::Nothing => {}
            Fault::Unusable => state.is_lost = true,
            Fault::Refused => {
                let since = state.last.map(|last| now.saturating_duration_since(last));
                if since.is_none_or(|since| since >= FORGOTTEN_AFTER) {
                    state.refusals = 0;
                }
                if since.is_none_or(|since| since >= APART) {
                    state.refusals += 1;
                    state.last = Some(now);
                }
                state.is_lost |= state.refusals >= REFUSALS_MAX;
            }
        }
        state.is_lost && !before
    }

    /// Returns whether it is believed no more.
    pub(crate) fn is_lost(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_lost
    }

    /// Believes another database in its place.
    pub(crate) fn renew(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_refusal_is_a_moments_and_several_within_a_minute_are_not() {
        let (trust, start) = (Trust::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        for _ in 0..10 {
            assert!(!trust.note(Fault::Refused, at(0)), "many at once are one");
        }
        assert!(!trust.note(Fault::Nothing, at(1)) && !trust.note(Fault::Refused, at(2)));
        assert!(!trust.note(Fault::Refused, at(70)) && !trust.note(Fault::Refused, at(72)), "a minute later");
        assert!(trust.note(Fault::Refused, at(74)) && trust.is_lost());
        assert!(!trust.note(Fault::Unusable, at(75)), "said once");
        trust.renew();
        assert!(!trust.is_lost() && trust.note(Fault::Unusable, at(76)));
    }
}

//! Has the loudness of every track measured once, one after the other, while there is nothing better to do.
//!
//! How it is measured, and when there is something better to do, is told by whoever opens the library; here is only
//! which track is next, and that what was found out is kept. Whoever measures plays the whole file, and therefore has the
//! last word on whether it plays at all.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use base::TrackId;

use crate::guests::Guests;
use crate::level::{Loudness, Part};
use crate::shared::Shared;
use crate::store::read::{Reader, Unmeasured};
use crate::store::write::Measured;
use crate::writer::Order;

/// Measurements in one transaction: a pulled plug costs this many tracks' work.
const BATCH: usize = 8;

/// How long to wait before looking again whether there is something to measure, or trying again what cannot be done now.
const PAUSE: Duration = Duration::from_secs(5);

/// What became of a measurement.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was heard to its end.
    Heard {
        /// How loud it is; `None` if it is silent.
        loudness: Option<Loudness>,
        /// Its length, milliseconds, as it was counted; `None` if it was not.
        duration_ms: Option<u64>,
    },
    /// It does not play to its end: it is not tried again.
    None,
    /// There is nothing in it that plays; why, in words. It is a track no more.
    Refused(String),
    /// It was broken off, or the system refuses: it is tried again.
    Later,
}

/// Measures a part of a file. It may wait as long as it likes, but must come
/// back soon with [`Outcome::Later`] once what it is handed tells that the library is closed.
pub type Measure = Arc<dyn Fn(&Part, &dyn Fn() -> bool) -> Outcome + Send + Sync>;

/// What is needed to measure.
pub(crate) struct Meter {
    pub(crate) measure: Measure,
    pub(crate) reader: Arc<Reader>,
    pub(crate) writer: SyncSender<Order>,
    pub(crate) shared: Arc<Shared>,
    /// What guests have brought comes first: it is heard tonight.
    pub(crate) guests: Option<Arc<Guests>>,
}

/// Below every track.
const FIRST: TrackId = TrackId(0);

impl Meter {
    /// Measures until the library is closed.
    pub(crate) fn run(self) {
        let mut batch = Vec::new();
        let (mut after, mut seen) = (FIRST, None);
        while !self.shared.is_closed() {
            if let Some((guests, id, part)) = self.guests.as_ref().and_then(|guests| guests.unmeasured()) {
                match (self.measure)(&part, &|| self.shared.is_closed()) {
                    Outcome::Heard { loudness, .. } => guests.note_measured(id, loudness),
                    Outcome::None | Outcome::Refused(_) => guests.note_measured(id, None),
                    Outcome::Later => self.shared.rest(PAUSE),
                }
                continue;
            }
            let changes = self.shared.changes();
            let next = if seen == Some(changes) { None } else { self.reader.unmeasured(after).unwrap_or_default() };
            let Some(Unmeasured { id, fingerprint, part }) = next else {
                self.send(&mut batch);
                // All of them once more, when something has changed since this round began.
                if seen != Some(changes) {
                    (after, seen) = (FIRST, (after == FIRST).then_some(changes));
                }
                if seen.is_some() {
                    self.shared.rest(PAUSE);
                }
                continue;
            };
            let outcome = (self.measure)(&part, &|| self.shared.is_closed());
            after = id;
            let heard = match outcome {
                Outcome::Heard { loudness, duration_ms } => Ok((loudness, duration_ms)),
                Outcome::None => Ok((None, None)),
                Outcome::Refused(why) => Err(why),
                Outcome::Later => {
                    self.shared.rest(PAUSE);
                    continue;
                }
            };
            batch.push(Measured { fingerprint, heard });
            if batch.len() == BATCH {
                self.send(&mut batch);
            }
        }
        self.send(&mut batch);
    }

    fn send(&self, batch: &mut Vec<Measured>) {
        if !batch.is_empty() {
            let (done, written) = sync_channel(1);
            let all = std::mem::take(batch);
            // Without a writer the library is closed. What is not yet written would be measured again.
            if self.writer.send(Order::Loudness { all, done }).is_ok() {
                _ = written.recv();
            }
        }
    }
}

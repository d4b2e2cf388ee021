//! A track that has just failed to play: whether it plays at all is asked of whoever plays, at once and however busy the box is,
//! because whoever wishes for it next would wait in vain. (Measuring comes to the same, but only when there is nothing better to
//! do.)

use std::sync::atomic::Ordering;
use std::thread;

use base::TrackId;

use crate::library::Library;
use crate::settings::Unheard;
use crate::writer::Order;

impl Library {
    /// Has it found out whether a track plays that has just failed to; one that does not is a track no more. Waits for nothing.
    /// One at a time: a further one is asked about when it fails the next time.
    pub fn failed(&self, id: TrackId) {
        // What a guest has brought was heard before it was taken.
        if id.is_brought() || self.inner.asks.swap(true, Ordering::AcqRel) {
            return;
        }
        let library = self.clone();
        let ask = move || {
            library.ask_whether_it_plays(id);
            library.inner.asks.store(false, Ordering::Release);
        };
        if let Err(error) = thread::Builder::new().name("failed".into()).spawn(ask) {
            log::warn!("track {id}: whether it plays is not asked: {error}");
            self.inner.asks.store(false, Ordering::Release);
        }
    }

    fn ask_whether_it_plays(&self, id: TrackId) {
        let Ok(Some(track)) = self.track(id) else { return };
        // A part of a file says nothing of the file.
        if track.start_ms > 0 || track.end_ms.is_some() {
            return;
        }
        // Storage that was gone for a moment is no reason.
        if let (Err(Unheard::Never(why)), Ok(id)) = ((self.inner.judge)(&track.path), i64::try_from(id.0)) {
            self.order(Order::Refused { id, why });
        }
    }
}

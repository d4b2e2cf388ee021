//! Files that guests bring: who may bring one, and how long the party needs each.
//!
//! A file is asked for like any other song and takes its turn like any other; what it is, and where it lies, is no
//! business of the rules. Whoever keeps it may let go of it when it is no longer among [`Party::files`]: when its wish is
//! declined, taken back or forgotten with its guest, and when the party ends. One that was heard is needed until then, so
//! that a host can keep it; of more than [`HEARD_FILES_MAX`] the oldest goes.

use std::collections::{HashSet, VecDeque};

use base::{CueId, GuestId, Time, TrackId};

use super::Party;
use super::wishes::Granted;
use crate::requests::Standing;
use crate::settings::Requests;
use crate::wish::{Asker, Done, Refused};

/// Files that were heard and still can be kept: two hours of songs.
pub const HEARD_FILES_MAX: usize = 40;

/// What is known of files that guests have brought.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Files {
    /// Those that were heard, the newest at the end.
    heard: VecDeque<TrackId>,
}

impl Files {
    /// Forgets what was heard: the party is over.
    pub(super) fn clear(&mut self) {
        self.heard.clear();
    }
}

impl Party {
    /// Returns the tracks of guests' files that the party still needs.
    pub fn files(&self) -> impl Iterator<Item = TrackId> {
        self.order.brought().iter().copied()
    }

    /// Whether a guest may bring a file now.
    pub(super) fn offer(&self, asker: Asker, guest: GuestId) -> Granted {
        self.check_offer(asker, guest)?;
        Ok((Done::Plainly, Vec::new()))
    }

    /// A guest has brought a file, and asks for it.
    pub(super) fn bring(&mut self, asker: Asker, guest: GuestId, track: TrackId, now: Time) -> Granted {
        if !track.is_brought() || self.order.brought().contains(&track) {
            return Err(Refused::NoSuchTrack);
        }
        // What was allowed when the file set out may not be any more.
        let at_once = self.check_offer(asker, guest)?;
        self.order.bring(track);
        self.put(asker, (guest, track), at_once, now)
    }

    /// Whether a file would go into the queue at once.
    fn check_offer(&self, asker: Asker, guest: GuestId) -> Result<bool, Refused> {
        let files = self.settings.files;
        let is_off = files == Requests::Off || self.settings.own_only;
        match () {
            () if asker.leads => {}
            () if self.settings.requests == Requests::Off => return Err(Refused::RequestsOff),
            () if is_off => return Err(Refused::FilesOff),
            () if self.files_of(guest) >= self.settings.files_per_guest_max.into() => {
                return Err(Refused::TooManyFiles);
            }
            () => {}
        }
        let at_once = files == Requests::Auto || asker.leads;
        self.check_room(guest, at_once)?;
        Ok(at_once)
    }

    /// How many files of a guest wait, to be approved or to be heard.
    fn files_of(&self, guest: GuestId) -> usize {
        let waits = |standing| matches!(standing, Standing::Pending | Standing::Queued(_));
        let own = self.requests.iter().filter(|request| request.guest == guest && request.track.is_brought());
        own.filter(|request| waits(request.standing)).count()
    }

    /// The first frame of an open track was mixed.
    pub(super) fn note_heard_file(&mut self, cue: CueId) {
        let Some(track) = self.opened(cue).filter(|track| track.is_brought() && self.session.live) else { return };
        let heard = &mut self.files.heard;
        heard.retain(|known| *known != track);
        heard.push_back(track);
        heard.drain(..heard.len().saturating_sub(HEARD_FILES_MAX));
        self.tidy_files();
    }

    /// Forgets files that are not needed any more.
    pub(super) fn tidy_files(&mut self) {
        if self.order.brought().is_empty() {
            return;
        }
        let waiting = self.requests.pending().map(|request| request.track);
        let queued = self.queue.items().map(|item| item.track).chain(self.queue.removed());
        let needed: HashSet<TrackId> = waiting.chain(queued).chain(self.files.heard.iter().copied()).collect();
        self.order.keep_brought(|track| needed.contains(&track));
    }
}

//! Which tracks are open: what is heard, and what shall be heard after it.
//!
//! A track is opened long before it is heard. When something else shall be heard next, what is open but has not begun
//! is closed and the other is opened in its place; what is heard is not touched by that. Hosts see that at once; when
//! guests vote, it happens at most every [`REPLACE_MS`], because every opened track is a process that begins to decode.

use std::collections::BTreeSet;

use base::{CueId, GuestId, ItemId, Time, TrackId};

use super::{DECKS, Output, Party};
use crate::history::{How, Played};
use crate::queue::{By, Item};
use crate::requests::Decline;
use crate::settings::Repeat;
use crate::wish::At;

/// Shortest time between two replacements of an open track that guests cause, ms.
const REPLACE_MS: u64 = 2_000;

/// Closed tracks that are remembered in case they had begun already. Only the last can have, unless the pump is stuck.
const CLOSED_MAX: usize = 4;

/// Why a track is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// It is this item of the queue.
    Item(ItemId),
    /// It plays by itself.
    Order,
    /// It is the one before it once more.
    Again,
    /// It is the one before it, from another place in it.
    Within,
}

/// An open track.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Open {
    cue: CueId,
    pub(super) track: TrackId,
    from: From,
    pub(super) started: bool,
    /// The item that it was, once it has begun.
    pub(super) item: Option<Item>,
    skipped: bool,
    /// How many guests' votes skipped it.
    pub(super) skipped_by: u32,
    /// When its first frame was mixed.
    begun: Time,
    /// Who loves it, among them who voted for it while it waited.
    pub(super) loved_by: BTreeSet<GuestId>,
    broken: bool,
    /// Whether another track has begun after it.
    over: bool,
}

impl Open {
    /// Returns how many hearts it has, with the votes from before the box was started.
    pub(super) fn hearts(&self) -> u32 {
        let old = self.item.as_ref().map_or(0, |item| item.old_votes);
        old.saturating_add(u32::try_from(self.loved_by.len()).unwrap_or(u32::MAX))
    }

    /// Returns it as history keeps it.
    fn as_played(&self) -> Played {
        let how = if self.skipped { How::Skipped } else { How::Played };
        let (track, skipped_by, begun, hearts) = (self.track, self.skipped_by, self.begun, self.hearts());
        Played { track, by: self.item.as_ref().map(|item| item.by), how, skipped_by, begun, hearts }
    }

    /// The party it belongs to is over: who wanted it is forgotten, and it becomes no history of the next one.
    pub(super) fn forget(&mut self) {
        self.item = None;
        self.loved_by.clear();
        self.over = self.started;
    }
}

impl Party {
    /// What is heard, or stopped at while paused.
    pub(super) fn now(&self) -> Option<&Open> {
        self.open.iter().rfind(|open| open.started)
    }

    pub(super) fn now_mut(&mut self) -> Option<&mut Open> {
        self.open.iter_mut().rfind(|open| open.started)
    }

    /// The track that was opened under this number, while it is open.
    pub fn opened(&self, cue: CueId) -> Option<TrackId> {
        self.open.iter().chain(&self.closed).find(|open| open.cue == cue).map(|open| open.track)
    }

    /// Returns whether somebody has asked for the track of that cue.
    pub fn is_wanted(&self, cue: CueId) -> bool {
        self.open.iter().chain(&self.closed).any(|open| open.cue == cue && matches!(open.from, From::Item(_)))
    }

    /// Opens what shall be heard next, and closes what shall not. `urgent`: at once, whatever was closed just now.
    pub(super) fn settle(&mut self, now: Time, urgent: bool) -> Vec<Output> {
        // One that goes on with what is heard stands for it.
        let stands = |open: &&Open| open.started || open.from == From::Within;
        let started = self.open.iter().filter(stands).count();
        let wanted = self.wanted(started);
        let waiting = self.open.len() - started;
        let is_wanted = |(open, want): &(&Open, &(TrackId, From))| (open.track, open.from) == **want;
        let mut kept = self.open.iter().skip(started).zip(&wanted).take_while(is_wanted).count();
        let mut outputs = Vec::new();
        if kept < waiting {
            if !urgent && self.replaced.is_some_and(|at| now < at.plus_millis(REPLACE_MS)) {
                self.stale = true;
                return outputs;
            }
            self.closed.extend(self.open.drain(started..));
            self.closed.drain(..self.closed.len().saturating_sub(CLOSED_MAX));
            self.replaced = Some(now);
            outputs.push(Output::Uncue);
            kept = 0;
        }
        (self.stale, self.reordered) = (false, false);
        for (track, from) in wanted.into_iter().skip(kept) {
            let cue = self.opened_as(track, from, now);
            outputs.push(Output::Cue(cue, track));
        }
        outputs
    }

    /// What shall be open behind the `started` tracks that have begun.
    fn wanted(&self, started: usize) -> Vec<(TrackId, From)> {
        let count = DECKS.saturating_sub(started);
        let repeats = self.settings.repeat == Repeat::One && !self.leaving;
        let now = self.now().filter(|now| !now.broken && self.order.is_playable(now.track));
        if let Some(now) = now.filter(|_| repeats) {
            return vec![(now.track, From::Again); count];
        }
        let mut wanted: Vec<(TrackId, From)> = Vec::new();
        let queue = self.queue.first(count);
        let mut cursor = self.order.cursor();
        for slot in 0..count {
            let before = wanted.last().copied().filter(|_| repeats);
            let open = self.open.get(started + slot).filter(|open| open.from == From::Order && !self.reordered);
            let choice = if let Some((track, _)) = before {
                (track, From::Again)
            } else if let Some(item) = queue.get(slot) {
                (item.track, From::Item(item.id))
            } else if let Some(open) = open.filter(|open| self.order.comes(open.track)) {
                // One that is open is as good as any other: a catalogue that grows is no reason to close it.
                cursor = self.order.after(open.track);
                (open.track, From::Order)
            } else if let Some(track) = self.order.advance(&mut cursor, |track| self.was_asked_for(track)) {
                (track, From::Order)
            } else {
                break;
            };
            wanted.push(choice);
        }
        wanted
    }

    /// Whether people have asked for a track, now or a short while ago: then it need not play by itself.
    fn was_asked_for(&self, track: TrackId) -> bool {
        self.queue.items().any(|item| item.track == track)
            || self.now().is_some_and(|now| now.track == track && now.item.is_some())
            || self.history.iter().any(|played| played.track == track && played.by.is_some())
    }

    /// What will play by itself, at most `count` tracks.
    pub fn upcoming(&self, count: usize) -> Vec<TrackId> {
        let ahead = self.open.iter().filter(|open| !open.started && open.from == From::Order);
        let mut tracks: Vec<TrackId> = ahead.map(|open| open.track).take(count).collect();
        let mut cursor = tracks.last().map_or(self.order.cursor(), |last| self.order.after(*last));
        while tracks.len() < count {
            let next = self.order.advance(&mut cursor, |track| self.was_asked_for(track));
            let Some(next) = next.filter(|next| !tracks.contains(next)) else { break };
            tracks.push(next);
        }
        tracks
    }

    /// The first frame of an open track was mixed.
    pub(super) fn begin(&mut self, cue: CueId, now: Time) {
        let closed = self.closed.iter().position(|open| open.cue == cue);
        if let Some(late) = closed.and_then(|index| self.closed.remove(index)) {
            // It had begun before it could be closed.
            let begun = self.open.iter().filter(|open| open.started).count();
            self.open.insert(begun, late);
        }
        let Some(index) = self.open.iter().position(|open| open.cue == cue && !open.started) else { return };
        let before = self.now().cloned();
        for before in 0..index {
            self.finish(before);
        }
        let from = self.open[index].from;
        let item = match from {
            From::Item(id) => self.queue.take(id),
            From::Again | From::Within => before.as_ref().and_then(|before| before.item.clone()),
            From::Order => None,
        };
        if from == From::Order {
            self.order.started(self.open[index].track);
        }
        if let (From::Item(_), Some(item)) = (from, &item) {
            item.request.into_iter().for_each(|request| self.requests.remove(request));
            // What comes back to the queue need not be written down whenever it goes.
            self.saved_revision += u64::from(!self.comes_back(item));
        }
        let open = &mut self.open[index];
        if let (From::Item(_), Some(item)) = (from, &item) {
            open.loved_by.clone_from(&item.voters);
        }
        (open.started, open.item, open.begun) = (true, item, now);
        // What begins while the music of a party that has ended fades out is nobody's history.
        open.over = !self.session.live;
        if let (From::Within, Some(before)) = (from, before) {
            (open.begun, open.loved_by, open.skipped_by) = (before.begun, before.loved_by, before.skipped_by);
            return;
        }
        self.history.begin(open.track, now);
        self.skips.begin(now);
        self.leaving = false;
    }

    /// The last frame of an open track was mixed.
    pub(super) fn end(&mut self, cue: CueId) {
        self.closed.retain(|open| open.cue != cue);
        if let Some(index) = self.open.iter().position(|open| open.cue == cue) {
            if self.open[index].started {
                self.finish(index);
            }
            self.open.remove(index);
        }
    }

    /// An open track is no longer what is heard: it is history.
    fn finish(&mut self, index: usize) {
        let Some(open) = self.open.get_mut(index).filter(|open| open.started && !open.over) else { return };
        open.over = true;
        if open.broken {
            return;
        }
        let (played, item) = (open.as_played(), open.item.clone());
        self.history.end(played);
        if let Some(item) = item.filter(|item| self.comes_back(item) && !self.queue.is_full()) {
            self.queue.add(item.track, item.by, At::End, None);
        }
    }

    /// Keeps what is heard as the last song of the evening, which ends.
    pub(super) fn note_last(&mut self) {
        if let Some(now) = self.now().filter(|now| !now.over && !now.broken) {
            let played = now.as_played();
            self.history.end(played);
        }
    }

    fn comes_back(&self, item: &Item) -> bool {
        self.settings.repeat == Repeat::All && item.request.is_none() && item.by != By::Nobody && self.session.live
    }

    /// A track could not be opened.
    pub(super) fn fail(&mut self, cue: CueId) {
        let Some(index) = self.open.iter().position(|open| open.cue == cue) else { return };
        if let Some(open) = self.open.remove(index) {
            self.drop_broken(&open);
        }
    }

    /// An open track turned out unplayable.
    pub(super) fn give_up_on(&mut self, cue: CueId) {
        let open = self.open.iter_mut().find(|open| open.cue == cue);
        let Some(open) = open else { return };
        open.broken = true;
        let open = open.clone();
        self.drop_broken(&open);
    }

    fn drop_broken(&mut self, open: &Open) {
        self.order.mark_unplayable(open.track);
        if let (From::Item(id), false) = (open.from, open.started)
            && let Some(item) = self.queue.remove(id)
        {
            item.request.into_iter().for_each(|request| self.requests.decline(request, Decline::Broken));
            self.saved_revision += 1;
        }
    }

    /// Leaves what is heard for what comes next.
    pub(super) fn leave(&mut self, now: Time) -> Vec<Output> {
        self.leaving = true;
        let mut outputs = self.settle(now, true);
        if let Some(now) = self.now_mut() {
            now.skipped = true;
        }
        outputs.push(Output::Skip);
        outputs
    }

    /// Opens what is heard once more, `from_ms` after its start, and leaves it for that; `None` if nothing is heard.
    pub(super) fn reopen(&mut self, from_ms: u64, now: Time) -> Option<Vec<Output>> {
        let track = self.now().filter(|now| !now.broken).map(|now| now.track)?;
        let started = self.open.iter().filter(|open| open.started).count();
        self.closed.extend(self.open.drain(started..));
        self.closed.drain(..self.closed.len().saturating_sub(CLOSED_MAX));
        if let Some(now) = self.now_mut() {
            // It goes on, so it is no history yet.
            now.over = true;
        }
        let cue = self.opened_as(track, From::Within, now);
        let mut outputs = vec![Output::Uncue, Output::CueAt(cue, track, from_ms)];
        outputs.extend(self.settle(now, true));
        outputs.push(Output::Skip);
        Some(outputs)
    }

    /// Notes a track as open behind all others, and returns its number.
    fn opened_as(&mut self, track: TrackId, from: From, now: Time) -> CueId {
        self.next_cue.0 += 1;
        let cue = self.next_cue;
        self.open.push_back(Open {
            cue,
            track,
            from,
            started: false,
            item: None,
            skipped: false,
            skipped_by: 0,
            begun: now,
            loved_by: BTreeSet::new(),
            broken: false,
            over: false,
        });
        cue
    }

    /// Leaves what is heard for what was heard before it; `None` if nothing was.
    pub(super) fn go_back(&mut self, now: Time) -> Option<Vec<Output>> {
        let played = self.history.back()?;
        if let Some(now) = self.now_mut() {
            // It will be heard after the other, and then it will be history.
            now.over = true;
            let (track, item) = (now.track, now.item.clone());
            let item = item.unwrap_or_else(|| self.queue.made(track, By::Nobody, None));
            self.queue.put_first(item);
        }
        let before = self.queue.made(played.track, played.by.unwrap_or(By::Nobody), None);
        self.queue.put_first(before);
        Some(self.leave(now))
    }
}

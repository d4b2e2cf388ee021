//! What people ask for, granted or refused.

use base::{GuestId, ItemId, RequestId, Time, TrackId};

use super::decks::Open;
use super::{Output, Party, Session};
use crate::mix::{Source, Volume};
use crate::queue::{By, Item};
use crate::requests::{Decline, PENDING_MAX, Standing};
use crate::settings::{Change, Requests, Settings, Which};
use crate::text::shown;
use crate::wish::{Asker, At, Done, Refused, TITLE_CHARS_MAX, What};

/// Boosts of one guest for a whole party: enough to matter, too few to be the rule.
pub const BOOSTS_MAX: u8 = 3;

/// Guests that may have spent boosts or be for a skip at once. A further one is refused; phones that went long ago are
/// forgotten by whoever knows them, and their places with them.
pub(super) const GUESTS_MAX: usize = 1_000;

/// What a wish leads to.
pub(super) type Granted = Result<(Done, Vec<Output>), Refused>;

/// What is done with these outputs, and no more to say.
fn plainly(outputs: Vec<Output>) -> Granted {
    Ok((Done::Plainly, outputs))
}

impl Party {
    /// Grants a wish, and returns what came of it and what shall happen.
    ///
    /// # Errors
    /// Why it is refused; then nothing has changed.
    pub fn ask(&mut self, now: Time, asker: Asker, what: What) -> Granted {
        // These say themselves whether they have changed something that outlasts a restart.
        let says =
            matches!(what, What::Turn(_) | What::Volume(_) | What::Request(_) | What::Bring(_) | What::Withdraw(_));
        let lasting = what.lasts() && !says;
        let granted = self.grant(now, asker, what)?;
        self.tidy_files();
        self.revision += 1;
        self.saved_revision += u64::from(lasting || matches!(granted.0, Done::Admitted(_)));
        Ok(granted)
    }

    fn grant(&mut self, now: Time, asker: Asker, what: What) -> Granted {
        let guest = asker.guest.ok_or(Refused::NotAGuest);
        match what {
            What::Play => return plainly(self.play(now)),
            What::Pause => return plainly(self.set_playing(false, self.fades.pause_ms)),
            What::Toggle if self.playing => return plainly(self.set_playing(false, self.fades.pause_ms)),
            What::Toggle => return plainly(self.play(now)),
            What::Stop => return plainly(self.stop()),
            What::Next if self.source != Source::Files => return Err(Refused::NothingNext),
            What::Next => return plainly(self.next(now)),
            What::Seek(to_ms) => return self.seek(to_ms, now),
            What::Turn(steps) => return plainly(self.set_volume(self.volume.turned(steps))),
            What::Select(Source::LineIn) if !self.has_line_in => return Err(Refused::NoLineIn),
            What::Select(source) => return plainly(self.select(source)),
            What::NextSource => return self.select_next(),
            // Which channels there are is the evening's business, not one party's.
            What::Channel(_) => return Err(Refused::NoSuchChannel),
            What::Start(title) => return self.start(title, now),
            What::End => return Ok(self.finish_session(now)),
            What::Set(change) => return self.set(&change, now),
            What::Unset(which) => return Ok(self.unset(which, now)),
            What::Volume(db) => return self.volume(db),
            What::TalkOver(on) => return self.talk_over(on, now),
            What::Forget(guest) => return Ok(self.forget(guest, now)),
            _ if !self.session.live => return Err(Refused::Ended),
            What::Previous => return self.previous(now),
            What::Request(track) => return self.request(asker, guest?, track, now),
            What::Offer => return self.offer(asker, guest?),
            What::Bring(track) => return self.bring(asker, guest?, track, now),
            What::SkipVote(on) => return self.vote_to_skip(guest?, on, now),
            What::Love(on) => return self.love(guest?, on),
            What::React(reaction) => return self.react(guest?, reaction, now),
            What::Vote(item, on) => {
                self.vote(guest?, item, on)?;
                return Ok((Done::Plainly, self.settle(now, false)));
            }
            What::Boost(item) => {
                self.boost(guest?, item)?;
                return Ok((Done::Plainly, self.settle(now, false)));
            }
            What::Add(track, at) => {
                let item = self.add(asker, track, at)?;
                return Ok((Done::Queued(item), self.settle(now, true)));
            }
            What::Move(item, to) => {
                let moved = self.queue.undoably(|queue| queue.move_to(item, to).then_some(((), None, Vec::new())));
                moved.ok_or(Refused::NoSuchItem)?;
            }
            What::Remove(item) => self.remove(asker, item)?,
            What::Clear => self.clear(),
            What::Undo => self.undo()?,
            What::Withdraw(request) => self.withdraw(guest?, request)?,
            What::Approve(request) => _ = self.approve(request)?,
            What::Decline(request) => {
                self.requests.waiting(request).ok_or(Refused::NoSuchRequest)?;
                self.requests.decline(request, Decline::Declined);
            }
        }
        Ok((Done::Plainly, self.settle(now, asker.leads)))
    }

    /// Of those that are there: a button shall not choose what brings nothing.
    fn select_next(&mut self) -> Granted {
        let is_there = |source: &Source| match source {
            Source::Files => true,
            Source::LineIn => self.has_line_in,
            Source::Sender => self.has_sender,
        };
        let after = std::iter::successors(Some(self.source.next()), |source| Some(source.next()));
        match after.take(Source::ALL.len()).find(is_there) {
            Some(source) if source != self.source => plainly(self.select(source)),
            _ => Err(Refused::NoLineIn),
        }
    }

    fn start(&mut self, title: Option<String>, now: Time) -> Granted {
        let title = title.map(|title| shown(&title, TITLE_CHARS_MAX).ok_or(Refused::BadText)).transpose()?;
        if !self.session.live {
            self.session = Session { live: true, title: String::new(), started: now };
            self.history.begin_evening();
        }
        if let Some(title) = title {
            self.session.title = title;
        }
        Ok((Done::Plainly, self.play(now)))
    }

    /// Nothing about a guest outlives the party.
    fn finish_session(&mut self, now: Time) -> (Done, Vec<Output>) {
        if !self.session.live {
            return (Done::Plainly, Vec::new());
        }
        self.session = Session::default();
        self.note_last();
        self.queue = self.queue.emptied();
        self.requests.clear();
        self.history.end_evening();
        self.boosts.clear();
        self.skips.clear();
        self.applause.clear();
        self.files.clear();
        self.open.iter_mut().chain(&mut self.closed).for_each(Open::forget);
        let mut outputs = self.stop();
        outputs.extend(self.settle(now, true));
        (Done::Plainly, outputs)
    }

    fn set(&mut self, change: &Change, now: Time) -> Granted {
        let settings = self.settings.changed(change).map_err(Refused::Setting)?;
        // Whoever sends all of them has set those that differ from what holds.
        self.chosen = self.chosen.and(&Change::between(&self.settings, &settings));
        Ok(self.take_settings(settings, now))
    }

    /// What the files say was checked with them, and so was what hosts have chosen besides.
    fn unset(&mut self, which: Which, now: Time) -> (Done, Vec<Output>) {
        self.chosen = self.chosen.without(which);
        let settings = self.configured.changed(&self.chosen).unwrap_or_else(|_| self.configured.clone());
        self.take_settings(settings, now)
    }

    fn take_settings(&mut self, settings: Settings, now: Time) -> (Done, Vec<Output>) {
        let before = std::mem::replace(&mut self.settings, settings);
        if before.shuffle != self.settings.shuffle {
            self.order.set_shuffle(self.settings.shuffle);
            self.reordered = true;
        }
        let mut outputs = self.settle(now, true);
        if before.crossfade_ms != self.settings.crossfade_ms {
            outputs.push(Output::Mix(self.plan()));
        }
        // A smaller number may be reached already.
        outputs.extend(self.skip_if_wanted(now));
        (Done::Plainly, outputs)
    }

    fn volume(&mut self, db: f32) -> Granted {
        let volume = Volume::nearest(db).ok_or(Refused::Volume)?;
        Ok((Done::Plainly, self.set_volume(volume)))
    }

    fn previous(&mut self, now: Time) -> Granted {
        if self.source != Source::Files {
            return Err(Refused::NothingBefore);
        }
        if self.queue.is_full() {
            return Err(Refused::QueueFull);
        }
        let mut outputs = self.go_back(now).ok_or(Refused::NothingBefore)?;
        outputs.extend(self.set_playing(true, self.fades.pause_ms));
        self.stopped = false;
        Ok((Done::Plainly, outputs))
    }

    fn add(&mut self, asker: Asker, track: TrackId, at: At) -> Result<ItemId, Refused> {
        if !self.order.is_playable(track) {
            return Err(Refused::NoSuchTrack);
        }
        if self.queue.is_full() {
            return Err(Refused::QueueFull);
        }
        let by = asker.guest.filter(|_| !asker.is_host).map_or(By::Host, By::Guest);
        let added = self.queue.undoably(|queue| {
            let item = queue.add(track, by, at, None);
            Some((item, Some(item), Vec::new()))
        });
        added.ok_or(Refused::QueueFull)
    }

    fn remove(&mut self, asker: Asker, item: ItemId) -> Result<(), Refused> {
        let found = self.queue.get(item).ok_or(Refused::NoSuchItem)?;
        let own = asker.guest.is_some_and(|guest| found.by == By::Guest(guest));
        let request = found.request;
        if asker.leads {
            self.queue.undoably(|queue| queue.remove(item).map(|item| ((), None, vec![item])));
            request.into_iter().for_each(|request| self.requests.decline(request, Decline::Removed));
        } else if own {
            self.queue.remove(item);
            request.into_iter().for_each(|request| self.requests.remove(request));
        } else {
            return Err(Refused::NotYours);
        }
        Ok(())
    }

    fn clear(&mut self) {
        let requests: Vec<RequestId> = self.queue.items().filter_map(|item| item.request).collect();
        self.queue.undoably(|queue| (!queue.is_empty()).then(|| ((), None, queue.clear())));
        requests.into_iter().for_each(|request| self.requests.decline(request, Decline::Removed));
    }

    fn undo(&mut self) -> Result<(), Refused> {
        if !self.queue.undo() {
            return Err(Refused::NothingToUndo);
        }
        for item in self.queue.items() {
            item.request.into_iter().for_each(|request| self.requests.queued(request, item.id));
        }
        Ok(())
    }

    fn request(&mut self, asker: Asker, guest: GuestId, track: TrackId, now: Time) -> Granted {
        if self.settings.requests == Requests::Off && !asker.leads {
            return Err(Refused::RequestsOff);
        }
        // What a guest has brought is theirs to ask for, and no one else's.
        if track.is_brought() || !self.order.is_playable(track) {
            return Err(Refused::NoSuchTrack);
        }
        // Where nothing of its own can be played there is nothing to keep to.
        if self.settings.own_only && !asker.leads && !self.order.is_of_own(track) {
            return Err(Refused::NotInRepertoire(track));
        }
        let waits = self.queue.items().any(|item| item.track == track)
            || self.requests.pending().any(|request| request.track == track)
            || self.now().is_some_and(|now| now.track == track);
        if waits {
            return Err(Refused::AlreadyQueued);
        }
        if self.history.has_begun(track, self.settings.recent_min, now) {
            return Err(Refused::RecentlyPlayed);
        }
        let at_once = self.settings.requests == Requests::Auto || asker.leads;
        self.check_room(guest, at_once)?;
        self.applause.wish(track, true);
        self.put(asker, (guest, track), at_once, now)
    }

    /// Whether one more request of `guest` can wait, to be heard or to be approved.
    pub(super) fn check_room(&self, guest: GuestId, at_once: bool) -> Result<(), Refused> {
        if self.requests.waiting_of(guest) >= self.settings.per_guest_max.into() {
            return Err(Refused::TooMany);
        }
        let is_full = if at_once { self.queue.is_full() } else { self.requests.pending().count() >= PENDING_MAX };
        if is_full { Err(Refused::QueueFull) } else { Ok(()) }
    }

    /// Makes a request of `guest`, for which there is room, and lets it into the queue if it goes there `at_once`.
    pub(super) fn put(
        &mut self,
        asker: Asker,
        (guest, track): (GuestId, TrackId),
        at_once: bool,
        now: Time,
    ) -> Granted {
        let request = self.requests.add(guest, track);
        if !at_once {
            return Ok((Done::Pending(request), Vec::new()));
        }
        self.approve(request)?;
        Ok((Done::Admitted(request), self.settle(now, asker.leads)))
    }

    fn approve(&mut self, request: RequestId) -> Result<ItemId, Refused> {
        let waiting = self.requests.waiting(request).ok_or(Refused::NoSuchRequest)?;
        if self.queue.is_full() {
            return Err(Refused::QueueFull);
        }
        let item = self.queue.add(waiting.track, By::Guest(waiting.guest), At::End, Some(request));
        self.requests.queued(request, item);
        Ok(item)
    }

    fn withdraw(&mut self, guest: GuestId, request: RequestId) -> Result<(), Refused> {
        let own = self.requests.get(request).filter(|known| known.guest == guest).ok_or(Refused::NoSuchRequest)?;
        if let Standing::Queued(item) = own.standing {
            self.queue.remove(item);
            // Something that outlasts a restart has changed.
            self.saved_revision += 1;
        }
        self.requests.remove(request);
        self.applause.wish(own.track, false);
        Ok(())
    }

    fn vote(&mut self, guest: GuestId, item: ItemId, on: bool) -> Result<(), Refused> {
        let item = self.queue.get_mut(item).ok_or(Refused::NoSuchItem)?;
        if item.by == By::Guest(guest) {
            return Err(Refused::OwnItem);
        }
        let (track, changed) = (item.track, if on { item.voters.insert(guest) } else { item.voters.remove(&guest) });
        if changed {
            self.applause.wish(track, on);
        }
        Ok(())
    }

    fn boost(&mut self, guest: GuestId, item: ItemId) -> Result<(), Refused> {
        let left = self.boosts_left(guest);
        let room = self.boosts.len() < GUESTS_MAX || self.boosts.contains_key(&guest);
        let item: &mut Item = self.queue.get_mut(item).ok_or(Refused::NoSuchItem)?;
        match () {
            () if item.boosted => Err(Refused::AlreadyBoosted),
            () if left == 0 => Err(Refused::NoBoosts),
            () if !room => Err(Refused::TooManyGuests),
            () => {
                item.boosted = true;
                *self.boosts.entry(guest).or_default() += 1;
                Ok(())
            }
        }
    }

    fn forget(&mut self, guest: GuestId, now: Time) -> (Done, Vec<Output>) {
        self.queue.forget(guest);
        self.requests.forget(guest);
        self.history.forget(guest);
        self.boosts.remove(&guest);
        self.skips.forget(guest);
        self.applause.forget(guest);
        self.open.iter_mut().for_each(|open| _ = open.loved_by.remove(&guest));
        let opened = self.open.iter_mut().chain(&mut self.closed).filter_map(|open| open.item.as_mut());
        for item in opened.filter(|item| item.by == By::Guest(guest)) {
            item.by = By::Nobody;
        }
        (Done::Plainly, self.settle(now, false))
    }
}

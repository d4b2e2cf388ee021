//! Reading the party: its parts, the little that everything else depends on, and what pages may see of it.

use std::collections::BTreeMap;

use base::{GuestId, ItemId, Time, TrackId};

use super::{Party, Session};
use crate::history::{History, Played};
use crate::mix::{Source, Volume};
use crate::queue::{By, Queue};
use crate::requests::{Decline, Request, RequestList, Standing};
use crate::settings::{Origins, Requests, Settings};
use crate::view::{
    ByView, GuestView, ItemView, NowView, PartyView, PendingView, PlayedView, PublicView, QueueView, RequestState,
    RequestView, SessionView, SkipView, WishedView,
};

use super::wishes::BOOSTS_MAX;

/// Tracks shown that play by themselves.
const UPCOMING: usize = 3;

/// The little that everything else depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Whether the host lets it play.
    pub playing: bool,
    /// How loud.
    pub volume: Volume,
    /// The source the host chose.
    pub source: Source,
    /// The track heard now, or stopped at while paused.
    pub track: Option<TrackId>,
    /// The item of the queue that it was.
    pub item: Option<ItemId>,
    /// Who wanted it; `None` if it plays by itself.
    pub by: Option<By>,
    /// Whether any track can be played.
    pub has_tracks: bool,
}

impl Party {
    /// The little that everything else depends on.
    pub fn view(&self) -> View {
        let now = self.now();
        let item = now.and_then(|now| now.item.as_ref());
        View {
            playing: self.playing,
            volume: self.volume,
            source: self.source,
            track: now.map(|now| now.track),
            item: item.map(|item| item.id),
            by: item.map(|item| item.by),
            has_tracks: self.order.has_playable(),
        }
    }

    /// Goes up with every change of what people may see.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Goes up with every change of what outlasts a restart ([`Party::saved`]).
    pub fn saved_revision(&self) -> u64 {
        self.saved_revision
    }

    /// The party as such.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What hosts can set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns who said what each setting is.
    pub fn origins(&self) -> Origins {
        self.chosen.origins(&self.configured)
    }

    /// Returns whether `track` is one of those there are and can be played, as far as is known.
    pub fn has_track(&self, track: TrackId) -> bool {
        self.order.is_playable(track)
    }

    /// Returns whether nothing of the channel's own repertoire can be played, so that everything plays instead.
    pub fn has_lost_repertoire(&self) -> bool {
        self.order.is_standing_in()
    }

    /// What waits to be heard.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// What guests have asked for.
    pub fn requests(&self) -> &RequestList {
        &self.requests
    }

    /// What was heard.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Boosts that a guest has left.
    pub fn boosts_left(&self, guest: GuestId) -> u8 {
        BOOSTS_MAX.saturating_sub(self.boosts.get(&guest).copied().unwrap_or(0))
    }

    /// Returns what may be seen of the party, by everybody and by some.
    pub fn page_view(&self) -> PartyView {
        let pending = |request: &Request| PendingView {
            id: request.id,
            track: request.track,
            by: ByView::Guest { label: request.guest },
        };
        PartyView {
            everybody: self.public_view(),
            origins: self.origins(),
            back: self.chosen.of(&self.configured),
            pending: self.requests.pending().map(pending).collect(),
            evening: self.history.evening().map(played).collect(),
            wished: self.wished().into_iter().map(|(track, wishes)| WishedView { track, wishes }).collect(),
            guests: self.guest_views(),
            newcomer: self.newcomer(),
        }
    }

    fn public_view(&self) -> PublicView<TrackId> {
        let now = self.view();
        let explained = self.queue.explained();
        let order = explained.iter().map(|(item, _)| item.id).collect();
        let items = explained.into_iter().map(|(item, why)| {
            let (track, by, votes, boosted) = (item.track, ByView::of(item.by), item.votes(), item.boosted);
            (item.id, ItemView { track, by, votes, boosted, why })
        });
        PublicView {
            session: SessionView {
                live: self.session.live,
                title: self.session.title.clone(),
                started_ms: self.session.started.as_millis(),
            },
            playing: now.playing,
            source: now.source,
            line_in_silent: self.is_line_in_silent(),
            talk_over: self.is_talked_over(),
            // Without the sign that zero may have.
            volume_db: now.volume.db() + 0.0,
            now: now.track.map(|track| NowView {
                track,
                by: now.by.and_then(ByView::of),
                item: now.item,
                hearts: self.hearts(),
            }),
            queue: QueueView { order, items: items.collect(), can_undo: self.queue.can_undo() },
            upcoming: self.upcoming(UPCOMING),
            history: self.history.iter().map(played).collect(),
            skip: SkipView {
                votes: self.skip_votes().len() as u32,
                needed: self.skips_needed(),
                from_ms: self.skips_from().map_or(0, Time::as_millis),
            },
            reactions: self.reactions(),
            settings: self.settings.clone(),
        }
    }

    fn newcomer(&self) -> GuestView<TrackId> {
        let requests_left =
            if self.settings.requests == Requests::Off { 0 } else { self.settings.per_guest_max.into() };
        GuestView { requests_left, boosts_left: BOOSTS_MAX.into(), ..GuestView::default() }
    }

    /// Returns what every guest who did something may see. One pass over everything: its cost does not grow with guests
    /// times items.
    fn guest_views(&self) -> BTreeMap<GuestId, GuestView<TrackId>> {
        let mut guests: BTreeMap<GuestId, GuestView<TrackId>> = BTreeMap::new();
        let newcomer = || self.newcomer();
        for item in self.queue.in_order().0 {
            if let By::Guest(guest) = item.by {
                guests.entry(guest).or_insert_with(newcomer).items.push(item.id);
            }
            for guest in item.voters() {
                guests.entry(guest).or_insert_with(newcomer).votes.push(item.id);
            }
        }
        for request in self.requests.iter().rev() {
            let guest = guests.entry(request.guest).or_insert_with(newcomer);
            let (state, why) = match request.standing {
                Standing::Pending => (RequestState::Pending, None),
                Standing::Queued(_) => (RequestState::Queued, None),
                Standing::Declined(Decline::Declined) => (RequestState::Declined, None),
                Standing::Declined(why) => (RequestState::Declined, Some(why)),
            };
            if state != RequestState::Declined {
                guest.requests_left = guest.requests_left.saturating_sub(1);
            }
            guest.requests.push(RequestView { id: request.id, track: request.track, state, why });
        }
        for guest in self.boosts.keys() {
            guests.entry(*guest).or_insert_with(newcomer).boosts_left = self.boosts_left(*guest).into();
        }
        for guest in self.skip_votes() {
            guests.entry(guest).or_insert_with(newcomer).skip_vote = true;
        }
        for guest in self.loved_by() {
            guests.entry(guest).or_insert_with(newcomer).heart = true;
        }
        for (guest, again) in self.skip_pauses() {
            guests.entry(guest).or_insert_with(newcomer).skip_from_ms = again.as_millis();
        }
        guests
    }
}

/// Returns what is seen of a song that was heard.
fn played(played: &Played) -> PlayedView<TrackId> {
    PlayedView {
        track: played.track,
        by: played.by.and_then(ByView::of),
        how: played.how,
        skipped_by: played.skipped_by,
        at_ms: played.begun.as_millis(),
        hearts: played.hearts,
    }
}

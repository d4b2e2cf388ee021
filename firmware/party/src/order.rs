//! What plays by itself: the catalogue, or as much of it as is the channel's own, round and round, in its order or mixed
//! up, leaving out what cannot be played.
//!
//! Where nothing of the channel's own can be played, the whole catalogue stands in for it: a stick that is pulled must
//! not silence a party. Only a started track moves the walk on, so that what was opened ahead and closed again is not
//! missed.

use std::collections::HashSet;

use base::TrackId;

/// A place in the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor(usize);

/// An endless walk through the catalogue.
#[derive(Debug, Default, PartialEq)]
pub struct Order {
    /// In the order of the walk.
    walk: Vec<TrackId>,
    /// The catalogue as it was listed.
    listed: Vec<TrackId>,
    known: HashSet<TrackId>,
    /// What guests have brought: it can be asked for and never comes by itself.
    brought: HashSet<TrackId>,
    /// The channel's own tracks as they were listed; `None`: all are.
    own: Option<Vec<TrackId>>,
    /// Those of them that the walk goes through; `None`: it goes through the catalogue.
    walked: Option<HashSet<TrackId>>,
    unplayable: HashSet<TrackId>,
    /// What was started last.
    last: Option<TrackId>,
    next: usize,
    shuffle: bool,
    seed: u64,
}

impl Order {
    /// An empty walk; `seed` is what mixing up begins with.
    pub fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Takes a new catalogue. The walk goes on after the track that was started last if that is still listed, else from
    /// the start. What could not be played before gets another chance.
    pub fn replace(&mut self, tracks: Vec<TrackId>) {
        self.known = tracks.iter().copied().collect();
        self.unplayable.clear();
        self.listed = tracks;
        self.lay_out();
    }

    /// Takes the channel's own tracks; `None`: all are. One that is listed twice counts where it comes first.
    pub fn set_own(&mut self, tracks: Option<Vec<TrackId>>) {
        if self.own != tracks {
            self.own = tracks;
            self.lay_out();
        }
    }

    /// Shuffles the walk again, or lets it follow the catalogue.
    pub fn set_shuffle(&mut self, shuffle: bool) {
        if shuffle != self.shuffle {
            self.shuffle = shuffle;
            self.seed = mixed(self.seed);
            self.lay_out();
        }
    }

    /// Every round is mixed up alike: that keeps a track and its return as far apart as can be. A track that is new to
    /// the catalogue takes a place among the others without moving them.
    fn lay_out(&mut self) {
        let mut walked = HashSet::new();
        let own = self.own.iter().flatten().filter(|track| self.is_playable(**track));
        let own: Vec<TrackId> = own.copied().filter(|track| walked.insert(*track)).collect();
        self.walked = (!own.is_empty()).then_some(walked);
        self.walk = if own.is_empty() { self.listed.clone() } else { own };
        if self.shuffle {
            self.walk.sort_by_cached_key(|track| (mixed(self.seed ^ mixed(track.0)), *track));
        }
        let position = self.last.and_then(|last| self.walk.iter().position(|track| *track == last));
        self.next = position.map_or(0, |position| position + 1);
    }

    /// Leaves `track` out from now on.
    pub fn mark_unplayable(&mut self, track: TrackId) {
        self.unplayable.insert(track);
        if self.walked.is_some() && !self.has_playable() {
            self.lay_out();
        }
    }

    /// Whether the catalogue stands in for tracks of the channel's own, of which none can be played.
    pub fn is_standing_in(&self) -> bool {
        self.own.is_some() && self.walked.is_none()
    }

    /// Whether `track` is of those that play by themselves as a host wants it; with all of them while there are none.
    pub fn is_of_own(&self, track: TrackId) -> bool {
        self.walked.as_ref().is_none_or(|own| own.contains(&track))
    }

    /// Whether `track` can come by itself.
    pub fn comes(&self, track: TrackId) -> bool {
        self.is_playable(track) && self.is_of_own(track)
    }

    /// Whether `track` is listed, or brought, and not known to be unplayable.
    pub fn is_playable(&self, track: TrackId) -> bool {
        (self.known.contains(&track) || self.brought.contains(&track)) && !self.unplayable.contains(&track)
    }

    /// What guests have brought.
    pub(crate) fn brought(&self) -> &HashSet<TrackId> {
        &self.brought
    }

    /// Takes in a track that a guest has brought.
    pub(crate) fn bring(&mut self, track: TrackId) {
        self.brought.insert(track);
    }

    /// Forgets what guests have brought, but for what `is_needed`.
    pub(crate) fn keep_brought(&mut self, is_needed: impl Fn(TrackId) -> bool) {
        self.brought.retain(|track| is_needed(*track));
    }

    /// Whether there is anything left to play.
    pub fn has_playable(&self) -> bool {
        self.walk.iter().any(|track| !self.unplayable.contains(track))
    }

    /// `track` was started: the walk goes on behind it.
    pub fn started(&mut self, track: TrackId) {
        self.last = Some(track);
        self.next = self.after(track).0;
    }

    /// Where the walk is.
    pub(crate) fn cursor(&self) -> Cursor {
        Cursor(self.next)
    }

    /// The place behind `track`, which is most likely near: the search begins where the walk is.
    pub(crate) fn after(&self, track: TrackId) -> Cursor {
        let count = self.walk.len();
        let found = (0..count).map(|step| (self.next + step) % count).find(|index| self.walk[*index] == track);
        Cursor(found.map_or(self.next, |index| index + 1))
    }

    /// The next playable track from `cursor` on, which moves behind it, and that is not to be avoided unless there is
    /// no other; `None` if nothing can be played.
    pub(crate) fn advance(&self, cursor: &mut Cursor, avoid: impl Fn(TrackId) -> bool) -> Option<TrackId> {
        let count = self.walk.len();
        let find = |wanted: &dyn Fn(TrackId) -> bool| {
            let steps = (0..count).map(|step| (cursor.0 + step) % count);
            steps.into_iter().find(|index| !self.unplayable.contains(&self.walk[*index]) && wanted(self.walk[*index]))
        };
        let index = find(&|track| !avoid(track)).or_else(|| find(&|_| true))?;
        *cursor = Cursor(index + 1);
        Some(self.walk[index])
    }
}

/// A number that tells nothing of `x` to the eye (splitmix64, Steele et al. 2014).
fn mixed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(tracks: impl IntoIterator<Item = u64>) -> Vec<TrackId> {
        tracks.into_iter().map(TrackId).collect()
    }

    fn round(order: &mut Order, count: usize) -> Vec<u64> {
        (0..count)
            .map(|_| {
                let track = order.advance(&mut order.cursor(), |_| false).unwrap();
                order.started(track);
                track.0
            })
            .collect()
    }

    #[test]
    fn mixed_up_every_track_comes_once_before_the_first_comes_again() {
        let mut order = Order::new(1);
        order.replace(list(1..=50));
        order.set_shuffle(true);
        let first = round(&mut order, 50);
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (1..=50).collect::<Vec<_>>());
        assert_ne!(first, sorted);
        assert_eq!(round(&mut order, 50), first);
        order.set_shuffle(false);
        let last = *first.last().unwrap();
        assert_eq!(round(&mut order, 1), [last % 50 + 1], "the walk goes on where it was");
    }

    #[test]
    fn a_new_track_takes_a_place_without_mixing_the_others() {
        let mut order = Order::new(7);
        order.replace(list(1..=20));
        order.set_shuffle(true);
        let before = round(&mut order, 20);
        order.replace(list(1..=21));
        let after: Vec<_> = round(&mut order, 21).into_iter().filter(|track| *track != 21).collect();
        assert_eq!(after, before);
    }

    #[test]
    fn what_is_to_be_avoided_comes_only_when_there_is_nothing_else() {
        let mut order = Order::new(1);
        order.replace(list([1, 2, 3]));
        assert_eq!(order.advance(&mut order.cursor(), |track| track < TrackId(3)), Some(TrackId(3)));
        assert_eq!(order.advance(&mut order.cursor(), |_| true), Some(TrackId(1)));
    }
}

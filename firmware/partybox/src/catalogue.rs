//! Which tracks there are, by number: those of the library, or, as long as it holds none, the built-in demo tracks.
//!
//! Values only: what a track is called and where it lies is asked elsewhere (`stock.rs`), by whoever may wait for storage.

use std::sync::Arc;

use base::TrackId;

/// The tracks there are, in playing order.
#[derive(Clone, Debug)]
pub struct Catalogue {
    ids: Vec<TrackId>,
    /// What there is where there is nothing else.
    demo: Arc<[TrackId]>,
    /// Where among the channels' lists this one begins, and how many lists there may be.
    turn: (usize, usize),
}

impl Catalogue {
    /// Returns the tracks `ids`, beside the tracks `demo`. None is no reason for those yet: the library may not have looked.
    pub fn new(ids: Vec<TrackId>, demo: Vec<TrackId>) -> Self {
        Self { ids, demo: demo.into(), turn: (0, 1) }
    }

    /// Takes a new list of all tracks of the library, which has looked for some.
    pub fn relist(&mut self, ids: Vec<TrackId>) {
        self.ids = if ids.is_empty() { self.demo.to_vec() } else { ids };
    }

    /// Returns the same tracks as a list that begins elsewhere: so that of `turns` channels, each of which goes through all
    /// tracks, no two play the same at the same time.
    pub fn rotated(&self, turn: usize, turns: usize) -> Self {
        Self { turn: (turn, turns), ..self.clone() }
    }

    /// How many tracks there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no track.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// All ids, in playing order.
    pub fn ids(&self) -> Vec<TrackId> {
        let mut ids = self.ids.clone();
        let (turn, turns) = self.turn;
        // At least one track apart, however few there are.
        let apart = ids.len().div_ceil(turns.max(1));
        let begin = (turn * apart).checked_rem(ids.len()).unwrap_or(0);
        ids.rotate_left(begin);
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demo() -> Catalogue {
        let ids: Vec<TrackId> = (1..=3).map(TrackId).collect();
        Catalogue::new(ids.clone(), ids)
    }

    #[test]
    fn demo_tracks_give_way_to_music_and_come_back_when_it_is_gone() {
        let mut catalogue = demo();
        catalogue.relist(vec![TrackId(7)]);
        assert_eq!(catalogue.ids(), [TrackId(7)]);
        catalogue.relist(Vec::new());
        assert_eq!(catalogue.ids(), [1, 2, 3].map(TrackId));
    }

    #[test]
    fn channels_begin_with_different_tracks_as_long_as_there_are_any() {
        let begins = |turn| demo().rotated(turn, 8).ids()[0];
        assert_eq!([0, 1, 2, 3].map(begins), [1, 2, 3, 1].map(TrackId));
        let mut many = demo().rotated(3, 8);
        many.relist((0..800).map(TrackId).collect());
        assert_eq!((many.ids()[0], many.ids().len()), (TrackId(300), 800));
        assert_eq!(Catalogue { ids: Vec::new(), ..demo().rotated(3, 8) }.ids(), []);
    }
}

//! In which order tracks follow each other: the catalogue's order, round and round, leaving out what cannot be played.

use std::collections::HashSet;

/// The number by which all rooms know a track. Chosen by whoever lists the tracks, unique for the life of the box.
pub type TrackId = u64;

/// An endless walk through the catalogue.
#[derive(Debug, Default)]
pub struct Order {
    tracks: Vec<TrackId>,
    unplayable: HashSet<TrackId>,
    next: usize,
}

impl Order {
    /// Takes a new catalogue. The walk goes on after `last` if that is still listed, else from the start. What could
    /// not be played before gets another chance.
    pub fn replace(&mut self, tracks: Vec<TrackId>, last: Option<TrackId>) {
        let position = last.and_then(|id| tracks.iter().position(|&t| t == id));
        self.next = position.map_or(0, |p| p + 1);
        self.tracks = tracks;
        self.unplayable.clear();
    }

    /// Leaves `track` out from now on.
    pub fn mark_unplayable(&mut self, track: TrackId) {
        self.unplayable.insert(track);
    }

    /// Whether there is anything left to play.
    pub fn has_playable(&self) -> bool {
        self.tracks.iter().any(|t| !self.unplayable.contains(t))
    }

    /// The next playable track, after the last one from the start again; `None` if nothing can be played.
    pub fn advance(&mut self) -> Option<TrackId> {
        let count = self.tracks.len();
        for step in 0..count {
            let index = (self.next + step) % count;
            let track = self.tracks[index];
            if !self.unplayable.contains(&track) {
                self.next = index + 1;
                return Some(track);
            }
        }
        None
    }
}

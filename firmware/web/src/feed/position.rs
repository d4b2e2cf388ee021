//! When the position in the track is published: every so often, and whenever it is not where phones have counted to.

use base::{ItemId, TrackId};
use serde_json::json;

use crate::status::ChannelStatus;

/// Time between two publications while music plays, ms: phones count on by their own clocks, which differ by far less
/// than a screen shows in that time.
const EVERY_MS: u64 = 1_000;

/// The same while it does not, so that a phone knows that the box is there.
const EVERY_MS_PAUSED: u64 = 5_000;

/// How far it may be from where phones think it is, ms: a quarter of what a screen shows.
const OFF_MS_MAX: u64 = 250;

/// Where the music is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    track: Option<TrackId>,
    item: Option<ItemId>,
    position_ms: u64,
    media_time: u64,
    playing: bool,
}

impl Position {
    pub(super) fn of(status: &ChannelStatus) -> Self {
        let track = status.track.as_ref();
        Self {
            track: track.map(|track| track.id),
            item: status.now().and_then(|now| now.item),
            position_ms: track.map_or(0, |track| track.position_ms),
            media_time: status.media_time,
            playing: status.party.everybody.playing,
        }
    }

    /// As a message.
    pub(super) fn text(&self) -> String {
        let Self { track, item, position_ms, media_time, playing } = self;
        json!({
            "type": "position",
            "item": item,
            "track": track,
            "position_ms": position_ms,
            "media_time": media_time,
            "playing": playing,
        })
        .to_string()
    }

    /// Returns whether `now` has to be published `passed_ms` after this was.
    pub(super) fn is_stale(&self, now: &Self, passed_ms: u64) -> bool {
        let same = (self.track, self.item, self.playing) == (now.track, now.item, now.playing);
        let moves = self.playing && self.track.is_some();
        let counted = self.position_ms + if moves { passed_ms } else { 0 };
        let every = if moves { EVERY_MS } else { EVERY_MS_PAUSED };
        !same || counted.abs_diff(now.position_ms) > OFF_MS_MAX || passed_ms >= every
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_are_published_at_once_and_nothing_that_phones_count_themselves() {
        let published =
            Position { track: Some(TrackId(1)), item: None, position_ms: 1_000, media_time: 0, playing: true };
        let at = |position_ms| Position { position_ms, ..published };
        assert!(!published.is_stale(&at(1_500), 500) && !published.is_stale(&at(1_700), 500));
        assert!(published.is_stale(&at(2_000), 500) && published.is_stale(&at(0), 500), "it jumped");
        assert!(published.is_stale(&at(2_000), 1_000), "it is time");
        assert!(published.is_stale(&Position { playing: false, ..at(1_500) }, 500));
        assert!(published.is_stale(&Position { track: Some(TrackId(2)), ..at(1_500) }, 500));
        assert!(published.is_stale(&Position { item: Some(ItemId(2)), ..at(1_500) }, 500));
        let paused = Position { playing: false, ..published };
        assert!(!paused.is_stale(&paused, 4_999) && paused.is_stale(&paused, 5_000));
    }
}

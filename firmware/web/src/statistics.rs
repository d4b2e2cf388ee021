//! Who listened to what this evening: how many to each channel over time, and how often from which to which.
//!
//! Counts only, in memory only, gone when the party ends. It reads no clock: whoever keeps it says when a sample is due.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base::ChannelId;
use serde::Serialize;

/// Samples kept: a day of one per minute. The oldest goes when there are more.
pub(crate) const SAMPLES_MAX: usize = 24 * 60;

/// Time between two samples, ms.
pub(crate) const SAMPLE_EVERY_MS: u64 = 60_000;

/// Pairs of channels between which somebody has switched: an evening that renames channels all night cannot fill the
/// memory. Further pairs are not counted.
const PAIRS_MAX: usize = 256;

/// How many have gone from one channel to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Switches {
    pub(crate) from: ChannelId,
    pub(crate) to: ChannelId,
    pub(crate) count: u64,
}

/// The listeners of a channel, one number per sample, the newest last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct History {
    pub(crate) id: ChannelId,
    pub(crate) listeners: Vec<usize>,
}

#[derive(Debug, Default)]
struct Kept {
    samples: VecDeque<BTreeMap<ChannelId, usize>>,
    switches: BTreeMap<(ChannelId, ChannelId), u64>,
}

/// The statistics of an evening.
#[derive(Debug, Default)]
pub(crate) struct Statistics(Mutex<Kept>);

impl Statistics {
    /// What is kept stays right whatever panicked elsewhere: it is only ever changed in one step.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a sample: so many listen to each channel.
    pub(crate) fn sample(&self, listeners: impl IntoIterator<Item = (ChannelId, usize)>) {
        let mut kept = self.kept();
        if kept.samples.len() == SAMPLES_MAX {
            kept.samples.pop_front();
        }
        kept.samples.push_back(listeners.into_iter().collect());
    }

    /// Counts that somebody went from one channel to another.
    pub(crate) fn switched(&self, from: ChannelId, to: ChannelId) {
        let mut kept = self.kept();
        if from != to && (kept.switches.len() < PAIRS_MAX || kept.switches.contains_key(&(from, to))) {
            *kept.switches.entry((from, to)).or_default() += 1;
        }
    }

    /// Returns the history of each of `channels`, with 0 for the time before it was there.
    pub(crate) fn histories(&self, channels: impl IntoIterator<Item = ChannelId>) -> Vec<History> {
        let kept = self.kept();
        let of = |id| kept.samples.iter().map(|sample| sample.get(&id).copied().unwrap_or(0)).collect();
        channels.into_iter().map(|id| History { id, listeners: of(id) }).collect()
    }

    /// Returns how many switched between which channels.
    pub(crate) fn switches(&self) -> Vec<Switches> {
        self.kept()
            .switches
            .iter()
            .map(|((from, to), count)| Switches { from: *from, to: *to, count: *count })
            .collect()
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        *self.kept() = Kept::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ChannelId {
        ChannelId::new(text).unwrap()
    }

    #[test]
    fn an_evening_is_kept_within_its_limits_and_forgotten_as_a_whole() {
        let statistics = Statistics::default();
        for minute in 0..SAMPLES_MAX + 10 {
            statistics.sample([(id("red"), minute), (id("blue"), 1)].into_iter().take(1 + minute % 2));
        }
        let histories = statistics.histories([id("red"), id("blue"), id("green")]);
        assert_eq!(histories[0].listeners.len(), SAMPLES_MAX);
        assert_eq!((histories[0].listeners[0], histories[0].listeners.last()), (10, Some(&(SAMPLES_MAX + 9))));
        assert_eq!((&histories[1].listeners[..2], &histories[2].listeners[..2]), (&[0, 1][..], &[0, 0][..]));
        for n in 0..2 * PAIRS_MAX {
            statistics.switched(id("red"), id(&format!("c{n}")));
            statistics.switched(id("red"), id("c0"));
            statistics.switched(id("red"), id("red"));
        }
        let switches = statistics.switches();
        assert_eq!(switches.len(), PAIRS_MAX);
        assert!(switches.contains(&Switches { from: id("red"), to: id("c0"), count: 2 * PAIRS_MAX as u64 + 1 }));
        statistics.clear();
        assert_eq!((statistics.switches().len(), statistics.histories([id("red")])[0].listeners.len()), (0, 0));
    }
}

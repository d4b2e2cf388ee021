//! How far a scan has got, as a value.

use std::time::Duration;

/// How far the library's scan has got.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Whether a scan is under way.
    pub scanning: bool,
    /// Files found by this scan, or by the last one.
    pub files_seen: u64,
    /// Of these, files that need no more work: known, read or broken.
    pub files_done: u64,
    /// Files opened and read per second by this scan; 0 if none was.
    pub files_per_s: f64,
    /// What is left of this scan at that rate; `None` while no rate is known, and when it is done.
    pub left: Option<Duration>,
    /// Tracks in the library.
    pub tracks: u64,
    /// Files that are no tracks because they are broken.
    pub broken: u64,
}

impl Progress {
    /// The same with `read` files read in `elapsed` since the scan began to read.
    pub(crate) fn at_rate(mut self, read: u64, elapsed: Duration) -> Self {
        let seconds = elapsed.as_secs_f64();
        self.files_per_s = if seconds > 0.0 { read as f64 / seconds } else { 0.0 };
        let left = self.files_seen.saturating_sub(self.files_done);
        let known = self.scanning && self.files_per_s > 0.0;
        self.left = known.then(|| Duration::from_secs_f64(left as f64 / self.files_per_s));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_the_rate() {
        let begun = Progress { scanning: true, files_seen: 1_000, files_done: 200, ..Progress::default() };
        let told = begun.at_rate(100, Duration::from_secs(2));
        assert_eq!((told.files_per_s, told.left), (50.0, Some(Duration::from_secs(16))));
        assert_eq!(begun.at_rate(0, Duration::ZERO).left, None);
        let done = Progress { scanning: false, ..begun };
        assert_eq!(done.at_rate(100, Duration::from_secs(2)).left, None);
    }
}

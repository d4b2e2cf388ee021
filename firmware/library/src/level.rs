//! By how much a track is made louder or quieter so that all sound alike, as values.

use std::path::PathBuf;

use crate::tags::Tags;

/// The loudness that tracks are brought to, LUFS: what AES TD1008 (2021) recommends for music whose tracks are levelled
/// one by one.
const TARGET_LUFS: f32 = -16.0;

/// The loudness at which ReplayGain 2 aims, LUFS.
const REPLAY_GAIN_LUFS: f32 = -18.0;

/// No peak is lifted above this, dBTP (EBU R 128 s2): the limiter is there for what goes wrong, not for every drum.
const PEAK_DBTP_MAX: f32 = -1.0;

/// The most that a track is made quieter, dB. Nothing that is recorded is louder.
const CUT_DB_MAX: f32 = 24.0;

/// A file, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The file.
    pub path: PathBuf,
    /// Where it begins, milliseconds.
    pub start_ms: u64,
    /// Where it ends; `None`: with the file.
    pub end_ms: Option<u64>,
}

/// What was measured of a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loudness {
    /// Integrated loudness, LUFS (ITU-R BS.1770-4).
    pub integrated_lufs: f32,
    /// Highest true peak, dBTP.
    pub true_peak_dbtp: f32,
}

/// What a track is changed by, dB: as its tags say, else as it was measured; 0 if neither is known.
pub(crate) fn gain_db(tags: &Tags, measured: Option<Loudness>) -> f32 {
    let tagged = tags.track_gain_db.map(|gain| {
        let peak = tags.track_peak.filter(|peak| *peak > 0.0).map(|peak| 20.0 * peak.log10());
        (REPLAY_GAIN_LUFS - gain, peak)
    });
    let known = tagged.or(measured.map(|loudness| (loudness.integrated_lufs, Some(loudness.true_peak_dbtp))));
    let Some((lufs, peak)) = known else { return 0.0 };
    // Of an unknown peak it is known that it does not get higher.
    let room = peak.map_or(0.0, |peak| (PEAK_DBTP_MAX - peak).max(0.0));
    (TARGET_LUFS - lufs).clamp(-CUT_DB_MAX, room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loud_tracks_are_made_quieter_and_quiet_ones_louder_as_far_as_their_peaks_allow() {
        let measured = |integrated_lufs, true_peak_dbtp| {
            gain_db(&Tags::default(), Some(Loudness { integrated_lufs, true_peak_dbtp }))
        };
        assert_eq!(measured(-8.0, 0.5), -8.0);
        assert_eq!(measured(-20.0, -10.0), 4.0);
        assert_eq!(measured(-30.0, -4.0), 3.0, "the peak comes to -1 dBTP and no higher");
        assert_eq!(measured(-20.0, 0.0), 0.0, "there is no room");
        assert_eq!(measured(30.0, 0.0), -CUT_DB_MAX);
        assert_eq!(gain_db(&Tags::default(), None), 0.0);
    }

    #[test]
    fn tags_win_over_what_was_measured_and_lift_nothing_without_a_peak() {
        let loudness = Some(Loudness { integrated_lufs: -30.0, true_peak_dbtp: -20.0 });
        let tagged =
            |track_gain_db, track_peak| gain_db(&Tags { track_gain_db, track_peak, ..Tags::default() }, loudness);
        assert_eq!(tagged(Some(-9.0), None), -7.0);
        assert_eq!(tagged(Some(3.0), None), 0.0);
        assert!((tagged(Some(3.0), Some(0.5)) - 5.0).abs() < 0.05, "to -16 LUFS; a peak of -6 dB leaves room for 5");
        assert_eq!(tagged(None, None), 14.0);
    }
}

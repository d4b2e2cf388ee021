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

/// The most that a track is made louder, dB: what is quieter than that was meant to be, or is mostly noise.
const LIFT_DB_MAX: f32 = 12.0;

/// How far a tag may be from what was measured and still be believed, dB: older ways of measuring differ by less.
const TAG_OFF_DB_MAX: f32 = 6.0;

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

/// What a track is changed by, dB: as its tags say, unless what was measured shows them to be wrong; else as it was
/// measured; 0 if neither is known. Nothing is made louder before its peak was measured.
pub(crate) fn gain_db(tags: &Tags, measured: Option<Loudness>) -> f32 {
    let tagged = tags.track_gain_db.map(|gain| REPLAY_GAIN_LUFS - gain);
    let is_believed = |lufs: &f32| measured.is_none_or(|found| (found.integrated_lufs - lufs).abs() <= TAG_OFF_DB_MAX);
    let known = tagged.filter(is_believed).or(measured.map(|found| found.integrated_lufs));
    let Some(lufs) = known else { return 0.0 };
    let room = measured.map_or(0.0, |found| (PEAK_DBTP_MAX - found.true_peak_dbtp).clamp(0.0, LIFT_DB_MAX));
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
    fn tags_win_over_what_was_measured_unless_they_are_absurd() {
        let measured = |true_peak_dbtp| Some(Loudness { integrated_lufs: -20.0, true_peak_dbtp });
        let tagged = |track_gain_db, loudness| gain_db(&Tags { track_gain_db, ..Tags::default() }, loudness);
        assert_eq!(tagged(Some(-9.0), None), -7.0);
        assert_eq!(tagged(Some(3.0), measured(-20.0)), 5.0);
        assert_eq!(tagged(Some(3.0), measured(-4.0)), 3.0, "the peak comes to -1 dBTP and no higher");
        assert_eq!(tagged(Some(40.0), measured(-20.0)), 4.0, "as measured");
        assert_eq!(tagged(Some(-30.0), measured(-20.0)), 4.0, "as measured");
        assert_eq!(tagged(None, measured(-20.0)), 4.0);
    }

    #[test]
    fn nothing_is_lifted_far_or_without_a_measured_peak() {
        let lies = Tags { track_gain_db: Some(40.0), track_peak: Some(0.000_01), ..Tags::default() };
        assert_eq!(gain_db(&lies, None), 0.0);
        let quiet = Loudness { integrated_lufs: -58.0, true_peak_dbtp: -50.0 };
        assert_eq!(gain_db(&lies, Some(quiet)), LIFT_DB_MAX);
        assert_eq!(gain_db(&Tags::default(), Some(quiet)), LIFT_DB_MAX);
    }
}

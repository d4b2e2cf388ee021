//! What is done about sound that gets lost: the least that may help first, and nothing that has not helped before.
//!
//! The track is suspected first, then the channel's mixer and encoders, and the whole process last. What was blamed outlasts a
//! restart (see [`super::suspects`]), so that no cure repeats its cause. Pure: it carries out nothing.

use base::{CueId, TrackId};

/// What is done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Leave this track, and do not open it again.
    SkipTrack(CueId, TrackId),
    /// Replace mixer and encoders. What was suspected before is not to blame.
    RenewSound {
        /// The track that was left.
        acquitted: Option<TrackId>,
    },
    /// End the process, which its supervisor starts again, unless that was done about the same before.
    EndProcess,
}

/// How far one channel has come.
#[derive(Debug, Default)]
pub(super) struct Remedies {
    step: Step,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    /// Nothing has been done.
    #[default]
    Well,
    /// This track was left.
    Left(TrackId),
    /// Mixer and encoders were replaced.
    Renewed,
}

impl Remedies {
    /// Returns what is done about sound that gets lost while `playing` is heard; `None` while no track is.
    pub(super) fn next(&mut self, playing: Option<(CueId, TrackId)>) -> Remedy {
        let (step, remedy) = match (self.step, playing) {
            (Step::Well, Some((cue, track))) => (Step::Left(track), Remedy::SkipTrack(cue, track)),
            (Step::Well, None) => (Step::Renewed, Remedy::RenewSound { acquitted: None }),
            (Step::Left(track), _) => (Step::Renewed, Remedy::RenewSound { acquitted: Some(track) }),
            (Step::Renewed, _) => (Step::Renewed, Remedy::EndProcess),
        };
        self.step = step;
        remedy
    }

    /// Notes that sound has flowed for long enough: what was done last has helped.
    pub(super) fn recovered(&mut self) {
        self.step = Step::Well;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_track_is_suspected_first_then_the_channel_and_the_process_last() {
        let (playing, next) = ((CueId(1), TrackId(11)), (CueId(2), TrackId(12)));
        let mut remedies = Remedies::default();
        assert_eq!(remedies.next(Some(playing)), Remedy::SkipTrack(CueId(1), TrackId(11)));
        assert_eq!(remedies.next(Some(next)), Remedy::RenewSound { acquitted: Some(TrackId(11)) });
        assert_eq!(remedies.next(Some(next)), Remedy::EndProcess);
        remedies.recovered();
        assert_eq!(remedies.next(Some(next)), Remedy::SkipTrack(CueId(2), TrackId(12)));
        remedies.recovered();
        assert_eq!(remedies.next(None), Remedy::RenewSound { acquitted: None }, "line-in has no track to leave");
    }
}

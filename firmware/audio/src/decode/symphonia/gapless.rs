//! What part of an MP4 track is to be heard: its edit list or Apple's tag, checked against the track itself.
//!
//! Other containers say so in ways that symphonia knows. Values only; the cutting is the parent's.

use symphonia::core::formats::Track;

use crate::decode::edit_list::Edit;

/// Longest lead-in that Apple's tag is believed to name, in frames. Encoders of AAC add 1024 to 2624.
const LEAD_IN_FRAMES_MAX: i64 = 48_000;

/// A stretch of a track, in ticks of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Audible {
    /// The first tick to be heard.
    pub(super) start: i64,
    /// The first tick not to be heard any more; `None` means up to the end.
    pub(super) end: Option<i64>,
}

impl Audible {
    /// What `edit` leaves of `track`. The edit's end is rounded to the film's clock (ffmpeg: 1 ms), so where the track
    /// itself ends within that of it, the track knows better: its last packet is as long as what it holds of the music.
    pub(super) fn of_edit(edit: &Edit, track: &Track) -> Self {
        let total = total_ticks(track);
        let end = match (edit.end, total) {
            (Some(end), Some(total)) if end.abs_diff(total) <= edit.slack => Some(total),
            (end, total) => end.or(total),
        };
        let ticks = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        Self { start: ticks(edit.start), end: end.map(ticks) }
    }

    /// What Apple's tag says: hexadecimal numbers, of which the second is the lead-in, the third the padding and the
    /// fourth the length of the music, all in frames.
    pub(super) fn of_itunes(text: &str) -> Option<Self> {
        let mut numbers = text.split_ascii_whitespace().map(|number| i64::from_str_radix(number, 16).ok());
        let (_, start, _padding, length) = (numbers.next()??, numbers.next()??, numbers.next()??, numbers.next()??);
        let sane = (0..=LEAD_IN_FRAMES_MAX).contains(&start) && length > 0;
        sane.then(|| Self { start, end: start.checked_add(length) })
    }

    /// Whether `track` is counted in frames and is long enough for this to be about it.
    pub(super) fn fits(&self, track: &Track) -> bool {
        track
            .num_frames
            .is_some_and(|total| self.end.is_some_and(|end| u64::try_from(end).is_ok_and(|end| end <= total)))
    }
}

fn total_ticks(track: &Track) -> Option<u64> {
    track.duration.map(|duration| duration.get()).filter(|ticks| *ticks > 0)
}

#[cfg(test)]
mod tests {
    use symphonia::core::units::Duration;

    use super::*;

    fn edit(end: Option<u64>) -> Edit {
        Edit { track_id: 1, start: 1_024, end, slack: 48 }
    }

    #[test]
    fn a_rounded_end_gives_way_to_the_tracks_own() {
        let mut track = Track::new(1);
        track.with_duration(Duration::new(72_141));
        assert_eq!(Audible::of_edit(&edit(Some(72_112)), &track).end, Some(72_141));
        assert_eq!(Audible::of_edit(&edit(Some(70_000)), &track).end, Some(70_000), "padding is cut off");
        assert_eq!(Audible::of_edit(&edit(None), &track).end, Some(72_141));
    }

    #[test]
    fn apples_tag_is_read_and_nonsense_is_not() {
        let tag = " 00000000 00000840 000001CA 00000000003F31F6 00000000 00000000";
        let audible = Audible::of_itunes(tag).unwrap();
        assert_eq!(audible, Audible { start: 2_112, end: Some(2_112 + 0x3f_31f6) });
        let mut track = Track::new(1);
        assert!(!audible.fits(&track));
        track.with_num_frames(2_112 + 0x3f_31f6 + 0x1ca);
        assert!(audible.fits(&track));
        track.with_num_frames(1_000);
        assert!(!audible.fits(&track));
        for nonsense in ["", "0 840", "0 -1 0 5", "0 ffffff 0 5", "0 840 0 0", "0 840 0 7fffffffffffffff", "0 zz 0 1"] {
            let read = Audible::of_itunes(nonsense);
            assert!(read.is_none_or(|read| read.end.is_none()), "{nonsense}: {read:?}");
        }
    }
}

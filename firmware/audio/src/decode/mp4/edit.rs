//! What part of a track is to be heard: its edit list (ISO 14496-12 section 8.6.6) or Apple's tag.
//!
//! AAC begins with sound that was never in the original and ends with padding. Several edits are a cut film; only where
//! they follow on one another are they played as one.

use super::boxes::{long, number};

/// Entries of an edit list that are read.
const ENTRIES_MAX: u32 = 64;

/// Longest lead-in that Apple's tag is believed to name, in frames. Encoders of AAC add 1024 to 2624.
const LEAD_IN_FRAMES_MAX: u64 = 48_000;

/// A stretch of a track, in ticks of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Audible {
    /// The first tick to be heard.
    pub(super) start: u64,
    /// The first tick not to be heard any more; `None` means up to the end.
    pub(super) end: Option<u64>,
}

impl Audible {
    /// What the edit list `elst` leaves of a track of `total` ticks. Lengths are in the film's coarser clock (ffmpeg:
    /// 1 ms), so where the track itself ends within one of its ticks, the track knows better.
    pub(super) fn of_edits(elst: &[u8], film_ticks_per_s: u32, ticks_per_s: u32, total: u64) -> Option<Self> {
        let slack = u64::from(ticks_per_s).div_ceil(u64::from(film_ticks_per_s).max(1));
        let mut all: Option<Self> = None;
        for (film_ticks, start) in entries(elst)? {
            // A negative start marks a pause.
            let Ok(start) = u64::try_from(start) else { continue };
            let ticks = u128::from(film_ticks) * u128::from(ticks_per_s) / u128::from(film_ticks_per_s.max(1));
            let end = start.saturating_add(u64::try_from(ticks).unwrap_or(u64::MAX));
            // Files that were written in one go leave the length open.
            let end = (film_ticks > 0).then_some(end);
            all = match all {
                None => Some(Self { start, end }),
                Some(Self { start: first, end: Some(before) }) if before.abs_diff(start) <= slack => {
                    Some(Self { start: first, end })
                }
                Some(_) => return None,
            };
        }
        let all = all.filter(|all| all.start < total)?;
        let end = all.end.filter(|end| end.abs_diff(total) > slack && *end < total);
        // The last packet is as long as what it holds of the music, whatever a decoder makes of it.
        Some(Self { end: Some(end.unwrap_or(total)), ..all })
    }

    /// What Apple's tag says of a track of `total` ticks whose packets have `packet` of them: hexadecimal numbers, of which the
    /// second is the lead-in, the third the padding and the fourth the length of the music, all in frames. The end is believed
    /// only if all three together are what there is; a tag may be left from another file, or from before a cut.
    pub(super) fn of_itunes(text: &str, total: u64, packet: u64) -> Option<Self> {
        let mut numbers = text.split_ascii_whitespace().map(|number| u64::from_str_radix(number, 16).ok());
        let (_, start, padding, length) = (numbers.next()??, numbers.next()??, numbers.next()??, numbers.next()??);
        let end = start.checked_add(length).filter(|end| length > 0 && *end <= total);
        let is_whole = end.and_then(|end| end.checked_add(padding)).is_some_and(|all| all.abs_diff(total) <= packet);
        (start <= LEAD_IN_FRAMES_MAX && start < total).then_some(Self { start, end: end.filter(|_| is_whole) })
    }
}

/// Lengths in the film's ticks and starts in the track's.
fn entries(elst: &[u8]) -> Option<Vec<(u64, i64)>> {
    let is_long = *elst.first()? == 1;
    let count = number(elst, 4);
    let bytes = if is_long { 20 } else { 12 };
    let rest = elst.get(8..)?;
    if count > ENTRIES_MAX {
        return None;
    }
    let entry = |entry: &[u8]| match is_long {
        true => (long(entry, 0), long(entry, 8).cast_signed()),
        false => (number(entry, 0).into(), number(entry, 4).cast_signed().into()),
    };
    Some(rest.chunks_exact(bytes).take(count as usize).map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(version: u8, entries: &[(u64, i64)]) -> Vec<u8> {
        let mut body = vec![version, 0, 0, 0];
        body.extend((entries.len() as u32).to_be_bytes());
        for (length, start) in entries {
            if version == 0 {
                body.extend((*length as u32).to_be_bytes());
                body.extend((*start as i32).to_be_bytes());
            } else {
                body.extend(length.to_be_bytes());
                body.extend(start.to_be_bytes());
            }
            body.extend([0, 1, 0, 0]);
        }
        body
    }

    fn audible(version: u8, entries: &[(u64, i64)], total: u64) -> Option<(u64, Option<u64>)> {
        let audible = Audible::of_edits(&list(version, entries), 1_000, 48_000, total)?;
        Some((audible.start, audible.end))
    }

    #[test]
    fn one_edit_of_either_version_is_found_behind_a_pause() {
        let meant = Some((1_024, Some(97_024)));
        assert_eq!(audible(0, &[(2_000, 1_024)], 99_999), meant);
        assert_eq!(audible(1, &[(500, -1), (2_000, 1_024)], 99_999), meant);
        assert_eq!(audible(0, &[(0, 1_024)], 99_999), Some((1_024, Some(99_999))));
    }

    #[test]
    fn a_rounded_end_gives_way_to_the_tracks_own() {
        assert_eq!(audible(0, &[(2_000, 1_024)], 97_050), Some((1_024, Some(97_050))));
        assert_eq!(audible(0, &[(2_000, 1_024)], 50_000), Some((1_024, Some(50_000))), "and so does one behind it");
    }

    #[test]
    fn edits_that_follow_on_one_another_are_one_and_others_are_none() {
        assert_eq!(audible(0, &[(1_000, 1_024), (1_000, 49_024)], 99_999), Some((1_024, Some(97_024))));
        assert_eq!(audible(0, &[(10, 0), (10, 48_000)], 99_999), None);
        assert_eq!(audible(0, &[(10, -1); 65], 99_999), None);
        assert_eq!(audible(0, &[(10, 100_000)], 99_999), None, "begins behind the end");
        assert_eq!(audible(0, &[], 99_999), None);
        for cut in 0..20 {
            Audible::of_edits(&list(1, &[(u64::MAX, i64::MAX)])[..cut], 0, 48_000, 10);
        }
    }

    #[test]
    fn apples_tag_is_read_and_nonsense_is_not() {
        let tag = " 00000000 00000840 000001CA 00000000003F31F6 00000000 00000000";
        let total = 2_112 + 0x3F_31F6 + 0x1CA;
        let meant = Audible { start: 2_112, end: Some(2_112 + 0x3F_31F6) };
        for packets in [total - 0x1CA, total, total + 1_024] {
            assert_eq!(Audible::of_itunes(tag, packets, 1_024), Some(meant));
        }
        // It says less than there is, as one from a shorter file, or more: only the lead-in is left out.
        let lead_in = Audible { start: 2_112, end: None };
        for packets in [total - 1_025, total + 1_025, 2 * total, 100_000] {
            assert_eq!(Audible::of_itunes(tag, packets, 1_024), Some(lead_in), "{packets}");
        }
        for odd in ["0 840 0 0", "0 840 0 ffffffffffffffff", "0 840 ffffffffffffffff 1"] {
            assert_eq!(Audible::of_itunes(odd, 1_000_000, 1_024), Some(lead_in), "{odd}");
        }
        assert_eq!(Audible::of_itunes(tag, 1_000, 1_024), None, "a lead-in longer than all of it");
        for nonsense in ["", "0 840", "0 -1 0 5", "0 ffffff 0 5", "0 zz 0 1"] {
            assert_eq!(Audible::of_itunes(nonsense, u64::MAX, 1_024), None, "{nonsense}");
        }
    }
}

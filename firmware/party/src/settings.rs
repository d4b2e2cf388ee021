//! What hosts can set about a party, and the range of each.

use base::Origin;
use serde::{Deserialize, Serialize};

/// What becomes of a guest's request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requests {
    /// It waits until a host or a DJ lets it in.
    #[default]
    Approve,
    /// It goes into the queue at once.
    Auto,
    /// There are none.
    Off,
}

/// What comes again by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeat {
    /// Nothing from the queue; behind it the catalogue goes round and round, so the music never ends.
    #[default]
    Off,
    /// What hosts and DJs have put into the queue goes back to its end when it has been heard. Guests' requests do not:
    /// their turns are fair only if each is heard once.
    All,
    /// The track that is heard now, until somebody skips it.
    One,
}

/// The settings: all of them, some of them, their names, and the origin of each. One list, so that none can be forgotten in one of them.
macro_rules! settings {
    ($($(#[$doc:meta])+ $name:ident: $type:ty),+ $(,)?) => {
        /// The settings of a party.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Settings { $($(#[$doc])+ pub $name: $type),+ }

        /// Some of the settings: a change of them, or those that hosts have set.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Change {
            $($(#[$doc])+ #[serde(skip_serializing_if = "Option::is_none")] pub $name: Option<$type>),+
        }

        /// Some of the settings, by their names alone.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Which { $($(#[$doc])+ pub $name: bool),+ }

        /// The origin of each setting.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
        pub struct Origins { $($(#[$doc])+ pub $name: Origin),+ }

        impl Which {
            /// Returns the setting of this name alone; `None` if there is none.
            pub fn named(name: &str) -> Option<Self> {
                let mut which = Self::default();
                match name {
                    $(stringify!($name) => which.$name = true,)+
                    _ => return None,
                }
                Some(which)
            }
        }

        impl Settings {
            fn with(&self, change: &Change) -> Self {
                Self { $($name: change.$name.unwrap_or(self.$name)),+ }
            }
        }

        impl Change {
            /// Returns those of `settings` that are not as in `before`.
            pub fn between(before: &Settings, settings: &Settings) -> Self {
                Self { $($name: (before.$name != settings.$name).then_some(settings.$name)),+ }
            }

            /// Returns these and those of `later`, which win.
            pub(crate) fn and(&self, later: &Self) -> Self {
                Self { $($name: later.$name.or(self.$name)),+ }
            }

            /// Returns these but for `which`.
            pub(crate) fn without(&self, which: Which) -> Self {
                Self { $($name: self.$name.filter(|_| !which.$name)),+ }
            }

            /// Returns what each of these is in `configured`.
            pub(crate) fn of(&self, configured: &Settings) -> Self {
                Self { $($name: self.$name.and(Some(configured.$name))),+ }
            }

            /// Returns the origin of each setting where these were set by hosts, over the `configured` ones.
            pub(crate) fn origins(&self, configured: &Settings) -> Origins {
                let default = Settings::default();
                Origins { $($name: Origin::of(self.$name.as_ref(), &configured.$name, &default.$name)),+ }
            }
        }
    };
}

settings! {
    /// What becomes of requests.
    requests: Requests,
    /// Whether guests may ask only for what plays by itself, where that is a folder or a playlist.
    own_only: bool,
    /// What becomes of files that guests bring from their phones.
    files: Requests,
    /// How many files of one guest may wait at once: 1 to [`Settings::FILES_PER_GUEST_MAX`].
    files_per_guest_max: u8,
    /// Whether what plays by itself is mixed up.
    shuffle: bool,
    /// What comes again.
    repeat: Repeat,
    /// How many requests of one guest may wait at once: 1 to [`Settings::PER_GUEST_MAX`].
    per_guest_max: u8,
    /// A track that was heard within so many minutes cannot be requested: 0 (it can) to [`Settings::RECENT_MIN_MAX`].
    recent_min: u16,
    /// Share of those who listen whose votes skip a track: above 0 to 1; 0: skip votes are off.
    skip_share: f64,
    /// Fewest votes that skip a track where more than one listens: 1 to [`Settings::SKIP_VOTES_MIN_MAX`].
    skip_votes_min: u8,
    /// A track cannot be skipped by votes in its first so many seconds: 0 (it can) to [`Settings::SKIP_AFTER_S_MAX`].
    skip_after_s: u16,
    /// A guest whose vote has skipped a track cannot vote for so many seconds: 0 (they can) to
    /// [`Settings::SKIP_PAUSE_S_MAX`].
    skip_pause_s: u16,
    /// Whether guests may react to what is heard.
    reactions: bool,
    /// How long one track fades into the next, ms: 0 (gapless) to [`Settings::CROSSFADE_MS_MAX`].
    crossfade_ms: u16,
    /// Whether tracks are brought to the same loudness.
    level_loudness: bool,
    /// Whether tracks stand in for a line-in that has been silent for a while, though somebody waits for a song
    /// ([`crate::SILENT_MS`]); otherwise pages offer it.
    fill_silence: bool,
    /// How much softer the music is while somebody speaks over it, dB: [`Settings::DUCK_DB_MIN`] to [`Settings::DUCK_DB_MAX`].
    duck_db: u8,
    /// Whether several may send to the channel at once, whom a host mixes; how many is configured.
    together: bool,
}

/// A setting that is out of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    /// Which one.
    pub field: &'static str,
    /// What it may be.
    pub allowed: &'static str,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            requests: Requests::Approve,
            own_only: false,
            files: Requests::Approve,
            files_per_guest_max: 2,
            shuffle: false,
            repeat: Repeat::Off,
            per_guest_max: 3,
            recent_min: 30,
            skip_share: 0.5,
            skip_votes_min: 2,
            skip_after_s: 20,
            skip_pause_s: 60,
            reactions: true,
            crossfade_ms: 0,
            level_loudness: true,
            fill_silence: false,
            duck_db: 14,
            together: false,
        }
    }
}

impl Settings {
    /// Most requests of one guest that may be allowed to wait at once: more would be a playlist, not a wish.
    pub const PER_GUEST_MAX: u8 = 20;
    /// Most files of one guest that may be allowed to wait at once: each takes room on the box.
    pub const FILES_PER_GUEST_MAX: u8 = 10;
    /// Longest time that keeps a track from being requested again: a day.
    pub const RECENT_MIN_MAX: u16 = 1_440;
    /// Most votes that a host may ask for at least: more than that few parties have to spare.
    pub const SKIP_VOTES_MIN_MAX: u8 = 20;
    /// Longest beginning of a track that is safe from votes: ten minutes, longer than most tracks.
    pub const SKIP_AFTER_S_MAX: u16 = 600;
    /// Longest pause between two skips of one guest: an hour.
    pub const SKIP_PAUSE_S_MAX: u16 = 3_600;
    /// Longest crossfade: what the mixer can do (`audio::mixer::MixPlan::CROSSFADE_MS_MAX`; a test of the program holds
    /// the two together).
    pub const CROSSFADE_MS_MAX: u16 = 12_750;

    /// Least that music steps back for a voice: below 6 dB, half its amplitude, words drown.
    pub const DUCK_DB_MIN: u8 = 6;
    /// Most that it does: it is hardly heard any more.
    pub const DUCK_DB_MAX: u8 = 40;

    /// These settings with `change`.
    ///
    /// # Errors
    /// The first setting that would be out of its range; then nothing is changed.
    pub fn changed(&self, change: &Change) -> Result<Self, OutOfRange> {
        let changed = self.with(change);
        changed.check()?;
        Ok(changed)
    }

    /// Whether every setting is within its range.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let rules = [
            ("per_guest_max", "1 to 20", (1..=Self::PER_GUEST_MAX).contains(&self.per_guest_max)),
            (
                "files_per_guest_max",
                "1 to 10 files",
                (1..=Self::FILES_PER_GUEST_MAX).contains(&self.files_per_guest_max),
            ),
            ("recent_min", "0 to 1440 minutes", self.recent_min <= Self::RECENT_MIN_MAX),
            // Also false for what is no number.
            ("skip_share", "0 to 1", (0.0..=1.0).contains(&self.skip_share)),
            ("skip_votes_min", "1 to 20 votes", (1..=Self::SKIP_VOTES_MIN_MAX).contains(&self.skip_votes_min)),
            ("skip_after_s", "0 to 600 seconds", self.skip_after_s <= Self::SKIP_AFTER_S_MAX),
            ("skip_pause_s", "0 to 3600 seconds", self.skip_pause_s <= Self::SKIP_PAUSE_S_MAX),
            ("crossfade_ms", "0 to 12750 ms", self.crossfade_ms <= Self::CROSSFADE_MS_MAX),
            ("duck_db", "6 to 40 dB", (Self::DUCK_DB_MIN..=Self::DUCK_DB_MAX).contains(&self.duck_db)),
        ];
        let broken = rules.into_iter().find(|(_, _, kept)| !kept);
        broken.map_or(Ok(()), |(field, allowed, _)| Err(OutOfRange { field, allowed }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_changes_only_what_it_names() {
        let change = Change { shuffle: Some(true), per_guest_max: Some(7), ..Change::default() };
        let changed = Settings::default().changed(&change).unwrap();
        assert_eq!(changed, Settings { shuffle: true, per_guest_max: 7, ..Settings::default() });
    }

    #[test]
    fn every_end_of_every_range_holds() {
        let with = |change: Change| Settings::default().changed(&change).map_err(|wrong| wrong.field);
        for (guests, right) in [(0, false), (1, true), (20, true), (21, false)] {
            assert_eq!(with(Change { per_guest_max: Some(guests), ..Change::default() }).is_ok(), right, "{guests}");
        }
        for (files, right) in [(0, false), (1, true), (10, true), (11, false)] {
            assert_eq!(
                with(Change { files_per_guest_max: Some(files), ..Change::default() }).is_ok(),
                right,
                "{files}"
            );
        }
        for (minutes, right) in [(0, true), (1_440, true), (1_441, false)] {
            assert_eq!(with(Change { recent_min: Some(minutes), ..Change::default() }).is_ok(), right, "{minutes}");
        }
        for (share, right) in [(0.0, true), (1.0, true), (-0.1, false), (1.01, false), (f64::NAN, false)] {
            assert_eq!(with(Change { skip_share: Some(share), ..Change::default() }).is_ok(), right, "{share}");
        }
        for (votes, right) in [(0, false), (1, true), (20, true), (21, false)] {
            assert_eq!(with(Change { skip_votes_min: Some(votes), ..Change::default() }).is_ok(), right, "{votes}");
        }
        for (seconds, after, pause) in [(0, true, true), (600, true, true), (601, false, true), (3_601, false, false)] {
            let early = Change { skip_after_s: Some(seconds), ..Change::default() };
            let often = Change { skip_pause_s: Some(seconds), ..Change::default() };
            assert_eq!((with(early).is_ok(), with(often).is_ok()), (after, pause), "{seconds}");
        }
        let far = Change { crossfade_ms: Some(12_751), ..Change::default() };
        assert_eq!(with(far), Err("crossfade_ms"));
    }
}

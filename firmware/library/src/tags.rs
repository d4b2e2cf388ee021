//! What a file says about itself, as a value. Only the worker process, which reads it, knows how.

mod raw;
pub(crate) mod read;
mod sheet;

use serde::{Deserialize, Serialize};

use crate::text::shown;

/// What stands between several values of one field.
pub(crate) const BETWEEN: &str = "; ";

/// Quietest and loudest change that a file may ask for, dB: beyond it the tag is wrong.
const GAIN_DB_MAX: f32 = 60.0;

/// Highest sample that a file may claim to hold: what lossy codecs make of full scale stays far below. Beyond it the tag
/// is wrong.
const PEAK_MAX: f32 = 8.0;

/// Longest track, milliseconds: a week. Beyond it the tag is wrong.
const DURATION_MS_MAX: u64 = 7 * 24 * 3_600 * 1_000;

/// What whoever plays a file finds in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Title.
    pub title: Option<String>,
    /// Artist.
    pub artist: Option<String>,
    /// Length in milliseconds.
    pub duration_ms: Option<u64>,
}

/// What is not certain of a file by its tags alone; each with the reason, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Doubt {
    /// Nothing that matters.
    #[default]
    Nothing,
    /// Not all of its tags could be read, and names are missing that the decoder may find.
    Names(String),
    /// Whether there is sound in it: whoever plays it has the last word.
    Sound(String),
}

impl Doubt {
    /// The same with a reason that is fit to be shown.
    pub(crate) fn cleaned(self) -> Self {
        match self {
            Self::Nothing => Self::Nothing,
            Self::Names(why) => Self::Names(shown(&why)),
            Self::Sound(why) => Self::Sound(shown(&why)),
        }
    }
}

/// What a file says about itself. Texts may be empty; numbers are 0 where the file says none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tags {
    /// Title.
    pub title: String,
    /// Artist.
    pub artist: String,
    /// Album.
    pub album: String,
    /// Artist of the whole album.
    pub album_artist: String,
    /// Whether the album is one by several artists.
    pub compilation: bool,
    /// Number on its disc, from 1.
    pub track_number: u32,
    /// Number of the disc, from 1.
    pub disc_number: u32,
    /// Year it came out.
    pub year: u32,
    /// Genre.
    pub genre: String,
    /// Length in milliseconds.
    pub duration_ms: Option<u64>,
    /// What to change the level by so that the track has a loudness of −18 LUFS (ReplayGain 2), dB.
    pub track_gain_db: Option<f32>,
    /// The same for its whole album.
    pub album_gain_db: Option<f32>,
    /// Its highest sample, 1 is full scale.
    pub track_peak: Option<f32>,
    /// Whether a picture is inside.
    pub has_picture: bool,
}

impl Tags {
    /// The same with what whoever plays the file has found, where its tags say nothing.
    pub(crate) fn or_heard(self, heard: Heard) -> Self {
        let or =
            |known: String, heard: Option<String>| if known.is_empty() { heard.unwrap_or_default() } else { known };
        Self {
            title: or(self.title, heard.title),
            artist: or(self.artist, heard.artist),
            duration_ms: self.duration_ms.or(heard.duration_ms),
            ..self
        }
        .cleaned()
    }

    /// Returns each of the genres that the file names.
    pub fn genres(&self) -> impl Iterator<Item = &str> {
        self.genre.split(BETWEEN).filter(|genre| !genre.is_empty())
    }

    /// The same with every text fit to be shown and every number within reason: who has read a hostile file may say
    /// anything.
    pub(crate) fn cleaned(self) -> Self {
        let gain = |gain: Option<f32>| gain.filter(|gain| gain.abs() <= GAIN_DB_MAX);
        Self {
            title: shown(&self.title),
            artist: shown(&self.artist),
            album: shown(&self.album),
            album_artist: shown(&self.album_artist),
            compilation: self.compilation,
            track_number: within(self.track_number, 9_999),
            disc_number: within(self.disc_number, 999),
            year: within(self.year, 9_999),
            genre: shown(&self.genre),
            duration_ms: self.duration_ms.filter(|ms| (1..=DURATION_MS_MAX).contains(ms)),
            track_gain_db: gain(self.track_gain_db),
            album_gain_db: gain(self.album_gain_db),
            track_peak: self.track_peak.filter(|peak| (0.0..=PEAK_MAX).contains(peak)),
            has_picture: self.has_picture,
        }
    }
}

fn within(number: u32, max: u32) -> u32 {
    if number <= max { number } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_reason_is_left_out() {
        let lies = Tags {
            title: "a\u{1b}[2Jb".into(),
            track_number: u32::MAX,
            year: 1999,
            duration_ms: Some(u64::MAX),
            track_gain_db: Some(f32::NAN),
            album_gain_db: Some(-6.5),
            ..Tags::default()
        };
        let clean = lies.cleaned();
        assert_eq!((clean.title.as_str(), clean.track_number, clean.year), ("a[2Jb", 0, 1999));
        assert_eq!((clean.duration_ms, clean.track_gain_db, clean.album_gain_db), (None, None, Some(-6.5)));
    }
}

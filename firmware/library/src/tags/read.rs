//! Reads tags by `lofty`. Runs in the worker process only; whatever it does there costs one file.

use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use lofty::config::{GlobalOptions, ParseOptions, ParsingMode, apply_global_options};
use lofty::file::{AudioFile, FileType, TaggedFile, TaggedFileExt};
use lofty::picture::PictureType;
use lofty::probe::Probe;
use lofty::tag::{ItemKey, Tag};

use super::{BETWEEN, Doubt, Tags, raw, sheet};
use crate::text::{shown, year_in};

/// Bytes that one item of a tag may take; larger pictures make the tag unreadable, not the track.
const ITEM_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What R128 gains (Q7.8 fixed point, RFC 7845 section 5.2.1) count one dB as.
const R128_PER_DB: f32 = 256.0;

/// R128 gains aim at −23 LUFS, ReplayGain 2 at −18.
const R128_TO_REPLAY_GAIN_DB: f32 = 5.0;

/// What is said of a file at which the crate panics, as it does for lengths that no honest file has: the process need not
/// end for it.
const TOO_ODD: &str = "says what cannot be";

/// What is said of a file in which neither sound nor names are found.
const SAYS_NOTHING: &str = "holds neither sound nor names";

/// What a file says about itself.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) tags: Tags,
    /// The text of the cue sheet inside it.
    pub(crate) sheet: Option<String>,
    pub(crate) doubt: Doubt,
}

/// Reads what a file says about itself. `ending` is the file name's, for kinds that have no mark at their beginning.
///
/// # Errors
/// It is no sound file, or broken; in words.
pub(crate) fn tags<F: Read + Seek>(mut file: F, ending: &str) -> Result<Told, String> {
    let read = whole(&mut file, ending);
    let found = raw::read(&mut file);
    let (tags, sheet, why) = match read {
        Ok((tags, sheet, why)) => (tags, sheet, why),
        // Names without anything that is known to sound.
        Err(why) => match found.complete(Tags::default()) {
            tags if tags == Tags::default() => return Err(why),
            tags => return Ok(Told { tags, sheet: None, doubt: Doubt::Sound(why) }),
        },
    };
    let tags = found.complete(tags);
    let is_named = !tags.title.is_empty() && !tags.artist.is_empty();
    let doubt = why.filter(|_| !is_named).map_or(Doubt::Nothing, Doubt::Names);
    Ok(Told { tags, sheet, doubt })
}

/// What the crate understands of a file: the tags, the sheet, and what was wrong where it did not read all of it.
fn whole<F: Read + Seek>(mut file: F, ending: &str) -> Result<(Tags, Option<String>, Option<String>), String> {
    apply_global_options(GlobalOptions::new().allocation_limit(ITEM_BYTES_MAX));
    // One bad frame costs that frame, then the pictures, then all names; and a length may be odd while names are not: whoever
    // plays the file finds out how long it is.
    let relaxed = || ParseOptions::new().parsing_mode(ParsingMode::Relaxed);
    let attempts = [
        ParseOptions::new(),
        relaxed(),
        relaxed().read_cover_art(false),
        relaxed().read_properties(false),
        relaxed().read_properties(false).read_cover_art(false),
    ];
    let mut why = None;
    for options in attempts {
        match parse(&mut file, ending, options) {
            Ok((tagged, sheet)) if says_something(&tagged) => return Ok((understood(&tagged), sheet, why)),
            // Noise under a name for music may pass for a file of which nothing is known.
            Ok(_) => why = why.or(Some(SAYS_NOTHING.to_owned())),
            Err(error) => why = why.or(Some(error)),
        }
    }
    match parse(&mut file, ending, ParseOptions::new().read_tags(false)) {
        Ok((tagged, _)) if !tagged.properties().is_empty() => Ok((understood(&tagged), None, why)),
        Ok(_) | Err(_) => Err(why.unwrap_or_default()),
    }
}

fn says_something(tagged: &TaggedFile) -> bool {
    // The crate gives noise as many channels as a default has.
    let sounds = tagged.properties().sample_rate().is_some_and(|rate_hz| rate_hz > 0);
    sounds || tagged.tags().iter().any(|tag| tag.item_count() > 0 || tag.picture_count() > 0)
}

/// The picture inside a file: that of the front, else the first.
///
/// # Errors
/// There is none, or it cannot be read; in words.
pub(crate) fn picture<F: Read + Seek>(mut file: F, ending: &str) -> Result<Vec<u8>, String> {
    apply_global_options(GlobalOptions::new().allocation_limit(ITEM_BYTES_MAX));
    let (tagged, _) = parse(&mut file, ending, ParseOptions::new().read_properties(false))?;
    let front = |tag: &&Tag| tag.get_picture_type(PictureType::CoverFront).is_some();
    let tags = || tagged.primary_tag().into_iter().chain(tagged.tags());
    let found = match tags().find(front) {
        Some(tag) => tag.get_picture_type(PictureType::CoverFront),
        None => tags().flat_map(Tag::pictures).next(),
    };
    found.map(|picture| picture.data().to_vec()).ok_or_else(|| "holds no picture".into())
}

/// What a file says, and the text of the sheet in it.
type Parsed = (TaggedFile, Option<String>);

fn parse<F: Read + Seek>(file: &mut F, ending: &str, options: ParseOptions) -> Result<Parsed, String> {
    file.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
    let probe = Probe::new(file).options(options).guess_file_type().map_err(|error| error.to_string())?;
    let probe = match (probe.file_type(), FileType::from_ext(ending)) {
        (None, Some(kind)) => probe.set_file_type(kind),
        (None, None) => return Err("is not a sound file of a kind this box knows".into()),
        (Some(_), _) => probe,
    };
    // What a panic leaves half done is dropped with the probe.
    let read = catch_unwind(AssertUnwindSafe(|| sheet::read(probe, options))).map_err(|_| TOO_ODD.to_owned())?;
    read.map_err(|error| format!("is damaged: {error}"))
}

fn understood(tagged: &TaggedFile) -> Tags {
    // The kind of tag that suits the file comes first, others fill what it lacks.
    let tags: Vec<&Tag> = tagged.primary_tag().into_iter().chain(tagged.tags()).collect();
    let text = |key: ItemKey| {
        let found = tags.iter().filter_map(|tag| tag.get_string(key)).map(shown);
        found.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
    };
    // All values of the first tag that has any.
    let all = |key: ItemKey| {
        let values =
            |tag: &&Tag| -> Vec<String> { tag.get_strings(key).map(shown).filter(|text| !text.is_empty()).collect() };
        let mut values = tags.iter().map(values).find(|values| !values.is_empty()).unwrap_or_default();
        let mut seen = std::collections::BTreeSet::new();
        values.retain(|value| seen.insert(value.clone()));
        shown(&values.join(BETWEEN))
    };
    // "3/12" is the third of twelve.
    let number = |key| leading_number(&text(key));
    let year = [ItemKey::RecordingDate, ItemKey::Year, ItemKey::ReleaseDate, ItemKey::OriginalReleaseDate];
    let replay_gain = |key| text(key).trim_end_matches(['d', 'D', 'b', 'B', ' ']).parse().ok();
    let r128 = |key| text(key).parse::<i16>().ok().map(|q| f32::from(q) / R128_PER_DB + R128_TO_REPLAY_GAIN_DB);
    let duration_ms = u64::try_from(tagged.properties().duration().as_millis()).unwrap_or(0);
    Tags {
        title: text(ItemKey::TrackTitle),
        artist: all(ItemKey::TrackArtist),
        album: text(ItemKey::AlbumTitle),
        album_artist: all(ItemKey::AlbumArtist),
        compilation: text(ItemKey::FlagCompilation) == "1",
        track_number: number(ItemKey::TrackNumber),
        disc_number: number(ItemKey::DiscNumber),
        year: year.into_iter().map(|key| year_in(&text(key))).find(|year| *year > 0).unwrap_or(0),
        genre: all(ItemKey::Genre),
        duration_ms: Some(duration_ms).filter(|ms| *ms > 0),
        track_gain_db: replay_gain(ItemKey::ReplayGainTrackGain).or_else(|| r128(ItemKey::R128TrackGain)),
        album_gain_db: replay_gain(ItemKey::ReplayGainAlbumGain).or_else(|| r128(ItemKey::R128AlbumGain)),
        track_peak: text(ItemKey::ReplayGainTrackPeak).parse().ok(),
        has_picture: tags.iter().any(|tag| tag.picture_count() > 0),
    }
}

fn leading_number(text: &str) -> u32 {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_file_of_an_impossible_length_still_has_its_names() {
        let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fuzz/seeds/music_files");
        for name in ["a-opus", "opus-of-ten-samples", "opus-of-too-many-samples"] {
            let bytes = std::fs::read(format!("{seeds}/{name}")).unwrap();
            // The first byte tells the fuzzer which kind it is.
            let read = tags(Cursor::new(&bytes[1..]), "opus").unwrap().tags;
            assert_eq!((read.title.as_str(), read.artist.as_str()), ("Café", "The_Åsa"), "{name}");
        }
    }
}

//! Doors on the box itself that trust nothing either: the configuration's text and what a decoder process says.
//!
//! Each takes any bytes and fails only if the box would be harmed or lied to. What is sent is the caller's part: the fuzz
//! targets', or a seeded test's.

use std::cmp::Ordering;

use audio::decode::TEXT_CHARS_MAX;
use audio::decode::wire::{self, HEADER_BYTES, Kind, LEVEL_MAX, SOUND_FRAMES_MAX};
use partybox::card;
use partybox::config::{CardFile, Config};

/// Any text as `partybox.toml`. It is refused in one line, or every value in it is usable.
///
/// # Panics
/// When a refusal is not one line, or an accepted configuration does not stand up to its own checks.
pub fn configuration(text: &str) {
    match Config::parse(text) {
        Ok(config) => {
            assert!(config.check().is_ok(), "an accepted configuration is refused when asked again");
            assert_eq!(config.host_networks().len(), config.host_from.len(), "a network was lost: {config:?}");
        }
        Err(error) => {
            let message = error.to_string();
            assert!(!message.contains(char::is_control), "a refusal that is not one clean line: {message:?}");
        }
    }
}

/// Any bytes as the file that an owner edits on a card. What comes of it is a configuration that the box can run with, and its
/// secret can be blanked so that the rest stays.
///
/// # Panics
/// When the configuration does not stand up to its checks, or blanking changes what else the file says.
pub fn card_file(bytes: &[u8]) {
    let base = Config::parse("[wifi]\nown = true\n").expect("valid");
    let read = |bytes: &[u8]| {
        let config = card::over(&base, bytes, CardFile::default());
        assert!(config.check().is_ok(), "the box cannot run with {config:?}");
        config.card.expect("it was read")
    };
    let card = read(bytes);
    let lines = card.problems.iter().map(ToString::to_string);
    lines.for_each(|line| assert!(!line.contains(char::is_control), "a problem that is not one clean line: {line:?}"));
    if let Some(secret) = &card.passphrase {
        let mut blanked = bytes.to_vec();
        blanked[secret.at..secret.at + secret.blank.len()].copy_from_slice(&secret.blank);
        let after = read(&blanked);
        assert!(after.passphrase.is_none() && after.has_passphrase, "{:?}", String::from_utf8_lossy(&blanked));
        assert_eq!(after.said, card.said);
    }
}

/// Any bytes as the standard output of a decoder process, read to the end or to the first nonsense. Returns how many
/// messages were accepted.
///
/// # Panics
/// When something is let through that the rest of the box must never see.
pub fn decoder_output(mut bytes: &[u8]) -> usize {
    let mut accepted = 0;
    let mut frames = Vec::new();
    while let Some((header, rest)) = bytes.split_first_chunk::<HEADER_BYTES>() {
        let Ok((kind, length)) = wire::header(*header) else { return accepted };
        let Some((contents, rest)) = rest.split_at_checked(length) else { return accepted };
        bytes = rest;
        frames.clear();
        let kept = match kind {
            Kind::Info => wire::read_info(contents).map(|info| {
                [info.title, info.artist].into_iter().flatten().for_each(|text| presentable(&text, TEXT_CHARS_MAX));
            }),
            Kind::Sound => wire::read_sound(contents, &mut frames),
            Kind::End => Ok(()),
            // In front of the process' own words stand some of ours.
            Kind::Failed => wire::read_failed(contents).map(|e| presentable(&e.to_string(), TEXT_CHARS_MAX + 100)),
        };
        if kept.is_err() {
            return accepted;
        }
        let bounded = |sample: &f32| sample.is_finite() && sample.abs() <= LEVEL_MAX;
        assert!(frames.as_flattened().iter().all(bounded), "a sample out of bounds");
        assert!(frames.len() <= SOUND_FRAMES_MAX && frames.is_empty() != (kind == Kind::Sound));
        accepted += 1;
    }
    accepted
}

/// Any bytes as a cue sheet or a playlist. Whatever it names lies below the root.
///
/// # Panics
/// When it leads elsewhere.
pub fn music_list(bytes: &[u8]) {
    for is_cue in [true, false] {
        for path in library::distrust::list(bytes, is_cue, b"/music", b"a/b") {
            let parts = path.split(|byte| *byte == b'/');
            let honest = |part: &[u8]| !part.is_empty() && part != b"." && part != b".." && !part.contains(&0);
            assert!(parts.into_iter().all(honest), "{:?} leads elsewhere", String::from_utf8_lossy(&path));
        }
    }
}

/// Any bytes as what a process that reads tags says.
///
/// # Panics
/// When something is believed that the rest of the box must never see.
pub fn tag_reader_output(bytes: &[u8]) {
    let (tags, entries) = library::distrust::said(bytes);
    let Some(tags) = tags else { return assert!(entries.is_none_or(|count| count <= 5_000), "a list without an end") };
    for text in [&tags.title, &tags.artist, &tags.album, &tags.album_artist, &tags.genre] {
        presentable(text, library::text::TEXT_CHARS_MAX);
    }
    let gains = [tags.track_gain_db, tags.album_gain_db, tags.track_peak];
    assert!(gains.into_iter().flatten().all(|gain| gain.abs() <= 60.0), "a gain out of bounds");
    assert!(tags.year < 10_000 && tags.duration_ms != Some(0));
}

/// The first byte by which a picture is meant; seeds begin with it.
const PICTURE: usize = 12;

/// Any bytes as a file that a process that reads tags is handed: of the kind that the first byte says. Such a process may
/// die of it, but should not.
///
/// # Panics
/// When reading it does, or makes too large a picture.
pub fn music_file(bytes: &[u8]) {
    let Some((kind, file)) = bytes.split_first() else { return };
    let kind = usize::from(*kind) % (library::ENDINGS.len() + 1);
    let ending = match kind.cmp(&PICTURE) {
        Ordering::Less => library::ENDINGS.get(kind),
        Ordering::Equal => None,
        Ordering::Greater => library::ENDINGS.get(kind - 1),
    };
    match ending {
        Some(ending) => _ = library::distrust::tags(file, ending),
        None => {
            let size = library::distrust::picture(file).map_or(0, |jpeg| jpeg.len());
            assert!(size <= library::ART_BYTES_MAX, "a picture of {size} bytes");
        }
    }
}

fn presentable(text: &str, chars_max: usize) {
    assert!(!text.contains(char::is_control), "control characters in {text:?}");
    assert!(text.chars().count() <= chars_max, "{} characters", text.chars().count());
}

/// Honest messages of a decoder process: a description, two frames, an end, and a failure.
pub fn honest_decoder_output() -> Vec<Vec<u8>> {
    let message = |kind: u8, contents: &[u8]| [&[kind], &(contents.len() as u32).to_le_bytes()[..], contents].concat();
    let info = [&[5, 0][..], b"Title", &[6, 0], b"Artist", &61_000_u64.to_le_bytes()].concat();
    let sound: Vec<u8> = [0.5_f32, -0.25, 1.0, -1.0].iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let track = [message(b'i', &info), message(b's', &sound), message(b'e', &[])].concat();
    vec![track, message(b'f', b"xa bad frame")]
}

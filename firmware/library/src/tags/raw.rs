//! Reads the names in tags frame by frame: one that is broken costs itself only. It completes what the crate that reads tags
//! left empty, and mends letters that a tag says are Latin-1 and that are not. Runs in the worker process only.
//!
//! It knows ID3 in front, behind and in chunks of WAV and AIFF, their own names, and Vorbis comments, all of them.

mod chunks;
mod comments;
mod id3;
mod pieces;

use std::collections::BTreeSet;
use std::io::{Read, Seek};

use encoding_rs::{Encoding, WINDOWS_1252};
use lofty::id3::v1::GENRES;

use self::pieces::Pieces;
use super::{BETWEEN, Tags};
use crate::lists::letters;
use crate::text::{shown, year_in};

/// Longest text that is read, bytes.
const TEXT_BYTES_MAX: usize = 4_096;

/// Values of one field that are read.
const VALUES_MAX: usize = 64;

/// Tags in front of one another that are read.
const TAGS_MAX: usize = 8;

/// How far the first mark of a kind is looked for behind rubbish, bytes.
const RUBBISH_BYTES: usize = 64 * 1024;

/// What a text is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Title,
    Artist,
    AlbumArtist,
    Album,
    Genre,
    Track,
    Disc,
    Year,
    /// When it was published, for tags that do not say when it was recorded.
    Published,
    /// When it was published first.
    FirstPublished,
}

/// How many fields there are.
const FIELDS: usize = 10;

/// A text of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Text {
    /// Its encoding is known.
    Known(String),
    /// In one byte per letter as the tag says, or it says nothing of it.
    Bytes(Vec<u8>),
}

impl Text {
    /// Text that is UTF-8 unless it cannot be.
    fn of_utf8(bytes: &[u8]) -> Self {
        std::str::from_utf8(bytes).map_or_else(|_| Self::Bytes(bytes.to_vec()), |text| Self::Known(text.to_owned()))
    }
}

/// Texts of tags, by field.
#[derive(Debug, Default)]
pub(super) struct Found([Vec<Text>; FIELDS]);

/// Reads the texts of all tags in a file.
pub(super) fn read<F: Read + Seek>(file: &mut F) -> Found {
    let Some(mut file) = Pieces::new(file) else { return Found::default() };
    let mut found = Found::default();
    let mut in_front = Found::default();
    let mut at = 0;
    for _ in 0..TAGS_MAX {
        let Some((mark, place)) = mark(&mut file, at) else { break };
        match mark {
            Mark::Id3 => {
                let Some((tag, end)) = id3::read(&mut file, place) else { break };
                in_front.fill(tag);
                at = end;
                continue;
            }
            Mark::Flac => found.fill(comments::flac(&mut file, place)),
            Mark::Ogg => found.fill(comments::ogg(&mut file, place)),
            Mark::Chunks => found.fill(chunks::read(&mut file, place)),
        }
        break;
    }
    found.fill(in_front);
    found.fill(id3::behind(&mut file));
    found
}

/// What tells that names follow.
enum Mark {
    Id3,
    Flac,
    Ogg,
    Chunks,
}

/// The first mark at `at` or, behind rubbish, a little later.
fn mark<F: Read + Seek>(file: &mut Pieces<'_, F>, at: u64) -> Option<(Mark, u64)> {
    let head = file.at(at, RUBBISH_BYTES);
    // Bare sound, MP4 and Matroska hold no other kind's names.
    let is_bare = matches!(head[..], [0xFF, 0xE0..=0xFF, ..] | [0x1A, 0x45, 0xDF, 0xA3, ..]);
    if is_bare || head.get(4..8) == Some(b"ftyp") {
        return None;
    }
    let starts = |bytes: &[u8]| {
        let is = |mark: &[u8]| bytes.starts_with(mark);
        let form = bytes.get(8..12);
        match () {
            () if is(b"ID3") && id3::is_head(bytes) => Some(Mark::Id3),
            () if is(b"fLaC") => Some(Mark::Flac),
            () if is(b"OggS\0") => Some(Mark::Ogg),
            () if (is(b"RIFF") || is(b"RF64") || is(b"BW64") || is(b"RIFX")) && form == Some(b"WAVE") => {
                Some(Mark::Chunks)
            }
            () if is(b"FORM") && matches!(form, Some(b"AIFF" | b"AIFC")) => Some(Mark::Chunks),
            () => None,
        }
    };
    (0..head.len()).find_map(|place| Some((starts(&head[place..])?, at + place as u64)))
}

impl Found {
    fn add(&mut self, field: Field, text: Text) {
        let values = &mut self.0[field as usize];
        if values.len() < VALUES_MAX {
            values.push(text);
        }
    }

    /// Takes from another tag what is missing here.
    fn fill(&mut self, other: Self) {
        for (mine, others) in self.0.iter_mut().zip(other.0) {
            if mine.is_empty() {
                *mine = others;
            }
        }
    }

    /// `tags` with what is missing there, and with letters as they were meant.
    pub(super) fn complete(&self, tags: Tags) -> Tags {
        let encoding = self.encoding();
        let better = |known: String, field: Field| {
            let values = &self.0[field as usize];
            let one = |read: &dyn Fn(&Text) -> Vec<String>| joined(values.iter().flat_map(read), field);
            let read = one(&|text| value(&decoded(text, encoding), field, false));
            // What the crate makes of it: other letters, or a beginning where sizes are odd.
            let is_cut = read.starts_with(&known);
            let is_misread = || known == one(&|text| value(&misread(text), field, true));
            if !read.is_empty() && (is_cut || is_misread()) { read } else { known }
        };
        let number = |known: u32, field| {
            let text = better(String::new(), field);
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            if known == 0 { digits.parse().unwrap_or(0) } else { known }
        };
        let years = [Field::Year, Field::Published, Field::FirstPublished];
        let year = || years.into_iter().map(|field| year_in(&better(String::new(), field))).find(|year| *year > 0);
        Tags {
            title: better(tags.title, Field::Title),
            artist: better(tags.artist, Field::Artist),
            album: better(tags.album, Field::Album),
            album_artist: better(tags.album_artist, Field::AlbumArtist),
            genre: better(tags.genre, Field::Genre),
            track_number: number(tags.track_number, Field::Track),
            disc_number: number(tags.disc_number, Field::Disc),
            year: if tags.year == 0 { year().unwrap_or(0) } else { tags.year },
            ..tags
        }
    }

    /// The encoding that all texts are in of which no tag says it truly.
    fn encoding(&self) -> &'static Encoding {
        let mut together = Vec::new();
        for text in self.0.iter().flatten() {
            if let Text::Bytes(bytes) = text
                && !is_utf8(bytes)
            {
                together.extend_from_slice(bytes);
                together.push(b'\n');
            }
        }
        if together.is_empty() { WINDOWS_1252 } else { letters::meant(&together) }
    }
}

/// Whether it is UTF-8, which may have been cut within a letter.
fn is_utf8(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        // At least one whole letter says that it is so.
        Err(error) => error.error_len().is_none() && !bytes[..error.valid_up_to()].is_ascii(),
    }
}

fn decoded(text: &Text, encoding: &'static Encoding) -> String {
    match text {
        Text::Known(text) => text.clone(),
        Text::Bytes(bytes) if is_utf8(bytes) => {
            String::from_utf8_lossy(bytes).trim_end_matches(char::REPLACEMENT_CHARACTER).to_owned()
        }
        Text::Bytes(bytes) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// The text as somebody reads it who believes the tag.
fn misread(text: &Text) -> String {
    match text {
        Text::Known(text) => text.clone(),
        Text::Bytes(bytes) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// What a text says of a field. A genre may have a number, and words that say it better; `plainly` takes both.
fn value(text: &str, field: Field, plainly: bool) -> Vec<String> {
    if field != Field::Genre {
        return vec![text.to_owned()];
    }
    let mut rest = text.trim();
    let mut numbered = Vec::new();
    while let Some((code, behind)) = rest.strip_prefix('(').and_then(|inside| inside.split_once(')')) {
        let Some(name) = genre(code) else { break };
        numbered.push(name.to_owned());
        rest = behind;
    }
    // A bracket that is meant stands twice.
    let words = if rest.starts_with("((") { &rest[1..] } else { rest };
    let words = genre(words).unwrap_or(words).trim().to_owned();
    if words.is_empty() {
        return numbered;
    }
    if plainly {
        numbered.push(words);
        return numbered;
    }
    vec![words]
}

/// The genre of a code of ID3; empty where it is a number that none has.
fn genre(code: &str) -> Option<&'static str> {
    match code {
        "RX" => Some("Remix"),
        "CR" => Some("Cover"),
        _ if code.is_empty() || !code.bytes().all(|byte| byte.is_ascii_digit()) => None,
        _ => Some(code.parse().ok().and_then(|code: usize| GENRES.get(code).copied()).unwrap_or_default()),
    }
}

/// Several values as one text, of fields that have several; else the first.
fn joined(values: impl Iterator<Item = String>, field: Field) -> String {
    let mut values = values.map(|value| shown(&value)).filter(|value| !value.is_empty());
    if !matches!(field, Field::Artist | Field::AlbumArtist | Field::Genre) {
        return values.next().unwrap_or_default();
    }
    let mut seen = BTreeSet::new();
    let all: Vec<String> = values.filter(|value| seen.insert(value.clone())).collect();
    shown(&all.join(BETWEEN))
}

#[cfg(test)]
mod tests;

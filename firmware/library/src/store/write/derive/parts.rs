//! The parts that files are cut into, as tracks: what each is called, and writing those that are new or otherwise.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{OptionalExtension, Transaction, params};

use super::super::{Alike, Span, identify, unlist, write_file, write_track};
use crate::fingerprint::Fingerprint;
use crate::lists::file_of;
use crate::lists::sheet::{self, Piece};
use crate::tags::Tags;
use crate::walk::{self, Stamp};

/// What a sheet says of the whole.
#[derive(Clone, Default)]
pub(super) struct Sheet {
    pub(super) list: i64,
    pub(super) album: String,
    pub(super) artist: String,
    pub(super) genre: String,
    pub(super) year: u32,
    pub(super) disc_number: u32,
}

/// The file that is cut.
pub(super) struct Whole {
    stamp: Stamp,
    fingerprint: Fingerprint,
    tags: Tags,
    /// Whether it is called as its file only.
    is_untitled: bool,
}

/// A part that there shall be.
pub(super) struct Desired {
    list: i64,
    start_ms: u64,
    end_ms: Option<u64>,
    stamp: Stamp,
    fingerprint: Fingerprint,
    tags: Tags,
}

/// A part that there is: what it was derived from, and its track.
pub(super) type Known = HashMap<Vec<u8>, Option<Vec<u8>>>;

/// Returns the file at `path`, if it is a track.
pub(super) fn whole(transaction: &Transaction<'_>, root: i64, path: &[u8]) -> rusqlite::Result<Option<Whole>> {
    let sql = "SELECT bytes, mtime_ns, ctime_ns, fingerprint, artist, album, album_artist, genre, year, disc_number,
               duration_ms, track_gain_db, track_peak, has_picture, title FROM files JOIN tracks ON id = track
               WHERE root = ?1 AND files.path = ?2";
    let found = transaction.prepare_cached(sql)?.query_row(params![root, path], |row| {
        let tags = Tags {
            artist: row.get(4)?,
            album: row.get(5)?,
            album_artist: row.get(6)?,
            genre: row.get(7)?,
            year: row.get(8)?,
            disc_number: row.get(9)?,
            duration_ms: row.get::<_, Option<i64>>(10)?.map(i64::cast_unsigned),
            track_gain_db: row.get(11)?,
            track_peak: row.get(12)?,
            has_picture: row.get(13)?,
            ..Tags::default()
        };
        let title: String = row.get(14)?;
        let stamp = Stamp { bytes: row.get(0)?, mtime_ns: row.get(1)?, ctime_ns: row.get(2)? };
        Ok(Whole { stamp, fingerprint: row.get(3)?, tags, is_untitled: title == walk::stem(path) })
    });
    found.optional()
}

/// Returns the parts that a sheet makes of a file, and what of it is not applied. None if the file stays as it is: one that is
/// one track says more about itself, unless it says nothing.
///
/// # Errors
/// The sheet is not applied; why, in words.
pub(super) fn of(
    about: &Sheet,
    pieces: &[Piece],
    whole: &Whole,
    path: &[u8],
) -> Result<(Vec<Desired>, Option<String>), String> {
    let desired = |piece: &Piece, start_ms: u64, end_ms: Option<u64>, tags: Tags| {
        let mut hash = blake3::Hasher::new();
        hash.update(&whole.fingerprint).update(&start_ms.cast_signed().to_le_bytes());
        let fingerprint = *hash.finalize().as_bytes();
        let track_number = if piece.number > 0 { piece.number } else { tags.track_number };
        let tags = Tags { track_number, ..tags };
        Desired { list: about.list, start_ms, end_ms, stamp: whole.stamp, fingerprint, tags }
    };
    if let [piece] = pieces {
        let is_named = !piece.is_data && !piece.title.is_empty() && whole.is_untitled;
        let tags = tags_of(piece, about, &whole.tags, whole.tags.duration_ms, true);
        return Ok((is_named.then(|| desired(piece, 0, None, tags)).into_iter().collect(), None));
    }
    let cut = sheet::cut(pieces, whole.tags.duration_ms)?;
    let parts = cut.parts.iter().map(|part| {
        let piece = &pieces[part.piece];
        let end = part.end_ms.or(whole.tags.duration_ms);
        let length = end.map(|end| end.saturating_sub(part.start_ms));
        desired(piece, part.start_ms, part.end_ms, tags_of(piece, about, &whole.tags, length, false))
    });
    let name = String::from_utf8_lossy(walk::split(path).1);
    let trouble = (cut.beyond > 0).then(|| format!("{} of its tracks begin behind the end of {name}", cut.beyond));
    Ok((parts.collect(), trouble))
}

/// What a piece is called: as the sheet says, else as the file does; the other way round if it is all of the file.
fn tags_of(piece: &Piece, about: &Sheet, whole: &Tags, duration_ms: Option<u64>, is_all: bool) -> Tags {
    let first = |sheet: [&String; 2], own: &String| {
        let [one, two] = sheet;
        let order = if is_all { [own, one, two] } else { [one, two, own] };
        order.into_iter().find(|text| !text.is_empty()).cloned().unwrap_or_default()
    };
    let number = |sheet: u32, own: u32| if sheet > 0 && (own == 0 || !is_all) { sheet } else { own };
    let none = String::new();
    let title = if piece.title.is_empty() { format!("{} {}", about.album, piece.number) } else { piece.title.clone() };
    Tags {
        title: title.trim().to_owned(),
        artist: first([&piece.artist, &about.artist], &whole.artist),
        album: first([&about.album, &none], &whole.album),
        album_artist: first([&about.artist, &none], &whole.album_artist),
        genre: first([&about.genre, &none], &whole.genre),
        year: number(about.year, whole.year),
        disc_number: number(about.disc_number, whole.disc_number),
        duration_ms,
        ..whole.clone()
    }
}

impl Desired {
    /// A checksum of all it is.
    fn derived(&self) -> Vec<u8> {
        let all = (self.list, self.start_ms, self.end_ms, self.stamp.bytes, self.stamp.mtime_ns, &self.tags);
        let text = serde_json::to_vec(&all).unwrap_or_default();
        blake3::Hasher::new().update(&self.fingerprint).update(&text).finalize().as_bytes().to_vec()
    }
}

/// Returns the parts that there are.
pub(super) fn known(transaction: &Transaction<'_>, root: i64) -> rusqlite::Result<Known> {
    let sql = "SELECT path, derived FROM files WHERE root = ?1 AND list IS NOT NULL";
    let mut all = transaction.prepare_cached(sql)?;
    let rows = all.query_map([root], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Writes the parts that there shall be in place of those that there are; whether any is otherwise.
pub(super) fn write(
    transaction: &Transaction<'_>,
    root: i64,
    desired: &BTreeMap<Vec<u8>, Desired>,
    known: Known,
    alike: &mut Alike,
    exists: &dyn Fn(&[u8]) -> bool,
) -> rusqlite::Result<bool> {
    let mut changed = false;
    // First what is new: a part of a file that was renamed is known again by its old place.
    let is_there = |path: &[u8]| if file_of(path) == path { exists(path) } else { desired.contains_key(path) };
    for (path, part) in desired {
        let derived = part.derived();
        if known.get(path).is_some_and(|before| before.as_ref() == Some(&derived)) {
            continue;
        }
        changed = true;
        let id = identify(transaction, root, path, &part.fingerprint, alike, is_there)?;
        let id = write_track(transaction, id, path, &part.fingerprint, &part.tags)?;
        let span = Span {
            list: Some(part.list),
            start_ms: Some(part.start_ms.cast_signed()),
            end_ms: part.end_ms.map(u64::cast_signed),
            derived: Some(derived),
        };
        write_file(transaction, root, path, part.stamp, Ok(id), &span)?;
    }
    for path in known.keys().filter(|path| !desired.contains_key(*path)) {
        changed = true;
        unlist(transaction, root, path)?;
        let sql = "DELETE FROM files WHERE root = ?1 AND path = ?2";
        transaction.prepare_cached(sql)?.execute(params![root, path])?;
    }
    let sql = "SELECT path FROM files WHERE root = ?1 AND covered";
    let covered: BTreeSet<Vec<u8>> = {
        let mut all = transaction.prepare_cached(sql)?;
        all.query_map([root], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
    };
    let mut cover = transaction.prepare_cached("UPDATE files SET covered = ?3 WHERE root = ?1 AND path = ?2")?;
    let wanted: BTreeSet<&[u8]> = desired.keys().map(|path| file_of(path)).collect();
    for path in covered.iter().filter(|path| !wanted.contains(&path[..])) {
        cover.execute(params![root, path, false])?;
        changed = true;
    }
    for path in wanted.iter().filter(|path| !covered.contains(**path)) {
        cover.execute(params![root, path, true])?;
        changed = true;
    }
    Ok(changed)
}

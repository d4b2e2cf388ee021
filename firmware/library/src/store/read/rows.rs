//! What answers consist of, and how they come out of the database.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use base::TrackId;
use rusqlite::Row;
use rusqlite::types::{Type, Value};

use super::super::trust::TRACK_MAX;
use crate::fingerprint::Fingerprint;
use crate::key::key_of;
use crate::level::{Loudness, Part, gain_db};
use crate::lists::file_of;
use crate::tags::Tags;
use crate::walk::{self, child, join, split};

/// The columns that [`track`] reads.
pub(super) const COLUMNS: &str = "tracks.id, roots.place, files.path, tracks.title, tracks.artist, tracks.album,
    album_artist, track_number, disc_number, year, genre, duration_ms, track_gain_db, album_gain_db, track_peak,
    has_picture, album_key, artist_key, hex(substr(fingerprint, 1, 8)), covers.folder, covers.name, covers.bytes,
    covers.mtime_ns, integrated_lufs, true_peak_dbtp,
    files.start_ms, files.end_ms, roots.kind = 'uploads'";

/// What [`COLUMNS`] needs besides [`JOINS`].
pub(super) const BESIDES: &str = "LEFT JOIN loudness USING (fingerprint)
    LEFT JOIN covers ON covers.root = files.root AND covers.folder = substr(files.path, 1, files.folder_bytes)";

/// The pictures among them.
pub(super) const COVERS: &str =
    "LEFT JOIN covers ON covers.root = files.root AND covers.folder = substr(files.path, 1, files.folder_bytes)";

/// Leaves tracks that have a file now.
pub(super) const JOINS: &str =
    "JOIN files ON files.track = tracks.id AND NOT files.covered JOIN roots ON roots.id = files.root AND roots.present";

/// The order of lists of tracks; the number makes it one.
pub(super) const ORDER: &str = "album_key, disc_number, track_number, title_key, tracks.id";

/// One track.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Its number, the same for ever.
    pub id: TrackId,
    /// Its file.
    pub path: PathBuf,
    /// What it says about itself. The title is never empty.
    pub tags: Tags,
    /// [`Group::key`] of its album; empty if it has none.
    pub album_key: String,
    /// [`Group::key`] of its artist; empty if it has none.
    pub artist_key: String,
    /// Its picture, if it has one.
    pub art: Option<Art>,
    /// How loud it was measured to be.
    pub loudness: Option<Loudness>,
    /// Where in its file it begins, milliseconds; more than 0 for later parts of a file with a cue sheet only.
    pub start_ms: u64,
    /// Where in its file it ends; `None`: with the file.
    pub end_ms: Option<u64>,
    /// Whether a host sent it to the box, so that hosts may remove it.
    pub is_upload: bool,
}

/// A track's picture, wherever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Art {
    /// Another one whenever the picture may have changed; letters and digits.
    pub version: String,
    /// The file it is in, or that it is.
    pub(crate) path: PathBuf,
    /// Whether it is inside a sound file.
    pub(crate) is_inside: bool,
}

/// A playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playlist {
    /// Its number, the same as long as its file has its name.
    pub id: u64,
    /// By which it is chosen; the same for ever as long as its file has its name.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// Tracks that are there.
    pub tracks: u64,
    /// Entries for which there is no file.
    pub missing: u64,
    /// Whether it goes on behind what is read of it.
    pub is_cut: bool,
}

/// A cue sheet or playlist of which not all is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TroubledList {
    /// Its number, the same as long as its file has its name.
    pub id: u64,
    /// Its file, or the file it is in, below the root.
    pub path: PathBuf,
    /// Why a sheet is not applied, or not as a whole.
    pub trouble: Option<String>,
    /// The first names in it that lead to no file.
    pub missing: Vec<String>,
    /// How many names lead to none.
    pub missing_total: u64,
    /// Whether it is longer than what is read of it.
    pub is_cut: bool,
}

/// A troubled list, without the names that are missing.
pub(super) fn troubled(row: &Row<'_>) -> rusqlite::Result<TroubledList> {
    let below = below(row, 1)?;
    Ok(TroubledList {
        id: number(row, 0)?,
        path: path(file_of(&below).to_vec()),
        trouble: row.get(2)?,
        missing: Vec::new(),
        missing_total: number(row, 3)?,
        is_cut: row.get(4)?,
    })
}

pub(super) fn playlist(row: &Row<'_>) -> rusqlite::Result<Playlist> {
    let tracks = number(row, 2)?;
    let (root, path): (Vec<u8>, Vec<u8>) = (row.get(3)?, below(row, 4)?);
    let (id, key) = (number(row, 0)?, key_of(&root, &path));
    Ok(Playlist { id, key, name: row.get(1)?, tracks, missing: number(row, 6)?, is_cut: row.get(5)? })
}

/// A track and its place in a list.
pub(super) fn placed(row: &Row<'_>) -> rusqlite::Result<(u64, Track)> {
    Ok((number(row, 28)?, track(row)?))
}

/// Returns a number that this firmware may have written: none is negative, or beyond what scripts can count.
pub(super) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    counted(column, row.get(column)?)
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    row.get::<_, Option<i64>>(column)?.map(|value| counted(column, value)).transpose()
}

fn counted(column: usize, value: i64) -> rusqlite::Result<u64> {
    let known = u64::try_from(value).ok().filter(|_| value <= TRACK_MAX);
    known.ok_or(rusqlite::Error::IntegralValueOutOfRange(column, value))
}

/// Returns the path of a file below its root.
fn below(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<u8>> {
    inside(column, row.get(column)?)
}

/// Returns a path as a scan writes it: one that leads out of its root is a lie, and what is there is nobody's to play or remove.
fn inside(column: usize, path: Vec<u8>) -> rusqlite::Result<Vec<u8>> {
    let leads_out = |part: &[u8]| part.is_empty() || matches!(part, b"." | b"..");
    if file_of(&path).split(|byte| *byte == b'/').any(leads_out) {
        let why = "a path that leads out of its folder";
        return Err(rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, why.into()));
    }
    Ok(path)
}

impl Track {
    /// What it is changed by so that all tracks sound alike, dB; 0 if its loudness is not known.
    pub fn gain_db(&self) -> f32 {
        gain_db(&self.tags, self.loudness)
    }
}

/// A track whose loudness is not known.
#[derive(Debug)]
pub(crate) struct Unmeasured {
    pub(crate) id: TrackId,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) part: Part,
}

pub(super) fn unmeasured(row: &Row<'_>) -> rusqlite::Result<Unmeasured> {
    let (root, below): (Vec<u8>, Vec<u8>) = (row.get(2)?, below(row, 3)?);
    Ok(Unmeasured {
        id: TrackId(number(row, 0)?),
        fingerprint: row.get(1)?,
        part: Part {
            path: join(&path(root), file_of(&below)),
            start_ms: unsigned(row, 4)?.unwrap_or(0),
            end_ms: unsigned(row, 5)?,
        },
    })
}

fn loudness(row: &Row<'_>) -> rusqlite::Result<Option<Loudness>> {
    let both: (Option<f32>, Option<f32>) = (row.get(23)?, row.get(24)?);
    Ok(match both {
        (Some(integrated_lufs), Some(true_peak_dbtp)) => Some(Loudness { integrated_lufs, true_peak_dbtp }),
        _ => None,
    })
}

/// Tracks that have something in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// By which its tracks are asked for, and the next page of groups.
    pub key: String,
    /// Its name as written in one of its tracks.
    pub name: String,
    /// The artist of an album; else empty.
    pub artist: String,
    /// How many tracks it has.
    pub tracks: u64,
    /// A track of an album that has a picture, if one has.
    pub cover: Option<Track>,
}

/// A file that is no track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenFile {
    /// Below the root.
    pub path: PathBuf,
    /// Why, in words that follow the file's name.
    pub reason: String,
}

/// What kind of place music comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootKind {
    /// A folder of the box.
    Folder,
    /// A USB stick, which comes and goes.
    Stick,
    /// Where uploads arrive.
    Uploads,
}

impl RootKind {
    /// Its name in the database and in every API.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Stick => "stick",
            Self::Uploads => "uploads",
        }
    }
}

/// A place music comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Its number, the same for ever.
    pub id: u64,
    /// What to call it; a stick's label.
    pub name: String,
    /// What kind of place it is.
    pub kind: RootKind,
    /// Whether it is there.
    pub is_present: bool,
    /// Its tracks, also while it is not there.
    pub tracks: u64,
    /// Its sound files of kinds that are not looked at: endings, and how many there are of each.
    pub passed_over: Vec<(String, u64)>,
}

pub(super) fn root(row: &Row<'_>) -> rusqlite::Result<Root> {
    let kind: String = row.get(2)?;
    Ok(Root {
        id: number(row, 0)?,
        name: row.get(1)?,
        kind: root_kind(&kind),
        is_present: row.get(3)?,
        tracks: number(row, 4)?,
        passed_over: Vec::new(),
    })
}

/// The kind of that name.
pub(super) fn root_kind(name: &str) -> RootKind {
    let kinds = [RootKind::Stick, RootKind::Uploads];
    kinds.into_iter().find(|known| known.id() == name).unwrap_or(RootKind::Folder)
}

fn path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes))
}

pub(super) fn track(row: &Row<'_>) -> rusqlite::Result<Track> {
    let (root, below): (Vec<u8>, Vec<u8>) = (row.get(1)?, below(row, 2)?);
    let root = path(root);
    let file = join(&root, file_of(&below));
    Ok(Track {
        id: TrackId(number(row, 0)?),
        tags: Tags {
            title: row.get(3)?,
            artist: row.get(4)?,
            album: row.get(5)?,
            album_artist: row.get(6)?,
            compilation: false,
            track_number: row.get(7)?,
            disc_number: row.get(8)?,
            year: row.get(9)?,
            genre: row.get(10)?,
            duration_ms: unsigned(row, 11)?,
            track_gain_db: row.get(12)?,
            album_gain_db: row.get(13)?,
            track_peak: row.get(14)?,
            has_picture: row.get(15)?,
        },
        album_key: row.get(16)?,
        artist_key: row.get(17)?,
        art: art(row, &root, &file)?,
        loudness: loudness(row)?,
        start_ms: unsigned(row, 25)?.unwrap_or(0),
        end_ms: unsigned(row, 26)?,
        is_upload: row.get(27)?,
        path: file,
    })
}

/// The picture of a track: the one inside, else the one beside it.
fn art(row: &Row<'_>, root: &Path, file: &Path) -> rusqlite::Result<Option<Art>> {
    if row.get(15)? {
        return Ok(Some(Art { version: row.get(18)?, path: file.to_owned(), is_inside: true }));
    }
    let Some(folder) = row.get::<_, Option<Vec<u8>>>(19)? else { return Ok(None) };
    let (name, bytes, mtime_ns): (Vec<u8>, i64, i64) = (row.get(20)?, row.get(21)?, row.get(22)?);
    let path = join(root, &inside(20, beside(&folder, &name))?);
    Ok(Some(Art { version: format!("{bytes:x}x{mtime_ns:x}"), path, is_inside: false }))
}

/// Where the cover of `folder` lies; that of a disc may be the one of the folder above, which is not outside.
fn beside(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let above = name.strip_prefix(walk::ABOVE).filter(|_| !folder.is_empty());
    above.map_or_else(|| child(folder, name), |name| child(split(folder).0, name))
}

pub(super) fn place(row: &Row<'_>) -> rusqlite::Result<Vec<Value>> {
    (0..5).map(|column| row.get(column)).collect()
}

/// A group, and the number of the track that it looks like.
pub(super) fn group(row: &Row<'_>) -> rusqlite::Result<(Group, Option<i64>)> {
    let text = |column| -> rusqlite::Result<String> {
        Ok(match row.get(column)? {
            Value::Integer(number) => number.to_string(),
            Value::Text(text) => text,
            _ => String::new(),
        })
    };
    let tracks = number(row, 3)?;
    let group = Group { key: text(0)?, name: text(1)?, artist: text(2)?, tracks, cover: None };
    Ok((group, row.get(4)?))
}

pub(super) fn broken(row: &Row<'_>) -> rusqlite::Result<BrokenFile> {
    Ok(BrokenFile { path: path(below(row, 0)?), reason: row.get(1)? })
}

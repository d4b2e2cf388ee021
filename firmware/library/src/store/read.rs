//! Questions to the database: search, lists by album, artist, genre and year, and single tracks.
//!
//! Every answer is a page of at most [`LIMIT_MAX`] rows, every question ends within [`QUESTION_MAX`], and what people type
//! reaches the database as words only, so no text can be an error or a burden.

mod asking;
mod lists;
mod newest;
mod rows;
mod search;
mod selection;

use std::collections::HashMap;
use std::sync::PoisonError;

use base::TrackId;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params_from_iter};

pub use self::asking::AskError;
use self::asking::QUESTION_MAX;
pub(crate) use self::asking::Reader;
pub(crate) use self::rows::Unmeasured;
pub use self::rows::{Art, BrokenFile, Group, Playlist, Root, RootKind, Track, TroubledList};
use self::rows::{BESIDES, COLUMNS, COVERS, JOINS, ORDER, track};
use crate::walk::{Cover, Stamp};

/// Rows in an answer unless another number is asked for.
pub const LIMIT_DEFAULT: usize = 50;

/// Most rows in an answer.
pub const LIMIT_MAX: usize = 200;

/// Longest text that is searched for, characters; the rest is ignored.
pub const QUERY_CHARS_MAX: usize = 100;

/// Which tracks of a list are wanted; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// [`Group::key`] of an album.
    pub album: Option<String>,
    /// [`Group::key`] of an artist.
    pub artist: Option<String>,
    /// [`Group::key`] of a genre.
    pub genre: Option<String>,
    /// The year.
    pub year: Option<u32>,
}

/// What tracks are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// Album and its artist.
    Album,
    /// Artist.
    Artist,
    /// Genre.
    Genre,
    /// Year.
    Year,
}

impl GroupBy {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Album, Self::Artist, Self::Genre, Self::Year];

    /// Its name in every API.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Album => "album",
            Self::Artist => "artist",
            Self::Genre => "genre",
            Self::Year => "year",
        }
    }

    /// Key, name and artist of a group, in SQL.
    const fn columns(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Album => ("album_key", "max(album)", "max(album_artist)"),
            Self::Artist => ("artist_key", "max(artist)", "''"),
            Self::Genre => ("genre_key", "max(genre)", "''"),
            Self::Year => ("year", "year", "''"),
        }
    }
}

/// What the database knows of a file, for the scan.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) path: Vec<u8>,
    pub(crate) stamp: Stamp,
}

/// How often each track was played, by its number; those that were.
pub(crate) type Plays = HashMap<i64, u32>;

impl Reader {
    /// Tracks in whose title, artist or album every word of `typed` begins a word, the likeliest first; after the track
    /// `after`.
    pub(crate) fn search(&self, typed: &str, after: Option<TrackId>, limit: usize) -> Result<Vec<Track>, AskError> {
        let plays = self.plays.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.within(Some(QUESTION_MAX), |connection| search::search(connection, typed, after, limit, &plays))
    }

    /// Recalls how often tracks were played.
    pub(crate) fn recall_plays(&self) -> Result<(), AskError> {
        let plays = self.within(None, |connection| {
            let mut all = connection.prepare("SELECT tracks.id, count FROM plays JOIN tracks USING (fingerprint)")?;
            let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<Plays>>()?)
        })?;
        *self.plays.lock().unwrap_or_else(PoisonError::into_inner) = plays;
        Ok(())
    }

    /// Counts that a track is played.
    pub(crate) fn played(&self, id: TrackId) {
        let mut plays = self.plays.lock().unwrap_or_else(PoisonError::into_inner);
        let count = plays.entry(signed(id.0)).or_insert(0);
        *count = count.saturating_add(1);
    }

    /// Tracks by album, disc, number and title; after the track `after`.
    pub(crate) fn tracks(&self, filter: &Filter, after: Option<TrackId>, limit: usize) -> Result<Vec<Track>, AskError> {
        let mut wheres = Vec::new();
        let mut values = Vec::new();
        let texts = [("album_key", &filter.album), ("artist_key", &filter.artist), ("genre_key", &filter.genre)];
        let texts = texts.into_iter().filter_map(|(column, text)| Some((column, Value::Text(text.clone()?))));
        let year = filter.year.map(|year| ("year", Value::Integer(year.into())));
        for (column, value) in texts.chain(year) {
            wheres.push(format!("{column} = ?"));
            values.push(value);
        }
        self.within(Some(QUESTION_MAX), |connection| {
            if let Some(after) = after {
                let place = format!("SELECT {ORDER} FROM tracks WHERE id = ?1");
                let place = connection.prepare_cached(&place)?.query_row([signed(after.0)], rows::place).optional()?;
                values.extend(place.ok_or(AskError::UnknownTrack(after))?);
                wheres.push(format!("({ORDER}) > (?, ?, ?, ?, ?)"));
            }
            values.push(Value::Integer(page(limit)));
            let wheres = if wheres.is_empty() { "1".to_owned() } else { wheres.join(" AND ") };
            let sql = format!("SELECT {COLUMNS} FROM tracks {JOINS} {BESIDES} WHERE {wheres} ORDER BY {ORDER} LIMIT ?");
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(values), track)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Albums, artists, genres or years by their keys; after the key `after`. Tracks that say none are in no group.
    pub(crate) fn groups(&self, by: GroupBy, after: Option<&str>, limit: usize) -> Result<Vec<Group>, AskError> {
        let (key, name, artist) = by.columns();
        // An album looks like its first track that has a picture.
        let (shown, beside) = match by {
            GroupBy::Album => ("min(iif(has_picture OR covers.name IS NOT NULL, tracks.id, NULL))", COVERS),
            _ => ("NULL", ""),
        };
        let sql = format!(
            "SELECT {key}, {name}, {artist}, count(*), {shown} FROM tracks {JOINS} {beside}
             WHERE {key} > ?1 GROUP BY {key} ORDER BY {key} LIMIT ?2"
        );
        let one = format!("SELECT {COLUMNS} FROM tracks {JOINS} {BESIDES} WHERE tracks.id = ?1");
        let after = match by {
            GroupBy::Year => Value::Integer(after.and_then(|year| year.parse().ok()).unwrap_or(0)),
            _ => Value::Text(after.unwrap_or_default().to_owned()),
        };
        self.within(Some(QUESTION_MAX), |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut track_of = connection.prepare_cached(&one)?;
            let rows = statement.query_map((after, page(limit)), rows::group)?;
            let groups = rows.map(|row| {
                let (group, shown) = row?;
                let cover = shown.map(|id| track_of.query_row([id], track)).transpose()?;
                Ok(Group { cover, ..group })
            });
            Ok(groups.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The track of that number, if it has a file.
    pub(crate) fn track(&self, id: TrackId) -> Result<Option<Track>, AskError> {
        let sql = format!("SELECT {COLUMNS} FROM tracks {JOINS} {BESIDES} WHERE tracks.id = ?1");
        self.within(Some(QUESTION_MAX), |connection| {
            Ok(connection.prepare_cached(&sql)?.query_row([signed(id.0)], track).optional()?)
        })
    }

    /// All tracks that have a file, in the order of their paths.
    pub(crate) fn ids(&self) -> Result<Vec<TrackId>, AskError> {
        self.within(None, |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT track FROM files JOIN roots ON roots.id = root AND present
                 WHERE track IS NOT NULL AND NOT covered ORDER BY root, files.path",
            )?;
            let rows = statement.query_map([], |row| rows::number(row, 0).map(TrackId))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Files that are no tracks, with the reasons; by path, after the path `after`.
    pub(crate) fn broken(&self, after: &[u8], limit: usize) -> Result<Vec<BrokenFile>, AskError> {
        self.within(Some(QUESTION_MAX), |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT files.path, reason FROM files JOIN roots ON roots.id = root AND present
                 WHERE reason IS NOT NULL AND files.path > ?1 ORDER BY files.path LIMIT ?2",
            )?;
            let rows = statement.query_map((after, page(limit)), rows::broken)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Where music comes from, in the order in which it became known.
    pub(crate) fn roots(&self) -> Result<Vec<Root>, AskError> {
        self.within(Some(QUESTION_MAX), |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, name, kind, present, (SELECT count(track) FROM files WHERE root = roots.id AND NOT covered)
                 FROM roots ORDER BY id",
            )?;
            let rows = statement.query_map([], rows::root)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The track in the file `path`.
    pub(crate) fn track_at(&self, root: i64, path: &[u8]) -> Result<Option<TrackId>, AskError> {
        self.within(Some(QUESTION_MAX), |connection| {
            let sql = "SELECT track FROM files WHERE root = ?1 AND path = ?2 AND track IS NOT NULL";
            let found = connection.prepare_cached(sql)?.query_row((root, path), |row| row.get::<_, i64>(0));
            Ok(found.optional()?.map(|id| TrackId(id.cast_unsigned())))
        })
    }

    /// The next track after `after` whose loudness is neither told by its tags nor known.
    pub(crate) fn unmeasured(&self, after: TrackId) -> Result<Option<Unmeasured>, AskError> {
        let sql = format!(
            "SELECT tracks.id, fingerprint, roots.place, files.path, start_ms, end_ms FROM tracks {JOINS}
             WHERE tracks.id > ?1
             AND NOT EXISTS (SELECT 1 FROM loudness WHERE loudness.fingerprint = tracks.fingerprint)
             ORDER BY tracks.id LIMIT 1"
        );
        self.within(None, |connection| {
            Ok(connection.prepare_cached(&sql)?.query_row([signed(after.0)], rows::unmeasured).optional()?)
        })
    }

    /// How many files are tracks, and how many are broken.
    pub(crate) fn counts(&self) -> Result<(u64, u64), AskError> {
        let sql =
            "SELECT count(track) - total(covered), count(reason) FROM files JOIN roots ON roots.id = root AND present";
        self.within(None, |connection| {
            let counts: (f64, i64) =
                connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok((counts.0 as u64, counts.1.cast_unsigned()))
        })
    }

    /// The covers of the folders at or below `path`, by folder.
    pub(crate) fn covers(&self, root: i64, path: &[u8]) -> Result<Vec<Cover>, AskError> {
        let (from, to) = below(path);
        self.within(None, |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT folder, name, bytes, mtime_ns FROM covers
                 WHERE root = ?1 AND (?2 = x'' OR folder = ?2 OR (folder >= ?3 AND folder < ?4)) ORDER BY folder",
            )?;
            let rows = statement.query_map((root, path, from, to), |row| {
                let stamp = Stamp { bytes: row.get(2)?, mtime_ns: row.get(3)?, ctime_ns: 0 };
                Ok(Cover { folder: row.get(0)?, name: row.get(1)?, stamp })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// What is known of the files at or below `path`, by path.
    pub(crate) fn known(&self, root: i64, path: &[u8]) -> Result<Vec<Known>, AskError> {
        self.known_in("files WHERE list IS NULL", root, path)
    }

    /// What is known of the lists at or below `path`, by path.
    pub(crate) fn lists(&self, root: i64, path: &[u8]) -> Result<Vec<Known>, AskError> {
        // Sheets inside files are read with them.
        self.known_in("lists WHERE instr(path, x'00') = 0", root, path)
    }

    fn known_in(&self, table: &str, root: i64, path: &[u8]) -> Result<Vec<Known>, AskError> {
        let (from, to) = below(path);
        self.within(None, |connection| {
            let sql =
                format!("SELECT path, bytes, mtime_ns, ctime_ns FROM {table} AND root = ?1 AND {BELOW} ORDER BY path");
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map((root, path, from, to), |row| {
                let stamp = Stamp { bytes: row.get(1)?, mtime_ns: row.get(2)?, ctime_ns: row.get(3)? };
                Ok(Known { path: row.get(0)?, stamp })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// The paths at or below one, of which the two ends follow.
const BELOW: &str = "(?2 = x'' OR path = ?2 OR (path >= ?3 AND path < ?4))";

/// Everything below "a" lies between "a/" and "a0", the next byte after the slash.
fn below(path: &[u8]) -> (Vec<u8>, Vec<u8>) {
    ([path, b"/"].concat(), [path, b"0"].concat())
}

fn page(limit: usize) -> i64 {
    limit.clamp(1, LIMIT_MAX) as i64
}

/// Numbers of tracks are never negative in the database; what is beyond is no track.
fn signed(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

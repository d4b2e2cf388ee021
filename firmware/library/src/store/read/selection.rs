//! Questions about folders and playlists that can be chosen: which there are, and which tracks are in one.
//!
//! The database knows files, and folders only as what stands before the last slash of their paths; those that are asked for
//! are found by jumps from one to the next.

use base::TrackId;
use rusqlite::{Connection, OptionalExtension, Row};

use super::rows::root_kind;
use super::{AskError, LIMIT_MAX, QUESTION_MAX, Reader, below};
use crate::key::{Key, key_of};
use crate::selection::{Folder, Selection};
use crate::text::shown;
use crate::walk;

/// A place of music.
struct Place {
    id: i64,
    /// What it is known by.
    key: Vec<u8>,
    /// Without what is in it.
    folder: Folder,
}

/// What is in a folder and below.
struct Contents {
    files: i64,
    tracks: u64,
    /// How long the path of the deepest folder in it is, bytes.
    deepest: Option<usize>,
}

impl Reader {
    /// Returns the folders in the one of the key `within`, by name, after the one of the key `after`; without it the
    /// places of music.
    pub(crate) fn folders(
        &self,
        within: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Folder>, AskError> {
        self.within(Some(QUESTION_MAX), |connection| {
            let places = places(connection)?;
            let Some(within) = within else {
                return places.into_iter().map(|place| counted(connection, place)).collect();
            };
            let Some((place, path)) = find(&places, within) else { return Ok(Vec::new()) };
            let after = after.and_then(Key::parse).filter(|key| key.is_in(&place.key) && key.path.len() > path.len());
            let after = after.map(|key| key.path);
            children(connection, place, &path, after, limit.clamp(1, LIMIT_MAX))
        })
    }

    /// Returns whether there is such a part of the library: a folder with files the box knows, or a playlist.
    pub(crate) fn has(&self, selection: &Selection) -> Result<bool, AskError> {
        self.within(Some(QUESTION_MAX), |connection| {
            let places = places(connection)?;
            match selection {
                Selection::Folder(key) => match find(&places, key) {
                    Some((place, path)) => Ok(path.is_empty() || contents(connection, place.id, &path)?.files > 0),
                    None => Ok(false),
                },
                Selection::Playlist(key) => Ok(list(connection, &places, key)?.is_some()),
            }
        })
    }

    /// Returns the tracks of a part of the library that have a file: those of a folder in the order of their paths, those
    /// of a playlist in its order. None if it is not there.
    pub(crate) fn ids_of(&self, selection: &Selection) -> Result<Vec<TrackId>, AskError> {
        self.within(None, |connection| {
            let places = places(connection)?;
            match selection {
                Selection::Folder(key) => match find(&places, key) {
                    Some((place, path)) => {
                        let (from, to) = below(&path);
                        let sql = "SELECT track FROM files JOIN roots ON roots.id = root AND present
                             WHERE root = ?1 AND (?2 = x'' OR (files.path >= ?3 AND files.path < ?4))
                             AND track IS NOT NULL AND NOT covered ORDER BY files.path";
                        let mut statement = connection.prepare_cached(sql)?;
                        let rows = statement.query_map((place.id, path, from, to), id)?;
                        Ok(rows.collect::<rusqlite::Result<_>>()?)
                    }
                    None => Ok(Vec::new()),
                },
                Selection::Playlist(key) => {
                    let Some(list) = list(connection, &places, key)? else { return Ok(Vec::new()) };
                    let sql = "SELECT track FROM items
                         JOIN files ON files.root = items.root AND files.path = items.path AND NOT covered
                         JOIN roots ON roots.id = files.root AND present
                         WHERE items.list = ?1 AND track IS NOT NULL ORDER BY items.place";
                    let mut statement = connection.prepare_cached(sql)?;
                    let rows = statement.query_map([list], id)?;
                    Ok(rows.collect::<rusqlite::Result<_>>()?)
                }
            }
        })
    }
}

fn id(row: &Row<'_>) -> rusqlite::Result<TrackId> {
    Ok(TrackId(row.get::<_, i64>(0)?.cast_unsigned()))
}

/// Returns every place of music, those that are not there now included.
fn places(connection: &Connection) -> Result<Vec<Place>, AskError> {
    let sql = "SELECT id, path, name, kind, present FROM roots ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let (id, key): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let (name, kind): (String, String) = (row.get(2)?, row.get(3)?);
        let folder = Folder {
            key: key_of(&key, b""),
            name,
            kind: Some(root_kind(&kind)),
            is_present: row.get(4)?,
            tracks: 0,
            has_folders: false,
        };
        Ok(Place { id, key, folder })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Returns a place with how much is in it.
fn counted(connection: &Connection, place: Place) -> Result<Folder, AskError> {
    let inside = contents(connection, place.id, b"")?;
    Ok(Folder { tracks: inside.tracks, has_folders: inside.deepest > Some(0), ..place.folder })
}

/// Returns the place and the path below it that a key names, if there is such a place.
fn find<'a>(places: &'a [Place], key: &str) -> Option<(&'a Place, Vec<u8>)> {
    let key = Key::parse(key)?;
    let place = places.iter().find(|place| key.is_in(&place.key))?;
    Some((place, key.path))
}

/// Returns the number of the playlist that a key names, if it is there.
fn list(connection: &Connection, places: &[Place], key: &str) -> Result<Option<i64>, AskError> {
    let Some((place, path)) = find(places, key).filter(|(place, _)| place.folder.is_present) else { return Ok(None) };
    let sql = "SELECT id FROM lists WHERE root = ?1 AND path = ?2 AND NOT is_cue";
    Ok(connection.prepare_cached(sql)?.query_row((place.id, path), |row| row.get(0)).optional()?)
}

fn contents(connection: &Connection, root: i64, path: &[u8]) -> Result<Contents, AskError> {
    let (from, to) = below(path);
    let sql =
        "SELECT count(*), count(track) FILTER (WHERE NOT covered), max(folder_bytes) FILTER (WHERE track IS NOT NULL)
         FROM files WHERE root = ?1 AND (?2 = x'' OR (path >= ?3 AND path < ?4))";
    let row = connection.prepare_cached(sql)?.query_row((root, path, from, to), |row| {
        let deepest: Option<i64> = row.get(2)?;
        let deepest = deepest.and_then(|bytes| usize::try_from(bytes).ok());
        Ok(Contents { files: row.get(0)?, tracks: row.get::<_, i64>(1)?.cast_unsigned(), deepest })
    });
    Ok(row?)
}

/// Returns the folders with tracks that lie in `path`, after the one at the path `after`.
fn children(
    connection: &Connection,
    place: &Place,
    path: &[u8],
    after: Option<Vec<u8>>,
    limit: usize,
) -> Result<Vec<Folder>, AskError> {
    let (from, to) = below(path);
    let prefix = if path.is_empty() { 0 } else { path.len() + 1 };
    // Behind everything in the folder before it, or before everything.
    let mut next = after.map_or(if path.is_empty() { Vec::new() } else { from }, |after| below(&after).1);
    let sql = "SELECT path FROM files WHERE root = ?1 AND path >= ?2 AND (?3 = x'' OR path < ?4) AND folder_bytes > ?5
         AND track IS NOT NULL ORDER BY path LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = Vec::new();
    while found.len() < limit {
        let first = statement.query_row((place.id, &next, path, &to, path.len() as i64), |row| row.get(0));
        let Some(first): Option<Vec<u8>> = first.optional()? else { break };
        let name = first.get(prefix..).and_then(|rest| rest.split(|byte| *byte == b'/').next()).unwrap_or_default();
        let child = &first[..prefix + name.len()];
        let inside = contents(connection, place.id, child)?;
        if inside.tracks > 0 {
            found.push(Folder {
                key: key_of(&place.key, child),
                name: shown(&String::from_utf8_lossy(walk::split(child).1)),
                kind: None,
                is_present: place.folder.is_present,
                tracks: inside.tracks,
                has_folders: inside.deepest > Some(child.len()),
            });
        }
        next = below(child).1;
    }
    Ok(found)
}

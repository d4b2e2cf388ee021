//! Another database in place of one that cannot be used.
//!
//! All that is in it is found again by a scan, which goes on while music plays. What would be found with other numbers or only by
//! hours of measuring is read from the old one as far as that can be read: by which number each contents are known, so that queues
//! and open pages go on to mean the same tracks, how loud they are, and how often they were wanted.

use std::path::Path;

use rusqlite::{Connection, params};

use super::trust::TRACK_MAX;
use super::write::{self, Place};
use super::{Error, beside, open_to_read, set_aside, try_open};
use crate::fingerprint::Fingerprint;

/// Numbers that are left out where the last one cannot be read: more than any box has tracks.
const LEFT_OUT: i64 = 1_000_000;

/// Loudness and peaks that can be, LUFS and dBTP.
const LEVELS: std::ops::RangeInclusive<f64> = -200.0..=100.0;

/// Sets the database at `path` aside and makes another there, with these places under their numbers. Tracks whose old number cannot
/// be read get numbers above `highest`. The old one must not be open for writing.
///
/// # Errors
/// It cannot be set aside, or no other can be made.
pub(crate) fn rebuild(path: &Path, places: &[(i64, Place)], highest: i64) -> Result<Connection, Error> {
    set_aside(path).map_err(|error| Error::Stuck(path.to_owned(), error))?;
    begin(path, places, highest, Some(&beside(path, super::SET_ASIDE)))
}

/// Makes a database at `path`, as [`rebuild`] does, that knows again what can be read of the one at `old`.
///
/// # Errors
/// It cannot be made.
pub(crate) fn begin(
    path: &Path,
    places: &[(i64, Place)],
    highest: i64,
    old: Option<&Path>,
) -> Result<Connection, Error> {
    let mut connection = try_open(path)?;
    for (number, place) in places {
        write::put_root(&connection, *number, place)?;
    }
    let transaction = connection.transaction()?;
    let found = old.map_or(0, |old| salvage(&transaction, old).unwrap_or(0));
    let last = if found > highest { found } else { highest + LEFT_OUT };
    transaction.execute("DELETE FROM sqlite_sequence WHERE name = 'tracks'", [])?;
    transaction.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('tracks', ?1)", [last.min(TRACK_MAX / 2)])?;
    transaction.commit()?;
    Ok(connection)
}

/// Takes over what can be read of the database at `old`. Returns the largest number of a track that it has given, as far as it says.
fn salvage(connection: &Connection, old: &Path) -> rusqlite::Result<i64> {
    let old = open_to_read(old)?;
    let mut last = 0;
    let known = "INSERT OR IGNORE INTO tracks (id, fingerprint, title, artist, album, album_artist, track_number, disc_number, year,
                 genre, has_picture, title_key, artist_key, album_key, genre_key)
                 VALUES (?1, ?2, '', '', '', '', 0, 0, 0, '', 0, '', '', '', '')";
    let mut insert = connection.prepare(known)?;
    // Up to the first that cannot be read, from either end.
    for order in ["ASC", "DESC"] {
        let Ok(mut all) = old.prepare(&format!("SELECT id, fingerprint FROM tracks ORDER BY id {order}")) else {
            continue;
        };
        let Ok(rows) = all.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Fingerprint>(1)?))) else {
            continue;
        };
        let mut is_whole = true;
        for row in rows {
            let Ok((id, fingerprint)) = row else {
                is_whole = false;
                break;
            };
            if (1..=TRACK_MAX / 2).contains(&id) {
                insert.execute(params![id, fingerprint])?;
                last = last.max(id);
            }
        }
        if is_whole {
            break;
        }
    }
    // What is left of these is a help, and no number depends on it.
    if let Err(error) = salvage_loudness(connection, &old).and_then(|()| salvage_plays(connection, &old)) {
        log::warn!("not all that was found out about tracks could be taken over: {error}");
    }
    Ok(last)
}

fn salvage_loudness(connection: &Connection, old: &Connection) -> rusqlite::Result<()> {
    const COLUMNS: &str = "fingerprint, integrated_lufs, true_peak_dbtp, counted_ms";
    let mut insert =
        connection.prepare(&format!("INSERT OR IGNORE INTO loudness ({COLUMNS}) VALUES (?1, ?2, ?3, ?4)"))?;
    let Ok(mut all) = old.prepare(&format!("SELECT {COLUMNS} FROM loudness")) else { return Ok(()) };
    let rows = all.query_map([], |row| Ok((row.get::<_, Fingerprint>(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
    for row in rows.into_iter().flatten() {
        let Ok((fingerprint, lufs, peak, counted_ms)): rusqlite::Result<(_, f64, f64, Option<i64>)> = row else {
            break;
        };
        let is_possible = counted_ms.is_none_or(|counted| (0..=TRACK_MAX).contains(&counted));
        if LEVELS.contains(&lufs) && LEVELS.contains(&peak) && is_possible {
            insert.execute(params![fingerprint, lufs, peak, counted_ms])?;
        }
    }
    Ok(())
}

fn salvage_plays(connection: &Connection, old: &Connection) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT OR IGNORE INTO plays (fingerprint, count) VALUES (?1, ?2)")?;
    let Ok(mut all) = old.prepare("SELECT fingerprint, count FROM plays") else { return Ok(()) };
    let rows = all.query_map([], |row| Ok((row.get::<_, Fingerprint>(0)?, row.get::<_, i64>(1)?)));
    for row in rows.into_iter().flatten() {
        let Ok((fingerprint, count)) = row else { break };
        if (1..=TRACK_MAX).contains(&count) {
            insert.execute(params![fingerprint, count])?;
        }
    }
    Ok(())
}

/// Returns the largest number that a track was given so far, as far as the database says.
pub(crate) fn highest(connection: &Connection) -> i64 {
    let sql = "SELECT max((SELECT coalesce(max(id), 0) FROM tracks),
               coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'tracks'), 0))";
    connection.query_row(sql, [], |row| row.get(0)).unwrap_or(0).clamp(0, TRACK_MAX / 2)
}

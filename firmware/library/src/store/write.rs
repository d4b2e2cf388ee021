//! Changes to the database, in batches: a batch is one transaction.

mod derive;
mod heard;
mod lists;

use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

pub(crate) use self::derive::derive;
pub(crate) use self::heard::{Measured, measured, played, refused};
use super::read::RootKind;
use crate::fingerprint::Fingerprint;
use crate::lists::List;
use crate::tags::Tags;
use crate::text::{shown, sort_key};
use crate::walk::{self, Cover, Stamp};
use crate::words::{indexed, terms};

/// Tracks without a file that are remembered: a large stick that comes and goes.
const REMEMBERED_MAX: usize = 20_000;

/// What stands between album and album artist in the key of an album: sorts before every letter.
const KEY_SEPARATOR: char = '\u{1F}';

/// One thing that was found out about files.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    /// This file has this in it.
    Track {
        /// Below the root.
        path: Vec<u8>,
        stamp: Stamp,
        fingerprint: Fingerprint,
        tags: Tags,
        /// The cue sheet inside it; few files have one.
        sheet: Option<Box<List>>,
    },
    /// This file has nothing in it, for this reason.
    Broken { path: Vec<u8>, stamp: Stamp, reason: String },
    /// This file is gone.
    Gone { path: Vec<u8> },
    /// This picture is the cover of its folder.
    Cover(Cover),
    /// This folder has no cover.
    NoCover { folder: Vec<u8> },
    /// This list has this in it.
    List { path: Vec<u8>, stamp: Stamp, list: List },
    /// This list is gone.
    NoList { path: Vec<u8> },
}

/// Sticks that are remembered; of older ones only what their tracks were is.
const STICKS_KEPT: usize = 16;

/// A place that music comes from.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// By what it is known.
    pub(crate) key: Vec<u8>,
    pub(crate) kind: RootKind,
    pub(crate) name: String,
    /// Where it is now.
    pub(crate) path: PathBuf,
}

impl Place {
    /// A folder that stays where it is.
    pub(crate) fn at(kind: RootKind, path: PathBuf) -> Self {
        let name = path.file_name().map(|name| shown(&name.to_string_lossy())).unwrap_or_default();
        Self { key: path.as_os_str().as_bytes().to_vec(), kind, name, path }
    }
}

/// Forgets all places but those with these `keys` and the newest sticks, and all files there, but for what their tracks
/// were. No stick is there until it is found again.
pub(crate) fn keep_only(connection: &mut Connection, keys: &[&[u8]]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    let known = {
        let mut all = transaction.prepare("SELECT id, path, kind = 'stick' FROM roots ORDER BY id DESC")?;
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect::<rusqlite::Result<Vec<(i64, Vec<u8>, bool)>>>()?
    };
    let mut sticks = 0;
    for (id, key, is_stick) in known {
        sticks += usize::from(is_stick);
        if keys.contains(&&key[..]) || is_stick && sticks <= STICKS_KEPT {
            continue;
        }
        for sql in [
            "DELETE FROM search WHERE rowid IN (SELECT track FROM files WHERE root = ?1 AND track IS NOT NULL)",
            "DELETE FROM files WHERE root = ?1",
            "DELETE FROM covers WHERE root = ?1",
            "DELETE FROM lists WHERE root = ?1",
            "DELETE FROM roots WHERE id = ?1",
        ] {
            transaction.execute(sql, [id])?;
        }
    }
    let orphans = "DELETE FROM loudness WHERE fingerprint NOT IN (SELECT fingerprint FROM tracks)";
    transaction.execute(orphans, [])?;
    transaction.execute("UPDATE roots SET present = 0 WHERE kind = 'stick' AND present", [])?;
    transaction.commit()
}

/// The number of `place`, which is there now.
pub(crate) fn root(connection: &Connection, place: &Place) -> rusqlite::Result<i64> {
    let path = place.path.as_os_str().as_bytes();
    let known = "UPDATE roots SET kind = ?2, name = ?3, place = ?4, present = 1 WHERE path = ?1
                 AND (kind, name, place, present) IS NOT (?2, ?3, ?4, 1)";
    let values = params![place.key, place.kind.id(), place.name, path];
    if connection.execute(known, values)? == 0 {
        let new = "INSERT OR IGNORE INTO roots (path, kind, name, place, present) VALUES (?1, ?2, ?3, ?4, 1)";
        connection.execute(new, values)?;
    }
    connection.query_row("SELECT id FROM roots WHERE path = ?1", [&place.key], |row| row.get(0))
}

/// Makes `place` known, which is there now, under this number.
pub(crate) fn put_root(connection: &Connection, number: i64, place: &Place) -> rusqlite::Result<()> {
    let path = place.path.as_os_str().as_bytes();
    let sql = "INSERT INTO roots (id, path, kind, name, place, present) VALUES (?1, ?2, ?3, ?4, ?5, 1)";
    connection.execute(sql, params![number, place.key, place.kind.id(), place.name, path]).map(|_| ())
}

/// Remembers whether `root` can be listed. `true` if that is new.
pub(crate) fn set_present(connection: &Connection, root: i64, present: bool) -> rusqlite::Result<bool> {
    let set = "UPDATE roots SET present = ?2 WHERE id = ?1 AND present <> ?2";
    Ok(connection.execute(set, params![root, present])? > 0)
}

/// Takes in what was found out about files of `root`. `exists` tells whether a path below a root is still there. Either
/// all of it is remembered or nothing.
pub(crate) fn apply(
    connection: &mut Connection,
    root: i64,
    facts: &[Fact],
    alike: &mut Alike,
    exists: impl Fn(&[u8]) -> bool,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for fact in facts {
        match fact {
            Fact::Track { path, stamp, fingerprint, tags, sheet } => {
                lists::put_inside(&transaction, root, path, *stamp, sheet.as_deref())?;
                if let Some(reason) = refusal(&transaction, fingerprint)? {
                    unlist(&transaction, root, path)?;
                    write_file(&transaction, root, path, *stamp, Err(&reason), &Span::default())?;
                    continue;
                }
                let id = identify(&transaction, root, path, fingerprint, alike, &exists)?;
                let id = write_track(&transaction, id, path, fingerprint, tags)?;
                write_file(&transaction, root, path, *stamp, Ok(id), &Span::default())?;
            }
            Fact::Broken { path, stamp, reason } => {
                lists::put_inside(&transaction, root, path, *stamp, None)?;
                unlist(&transaction, root, path)?;
                write_file(&transaction, root, path, *stamp, Err(reason), &Span::default())?;
            }
            Fact::Gone { path } => {
                lists::remove(&transaction, root, &crate::lists::inside(path))?;
                *alike = Alike::default();
                unlist(&transaction, root, path)?;
                transaction
                    .prepare_cached("DELETE FROM files WHERE root = ?1 AND path = ?2")?
                    .execute(params![root, path])?;
            }
            Fact::Cover(Cover { folder, name, stamp }) => {
                transaction
                    .prepare_cached("INSERT OR REPLACE INTO covers VALUES (?1, ?2, ?3, ?4, ?5)")?
                    .execute(params![root, folder, name, stamp.bytes, stamp.mtime_ns])?;
            }
            Fact::NoCover { folder } => {
                transaction
                    .prepare_cached("DELETE FROM covers WHERE root = ?1 AND folder = ?2")?
                    .execute(params![root, folder])?;
            }
            Fact::List { path, stamp, list } => lists::put(&transaction, root, path, *stamp, list)?,
            Fact::NoList { path } => lists::remove(&transaction, root, path)?,
        }
    }
    transaction.commit()
}

/// By contents, the last track that is known to have a file of its own: none up to it needs to be looked at again, so that
/// copies of one file cost no more than as many different ones. Holds until something goes.
#[derive(Debug, Default)]
pub(crate) struct Alike(HashMap<Fingerprint, i64>);

/// Why contents that have been met before do not play; `None`: nobody has found that they do not.
fn refusal(transaction: &Transaction<'_>, fingerprint: &Fingerprint) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT reason FROM refused WHERE fingerprint = ?1";
    transaction.prepare_cached(sql)?.query_row([fingerprint], |row| row.get(0)).optional()
}

/// Forgets the oldest tracks without a file.
pub(crate) fn forget(connection: &Connection) -> rusqlite::Result<usize> {
    connection.execute(
        "DELETE FROM tracks WHERE id IN
             (SELECT id FROM tracks WHERE id NOT IN (SELECT track FROM files WHERE track IS NOT NULL)
              ORDER BY id DESC LIMIT -1 OFFSET ?1)",
        [REMEMBERED_MAX as i64],
    )
}

/// Which track this is. One with the same contents whose file is gone, wherever it was; else the one that was in this
/// file before: its tags were changed. A track whose file is gone from another root, or with it, is known again too.
fn identify(
    transaction: &Transaction<'_>,
    root: i64,
    path: &[u8],
    fingerprint: &Fingerprint,
    Alike(alike): &mut Alike,
    exists: impl Fn(&[u8]) -> bool,
) -> rusqlite::Result<Option<i64>> {
    let own: Option<(i64, bool)> = transaction
        .prepare_cached(
            "SELECT track, fingerprint = ?3 FROM files JOIN tracks ON id = track WHERE root = ?1 AND path = ?2",
        )?
        .query_row(params![root, path, fingerprint], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((own, true)) = own {
        return Ok(Some(own));
    }
    let mut all = transaction.prepare_cached(
        "SELECT tracks.id, root, files.path, present FROM tracks LEFT JOIN files ON track = tracks.id
         LEFT JOIN roots ON roots.id = root WHERE fingerprint = ?1 AND tracks.id > ?2 ORDER BY tracks.id",
    )?;
    let seen = alike.get(fingerprint).copied().unwrap_or(0);
    let mut rows = all.query(params![fingerprint, seen])?;
    while let Some(row) = rows.next()? {
        let (id, place): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
        let Some(old_root) = place else { return Ok(Some(id)) };
        let (old, present): (Vec<u8>, bool) = (row.get(2)?, row.get(3)?);
        // Moved within its root, or on a stick that is not there: what is at hand is it.
        let moved = if old_root == root { old != path && !exists(&old) } else { !present };
        if moved {
            transaction.execute("DELETE FROM files WHERE root = ?1 AND path = ?2", params![old_root, old])?;
            return Ok(Some(id));
        }
        alike.insert(*fingerprint, id);
    }
    Ok(own.map(|(own, _)| own))
}

fn write_track(
    transaction: &Transaction<'_>,
    id: Option<i64>,
    path: &[u8],
    fingerprint: &Fingerprint,
    tags: &Tags,
) -> rusqlite::Result<i64> {
    let title = if tags.title.is_empty() { walk::stem(path) } else { tags.title.clone() };
    let album_artist = match (tags.album_artist.as_str(), tags.compilation) {
        ("", true) => "",
        ("", false) => &tags.artist,
        (given, _) => given,
    };
    let album_key = match sort_key(&tags.album) {
        none if none.is_empty() => none,
        key => format!("{key}{KEY_SEPARATOR}{}", sort_key(album_artist)),
    };
    let counted = "SELECT counted_ms FROM loudness WHERE fingerprint = ?1 AND counted_ms > 0";
    let counted: Option<i64> =
        transaction.prepare_cached(counted)?.query_row([fingerprint], |row| row.get(0)).optional()?;
    let id: i64 = transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO tracks VALUES
             (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19) RETURNING id",
        )?
        .query_row(
            params![
                id,
                fingerprint,
                title,
                tags.artist,
                tags.album,
                album_artist,
                tags.track_number,
                tags.disc_number,
                tags.year,
                tags.genre,
                counted.or(tags.duration_ms.map(u64::cast_signed)),
                tags.track_gain_db,
                tags.album_gain_db,
                tags.has_picture,
                sort_key(&title),
                sort_key(&tags.artist),
                album_key,
                sort_key(&tags.genre),
                tags.track_peak,
            ],
            |row| row.get(0),
        )?;
    index(transaction, id, [&title, &tags.artist, &tags.album, &tags.genre], album_artist)?;
    Ok(id)
}

/// Puts a track's words into the search.
fn index(
    transaction: &Transaction<'_>,
    id: i64,
    [title, artist, album, genre]: [&str; 4],
    album_artist: &str,
) -> rusqlite::Result<()> {
    let mut artists = indexed(artist);
    if album_artist != artist {
        artists = format!("{artists} {}", indexed(album_artist));
    }
    let texts = [indexed(title), artists, indexed(album), indexed(genre)];
    let mut add = transaction.prepare_cached("INSERT OR IGNORE INTO terms VALUES (?1, ?2)")?;
    for term in texts.iter().flat_map(|text| terms(text)) {
        add.execute([term, &term.chars().rev().collect::<String>()])?;
    }
    let sql = "INSERT OR REPLACE INTO search (rowid, title, artist, album, genre) VALUES (?1, ?2, ?3, ?4, ?5)";
    let [title, artist, album, genre] = texts;
    transaction.prepare_cached(sql)?.execute(params![id, title, artist, album, genre])?;
    Ok(())
}

/// Which part of a file a track is.
#[derive(Clone, Default)]
struct Span {
    /// The cue sheet that says so.
    list: Option<i64>,
    start_ms: Option<i64>,
    end_ms: Option<i64>,
    /// A checksum of what it was derived from.
    derived: Option<Vec<u8>>,
}

/// Remembers what is in a file: a track, or why there is none.
fn write_file(
    transaction: &Transaction<'_>,
    root: i64,
    path: &[u8],
    stamp: Stamp,
    contents: Result<i64, &String>,
    span: &Span,
) -> rusqlite::Result<()> {
    let known: Option<Option<i64>> = transaction
        .prepare_cached("SELECT track FROM files WHERE root = ?1 AND path = ?2")?
        .query_row(params![root, path], |row| row.get(0))
        .optional()?;
    if let Some(Some(before)) = known.filter(|before| *before != contents.ok()) {
        // Another track is in this file now; the one before has none.
        transaction.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([before])?;
    }
    let sql = "INSERT OR REPLACE INTO files
               (root, path, bytes, mtime_ns, track, reason, folder_bytes, list, start_ms, end_ms, derived, ctime_ns)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    transaction.prepare_cached(sql)?.execute(params![
        root,
        path,
        stamp.bytes,
        stamp.mtime_ns,
        contents.ok(),
        contents.err(),
        walk::split(path).0.len() as i64,
        span.list,
        span.start_ms,
        span.end_ms,
        span.derived,
        stamp.ctime_ns
    ])?;
    Ok(())
}

/// Takes what was in a file out of the search.
fn unlist(transaction: &Transaction<'_>, root: i64, path: &[u8]) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "DELETE FROM search WHERE rowid =
                 (SELECT track FROM files WHERE root = ?1 AND path = ?2 AND track IS NOT NULL)",
        )?
        .execute(params![root, path])?;
    Ok(())
}

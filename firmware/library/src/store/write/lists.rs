//! Changes that come of lists: playlists are only remembered; a cue sheet makes tracks of the parts of a file, which stand
//! for it as long as both are there.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{Span, identify, write_file, write_track};
use crate::fingerprint::Fingerprint;
use crate::lists::{List, is_cue, part};
use crate::tags::Tags;
use crate::walk::{self, Stamp};

/// Remembers a list, whose entries mean these `files`; its number if it is a cue sheet, which is then to be applied.
pub(super) fn put(
    transaction: &Transaction<'_>,
    root: i64,
    path: &[u8],
    stamp: Stamp,
    list: &List,
    files: &[Vec<u8>],
) -> rusqlite::Result<Option<i64>> {
    let is_cue = is_cue(path);
    let name = || walk::stem(path);
    let title = if list.title.is_empty() && !is_cue { name() } else { list.title.clone() };
    let sql = "INSERT INTO lists (root, path, bytes, mtime_ns, is_cue, title, artist, genre, year)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (root, path) DO UPDATE SET
               bytes = ?3, mtime_ns = ?4, title = ?6, artist = ?7, genre = ?8, year = ?9 RETURNING id";
    let values = params![root, path, stamp.bytes, stamp.mtime_ns, is_cue, title, list.artist, list.genre, list.year];
    let id: i64 = transaction.prepare_cached(sql)?.query_row(values, |row| row.get(0))?;
    undo(transaction, root, id)?;
    transaction.prepare_cached("DELETE FROM entries WHERE list = ?1")?.execute([id])?;
    let mut add = transaction.prepare_cached("INSERT INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for (position, (entry, file)) in
        list.entries.iter().zip(files).enumerate().filter(|(_, (_, file))| !file.is_empty())
    {
        let start_ms = entry.start_ms.map(u64::cast_signed);
        add.execute(params![id, position as i64, root, file, entry.title, entry.artist, entry.number, start_ms])?;
    }
    Ok(is_cue.then_some(id))
}

/// Forgets a list.
pub(super) fn remove(transaction: &Transaction<'_>, root: i64, path: &[u8]) -> rusqlite::Result<()> {
    let id = "SELECT id FROM lists WHERE root = ?1 AND path = ?2";
    let id: Option<i64> = transaction.query_row(id, params![root, path], |row| row.get(0)).optional()?;
    if let Some(id) = id {
        undo(transaction, root, id)?;
        transaction.execute("DELETE FROM lists WHERE id = ?1", [id])?;
    }
    Ok(())
}

/// The cue sheets that are about a file.
pub(super) fn sheets_of(transaction: &Transaction<'_>, root: i64, path: &[u8]) -> rusqlite::Result<Vec<i64>> {
    let sql = "SELECT DISTINCT list FROM entries JOIN lists ON id = list
               WHERE entries.root = ?1 AND entries.path = ?2 AND is_cue";
    let mut found = transaction.prepare_cached(sql)?;
    found.query_map(params![root, path], |row| row.get(0))?.collect()
}

/// Takes back what a cue sheet has made.
fn undo(transaction: &Transaction<'_>, root: i64, list: i64) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM search WHERE rowid IN (SELECT track FROM files WHERE list = ?2 AND root = ?1)",
        "DELETE FROM files WHERE list = ?2 AND root = ?1",
        "UPDATE files SET covered = 0 WHERE covered AND root = ?1 AND path IN (SELECT path FROM entries WHERE list = ?2)",
    ] {
        transaction.prepare_cached(sql)?.execute([root, list])?;
    }
    Ok(())
}

/// One entry of a cue sheet.
struct Piece {
    path: Vec<u8>,
    title: String,
    artist: String,
    number: u32,
    start_ms: i64,
}

/// The file that is cut into pieces.
struct Whole {
    stamp: Stamp,
    fingerprint: Fingerprint,
    tags: Tags,
}

/// Makes tracks of what a cue sheet says of files that are there. A file with one entry stays as it is: it says more
/// about itself.
pub(super) fn apply(
    transaction: &Transaction<'_>,
    root: i64,
    list: i64,
    exists: &impl Fn(&[u8]) -> bool,
) -> rusqlite::Result<()> {
    undo(transaction, root, list)?;
    let head = |row: &Row<'_>| -> rusqlite::Result<Tags> {
        let (album, album_artist, genre, year) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(Tags { album, album_artist, genre, year, ..Tags::default() })
    };
    let sql = "SELECT title, artist, genre, year FROM lists WHERE id = ?1";
    let Some(about) = transaction.query_row(sql, [list], head).optional()? else { return Ok(()) };
    let pieces = pieces(transaction, list)?;
    for group in pieces.chunk_by(|a, b| a.path == b.path).filter(|group| group.len() > 1) {
        let Some(whole) = whole(transaction, root, &group[0].path)? else { continue };
        let ends = group[1..].iter().map(|next| Some(next.start_ms)).chain([None]);
        for (index, (piece, end_ms)) in group.iter().zip(ends).enumerate() {
            let length = end_ms.or(whole.tags.duration_ms.map(u64::cast_signed)).map(|end| end - piece.start_ms);
            if length.is_some_and(|length| length <= 0) {
                continue;
            }
            let path = part(&piece.path, index);
            let start = piece.start_ms.to_le_bytes();
            let fingerprint = *blake3::Hasher::new().update(&whole.fingerprint).update(&start).finalize().as_bytes();
            let tags = tags_of(piece, &about, &whole.tags, length);
            let id = identify(transaction, root, &path, &fingerprint, exists)?;
            let id = write_track(transaction, id, &path, &fingerprint, &tags)?;
            let span = Span { list: Some(list), start_ms: Some(piece.start_ms), end_ms };
            write_file(transaction, root, &path, whole.stamp, Ok(id), span)?;
        }
        let covered = "UPDATE files SET covered = 1 WHERE root = ?1 AND path = ?2";
        transaction.prepare_cached(covered)?.execute(params![root, group[0].path])?;
    }
    Ok(())
}

fn pieces(transaction: &Transaction<'_>, list: i64) -> rusqlite::Result<Vec<Piece>> {
    let sql = "SELECT path, title, artist, number, start_ms FROM entries WHERE list = ?1 AND start_ms IS NOT NULL
               ORDER BY position";
    let mut statement = transaction.prepare_cached(sql)?;
    let rows = statement.query_map([list], |row| {
        let (path, title, artist) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Piece { path, title, artist, number: row.get(3)?, start_ms: row.get(4)? })
    })?;
    rows.collect()
}

fn whole(transaction: &Transaction<'_>, root: i64, path: &[u8]) -> rusqlite::Result<Option<Whole>> {
    let sql = "SELECT bytes, mtime_ns, fingerprint, artist, album, album_artist, genre, year, disc_number, duration_ms,
               track_gain_db, track_peak, has_picture FROM files JOIN tracks ON id = track
               WHERE root = ?1 AND files.path = ?2";
    let found = transaction.prepare_cached(sql)?.query_row(params![root, path], |row| {
        let tags = Tags {
            artist: row.get(3)?,
            album: row.get(4)?,
            album_artist: row.get(5)?,
            genre: row.get(6)?,
            year: row.get(7)?,
            disc_number: row.get(8)?,
            duration_ms: row.get::<_, Option<i64>>(9)?.map(i64::cast_unsigned),
            track_gain_db: row.get(10)?,
            track_peak: row.get(11)?,
            has_picture: row.get(12)?,
            ..Tags::default()
        };
        Ok(Whole { stamp: Stamp { bytes: row.get(0)?, mtime_ns: row.get(1)? }, fingerprint: row.get(2)?, tags })
    });
    found.optional()
}

/// What a piece is called: as the sheet says, else as the file does.
fn tags_of(piece: &Piece, about: &Tags, whole: &Tags, length_ms: Option<i64>) -> Tags {
    let first = |texts: [&String; 3]| texts.into_iter().find(|text| !text.is_empty()).cloned().unwrap_or_default();
    let title = if piece.title.is_empty() { format!("{} {}", about.album, piece.number) } else { piece.title.clone() };
    Tags {
        title: title.trim().to_owned(),
        artist: first([&piece.artist, &about.album_artist, &whole.artist]),
        album: first([&about.album, &whole.album, &String::new()]),
        album_artist: first([&about.album_artist, &whole.album_artist, &String::new()]),
        genre: first([&about.genre, &whole.genre, &String::new()]),
        year: if about.year > 0 { about.year } else { whole.year },
        track_number: piece.number,
        duration_ms: length_ms.map(i64::cast_unsigned),
        ..whole.clone()
    }
}

//! Remembers what lists say, as it stands in them. What they mean is derived from that and from the files there are
//! (`derive`).

use rusqlite::{OptionalExtension, Transaction, params};

use crate::lists::{List, inside, is_cue};
use crate::walk::{self, Stamp};

/// Remembers a list that is a file of its own.
pub(super) fn put(
    transaction: &Transaction<'_>,
    root: i64,
    path: &[u8],
    stamp: Stamp,
    list: &List,
) -> rusqlite::Result<()> {
    write(transaction, root, path, stamp, is_cue(path), list)
}

/// Remembers the sheet inside a file, or that there is none.
pub(super) fn put_inside(
    transaction: &Transaction<'_>,
    root: i64,
    path: &[u8],
    stamp: Stamp,
    sheet: Option<&List>,
) -> rusqlite::Result<()> {
    let at = inside(path);
    match sheet.filter(|sheet| !sheet.entries.is_empty()) {
        Some(sheet) => write(transaction, root, &at, stamp, true, sheet),
        None => remove(transaction, root, &at),
    }
}

fn write(
    transaction: &Transaction<'_>,
    root: i64,
    path: &[u8],
    stamp: Stamp,
    is_cue: bool,
    list: &List,
) -> rusqlite::Result<()> {
    let title = if list.title.is_empty() && !is_cue { walk::stem(path) } else { list.title.clone() };
    let sql = "INSERT INTO lists
                 (root, path, bytes, mtime_ns, is_cue, title, artist, genre, year, disc_number, letters, is_guess, is_cut,
                  ctime_ns)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT (root, path) DO UPDATE SET
               bytes = ?3, mtime_ns = ?4, title = ?6, artist = ?7, genre = ?8, year = ?9, disc_number = ?10, letters = ?11,
               is_guess = ?12, is_cut = ?13, ctime_ns = ?14 RETURNING id";
    let values = params![
        root,
        path,
        stamp.bytes,
        stamp.mtime_ns,
        is_cue,
        title,
        list.artist,
        list.genre,
        list.year,
        list.disc_number,
        list.letters,
        list.is_guess,
        list.is_cut,
        stamp.ctime_ns
    ];
    let id: i64 = transaction.prepare_cached(sql)?.query_row(values, |row| row.get(0))?;
    transaction.prepare_cached("DELETE FROM entries WHERE list = ?1")?.execute([id])?;
    let sql = "INSERT INTO entries
                 (list, position, name, title, artist, number, start_ms, pause_ms, is_data, is_remark)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let mut add = transaction.prepare_cached(sql)?;
    for (entry, position) in list.entries.iter().zip(0_i64..) {
        add.execute(params![
            id,
            position,
            entry.file,
            entry.title,
            entry.artist,
            entry.number,
            entry.start_ms.map(u64::cast_signed),
            entry.pause_ms.map(u64::cast_signed),
            entry.is_data,
            entry.is_remark
        ])?;
    }
    Ok(())
}

/// Forgets a list.
pub(super) fn remove(transaction: &Transaction<'_>, root: i64, path: &[u8]) -> rusqlite::Result<()> {
    let id = "SELECT id FROM lists WHERE root = ?1 AND path = ?2";
    let id: Option<i64> =
        transaction.prepare_cached(id)?.query_row(params![root, path], |row| row.get(0)).optional()?;
    if let Some(id) = id {
        transaction.execute("DELETE FROM lists WHERE id = ?1", [id])?;
    }
    Ok(())
}

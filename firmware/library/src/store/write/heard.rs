//! Remembers what comes of playing tracks: how loud and how long they are, that they do not play, that somebody wanted them.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::fingerprint::Fingerprint;
use crate::level::Loudness;

/// What came of measuring a track's loudness.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) fingerprint: Fingerprint,
    /// Its loudness and its length in milliseconds as they were found, or why it does not play at all.
    pub(crate) heard: Result<(Option<Loudness>, Option<u64>), String>,
}

/// Remembers measurements; whether what is known of tracks has changed.
pub(crate) fn measured(connection: &mut Connection, all: &[Measured]) -> rusqlite::Result<bool> {
    let transaction = connection.transaction()?;
    let mut changed = false;
    for Measured { fingerprint, heard } in all {
        match heard {
            Ok((loudness, duration_ms)) => {
                let (lufs, peak) = loudness.map(|found| (found.integrated_lufs, found.true_peak_dbtp)).unzip();
                let duration_ms = duration_ms.map(u64::cast_signed);
                let sql = "INSERT OR REPLACE INTO loudness VALUES (?1, ?2, ?3, ?4)";
                transaction.prepare_cached(sql)?.execute(params![fingerprint, lufs, peak, duration_ms])?;
                // What was counted is true, whatever the file says.
                let sql =
                    "UPDATE tracks SET duration_ms = ?2 WHERE fingerprint = ?1 AND ?2 > 0 AND duration_ms IS NOT ?2";
                changed |= transaction.prepare_cached(sql)?.execute(params![fingerprint, duration_ms])? > 0;
            }
            Err(reason) => {
                refuse(&transaction, fingerprint, reason)?;
                changed = true;
            }
        }
    }
    transaction.commit()?;
    Ok(changed)
}

/// Remembers that a track does not play; whether what is known of tracks has changed.
pub(crate) fn refused(connection: &mut Connection, id: i64, reason: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT fingerprint FROM tracks WHERE id = ?1";
    let fingerprint: Option<Fingerprint> = connection.query_row(sql, [id], |row| row.get(0)).optional()?;
    let Some(fingerprint) = fingerprint else { return Ok(false) };
    let transaction = connection.transaction()?;
    refuse(&transaction, &fingerprint, reason)?;
    transaction.commit().map(|()| true)
}

/// Makes every file of these contents one that does not play, now and under whatever name it comes again.
fn refuse(transaction: &Transaction<'_>, fingerprint: &Fingerprint, reason: &str) -> rusqlite::Result<()> {
    for sql in [
        "INSERT OR REPLACE INTO refused VALUES (?1, ?2)",
        "DELETE FROM search WHERE rowid IN
             (SELECT tracks.id FROM tracks JOIN files ON files.track = tracks.id WHERE fingerprint = ?1 AND ?2 = ?2)",
        "UPDATE files SET track = NULL, reason = ?2 WHERE track IN (SELECT id FROM tracks WHERE fingerprint = ?1)",
    ] {
        transaction.prepare_cached(sql)?.execute(params![fingerprint, reason])?;
    }
    Ok(())
}

/// Counts that somebody wanted to hear a track.
pub(crate) fn played(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO plays SELECT fingerprint, 1 FROM tracks WHERE id = ?1
               ON CONFLICT (fingerprint) DO UPDATE SET count = count + 1";
    connection.execute(sql, [id]).map(|_| ())
}

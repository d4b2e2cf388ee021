//! The database: its place, its tables and their versions.
//!
//! All of it can be found again by a scan, so what cannot be used (damaged, or of a newer firmware) is set aside and built anew, at
//! any moment; `trust` says when. A change happens wholly or not at all when the power fails; the last may be made again.

pub(crate) mod read;
pub(crate) mod rebuild;
mod tables;
pub(crate) mod trust;
pub(crate) mod write;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use self::trust::Fault;

/// The versions of the tables: version n is what the first n texts make. To change a table, add a text; never change
/// one. The database knows its version by `user_version`.
const VERSIONS: [&str; 10] = [
    "
    CREATE TABLE roots (
        id INTEGER PRIMARY KEY,
        path BLOB NOT NULL UNIQUE,
        -- 0 while it cannot be listed, such as a stick that was pulled.
        present INTEGER NOT NULL
    ) STRICT;

    -- A track without a file is remembered for when its file comes back under any name.
    CREATE TABLE tracks (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        fingerprint BLOB NOT NULL,
        title TEXT NOT NULL,
        artist TEXT NOT NULL,
        album TEXT NOT NULL,
        album_artist TEXT NOT NULL,
        track_number INTEGER NOT NULL,
        disc_number INTEGER NOT NULL,
        year INTEGER NOT NULL,
        genre TEXT NOT NULL,
        duration_ms INTEGER,
        track_gain_db REAL,
        album_gain_db REAL,
        has_picture INTEGER NOT NULL,
        title_key TEXT NOT NULL,
        artist_key TEXT NOT NULL,
        album_key TEXT NOT NULL,
        genre_key TEXT NOT NULL
    ) STRICT;
    CREATE INDEX tracks_by_fingerprint ON tracks (fingerprint);
    CREATE INDEX tracks_by_album ON tracks (album_key, disc_number, track_number, title_key, id);
    CREATE INDEX tracks_by_artist ON tracks (artist_key, album_key, disc_number, track_number, title_key, id);
    CREATE INDEX tracks_by_genre ON tracks (genre_key, album_key, disc_number, track_number, title_key, id);
    CREATE INDEX tracks_by_year ON tracks (year, album_key, disc_number, track_number, title_key, id);

    CREATE TABLE files (
        root INTEGER NOT NULL REFERENCES roots,
        path BLOB NOT NULL,
        bytes INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        -- Either of the two: what is in it, or why nothing is.
        track INTEGER UNIQUE REFERENCES tracks,
        reason TEXT,
        PRIMARY KEY (root, path),
        CHECK ((track IS NULL) <> (reason IS NULL))
    ) STRICT, WITHOUT ROWID;

    -- Texts are folded before they get here. Its rows are the tracks that have a file.
    CREATE VIRTUAL TABLE search USING fts5 (
        title, artist, album,
        content = '', contentless_delete = 1, prefix = '1 2 3 4', tokenize = 'unicode61 remove_diacritics 2'
    );
",
    "
    ALTER TABLE tracks ADD COLUMN track_peak REAL;
    -- How much of the path is the folder's.
    ALTER TABLE files ADD COLUMN folder_bytes INTEGER NOT NULL DEFAULT 0;
    -- No file has this time: the next scan reads all of them for what is new here.
    UPDATE files SET mtime_ns = -1;

    -- Pictures beside music, the best of each folder.
    CREATE TABLE covers (
        root INTEGER NOT NULL REFERENCES roots,
        folder BLOB NOT NULL,
        name BLOB NOT NULL,
        bytes INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        PRIMARY KEY (root, folder)
    ) STRICT, WITHOUT ROWID;
",
    "
    -- folder, stick or uploads.
    ALTER TABLE roots ADD COLUMN kind TEXT NOT NULL DEFAULT 'folder';
    ALTER TABLE roots ADD COLUMN name TEXT NOT NULL DEFAULT '';
    -- Where it is now. Its path is by what it is known, which for a stick is the number of its file system.
    ALTER TABLE roots ADD COLUMN place BLOB NOT NULL DEFAULT x'';
    UPDATE roots SET place = path;
",
    "
    -- By contents, so that it outlasts moves. Without numbers: it cannot be measured.
    CREATE TABLE loudness (
        fingerprint BLOB PRIMARY KEY,
        integrated_lufs REAL,
        true_peak_dbtp REAL
    ) STRICT, WITHOUT ROWID;
",
    "
    -- Cue sheets and playlists.
    CREATE TABLE lists (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        root INTEGER NOT NULL REFERENCES roots,
        path BLOB NOT NULL,
        bytes INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        is_cue INTEGER NOT NULL,
        title TEXT NOT NULL,
        artist TEXT NOT NULL,
        genre TEXT NOT NULL,
        year INTEGER NOT NULL,
        UNIQUE (root, path)
    ) STRICT;
    -- What stands in them; the file need not be there.
    CREATE TABLE entries (
        list INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
        position INTEGER NOT NULL,
        root INTEGER NOT NULL,
        path BLOB NOT NULL,
        title TEXT NOT NULL,
        artist TEXT NOT NULL,
        number INTEGER NOT NULL,
        start_ms INTEGER,
        PRIMARY KEY (list, position)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX entries_by_path ON entries (root, path);
    -- A part of a file, made by this cue sheet; its path is the file's and a number. Where it ends if not with the file.
    ALTER TABLE files ADD COLUMN list INTEGER;
    ALTER TABLE files ADD COLUMN start_ms INTEGER;
    ALTER TABLE files ADD COLUMN end_ms INTEGER;
    -- 1 if its parts stand for it.
    ALTER TABLE files ADD COLUMN covered INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX files_by_list ON files (list) WHERE list IS NOT NULL;
",
    "
    -- Further articles do not count when sorting, and keys are made when a file or a list is read.
    UPDATE files SET mtime_ns = -1;
    UPDATE lists SET mtime_ns = -1;
",
    "
    -- Contents that whoever plays them has found not to play, and why. More kinds do now than did before.
    CREATE TABLE refused (fingerprint BLOB PRIMARY KEY, reason TEXT NOT NULL) STRICT, WITHOUT ROWID;
    UPDATE files SET mtime_ns = -1 WHERE reason IS NOT NULL;
",
    "
    -- The kernel's own time of change.
    ALTER TABLE files ADD COLUMN ctime_ns INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE lists ADD COLUMN ctime_ns INTEGER NOT NULL DEFAULT 0;
    -- Of a part: a checksum of what it was derived from.
    ALTER TABLE files ADD COLUMN derived BLOB;
    ALTER TABLE lists ADD COLUMN disc_number INTEGER NOT NULL DEFAULT 0;
    -- The encoding it was read in, whether that was a guess, and whether it goes on behind what is read.
    ALTER TABLE lists ADD COLUMN letters TEXT NOT NULL DEFAULT '';
    ALTER TABLE lists ADD COLUMN is_guess INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE lists ADD COLUMN is_cut INTEGER NOT NULL DEFAULT 0;
    -- What of a sheet is not applied, in words; of a playlist, a checksum of its items.
    ALTER TABLE lists ADD COLUMN trouble TEXT;
    ALTER TABLE lists ADD COLUMN derived BLOB;

    -- What stands in lists, and which file it means; NULL: there is none such.
    DROP TABLE entries;
    CREATE TABLE entries (
        list INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        path BLOB,
        title TEXT NOT NULL,
        artist TEXT NOT NULL,
        number INTEGER NOT NULL,
        start_ms INTEGER,
        pause_ms INTEGER,
        is_data INTEGER NOT NULL,
        is_remark INTEGER NOT NULL,
        PRIMARY KEY (list, position)
    ) STRICT, WITHOUT ROWID;
    -- What playlists are: files, and parts of files, in their order.
    CREATE TABLE items (
        list INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
        place INTEGER NOT NULL,
        root INTEGER NOT NULL,
        path BLOB NOT NULL,
        PRIMARY KEY (list, place)
    ) STRICT, WITHOUT ROWID;

    -- Words of the library, and from their last letter to their first, in which a slip of the finger is mended.
    CREATE TABLE terms (term TEXT PRIMARY KEY, backwards TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX terms_backwards ON terms (backwards);
    -- As it was counted while the loudness was measured, which is done again for all.
    ALTER TABLE loudness ADD COLUMN counted_ms INTEGER;
    DELETE FROM loudness;
    -- How often somebody wanted to hear these contents.
    CREATE TABLE plays (fingerprint BLOB PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    -- Texts are made words of before they get here (src/words.rs), whose marks belong to them.
    DROP TABLE search;
    CREATE VIRTUAL TABLE search USING fts5 (
        title, artist, album, content = '', contentless_delete = 1, prefix = '1 2 3 4',
        tokenize = 'unicode61 remove_diacritics 0 categories ''L* N* Co M*'''
    );
    -- All are read again.
    UPDATE files SET mtime_ns = -1;
    UPDATE lists SET mtime_ns = -1;
",
    "
    -- More kinds of sound are played than before.
    DELETE FROM refused; UPDATE files SET mtime_ns = -1 WHERE reason IS NOT NULL;
",
    tables::WITH_GENRES,
];

/// How long a connection waits for another that writes. Writers are one, so this is for the moments of recovery.
const BUSY_MAX: Duration = Duration::from_secs(5);

/// Bytes that the write-ahead log is cut back to.
const LOG_BYTES_KEPT: u32 = 4 * 1024 * 1024;

/// What follows the name of an unusable database that is kept beside its place.
const SET_ASIDE: &str = ".damaged";

/// Why there is no database.
#[derive(Debug)]
pub(crate) enum Error {
    /// SQLite or the system below it refuses.
    Sqlite(rusqlite::Error),
    /// What is there cannot be used and cannot be set aside.
    Stuck(PathBuf, io::Error),
    /// It was written by a newer firmware.
    Newer(i64),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // What SQLite says, without the statement it was about.
            Self::Sqlite(rusqlite::Error::SqlInputError { msg, .. }) => f.write_str(msg),
            Self::Sqlite(error) => error.fmt(f),
            Self::Stuck(path, error) => write!(f, "{} cannot be set aside: {error}", path.display()),
            Self::Newer(version) => write!(f, "its version {version} is newer than this firmware"),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Opens the database for the one who writes; makes it if there is none, brings it up to date if it is old, and builds
/// it anew if it cannot be used.
pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    match try_open(path) {
        Err(error) if is_unusable(&error) => {
            log::warn!("{} cannot be used ({error}): it is set aside, and the music is scanned anew", path.display());
            rebuild::rebuild(path, &[], 0)
        }
        other => other,
    }
}

fn is_unusable(error: &Error) -> bool {
    match error {
        Error::Newer(_) => true,
        // At start there is nobody else who might hold it; a storage that refuses everything refuses another one as well.
        Error::Sqlite(error) => trust::fault(error) != Fault::Nothing,
        Error::Stuck(..) => false,
    }
}

fn try_open(path: &Path) -> Result<Connection, Error> {
    let mut connection = Connection::open(path)?;
    prepare(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // In this mode a power cut cannot damage the database, and costs at most the last transactions.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let transaction = connection.transaction()?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = VERSIONS.len();
    let missing = usize::try_from(version).ok().and_then(|done| VERSIONS.get(done..)).ok_or(Error::Newer(version))?;
    for text in missing {
        transaction.execute_batch(text)?;
    }
    if !missing.is_empty() {
        transaction.pragma_update(None, "user_version", known as i64)?;
    }
    transaction.commit()?;
    check(&connection)?;
    Ok(connection)
}

/// Looks whether every kind of thing that is asked for can be read, and written: a file may open and be of no use.
fn check(connection: &Connection) -> rusqlite::Result<()> {
    for table in ["roots", "tracks", "files", "covers", "loudness", "lists", "entries", "refused", "search"] {
        let mut first = connection
            .prepare(&format!("SELECT rowid, * FROM {table} LIMIT 1"))
            .or_else(|_| connection.prepare(&format!("SELECT * FROM {table} LIMIT 1")))?;
        first.query([])?.next()?;
    }
    connection.execute_batch("BEGIN IMMEDIATE; UPDATE roots SET present = present; ROLLBACK")
}

/// Opens the database for one who asks.
pub(crate) fn open_to_read(path: &Path) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    prepare(&connection)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_MAX)?;
    // Tables are hostile too: a file may have been put in place of ours.
    connection.pragma_update(None, "trusted_schema", false)
}

/// Renames the database; its log belongs to it and goes with it.
fn set_aside(path: &Path) -> io::Result<()> {
    let kept = beside(path, SET_ASIDE);
    let is_fine = |result: io::Result<()>| match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    for suffix in ["-wal", "-shm"] {
        is_fine(fs::remove_file(beside(&kept, suffix)))?;
    }
    is_fine(fs::remove_file(beside(path, "-shm")))?;
    if kept.is_dir() {
        fs::remove_dir_all(&kept)?;
    }
    is_fine(fs::rename(path, &kept))?;
    is_fine(fs::rename(beside(path, "-wal"), beside(&kept, "-wal")))
}

/// Returns the path of what lies beside a file, with its name and this behind it.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

#[cfg(test)]
mod older;
#[cfg(test)]
mod questions;

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM tracks", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_new_database_has_the_newest_version_and_opens_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library.db");
        for _ in 0..2 {
            let connection = open(&path).unwrap();
            let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
            assert_eq!((version, tables(&connection)), (VERSIONS.len() as i64, 0));
        }
        assert!(!folder.path().join("library.db.damaged").exists());
    }

    #[test]
    fn what_is_damaged_foreign_or_newer_is_set_aside_and_built_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library.db");
        let kept = folder.path().join("library.db.damaged");
        type Spoil = fn(&Path);
        let cases: [(&str, Spoil); 3] = [
            ("noise", |path| fs::write(path, [7; 10_000]).unwrap()),
            ("foreign", |path| Connection::open(path).unwrap().execute_batch("CREATE TABLE roots (x)").unwrap()),
            ("newer", |path| {
                Connection::open(path).unwrap().pragma_update(None, "user_version", 1_000).unwrap();
            }),
        ];
        for (name, spoil) in cases {
            _ = fs::remove_file(&path);
            _ = fs::remove_file(&kept);
            spoil(&path);
            assert_eq!(tables(&open(&path).unwrap()), 0, "{name}");
            assert!(kept.exists(), "{name} is kept");
        }
    }
}

//! The database is a cache: whatever becomes of it while the box runs, it is built anew, and the tracks are there under the numbers
//! that queues and pages know them by. And what could not be read for a moment is no fact.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base::TrackId;
use library::{Heard, LIMIT_MAX, Library, Settings, Unheard};
use rusqlite::Connection;

use crate::home::{Home, all, find, reasons, wav};

const TITLES: [&str; 3] = ["One", "Two", "Three"];

fn home() -> Home {
    let home = Home::new();
    for title in TITLES {
        home.put(format!("{title}.wav"), &wav(title, "Somebody"));
    }
    home
}

/// The tracks by title; `None` while the library gives no answer.
fn numbers(library: &Library) -> Option<BTreeMap<String, TrackId>> {
    let tracks = library.tracks(&library::Filter::default(), None, LIMIT_MAX).ok()?;
    Some(tracks.into_iter().map(|track| (track.tags.title, track.id)).collect())
}

fn is_whole(library: &Library) -> bool {
    numbers(library).is_some_and(|found| TITLES.iter().all(|title| found.contains_key(*title)))
        && library.search("two", None, 1).is_ok_and(|found| found.len() == 1)
        && !library.progress().scanning
}

fn sql(path: &Path, text: &str) {
    Connection::open(path).unwrap().execute_batch(text).unwrap();
}

/// The same while the box runs. The connection stays: the last one to be closed removes the log by its name, which may be that of the
/// next database by then. In a box nobody but the library writes.
fn sql_beside(path: &Path, text: &str) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(text).unwrap();
    std::mem::forget(connection);
}

/// Overwrites every page but those that tell what is where, in the file and in its log.
fn scribble(path: &Path) {
    for name in ["library.db", "library.db-wal"] {
        let file = fs::OpenOptions::new().write(true).open(path.with_file_name(name)).unwrap();
        let bytes = file.metadata().unwrap().len();
        for at in (0..bytes).step_by(512) {
            file.write_all_at(&[0xa5; 300], at + 100).unwrap();
        }
    }
}

#[test]
fn a_database_that_is_spoiled_while_the_box_runs_is_built_anew_and_numbers_mean_what_they_meant() {
    type Spoil = fn(&Path);
    let cases: [(&str, bool, Spoil); 10] = [
        ("a table is gone", true, |path| sql_beside(path, "DROP TABLE loudness")),
        ("another's tables", true, |path| sql_beside(path, "DROP TABLE files; CREATE TABLE files (x)")),
        ("a negative length", true, |path| sql_beside(path, "UPDATE tracks SET duration_ms = -5")),
        ("a year beyond numbers", true, |path| sql_beside(path, "UPDATE tracks SET year = 99999999999")),
        ("a file elsewhere", true, |path| {
            sql_beside(
                path,
                "UPDATE files SET path = CAST('../../etc/One.wav' AS BLOB) WHERE path = CAST('One.wav' AS BLOB)",
            )
        }),
        ("a file anywhere", true, |path| {
            sql_beside(
                path,
                "UPDATE files SET path = CAST('/etc/One.wav' AS BLOB) WHERE path = CAST('One.wav' AS BLOB)",
            )
        }),
        ("a track's number", false, |path| {
            sql_beside(path, "PRAGMA foreign_keys = 0; UPDATE tracks SET id = -id; UPDATE files SET track = -track")
        }),
        ("noise", false, scribble),
        ("cut short", false, |path| {
            for name in ["library.db", "library.db-wal"] {
                fs::File::options().write(true).open(path.with_file_name(name)).unwrap().set_len(2_000).unwrap();
            }
        }),
        ("a folder in its place", false, |path| {
            for name in ["library.db", "library.db-wal", "library.db-shm"] {
                fs::remove_file(path.with_file_name(name)).unwrap();
            }
            fs::create_dir(path).unwrap();
        }),
    ];
    for (case, keeps_numbers, spoil) in cases {
        let home = home();
        let library = home.scanned();
        let before = numbers(&library).unwrap();
        spoil(&home.database());
        // Somebody asks, and somebody brings new music.
        home.put("Four.wav", &wav("Four", ""));
        home.until(|| {
            _ = library.track(TrackId(1));
            is_whole(&library) && find(&library, "Four").is_some()
        });
        let after = numbers(&library).unwrap();
        for title in TITLES {
            let (old, new) = (before[title], after[title]);
            if keeps_numbers {
                assert_eq!(new, old, "{case}: {title}");
            } else {
                let means = |id: &TrackId| before.iter().any(|(other, known)| known == id && other != title);
                assert!(!means(&new), "{case}: {title} has the number that another had");
            }
        }
        library.close();
        drop(library);
        assert!(is_whole(&home.scanned()), "{case}: after a restart");
    }
}

#[test]
fn what_no_scan_finds_again_is_taken_over_from_the_old_database() {
    let home = home();
    let library = home.scanned();
    let before = numbers(&library).unwrap();
    sql_beside(
        &home.database(),
        "INSERT OR REPLACE INTO loudness SELECT fingerprint, -20.0, -3.0, 500 FROM tracks;
         INSERT OR REPLACE INTO plays SELECT fingerprint, 7 FROM tracks;
         UPDATE tracks SET duration_ms = -5",
    );
    home.put("Four.wav", &wav("Four", ""));
    home.until(|| is_whole(&library) && find(&library, "Four").is_some());
    for title in TITLES {
        let track = find(&library, title).unwrap();
        assert_eq!(track.id, before[title]);
        assert_eq!(track.loudness.map(|found| found.integrated_lufs), Some(-20.0), "{title}");
    }
    let four = find(&library, "Four").unwrap().id;
    assert!(before.values().all(|id| *id < four) && four.0 < 100, "numbers go on where they were: {four}");
    library.close();
    let plays = "SELECT count(*) FROM plays WHERE count = 7";
    let plays: i64 = Connection::open(home.database()).unwrap().query_row(plays, [], |row| row.get(0)).unwrap();
    assert_eq!(plays, TITLES.len() as i64);
}

#[test]
fn a_database_that_is_spoiled_while_the_box_is_off_costs_a_scan_and_no_more() {
    for text in [
        "DROP TABLE entries",
        "UPDATE roots SET kind = 'folder', path = x'00'",
        "PRAGMA foreign_keys = 0; DELETE FROM roots",
        "UPDATE tracks SET track_number = -1",
        "PRAGMA user_version = 99",
        "DROP TABLE search; CREATE TABLE search (x)",
    ] {
        let home = home();
        home.scanned().close();
        sql(&home.database(), text);
        let library = home.open_with("tag-worker");
        home.until(|| {
            _ = library.track(TrackId(1));
            is_whole(&library)
        });
    }
}

#[test]
fn what_could_not_be_found_out_for_a_moment_is_found_out_though_nothing_tells_of_it() {
    let home = home();
    home.put("Noise.wav", &[7; 4_000]);
    home.put("Never.wav", &[8; 4_000]);
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let judge = move |path: &Path| match (path.ends_with("Noise.wav"), counted.fetch_add(1, Ordering::Relaxed)) {
        (true, 0 | 1) => Err(Unheard::NotNow("the machine is short of memory".into())),
        (true, _) => Ok(Some(Heard { title: Some("Found".into()), artist: None, duration_ms: Some(1_000) })),
        (false, _) => Err(Unheard::Never("there is nothing in it".into())),
    };
    let library = Library::open(Settings { judge: Arc::new(judge), ..home.settings("tag-worker") }).unwrap();
    home.until(|| !library.progress().scanning);
    assert_eq!(reasons(&library).len(), 2, "both are said to be none for now");
    home.until(|| find(&library, "Found").is_some());
    assert_eq!(reasons(&library), [("Never.wav".to_owned(), "there is nothing in it".to_owned())]);
    assert_eq!(all(&library).len(), TITLES.len() + 1);
}

#[test]
fn a_track_that_failed_is_asked_about_and_stays_one_only_if_it_plays() {
    let home = home();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let judge = move |path: &Path| {
        counted.fetch_add(1, Ordering::Relaxed);
        let why = || Unheard::Never("cannot be played here: E-AC-3".into());
        if fs::read(path).is_ok_and(|bytes| bytes == wav(TITLES[0], "Somebody")) { Err(why()) } else { Ok(None) }
    };
    let library = Library::open(Settings { judge: Arc::new(judge), ..home.settings("tag-worker") }).unwrap();
    home.until(|| !library.progress().scanning);
    let (bad, good) = (find(&library, TITLES[0]).expect("listed"), find(&library, TITLES[1]).expect("listed"));
    let before = asked.load(Ordering::Relaxed);
    library.failed(good.id);
    home.until(|| asked.load(Ordering::Relaxed) == before + 1);
    // While one is asked about, another is not: whoever plays comes back to it.
    home.until(|| {
        library.failed(bad.id);
        find(&library, TITLES[0]).is_none()
    });
    assert_eq!(all(&library).len(), TITLES.len() - 1, "what plays stays");
    assert_eq!(reasons(&library).len(), 1);
    assert!(reasons(&library)[0].1.ends_with("E-AC-3"), "{:?}", reasons(&library));
    library.failed(TrackId(1 << 40));
}

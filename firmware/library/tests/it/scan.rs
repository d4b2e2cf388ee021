//! A folder and its database: what is found, what is known again, and what is left after a kill.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use library::{ART_BYTES_MAX, ArtSize, Heard, LIMIT_MAX, Library, Settings};

use crate::home::{Home, all, find, program, reasons, wav};

#[test]
fn a_scan_finds_what_files_say_and_lists_those_that_are_broken() {
    let home = Home::new();
    home.put("a/1.wav", &wav("Ünter", "The Wärs"));
    home.put(OsStr::from_bytes(b"caf\xe9/\xff.wav"), &wav("Raw", ""));
    home.put("noise.mp3", &[0x55; 5_000]);
    home.put("empty.flac", b"");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../partybox/demo/night-bus.opus");
    home.put("demo.opus", &fs::read(demo).unwrap());
    let library = home.scanned();
    let told = library.progress();
    assert_eq!((told.tracks, told.broken, told.files_seen, told.files_done), (3, 2, 5, 5));
    let track = find(&library, "Ünter").unwrap();
    assert_eq!((track.tags.artist.as_str(), track.tags.album.as_str()), ("The Wärs", "Album"));
    assert_eq!(track.tags.duration_ms, Some(1_000));
    assert!(find(&library, "Raw").unwrap().path.is_file(), "the path is the very one, though it is no UTF-8");
    let reasons = reasons(&library);
    assert_eq!(reasons[0], ("empty.flac".into(), "is empty".into()));
    assert_eq!(reasons[1].0, "noise.mp3");
    assert_eq!(library.ids().unwrap().len(), 3);
}

/// Layer III with a tag of these frames behind one that is broken.
fn mp3(frames: &[(&str, &str)]) -> Vec<u8> {
    let frame = |(id, text): &(&str, &str)| {
        [id.as_bytes(), &(text.len() as u32).to_be_bytes(), &[0, 0], text.as_bytes()].concat()
    };
    let body = [b"TXXX\0\0\0\x01\0\0\x07".to_vec(), frames.iter().map(frame).collect::<Vec<_>>().concat()].concat();
    let sound = [&[0xFF, 0xFB, 0x90, 0x64][..], &[0; 413]].concat().repeat(12);
    [b"ID3\x03\0\0\0\0\0", &[body.len() as u8][..], &body, &sound].concat()
}

#[test]
fn the_decoder_is_asked_for_names_that_tags_do_not_give() {
    let home = Home::new();
    home.put("whole.mp3", &mp3(&[("TIT2", "\0Whole"), ("TPE1", "\0Somebody")]));
    home.put("half.mp3", &mp3(&[("TIT2", "\0Half")]));
    let judge = |path: &Path| {
        assert!(path.ends_with("half.mp3"), "{} says all itself", path.display());
        Ok(Some(Heard { title: Some("Other".into()), artist: Some("Ann".into()), duration_ms: None }))
    };
    let library = Library::open(Settings { judge: Arc::new(judge), ..home.settings("tag-worker") }).unwrap();
    home.until(|| all(&library).len() == 2);
    let artist = |title| find(&library, title).map(|track| track.tags.artist);
    assert_eq!((artist("Whole").as_deref(), artist("Half").as_deref()), (Some("Somebody"), Some("Ann")));
}

/// A JPEG of one colour.
fn jpeg(width: u16, height: u16, colour: [u8; 3]) -> Vec<u8> {
    let (mut bytes, pixels) = (Vec::new(), colour.repeat(usize::from(width) * usize::from(height)));
    let encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    encoder.encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    bytes
}

/// Width and height of a JPEG by its start of frame (ITU-T T.81 section B.2.2).
fn size(jpeg: &[u8]) -> (u16, u16) {
    let frame = jpeg.windows(2).position(|mark| mark == [0xFF, 0xC0] || mark == [0xFF, 0xC2]).unwrap();
    let number = |at: usize| u16::from_be_bytes([jpeg[frame + at], jpeg[frame + at + 1]]);
    (number(7), number(5))
}

#[test]
fn a_picture_beside_a_track_is_its_cover_made_small_until_it_changes_or_goes() {
    let home = Home::new();
    home.put("a/1.wav", &wav("One", ""));
    home.put("b/2.wav", &wav("Two", ""));
    home.put("a/Cover.JPG", &jpeg(1_000, 500, [200, 0, 0]));
    home.put("b/folder.png", b"no picture at all");
    let library = home.scanned();
    let id = |title| find(&library, title).unwrap().id;
    let (one, two) = (id("One"), id("Two"));
    let large = library.art(one, ArtSize::Large).unwrap().unwrap();
    assert_eq!(size(&large.jpeg), (600, 300));
    let small = library.art(one, ArtSize::Small).unwrap().unwrap();
    assert_eq!((size(&small.jpeg), &small.version), ((128, 64), &large.version));
    assert!(large.jpeg.len() <= ART_BYTES_MAX && small.jpeg.len() < 4_000);
    assert_eq!(library.art(two, ArtSize::Small).unwrap(), None, "it is called a picture and is none");
    let version = || find(&library, "One").unwrap().art.map(|art| art.version);
    home.put("a/Cover.JPG", &jpeg(100, 100, [0, 0, 200]));
    home.until(|| version().is_some_and(|version| version != large.version));
    assert_eq!(size(&library.art(one, ArtSize::Large).unwrap().unwrap().jpeg), (100, 100));
    fs::remove_file(home.music("a/Cover.JPG")).unwrap();
    home.until(|| version().is_none());
    assert_eq!(library.art(one, ArtSize::Large).unwrap(), None);
    home.put("a/front.jpg", &jpeg(10, 10, [0, 0, 0]));
    home.until(|| version().is_some());
    library.close();
    fs::remove_file(home.music("a/front.jpg")).unwrap();
    assert!(find(&home.scanned(), "One").unwrap().art.is_none(), "what went while nobody watched is gone");
}

#[test]
fn a_second_scan_opens_only_what_has_changed() {
    let home = Home::new();
    home.put("same.wav", &wav("Same", ""));
    home.put("other.wav", &wav("Other", ""));
    drop(home.scanned());
    home.put("other.wav", &wav("Another", ""));
    // A worker that calls every file nothing: what is opened loses its title.
    let library = home.open_with("hang");
    home.until(|| !library.progress().scanning);
    let titles: Vec<String> = all(&library).into_iter().map(|track| track.tags.title).collect();
    assert_eq!(titles, ["other", "Same"], "one was opened, one was not");
}

#[test]
fn a_track_is_known_again_after_a_move_whether_the_box_was_watching_or_not() {
    let home = Home::new();
    home.put("a/1.wav", &wav("One", ""));
    home.put("2.wav", &wav("Two", ""));
    let library = home.scanned();
    let (one, two) = (find(&library, "One").unwrap().id, find(&library, "Two").unwrap().id);
    fs::create_dir(home.music("b")).unwrap();
    fs::rename(home.music("a"), home.music("b/c")).unwrap();
    home.until(|| library.track(one).unwrap().is_some_and(|track| track.path.ends_with("b/c/1.wav")));
    library.close();
    fs::rename(home.music("2.wav"), home.music("b/zwei.wav")).unwrap();
    let library = home.scanned();
    assert!(library.track(two).unwrap().unwrap().path.ends_with("b/zwei.wav"));
    assert_eq!(all(&library).len(), 2);
}

#[test]
fn files_that_come_change_and_go_show_up_by_themselves() {
    let home = Home::new();
    let library = home.scanned();
    home.put("new/folder/1.wav", &wav("New", ""));
    home.until(|| find(&library, "New").is_some());
    home.put("new/folder/2.wav", &wav("Second", ""));
    home.until(|| find(&library, "Second").is_some());
    home.put("new/folder/2.wav", &wav("Changed", "x"));
    home.until(|| find(&library, "Changed").is_some() && find(&library, "Second").is_none());
    fs::remove_file(home.music("new/folder/1.wav")).unwrap();
    home.until(|| find(&library, "New").is_none());
    fs::remove_dir_all(home.music("new")).unwrap();
    home.until(|| all(&library).is_empty());
}

#[test]
fn a_folder_that_goes_away_takes_its_tracks_along_and_brings_them_back() {
    let home = Home::new();
    home.put("1.wav", &wav("One", ""));
    let library = home.scanned();
    let one = find(&library, "One").unwrap().id;
    let away = home.folder.path().join("away");
    fs::rename(home.music(""), &away).unwrap();
    home.until(|| library.ids().unwrap().is_empty() && library.search("one", None, 10).unwrap().is_empty());
    fs::rename(&away, home.music("")).unwrap();
    home.until(|| library.ids().unwrap() == [one]);
}

#[test]
fn a_file_that_crashes_hangs_or_bloats_the_worker_or_makes_it_babble_costs_itself_only() {
    for (worker, reason) in [
        ("crash", "made the tag reader fail (it ran out of memory or gave up)"),
        ("hog", "made the tag reader fail (it ran out of memory or gave up)"),
        ("hang", "kept the tag reader busy for too long"),
        ("babble", "made the tag reader talk nonsense"),
    ] {
        let home = Home::new();
        home.put("1.wav", &wav("a", ""));
        home.put("2.wav", &wav("bad", ""));
        home.put("3.wav", &wav("c", ""));
        let library = home.open_with(worker);
        home.until(|| !library.progress().scanning);
        assert_eq!(reasons(&library), [("2.wav".to_owned(), reason.to_owned())], "{worker}");
        assert_eq!(all(&library).len(), 2, "{worker}: the others are tracks");
    }
}

#[test]
fn without_a_worker_no_file_is_called_broken() {
    let home = Home::new();
    home.put("1.wav", &wav("a", ""));
    let library = home.open_with("there is no such word");
    home.until(|| !library.progress().scanning);
    assert_eq!((all(&library).len(), reasons(&library).len()), (0, 0));
}

/// Files that a database knows, if it can be asked.
fn files(database: &Path) -> Option<i64> {
    let readable = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = rusqlite::Connection::open_with_flags(database, readable).ok()?;
    connection.query_row("SELECT count(*) FROM files", [], |row| row.get(0)).ok()
}

#[test]
fn a_scan_that_is_killed_again_and_again_leaves_a_whole_database_and_comes_to_its_end() {
    let home = Home::new();
    const FILES: usize = 1_500;
    for n in 0..FILES {
        home.put(format!("{}/{n}.wav", n % 7), &wav(&format!("Title {n}"), "x"));
    }
    let (mut kills, mut grown) = (0, Vec::new());
    for round in 0..12_u32 {
        let mut scan = Command::new(program())
            .args(["scan".as_ref(), home.music("").as_os_str(), home.database().as_os_str()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Before the first batch of files is written in the first round, later some moments after one more was: another
        // moment each time, and none that depends on how fast this machine is.
        let known = grown.last().copied().unwrap_or(0);
        while scan.try_wait().unwrap().is_none() && round > 0 && files(&home.database()).unwrap_or(0) <= known {
            _ = home.changes.recv_timeout(Duration::from_millis(1));
        }
        _ = home.changes.recv_timeout(Duration::from_millis(u64::from(round * 37 % 11)));
        scan.kill().unwrap();
        kills += u32::from(!scan.wait().unwrap().success());
        if home.database().exists() {
            let connection = rusqlite::Connection::open(home.database()).unwrap();
            let well: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            assert_eq!(well, "ok", "round {round}");
            let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'files'";
            let made: i64 = connection.query_row(tables, [], |row| row.get(0)).unwrap();
            if made == 1 {
                let odd = "SELECT (SELECT count(*) FROM files) - (SELECT count(*) FROM tracks),
                                  (SELECT count(*) FROM tracks) - (SELECT count(*) FROM search), (SELECT count(*) FROM files),
                                  (SELECT count(*) FROM loudness WHERE fingerprint NOT IN (SELECT fingerprint FROM tracks))";
                let counts: (i64, i64, i64, i64) = connection
                    .query_row(odd, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
                    .unwrap();
                let odd = (counts.0, counts.1, counts.3);
                assert_eq!(odd, (0, 0, 0), "round {round}: files, tracks, search and loudness belong together");
                grown.push(counts.2);
            }
        }
    }
    assert!(kills > 2, "most scans were killed: {kills}");
    assert!(grown.is_sorted(), "what was written stays: {grown:?}");
    let library = home.scanned();
    assert_eq!((library.progress().tracks, library.progress().broken), (FILES as u64, 0));
    assert_eq!(library.search("title", None, LIMIT_MAX).unwrap().len(), LIMIT_MAX);
}

#[test]
fn a_scan_that_finds_nothing_new_writes_nothing() {
    let home = Home::new();
    home.put("a/1.wav", &wav("One", "x"));
    home.put("a/cover.jpg", &jpeg(10, 10, [0, 0, 0]));
    home.put("noise.mp3", &[0x55; 5_000]);
    drop(home.scanned());
    let written = || {
        ["library.db", "library.db-wal"].map(|name| {
            let path = home.database().with_file_name(name);
            (fs::read(&path).unwrap_or_default(), fs::metadata(&path).and_then(|about| about.modified()).ok())
        })
    };
    let before = written();
    drop(home.scanned());
    assert!(written() == before, "database and log are as they were, to the byte and the second");
}

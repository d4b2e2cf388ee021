//! Files that guests bring: tracks that nobody finds, within limits, gone when they are let go of, kept when a host wants that.

use std::collections::BTreeSet;
use std::fs;

use base::TrackId;
use library::{Filter, GroupBy, GuestsPlace, LIMIT_MAX, Library, Settings, Track, UploadError};

use crate::home::{Home, all, wav};

/// A library with a place for uploads, and one for three files of guests that take 100,000 bytes together.
fn open(home: &Home) -> Library {
    let guests = GuestsPlace {
        folder: home.folder.path().join("guests"),
        file_bytes_max: 60_000,
        files_max: 3,
        bytes_max: 100_000,
    };
    let uploads = Some(home.folder.path().join("uploads"));
    Library::open(Settings { guests: Some(guests), uploads, ..home.settings("tag-worker") }).unwrap()
}

fn names(home: &Home, folder: &str) -> Vec<String> {
    let all = fs::read_dir(home.folder.path().join(folder)).unwrap();
    let mut names: Vec<String> = all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn bring(library: &Library, name: &str, bytes: &[u8]) -> Result<TrackId, UploadError> {
    let mut upload = library.begin_guests_upload(name, Some(bytes.len() as u64))?;
    bytes.chunks(1_000).try_for_each(|piece| upload.write(piece))?;
    upload.finish()
}

fn track(library: &Library, id: TrackId) -> Track {
    library.track(id).unwrap().expect("a track")
}

#[test]
fn what_a_guest_brings_plays_like_any_track_and_nobody_finds_it() {
    let home = Home::new();
    let library = open(&home);
    home.until(|| !library.progress().scanning);
    let id = bring(&library, "own.wav", &wav("Mine", "Guest")).unwrap();
    let found = track(&library, id);
    assert!(id.is_brought() && found.path.exists() && !found.is_upload);
    assert_eq!((found.tags.title.as_str(), found.tags.artist.as_str()), ("Mine", "Guest"));
    library.rescan();
    home.until(|| !library.progress().scanning);
    library.played(id, true);
    library.failed(id);
    assert!(library.search("mine", None, 10).unwrap().is_empty() && library.ids().unwrap().is_empty());
    assert!(library.newest(None, 10).unwrap().is_empty() && all(&library).is_empty());
    assert!(library.groups(GroupBy::Artist, None, 10).unwrap().is_empty());
    assert!(library.tracks(&Filter::default(), None, LIMIT_MAX).unwrap().is_empty());
    let roots: Vec<u64> = library.roots().unwrap().iter().map(|root| root.tracks).collect();
    assert!(roots.iter().all(|tracks| *tracks == 0), "{roots:?}");
    library.drop_guests_files(&[id].into());
    assert!(library.track(id).unwrap().is_none() && names(&home, "guests").is_empty());
}

#[test]
fn a_hostile_name_leads_nowhere_and_what_is_no_music_leaves_nothing() {
    let home = Home::new();
    let library = open(&home);
    let silent = wav("", "");
    for (said, title) in [("../../../etc/cron.d/x.wav", "x"), ("C:\\a\\..\\b\u{202e}\0.wav", "b"), ("<i>.wav", "i")] {
        let found = track(&library, bring(&library, said, &silent).unwrap());
        assert_eq!(found.tags.title, title, "{said:?}");
        assert_eq!(found.path.parent(), Some(home.folder.path().canonicalize().unwrap().join("guests").as_path()));
    }
    library.keep_only_guests_files(&BTreeSet::new());
    for (name, bytes) in [("noise.wav", &[0x55; 9_999][..]), ("empty.wav", b""), ("page.html", b"<html>")] {
        assert!(matches!(bring(&library, name, bytes), Err(UploadError::NotMusic(_))), "{name}");
    }
    assert!(matches!(bring(&library, "..", &silent), Err(UploadError::Name)));
    let mut half = library.begin_guests_upload("half.wav", None).unwrap();
    half.write(&silent[..500]).unwrap();
    drop(half);
    assert!(names(&home, "guests").is_empty());
    let without = home.scanned();
    assert!(matches!(bring(&without, "x.wav", &silent), Err(UploadError::NoPlace)));
}

#[test]
fn there_are_no_more_and_no_larger_files_than_there_is_room_for() {
    let home = Home::new();
    let library = open(&home);
    let silent = wav("", "");
    let large = vec![0; 60_001];
    assert!(matches!(bring(&library, "large.wav", &large), Err(UploadError::TooLarge(60_000))));
    let mut unannounced = library.begin_guests_upload("large.wav", None).unwrap();
    assert!(matches!(unannounced.write(&large), Err(UploadError::TooLarge(60_000))));
    drop(unannounced);
    // What is on its way takes room as well.
    let mut first = library.begin_guests_upload("first.wav", None).unwrap();
    let mut second = library.begin_guests_upload("second.wav", None).unwrap();
    first.write(&large[..60_000]).unwrap();
    second.write(&large[..30_000]).unwrap();
    assert!(matches!(second.write(&large[..30_000]), Err(UploadError::GuestsFull)));
    drop((first, second));
    let files: BTreeSet<TrackId> = (0..3).map(|_| bring(&library, "own.wav", &silent).unwrap()).collect();
    assert_eq!(files.len(), 3, "each is one of its own");
    assert!(matches!(bring(&library, "fourth.wav", &silent), Err(UploadError::GuestsFull)));
    library.drop_guests_files(&[*files.first().unwrap()].into());
    bring(&library, "fourth.wav", &silent).unwrap();
}

#[test]
fn after_a_restart_only_what_is_still_needed_is_there_and_it_is_what_it_was() {
    let home = Home::new();
    let library = open(&home);
    let (needed, forgotten) =
        (bring(&library, "own.wav", &wav("", "")), bring(&library, "other.wav", &wav("Gone", "")));
    let (needed, forgotten) = (needed.unwrap(), forgotten.unwrap());
    let before = track(&library, needed);
    library.close();
    drop(library);
    let folder = home.folder.path().join("guests");
    for stray in [".upload-3", "no number.wav", "0000000000001 x.wav"] {
        fs::write(folder.join(stray), "x").unwrap();
    }
    let library = open(&home);
    assert_eq!(names(&home, "guests").len(), 2, "what is nobody's is gone");
    assert_eq!(track(&library, needed), before);
    library.keep_only_guests_files(&[needed].into());
    assert!(library.track(forgotten).unwrap().is_none());
    assert_eq!(names(&home, "guests").len(), 1);
}

#[test]
fn what_a_host_keeps_stays_in_the_library_under_a_number_of_its_own() {
    let home = Home::new();
    let library = open(&home);
    let id = bring(&library, "own.wav", &wav("Mine", "Guest")).unwrap();
    let kept = library.keep_guests_file(id).unwrap().expect("it is here");
    assert_eq!(library.keep_guests_file(id).unwrap(), Some(kept), "once is enough");
    assert_eq!((track(&library, kept).is_upload, library.search("mine", None, 10).unwrap().len()), (true, 1));
    assert!(track(&library, id).path.exists(), "what is in the queue goes on");
    library.keep_only_guests_files(&BTreeSet::new());
    assert_eq!((names(&home, "guests").len(), names(&home, "uploads")), (0, vec!["own.wav".to_owned()]));
    assert_eq!(library.keep_guests_file(id).unwrap(), None);
    assert_eq!(library.keep_guests_file(kept).unwrap(), None, "only what a guest has brought");
    home.until(|| !library.progress().scanning);
    library.close();
    drop(library);
    let library = open(&home);
    home.until(|| !library.progress().scanning);
    assert_eq!(library.search("mine", None, 10).unwrap().first().map(|track| track.id), Some(kept));
}

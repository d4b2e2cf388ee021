//! Sticks that come and go, and files that hosts send.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use base::TrackId;
use library::{Library, Loudness, Outcome, Part, RootKind, Settings, Track, Unheard, UploadError};

use crate::home::{Home, LIMIT, all, find, program, wav};

/// A box with a socket for sticks: what is mounted stands in a table as the kernel's, written by the test.
struct Venue {
    home: Home,
    library: Library,
}

impl Venue {
    fn new() -> Self {
        let home = Home::new();
        home.put("inner.wav", &wav("Inner", ""));
        let sticks = home.folder.path().join("media");
        let mounts = home.folder.path().join("mounts");
        fs::create_dir(&sticks).unwrap();
        fs::write(&mounts, "").unwrap();
        let settings = Settings { sticks: Some(sticks), mounts, ..home.settings("tag-worker") };
        let library = Library::open(settings).unwrap();
        home.until(|| !library.progress().scanning);
        Self { home, library }
    }

    fn stick(&self, name: &str) -> PathBuf {
        self.home.folder.path().join("media").join(name)
    }

    /// Plugs these sticks in and no others.
    fn plug(&self, names: &[&str]) {
        let line = |name: &&str| format!("30 20 0:99 / {} ro - vfat none ro\n", self.stick(name).display());
        fs::write(self.home.folder.path().join("mounts"), names.iter().map(line).collect::<String>()).unwrap();
    }
}

#[test]
fn a_sticks_music_comes_and_goes_with_it_and_is_known_again() {
    let party = Venue::new();
    fs::create_dir(party.stick("a")).unwrap();
    fs::write(party.stick("a").join("1.wav"), wav("Outer", "")).unwrap();
    fs::write(party.stick("a").join("1.WMA"), "of a kind that is not played").unwrap();
    let outer = || find(&party.library, "Outer").map(|track| track.id);
    party.plug(&["a"]);
    party.home.until(|| outer().is_some());
    let id = outer();
    let roots = party.library.roots().unwrap();
    assert_eq!(
        (roots[1].kind, roots[1].name.as_str(), roots[1].is_present, roots[1].tracks),
        (RootKind::Stick, "a", true, 1)
    );
    assert_eq!((&roots[0].passed_over[..], &roots[1].passed_over[..]), (&[][..], &[("wma".to_owned(), 1)][..]));
    fs::write(party.stick("a").join("2.wav"), wav("While it is there", "")).unwrap();
    party.home.until(|| find(&party.library, "While it is there").is_some());
    party.plug(&[]);
    party.home.until(|| outer().is_none());
    assert_eq!(all(&party.library).len(), 1, "what the box has itself stays");
    let roots = party.library.roots().unwrap();
    assert_eq!((roots[1].is_present, roots[1].tracks), (false, 2), "it is remembered");
    party.home.until(|| party.library.progress().tracks == 1);
    party.plug(&["a"]);
    party.home.until(|| outer() == id);
    party.plug(&[]);
    party.home.until(|| outer().is_none());
    fs::rename(party.stick("a"), party.stick("b")).unwrap();
    party.plug(&["b"]);
    party.home.until(|| outer() == id);
}

#[test]
fn a_rescan_looks_at_everything_again() {
    let home = Home::new();
    let library = home.scanned();
    while home.changes.try_recv().is_ok() {}
    library.rescan();
    home.changes.recv_timeout(LIMIT).expect("it says that it has looked");
}

fn with_uploads(home: &Home) -> Settings {
    Settings { uploads: Some(home.folder.path().join("uploads")), ..home.settings("tag-worker") }
}

fn uploaded(home: &Home) -> Vec<String> {
    let all = fs::read_dir(home.folder.path().join("uploads")).unwrap();
    all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn send(library: &Library, name: &str, bytes: &[u8]) -> Result<TrackId, UploadError> {
    let mut upload = library.begin_upload(name, Some(bytes.len() as u64))?;
    bytes.chunks(1_000).try_for_each(|piece| upload.write(piece))?;
    upload.finish()
}

#[test]
fn an_upload_is_a_track_at_once_and_what_is_no_music_leaves_nothing() {
    let home = Home::new();
    let library = Library::open(with_uploads(&home)).unwrap();
    let id = send(&library, "../new.wav", &wav("New", "Host")).unwrap();
    let track = library.track(id).unwrap().unwrap();
    assert_eq!((track.tags.title.as_str(), track.path.ends_with("uploads/new.wav")), ("New", true));
    assert_eq!(library.search("new", None, 10).unwrap().len(), 1);
    assert!(matches!(send(&library, "noise.wav", &[0x55; 9_999]), Err(UploadError::NotMusic(_))));
    assert!(matches!(send(&library, "empty.wav", b""), Err(UploadError::NotMusic(_))));
    assert!(matches!(send(&library, "page.html", b"<html>"), Err(UploadError::NotMusic(_))));
    let mut half = library.begin_upload("half.wav", None).unwrap();
    half.write(&wav("Half", "")[..500]).unwrap();
    drop(half);
    assert_eq!(uploaded(&home), ["new.wav"]);
    let again = send(&library, "new.wav", &wav("Newer", "Host")).unwrap();
    assert_ne!(again, id, "a file of the same name is another one");
    home.until(|| !library.progress().scanning);
    library.close();
    let library = Library::open(with_uploads(&home)).unwrap();
    home.until(|| !library.progress().scanning);
    assert_eq!(find(&library, "New").map(|track| track.id), Some(id));
    assert_eq!(library.roots().unwrap()[1].kind, RootKind::Uploads);
    assert!(matches!(send(&home.scanned(), "x.wav", b""), Err(UploadError::NoPlace)));
}

#[test]
fn an_upload_can_be_removed_and_nothing_else_can() {
    let home = Home::new();
    home.put("own.wav", &wav("Own", ""));
    let library = Library::open(with_uploads(&home)).unwrap();
    home.until(|| !library.progress().scanning && library.ids().unwrap().len() == 1);
    let own = library.ids().unwrap()[0];
    let id = send(&library, "new.wav", &wav("New", "Host")).unwrap();
    assert!(library.track(id).unwrap().unwrap().is_upload);
    assert!(!library.remove_upload(own).unwrap() && !library.remove_upload(TrackId(u64::MAX)).unwrap());
    assert!(library.track(own).unwrap().is_some_and(|track| track.path.exists() && !track.is_upload));
    assert!(library.remove_upload(id).unwrap());
    assert_eq!((uploaded(&home).len(), library.search("new", None, 10).unwrap().len()), (0, 0));
    assert!(!library.remove_upload(id).unwrap(), "only once");
    assert!(matches!(home.scanned().remove_upload(own), Err(UploadError::NoPlace)));
}

#[test]
fn what_the_judge_does_not_like_is_not_kept() {
    let home = Home::new();
    let judge = |path: &Path| if path.exists() { Err(Unheard::Never("does not sound".to_owned())) } else { Ok(None) };
    let library = Library::open(Settings { judge: Arc::new(judge), ..with_uploads(&home) }).unwrap();
    let refused = send(&library, "new.wav", &wav("New", ""));
    assert!(matches!(refused, Err(UploadError::NotMusic(why)) if why == "does not sound"));
    assert!(uploaded(&home).is_empty());
}

#[test]
fn an_upload_that_is_killed_is_gone_after_the_next_start() {
    let home = Home::new();
    let uploads = home.folder.path().join("uploads");
    let mut program = Command::new(program())
        .args(["half-upload".as_ref(), uploads.as_os_str(), home.database().as_os_str()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut said).unwrap();
    program.kill().unwrap();
    program.wait().unwrap();
    assert_eq!((said.trim(), uploaded(&home).len()), ("half", 1), "it was in the middle of it");
    let library = Library::open(with_uploads(&home)).unwrap();
    assert!(uploaded(&home).is_empty());
    home.until(|| !library.progress().scanning);
    assert!(all(&library).is_empty());
}

#[test]
fn every_track_is_measured_once_and_for_all() {
    let home = Home::new();
    for n in 0..20 {
        home.put(format!("{n}.wav"), &wav(&format!("Title {n}"), ""));
    }
    home.put("silent.wav", &wav("Silent", ""));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let open = || {
        let asked = Arc::clone(&asked);
        let measure = move |part: &Part, _: &dyn Fn() -> bool| {
            let name = part.path.file_name().unwrap().to_string_lossy().into_owned();
            let mut asked = asked.lock().unwrap();
            let is_first = !asked.contains(&name);
            asked.push(name.clone());
            match name.as_str() {
                "silent.wav" => Outcome::None,
                "7.wav" if is_first => Outcome::Later,
                _ => Outcome::Heard {
                    loudness: Some(Loudness { integrated_lufs: -10.0, true_peak_dbtp: 0.0 }),
                    duration_ms: Some(77),
                },
            }
        };
        let settings = Settings { measure: Some(Arc::new(measure)), ..home.settings("tag-worker") };
        Library::open(settings).unwrap()
    };
    let library = open();
    let levelled = |library: &Library| all(library).iter().filter(|track| track.gain_db() == -6.0).count();
    home.until(|| levelled(&library) == 20);
    let counted = |track: &Track| track.tags.duration_ms == Some(77);
    assert_eq!(all(&library).iter().filter(|track| counted(track)).count(), 20, "lengths are those that were counted");
    library.close();
    fs::rename(home.music("3.wav"), home.music("moved.wav")).unwrap();
    let before = asked.lock().unwrap().len();
    assert_eq!(before, 22, "one of them twice");
    let library = open();
    home.put("new.wav", &wav("New", ""));
    home.until(|| levelled(&library) == 21);
    assert_eq!(asked.lock().unwrap()[before..], ["new.wav"]);
    assert_eq!(find(&library, "Silent").unwrap().gain_db(), 0.0);
}

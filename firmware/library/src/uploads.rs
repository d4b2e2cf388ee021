//! Files that hosts and guests send: written under a hidden name, judged, and only then put into place under their own.
//!
//! Nothing is ever half there: what is not finished has a name that no scan looks at, and is removed when its upload is
//! dropped, or at the next start if the plug was pulled. Who may send, and how it comes over the air, is not decided
//! here.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rustix::fs::{CWD, RenameFlags, fstatvfs, renameat_with};

use crate::fingerprint::Fingerprint;
use crate::tags::Tags;
use crate::text::shown;
use crate::walk::is_music;

/// Largest file that is taken, bytes: two hours of uncompressed music.
pub const UPLOAD_BYTES_MAX: u64 = 1_500_000_000;

/// Uploads of hosts at once; more are refused.
pub const UPLOADS_MAX: usize = 3;

/// Storage that uploads leave free, bytes: what the box itself writes must always find room.
const KEPT_FREE_BYTES: u64 = 128 * 1024 * 1024;

/// Bytes between two looks at how much is free.
const LOOK_BYTES: u64 = 8 * 1024 * 1024;

/// Longest name of a file, bytes; file systems take 255, and a number may be added.
const NAME_BYTES_MAX: usize = 200;

/// Files of one name; more are refused.
const ALIKE_MAX: usize = 100;

/// With what the name of an unfinished file begins; the dot hides it from scans.
const UNFINISHED: &str = ".upload-";

/// Why a file is not taken.
#[derive(Debug)]
pub enum UploadError {
    /// The box has no place for uploads.
    NoPlace,
    /// The name is empty.
    Name,
    /// It is larger than so many bytes.
    TooLarge(u64),
    /// The storage is full.
    NoSpace,
    /// Guests have as many files here as they may, or files of as many bytes.
    GuestsFull,
    /// As many as may are under way: a retry helps.
    Busy,
    /// It is no sound file that this box plays; why, in words.
    NotMusic(String),
    /// The storage refuses: a retry may help.
    Storage(io::Error),
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPlace => write!(f, "there is no place for uploads"),
            Self::Name => write!(f, "the file has no name"),
            Self::TooLarge(bytes_max) => write!(f, "the file is larger than {bytes_max} bytes"),
            Self::NoSpace => write!(f, "the storage is full"),
            Self::GuestsFull => write!(f, "guests have as many files on the box as they may"),
            Self::Busy => write!(f, "as many other files as may are on their way"),
            Self::NotMusic(why) => write!(f, "the file {why}"),
            Self::Storage(error) => write!(f, "the storage refuses: {error}"),
        }
    }
}

impl std::error::Error for UploadError {}

impl From<io::Error> for UploadError {
    fn from(error: io::Error) -> Self {
        let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
        if full.contains(&error.kind()) { Self::NoSpace } else { Self::Storage(error) }
    }
}

/// What is needed to take uploads.
pub(crate) struct Reception {
    pub(crate) inbox: Inbox,
    /// The place's number, and its folder.
    pub(crate) root: i64,
    pub(crate) folder: PathBuf,
}

/// What was found in a file that plays.
pub(crate) struct Look {
    pub(crate) tags: Tags,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) about: Metadata,
}

/// What may arrive in a place.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// Files under way at once.
    pub(crate) at_once: usize,
    /// Bytes of one file.
    pub(crate) bytes_max: u64,
    /// What all of them share.
    pub(crate) room: Arc<Room>,
}

/// Bytes that files share.
#[derive(Debug)]
pub(crate) struct Room {
    used: AtomicU64,
    max: u64,
}

impl Room {
    /// Room for `max` bytes, all of it free.
    pub(crate) fn of(max: u64) -> Arc<Self> {
        Arc::new(Self { used: AtomicU64::new(0), max })
    }

    /// Whether there is room for `bytes` more.
    pub(crate) fn fits(&self, bytes: u64) -> bool {
        self.used.load(Ordering::Acquire).saturating_add(bytes) <= self.max
    }

    /// Counts `bytes` as used, whether they fit or not.
    pub(crate) fn fill(&self, bytes: u64) {
        self.used.fetch_add(bytes, Ordering::AcqRel);
    }

    /// Counts `bytes` as free again.
    pub(crate) fn free(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::AcqRel);
    }
}

/// The place where uploads arrive.
#[derive(Debug)]
pub(crate) struct Inbox {
    folder: PathBuf,
    bounds: Bounds,
    under_way: Arc<AtomicUsize>,
    begun: AtomicU64,
}

/// A file on its way. Dropped before it is finished, it leaves nothing.
#[derive(Debug)]
pub(crate) struct Draft {
    file: File,
    path: PathBuf,
    folder: PathBuf,
    name: String,
    bytes: u64,
    bytes_max: u64,
    room: Arc<Room>,
    looked: u64,
    under_way: Arc<AtomicUsize>,
}

impl Inbox {
    /// The place `folder` for what hosts send, which is made if there is none; what was not finished there is removed.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let bounds = Bounds { at_once: UPLOADS_MAX, bytes_max: UPLOAD_BYTES_MAX, room: Room::of(u64::MAX) };
        Self::within(folder, bounds)
    }

    /// The same for files within these bounds.
    pub(crate) fn within(folder: &Path, bounds: Bounds) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        for entry in fs::read_dir(folder)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(Self { folder: folder.to_owned(), bounds, under_way: Arc::default(), begun: AtomicU64::new(0) })
    }

    /// Begins a file that wants to be called `name` and has `bytes`, if that is known.
    pub(crate) fn begin(&self, name: &str, bytes: Option<u64>) -> Result<Draft, UploadError> {
        let name = tame(name).ok_or(UploadError::Name)?;
        if !is_music(Path::new(&name)) {
            return Err(UploadError::NotMusic("is not of a kind this box plays".into()));
        }
        let Bounds { at_once, bytes_max, room } = self.bounds.clone();
        if bytes.is_some_and(|bytes| bytes > bytes_max) {
            return Err(UploadError::TooLarge(bytes_max));
        }
        if !room.fits(bytes.unwrap_or(0)) {
            return Err(UploadError::GuestsFull);
        }
        let more = |under_way: usize| (under_way < at_once).then_some(under_way + 1);
        if self.under_way.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).is_err() {
            return Err(UploadError::Busy);
        }
        let under_way = Arc::clone(&self.under_way);
        // From here on, dropping the draft gives the place back.
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join(format!("{UNFINISHED}{number}"));
        let file = File::options().write(true).create_new(true).open(&path).inspect_err(|_| {
            under_way.fetch_sub(1, Ordering::AcqRel);
        })?;
        let folder = self.folder.clone();
        let draft = Draft { file, path, folder, name, bytes: 0, bytes_max, room, looked: 0, under_way };
        draft.check_room(bytes.unwrap_or(0))?;
        Ok(draft)
    }
}

impl Draft {
    /// Where it is until it is finished.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The name it will have, if no other file has it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Appends `bytes`.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), UploadError> {
        let more = bytes.len() as u64;
        if self.bytes + more > self.bytes_max {
            return Err(UploadError::TooLarge(self.bytes_max));
        }
        if !self.room.fits(more) {
            return Err(UploadError::GuestsFull);
        }
        self.bytes += more;
        self.room.fill(more);
        if self.bytes - self.looked > LOOK_BYTES {
            self.looked = self.bytes;
            self.check_room(0)?;
        }
        Ok(self.file.write_all(bytes)?)
    }

    /// Waits until the contents outlast a pulled plug.
    pub(crate) fn settle(&self) -> Result<(), UploadError> {
        Ok(self.file.sync_all()?)
    }

    /// How much there is of it.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Gives it its name, or a similar one if that is taken; which.
    pub(crate) fn keep(self) -> Result<String, UploadError> {
        let name = self.name.clone();
        self.keep_as(&name)
    }

    /// Gives it the name `wanted`, or a similar one if that is taken; which.
    pub(crate) fn keep_as(self, wanted: &str) -> Result<String, UploadError> {
        let rename =
            |path: &Path| renameat_with(CWD, &self.path, CWD, path, RenameFlags::NOREPLACE).map_err(io::Error::from);
        put(&self.folder, wanted, rename)
    }

    fn check_room(&self, wanted: u64) -> Result<(), UploadError> {
        let about = fstatvfs(&self.file).map_err(io::Error::from)?;
        let free = about.f_bavail.saturating_mul(about.f_frsize);
        if free < wanted.saturating_add(KEPT_FREE_BYTES) { Err(UploadError::NoSpace) } else { Ok(()) }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Under this name there is nothing any more once it is kept.
        _ = fs::remove_file(&self.path);
        self.room.free(self.bytes);
        self.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Has `place` put a file into `folder` under the name `wanted`, or a similar one if that is taken; which.
pub(crate) fn put(
    folder: &Path,
    wanted: &str,
    mut place: impl FnMut(&Path) -> io::Result<()>,
) -> Result<String, UploadError> {
    let (stem, ending) = wanted.rsplit_once('.').unwrap_or((wanted, ""));
    for n in 1..=ALIKE_MAX {
        let name = if n == 1 { wanted.to_owned() } else { format!("{stem} ({n}).{ending}") };
        match place(&folder.join(&name)) {
            Ok(()) => {
                File::open(folder)?.sync_all()?;
                return Ok(name);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(UploadError::Name)
}

/// A name of one file made of what somebody says: no folders, nothing hidden, nothing that turns a page around, not too
/// long; `None` if nothing is left.
fn tame(said: &str) -> Option<String> {
    let last = said.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = shown(last).chars().filter(|c| !"<>:\"|?*".contains(*c)).collect();
    let plain = plain.trim_start_matches(['.', ' ']).trim_end();
    let (stem, ending) = plain.rsplit_once('.').unwrap_or((plain, ""));
    let mut room = NAME_BYTES_MAX.saturating_sub(ending.len() + 1);
    while !stem.is_char_boundary(room.min(stem.len())) {
        room -= 1;
    }
    let stem = &stem[..room.min(stem.len())];
    (!stem.is_empty()).then(|| if ending.is_empty() { stem.to_owned() } else { format!("{stem}.{ending}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_lead_elsewhere_hide_or_grow_too_long() {
        for (said, name) in [
            ("song.mp3", Some("song.mp3")),
            ("../../etc/cron.d/x.mp3", Some("x.mp3")),
            ("C:\\Music\\a b.flac", Some("a b.flac")),
            ("...hidden.mp3", Some("hidden.mp3")),
            ("a\0\n\u{202E}b.mp3", Some("ab.mp3")),
            ("<img src=x>.mp3", Some("img src=x.mp3")),
            (".mp3", Some("mp3")),
            ("", None),
            ("/", None),
            ("..", None),
        ] {
            assert_eq!(tame(said).as_deref(), name, "{said:?}");
        }
        let long = tame(&format!("{}.mp3", "ü".repeat(1_000))).unwrap();
        assert!(long.len() <= NAME_BYTES_MAX && long.starts_with('ü'), "{long}");
    }

    #[test]
    fn what_is_not_finished_leaves_nothing_and_what_is_has_its_own_name() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".upload-7"), "half").unwrap();
        let inbox = Inbox::open(folder.path()).unwrap();
        let names = || {
            let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
            names.sort_unstable();
            names
        };
        assert!(names().is_empty(), "the half file of the last run is gone");
        let mut draft = inbox.begin("a.mp3", None).unwrap();
        draft.write(b"one").unwrap();
        assert_eq!(names(), [".upload-0"]);
        drop(draft);
        assert!(names().is_empty());
        let keep = |contents: &[u8]| {
            let mut draft = inbox.begin("a.mp3", Some(3)).unwrap();
            draft.write(contents).unwrap();
            draft.keep().unwrap()
        };
        assert_eq!((keep(b"two").as_str(), keep(b"three").as_str()), ("a.mp3", "a (2).mp3"));
        assert_eq!(names(), ["a (2).mp3", "a.mp3"]);
        assert_eq!(fs::read(folder.path().join("a.mp3")).unwrap(), b"two");
    }

    #[test]
    fn what_is_too_large_too_much_or_no_music_is_refused_and_places_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = Inbox::open(folder.path()).unwrap();
        assert!(matches!(inbox.begin("x.pdf", None), Err(UploadError::NotMusic(_))));
        assert!(matches!(
            inbox.begin("x.mp3", Some(UPLOAD_BYTES_MAX + 1)),
            Err(UploadError::TooLarge(UPLOAD_BYTES_MAX))
        ));
        let drafts: Vec<_> = (0..UPLOADS_MAX).map(|_| inbox.begin("x.mp3", None).unwrap()).collect();
        assert!(matches!(inbox.begin("x.mp3", None), Err(UploadError::Busy)));
        drop(drafts);
        assert!(inbox.begin("x.mp3", None).is_ok());
    }
}

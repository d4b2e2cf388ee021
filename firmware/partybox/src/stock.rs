//! What tracks are: those of the library, and the built-in demo tracks beside them.
//!
//! Asks the library's database, so it is for threads that may wait for storage. Nothing is opened or parsed here; a file is
//! judged by the decoder when its turn comes. The demo tracks are no part of the library: a box without music of its own
//! has nothing to search.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::Arc;

use audio::decode::TrackInfo;
use base::TrackId;
use library::{AskError, Library};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use web::track::{TrackView, art_url};

/// The demo tracks: made by the project (`firmware/audio/examples/compose`), under the project's licence.
const DEMO: [(&str, &[u8]); 3] = [
    ("Porch Light", include_bytes!("../demo/porch-light.opus")),
    ("Paper Lanterns", include_bytes!("../demo/paper-lanterns.opus")),
    ("Night Bus", include_bytes!("../demo/night-bus.opus")),
];

/// The first demo track's id beside a library. No library numbers a track like this, so that a demo track that still plays
/// when the first music comes is not taken for another; and JavaScript still counts exactly here (up to 2^53).
const BESIDE_LIBRARY: TrackId = TrackId(1 << 52);

/// One track.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where it can be opened.
    pub path: PathBuf,
    /// What to show of it; the title is never missing.
    pub about: TrackInfo,
    /// The album; may be empty.
    pub album: String,
    /// Its genres.
    pub genres: Vec<String>,
    /// Where pages find its picture, if it has one.
    pub art: Option<String>,
    /// Where in the file it begins, milliseconds.
    pub start_ms: u64,
    /// Where in the file it ends; `None`: with the file.
    pub end_ms: Option<u64>,
    /// What its level is changed by so that all tracks sound alike, dB.
    pub gain_db: f32,
}

impl Entry {
    /// Returns it as lists show it, under its number.
    pub fn view(&self, id: TrackId) -> TrackView {
        let (title, artist) =
            (self.about.title.clone().unwrap_or_default(), self.about.artist.clone().unwrap_or_default());
        let (album, duration_ms, art) = (self.album.clone(), self.about.duration_ms, self.art.clone());
        let brought = id.is_brought();
        TrackView { id, title, artist, album, duration_ms, art, brought, genres: self.genres.clone() }
    }
}

/// Everything that can be played. Clones are the same.
#[derive(Clone, Debug)]
pub struct Stock {
    library: Option<Library>,
    /// Memory files, on which the paths of the demo tracks rest.
    demo: Arc<[File]>,
}

/// Why there is no stock: the kernel has no memory file for the demo tracks. A retry may help.
#[derive(Debug)]
pub struct Error(std::io::Error);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot unpack the demo tracks: {}", self.0)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl Stock {
    /// Returns the tracks of `library`, if there is one, and the demo tracks, in sealed memory files so that the decoder
    /// opens them like any other.
    ///
    /// # Errors
    /// The kernel refuses a memory file.
    pub fn new(library: Option<Library>) -> Result<Self, Error> {
        let demo = DEMO.iter().map(|(_, bytes)| memory_file(bytes)).collect::<Result<Arc<[File]>, _>>();
        Ok(Self { library, demo: demo.map_err(Error)? })
    }

    /// Returns the library, if there is one.
    pub fn library(&self) -> Option<&Library> {
        self.library.as_ref()
    }

    /// Returns the ids of the demo tracks, in playing order.
    pub fn demo_ids(&self) -> Vec<TrackId> {
        (self.demo_first().0..).map(TrackId).take(self.demo.len()).collect()
    }

    fn demo_first(&self) -> TrackId {
        if self.library.is_some() { BESIDE_LIBRARY } else { TrackId(1) }
    }

    /// Returns the track of that id, if there is one. Waits for storage.
    ///
    /// # Errors
    /// The library gives no answer.
    pub fn get(&self, id: TrackId) -> Result<Option<Entry>, AskError> {
        let library = self.library.as_ref().filter(|_| id < self.demo_first());
        let Some(library) = library else { return Ok(self.demo_track(id)) };
        let Some(found) = library.track(id)? else { return Ok(None) };
        let art = art_url(&found);
        let genres = found.tags.genres().map(str::to_owned).collect();
        let (gain_db, start_ms, end_ms) = (found.gain_db(), found.start_ms, found.end_ms);
        let artist = Some(found.tags.artist).filter(|artist| !artist.is_empty());
        let about = TrackInfo { title: Some(found.tags.title), artist, duration_ms: found.tags.duration_ms };
        Ok(Some(Entry { path: found.path, about, album: found.tags.album, genres, art, start_ms, end_ms, gain_db }))
    }

    fn demo_track(&self, id: TrackId) -> Option<Entry> {
        let index = usize::try_from(id.0.checked_sub(self.demo_first().0)?).ok()?;
        let (file, (title, _)) = self.demo.get(index).zip(DEMO.get(index))?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let about = TrackInfo { title: Some((*title).to_owned()), ..TrackInfo::default() };
        Some(Entry {
            path,
            about,
            album: String::new(),
            genres: Vec::new(),
            art: None,
            start_ms: 0,
            end_ms: None,
            gain_db: 0.0,
        })
    }
}

fn memory_file(bytes: &[u8]) -> std::io::Result<File> {
    let mut file = File::from(memfd_create("partybox-demo", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
    file.write_all(bytes)?;
    fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demo_tracks_can_be_opened_by_path_and_not_be_changed() {
        let stock = Stock::new(None).unwrap();
        assert_eq!(stock.demo_ids(), [1, 2, 3].map(TrackId));
        let get = |id| stock.get(TrackId(id)).unwrap();
        let path = get(1).unwrap().path;
        assert_eq!(std::fs::read(&path).unwrap(), DEMO[0].1);
        assert!(File::options().write(true).open(path).and_then(|mut f| f.write_all(b"x")).is_err());
        assert_eq!((get(0), get(4)), (None, None));
    }

    #[test]
    fn demo_tracks_stay_within_two_megabytes() {
        assert!(DEMO.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() <= 2_000_000);
    }
}

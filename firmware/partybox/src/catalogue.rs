//! Which tracks there are: those of the library, or, as long as it holds none, the built-in demo tracks.
//!
//! Nothing is opened or parsed here; a file is judged by the decoder when its turn comes. The demo tracks are no part of
//! the library: a box without music of its own has nothing to search.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::Arc;

use audio::decode::TrackInfo;
use base::TrackId;
use library::Library;
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
    /// Where pages find its picture, if it has one.
    pub art: Option<String>,
    /// Where in the file it begins, milliseconds.
    pub start_ms: u64,
    /// Where in the file it ends; `None`: with the file.
    pub end_ms: Option<u64>,
    /// What its level is changed by so that all tracks sound alike, dB.
    pub gain_db: f32,
}

/// The tracks there are, in playing order. Cheap to clone but for the list.
#[derive(Clone, Debug)]
pub struct Catalogue {
    ids: Vec<TrackId>,
    library: Option<Library>,
    /// Memory files, on which the paths of the demo tracks rest.
    demo: Arc<[File]>,
    /// The id of the first of them; the others follow.
    demo_first: TrackId,
    /// Where among the channels' lists this one begins, and how many lists there may be.
    turn: (usize, usize),
}

/// Why there is no catalogue: the kernel has no memory file for the demo tracks. A retry may help.
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

impl Catalogue {
    /// The tracks of a library, of which these are known now. None is no reason for the demo tracks yet: the library may
    /// not have looked.
    ///
    /// # Errors
    /// As [`Self::demo`].
    pub fn of(library: Library, ids: Vec<TrackId>) -> Result<Self, Error> {
        Ok(Self { ids, library: Some(library), demo_first: BESIDE_LIBRARY, ..Self::demo()? })
    }

    /// The built-in demo tracks, in sealed memory files so that the decoder opens them like any other.
    ///
    /// # Errors
    /// The kernel refuses a memory file.
    pub fn demo() -> Result<Self, Error> {
        let files = DEMO.iter().map(|(_, bytes)| memory_file(bytes)).collect::<Result<Arc<[File]>, _>>();
        let ids = (1..=DEMO.len() as u64).map(TrackId).collect();
        Ok(Self { ids, library: None, demo: files.map_err(Error)?, demo_first: TrackId(1), turn: (0, 1) })
    }

    /// Takes a new list of all tracks of the library, which has looked for some.
    pub fn relist(&mut self, ids: Vec<TrackId>) {
        self.ids = if ids.is_empty() { self.demo_ids() } else { ids };
    }

    /// Returns the same tracks as a list that begins elsewhere: so that of `turns` channels, each of which goes through all
    /// tracks, no two play the same at the same time.
    pub fn rotated(&self, turn: usize, turns: usize) -> Self {
        Self { turn: (turn, turns), ..self.clone() }
    }

    /// How many tracks there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no track.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// All ids, in playing order.
    pub fn ids(&self) -> Vec<TrackId> {
        let mut ids = self.ids.clone();
        let (turn, turns) = self.turn;
        // At least one track apart, however few there are.
        let apart = ids.len().div_ceil(turns.max(1));
        let begin = (turn * apart).checked_rem(ids.len()).unwrap_or(0);
        ids.rotate_left(begin);
        ids
    }

    /// The track of that id.
    pub fn get(&self, id: TrackId) -> Option<Entry> {
        let library = self.library.as_ref().filter(|_| id < self.demo_first);
        let Some(library) = library else { return self.demo_track(id) };
        let found = library.track(id).unwrap_or_else(|error| {
            log::warn!("track {id}: {error}");
            None
        })?;
        let art = art_url(&found);
        let (gain_db, start_ms, end_ms) = (found.gain_db(), found.start_ms, found.end_ms);
        let artist = Some(found.tags.artist).filter(|artist| !artist.is_empty());
        let about = TrackInfo { title: Some(found.tags.title), artist, duration_ms: found.tags.duration_ms };
        Some(Entry { path: found.path, about, album: found.tags.album, art, start_ms, end_ms, gain_db })
    }

    fn demo_ids(&self) -> Vec<TrackId> {
        (self.demo_first.0..).map(TrackId).take(self.demo.len()).collect()
    }

    fn demo_track(&self, id: TrackId) -> Option<Entry> {
        let index = usize::try_from(id.0.checked_sub(self.demo_first.0)?).ok()?;
        let (file, (title, _)) = self.demo.get(index).zip(DEMO.get(index))?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let about = TrackInfo { title: Some((*title).to_owned()), ..TrackInfo::default() };
        Some(Entry { path, about, album: String::new(), art: None, start_ms: 0, end_ms: None, gain_db: 0.0 })
    }

    /// The track of that id as lists show it.
    pub fn show(&self, id: TrackId) -> Option<TrackView> {
        let Entry { about, album, art, .. } = self.get(id)?;
        let (title, artist) = (about.title.unwrap_or_default(), about.artist.unwrap_or_default());
        Some(TrackView { id, title, artist, album, duration_ms: about.duration_ms, art })
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
        let catalogue = Catalogue::demo().unwrap();
        assert_eq!(catalogue.ids(), [1, 2, 3].map(TrackId));
        let path = catalogue.get(TrackId(1)).unwrap().path;
        assert_eq!(std::fs::read(&path).unwrap(), DEMO[0].1);
        assert!(File::options().write(true).open(path).and_then(|mut f| f.write_all(b"x")).is_err());
        assert_eq!((catalogue.get(TrackId(0)), catalogue.get(TrackId(4))), (None, None));
    }

    #[test]
    fn demo_tracks_give_way_to_music_and_come_back_when_it_is_gone() {
        let mut catalogue = Catalogue { demo_first: BESIDE_LIBRARY, ..Catalogue::demo().unwrap() };
        catalogue.relist(Vec::new());
        let ids = catalogue.ids();
        catalogue.relist(vec![TrackId(7)]);
        assert_eq!(catalogue.ids(), [TrackId(7)]);
        assert!(catalogue.get(ids[0]).is_some(), "the one that still plays keeps its title");
        catalogue.relist(Vec::new());
        assert_eq!(catalogue.ids(), ids);
    }

    #[test]
    fn channels_begin_with_different_tracks_as_long_as_there_are_any() {
        let catalogue = Catalogue::demo().unwrap();
        let begins = |turn| catalogue.rotated(turn, 8).ids()[0];
        assert_eq!([0, 1, 2, 3].map(begins), [1, 2, 3, 1].map(TrackId));
        let mut many = catalogue.rotated(3, 8);
        many.relist((0..800).map(TrackId).collect());
        assert_eq!((many.ids()[0], many.ids().len()), (TrackId(300), 800));
        assert_eq!(Catalogue { ids: Vec::new(), ..catalogue.rotated(3, 8) }.ids(), []);
    }

    #[test]
    fn demo_tracks_stay_within_two_megabytes() {
        assert!(DEMO.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() <= 2_000_000);
    }
}

//! Which tracks there are: those of the library, or the built-in demo tracks.
//!
//! Nothing is opened or parsed here; a file is judged by the decoder when its turn comes. The demo tracks are no part of
//! the library: a box without music of its own has nothing to search.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use audio::decode::TrackInfo;
use library::Library;
use net::party_view::{TrackView, art_url};
use party::TrackId;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

/// The demo tracks: made by the project (`firmware/audio/examples/compose`), under the project's licence.
const DEMO: [(&str, &[u8]); 3] = [
    ("Porch Light", include_bytes!("../demo/porch-light.opus")),
    ("Paper Lanterns", include_bytes!("../demo/paper-lanterns.opus")),
    ("Night Bus", include_bytes!("../demo/night-bus.opus")),
];

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

/// The tracks there are, in playing order.
#[derive(Debug)]
pub struct Catalogue {
    ids: Vec<TrackId>,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Library(Library),
    /// A track's id is its position plus one. The files are memory files, on which the tracks' paths rest.
    Demo(Vec<File>),
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
    /// The tracks of a library, of which these are known now.
    pub fn of(library: Library, ids: Vec<TrackId>) -> Self {
        Self { ids, source: Source::Library(library) }
    }

    /// The built-in demo tracks, in sealed memory files so that the decoder opens them like any other.
    ///
    /// # Errors
    /// The kernel refuses a memory file.
    pub fn demo() -> Result<Self, Error> {
        let files = DEMO.iter().map(|(_, bytes)| memory_file(bytes)).collect::<Result<Vec<_>, _>>();
        Ok(Self { ids: (1..=DEMO.len() as TrackId).collect(), source: Source::Demo(files.map_err(Error)?) })
    }

    /// Takes a new list of all tracks.
    pub fn relist(&mut self, ids: Vec<TrackId>) {
        self.ids = ids;
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
        self.ids.clone()
    }

    /// The track of that id.
    pub fn get(&self, id: TrackId) -> Option<Entry> {
        match &self.source {
            Source::Library(library) => {
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
            Source::Demo(files) => {
                let index = usize::try_from(id).ok()?.checked_sub(1)?;
                let (file, (title, _)) = files.get(index).zip(DEMO.get(index))?;
                let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
                let about = TrackInfo { title: Some((*title).to_owned()), ..TrackInfo::default() };
                Some(Entry { path, about, album: String::new(), art: None, start_ms: 0, end_ms: None, gain_db: 0.0 })
            }
        }
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
        assert_eq!(catalogue.ids(), [1, 2, 3]);
        let path = catalogue.get(1).unwrap().path;
        assert_eq!(std::fs::read(&path).unwrap(), DEMO[0].1);
        assert!(File::options().write(true).open(path).and_then(|mut f| f.write_all(b"x")).is_err());
        assert_eq!((catalogue.get(0), catalogue.get(4)), (None, None));
    }

    #[test]
    fn demo_tracks_stay_within_two_megabytes() {
        assert!(DEMO.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() <= 2_000_000);
    }
}

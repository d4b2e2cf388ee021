//! Which tracks there are: the music files below a directory, or the built-in demo tracks.
//!
//! Names only. Nothing is opened or parsed here; a file is judged by the decoder when its turn comes. Symbolic links are
//! not followed, so that a folder cannot lead out of itself or in circles.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use party::TrackId;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

/// Most tracks a catalogue holds; the rest of a larger directory is left out and the log says so.
pub const TRACKS_MAX: usize = 100_000;

/// Deepest directory below the given one that is searched.
const DEPTH_MAX: usize = 16;

/// Endings of files that are offered to the decoder, lower case.
const ENDINGS: [&str; 12] = ["mp3", "m4a", "m4b", "aac", "flac", "ogg", "oga", "opus", "wav", "aif", "aiff", "aifc"];

/// The demo tracks: made by the project (`firmware/audio/examples/compose`), under the project's licence.
const DEMO: [(&str, &[u8]); 3] = [
    ("Porch Light", include_bytes!("../demo/porch-light.opus")),
    ("Paper Lanterns", include_bytes!("../demo/paper-lanterns.opus")),
    ("Night Bus", include_bytes!("../demo/night-bus.opus")),
];

/// One track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it can be opened.
    pub path: PathBuf,
    /// What to show until its tags are known.
    pub title: String,
}

/// The tracks there are, in playing order. A track's id is its position plus one.
#[derive(Debug, Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
    /// Keeps the demo tracks' memory files open, on which their paths rest.
    _demo_files: Vec<File>,
}

/// Why there is no catalogue.
#[derive(Debug)]
pub enum Error {
    /// The music directory cannot be listed: the user's to mend.
    Directory {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The kernel has no memory file for the demo tracks: a retry may help.
    Demo(std::io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory { path, source } => {
                write!(f, "cannot read the music directory {}: {source}; name another with --music", path.display())
            }
            Self::Demo(source) => write!(f, "cannot unpack the demo tracks: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Directory { source, .. } | Self::Demo(source) => Some(source),
        }
    }
}

impl Catalogue {
    /// The music files below `root`, in the order of their paths.
    ///
    /// # Errors
    /// `root` itself cannot be listed. Subdirectories that cannot are left out with a line in the log.
    pub fn scan(root: &Path) -> Result<Self, Error> {
        let error = |source| Error::Directory { path: root.to_owned(), source };
        let root = root.canonicalize().map_err(error)?;
        let mut entries = Vec::new();
        let mut pending = vec![(root.clone(), 0)];
        while let Some((directory, depth)) = pending.pop() {
            let listing = match std::fs::read_dir(&directory) {
                Ok(listing) => listing,
                Err(source) if depth == 0 => return Err(error(source)),
                Err(source) => {
                    log::warn!("left out {}: {source}", directory.display());
                    continue;
                }
            };
            for item in listing.flatten() {
                let Ok(kind) = item.file_type() else { continue };
                let path = item.path();
                if kind.is_dir() && depth < DEPTH_MAX {
                    pending.push((path, depth + 1));
                } else if kind.is_file() && is_music(&path) {
                    entries.push(Entry { title: title_of(&path), path });
                }
            }
            if entries.len() > TRACKS_MAX {
                log::warn!("{} holds more than {TRACKS_MAX} tracks; the rest is left out", root.display());
                entries.truncate(TRACKS_MAX);
                break;
            }
        }
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { entries, _demo_files: Vec::new() })
    }

    /// The built-in demo tracks, in sealed memory files so that the decoder opens them like any other.
    ///
    /// # Errors
    /// The kernel refuses a memory file.
    pub fn demo() -> Result<Self, Error> {
        let files = DEMO.iter().map(|(_, bytes)| memory_file(bytes)).collect::<Result<Vec<_>, _>>();
        let files = files.map_err(Error::Demo)?;
        let entry = |(file, (title, _)): (&File, &(&str, &[u8]))| Entry {
            path: PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd())),
            title: (*title).to_owned(),
        };
        Ok(Self { entries: files.iter().zip(&DEMO).map(entry).collect(), _demo_files: files })
    }

    /// How many tracks there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no track.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All ids, in playing order.
    pub fn ids(&self) -> Vec<TrackId> {
        (1..=self.entries.len() as TrackId).collect()
    }

    /// The track of that id.
    pub fn get(&self, id: TrackId) -> Option<&Entry> {
        self.entries.get(usize::try_from(id).ok()?.checked_sub(1)?)
    }
}

fn is_music(path: &Path) -> bool {
    let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

fn title_of(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
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
    fn music_is_found_in_order_and_other_files_are_not() {
        let root = tempfile::tempdir().unwrap();
        for name in ["b/2.FLAC", "a/1.mp3", "cover.jpg", "notes", "z.opus"] {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        std::os::unix::fs::symlink(root.path(), root.path().join("circle")).unwrap();
        let catalogue = Catalogue::scan(root.path()).unwrap();
        let titles: Vec<_> = catalogue.entries.iter().map(|e| e.title.as_str()).collect();
        assert_eq!(titles, ["1", "2", "z"]);
        assert_eq!(catalogue.ids(), [1, 2, 3]);
        assert_eq!(catalogue.get(3).unwrap().title, "z");
        assert_eq!((catalogue.get(0), catalogue.get(4)), (None, None));
    }

    #[test]
    fn a_missing_directory_is_named() {
        let message = Catalogue::scan(Path::new("/nonexistent")).expect_err("no such directory").to_string();
        assert!(message.contains("/nonexistent") && message.contains("--music"), "{message}");
    }

    #[test]
    fn demo_tracks_can_be_opened_by_path_and_not_be_changed() {
        let catalogue = Catalogue::demo().unwrap();
        let path = &catalogue.get(1).unwrap().path;
        assert_eq!(std::fs::read(path).unwrap(), DEMO[0].1);
        assert!(File::options().write(true).open(path).and_then(|mut f| f.write_all(b"x")).is_err());
    }

    #[test]
    fn demo_tracks_stay_within_two_megabytes() {
        assert!(DEMO.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() <= 2_000_000);
    }
}

//! Local storage as a library of tracks: finds files, reads what they say about themselves, and answers questions.
//!
//! [`Library`] is the door: it keeps one SQLite database in step with a folder, by scans and by the kernel's news of
//! changes, and can be asked at any time, also while it scans. Files are hostile: this process reads bytes of them and
//! parses none; a [`worker`] process, locked in by whoever starts it, does. What is to be played, and who may ask, is
//! decided elsewhere.

mod art;
mod brought;
mod color;
pub mod distrust;
mod failed;
mod fingerprint;
mod guests;
mod inspect;
mod key;
mod level;
mod library;
mod lists;
mod measure;
mod picture;
mod playlists;
mod progress;
mod scan;
mod selection;
mod settings;
mod shared;
mod sticks;
mod store;
mod tags;
pub mod text;
mod upload;
mod uploads;
mod walk;
mod watch;
mod wire;
pub mod words;
pub mod worker;
mod writer;

pub use self::art::{ArtSize, Picture};
pub use self::guests::{GUESTS_UPLOADS_MAX, GuestsPlace};
pub use self::inspect::WorkerCommand;
pub use self::level::{Loudness, Part};
pub use self::library::{Error, Library};
pub use self::measure::{Measure, Outcome};
pub use self::playlists::{NotTaken, PLAYLISTS_MAX, PlaylistFile, playlists_below, put_playlist};
pub use self::progress::Progress;
pub use self::selection::{Folder, Selection};
pub use self::settings::{Judge, Settings, Unheard};
pub use self::store::read::{
    Art, AskError, BrokenFile, Filter, Group, GroupBy, LIMIT_DEFAULT, LIMIT_MAX, Playlist, QUERY_CHARS_MAX, Root,
    RootKind, Track, TroubledList,
};
pub use self::tags::{Heard, Tags};
pub use self::upload::Upload;
pub use self::uploads::{UPLOAD_BYTES_MAX, UPLOADS_MAX, UploadError};
pub use self::walk::{DEPTH_MAX, ENDINGS, FILES_MAX};
pub use self::wire::ART_BYTES_MAX;

//! What was blamed for trouble with the sound, as a file: so that a restart does not begin with its own cause.
//!
//! Tracks that silenced a channel or were playing when a pump died, and what the process was ended for. It holds for one version
//! of the firmware: the next one may be cured. Who is blamed is decided in [`super::remedy`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use appliance::state::{Copies, Error, Writer};
use base::{ChannelId, TrackId};
use serde::{Deserialize, Serialize};

use super::ear::Lost;

/// The file's name in the state folder.
const FILE: &str = "suspects";

/// Version of the shape. Another one counts as a file without suspects.
const VERSION: u32 = 1;

/// Tracks that are remembered. Above it the oldest is forgotten, and is suspected again if it gives reason to.
const TRACKS_MAX: usize = 64;

/// Ends of the process that are remembered. Above it the process is not ended any more.
const ENDS_MAX: usize = 32;

/// How long it is waited for the storage before the process ends. What is not stored then counts as not remembered.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    firmware: String,
    #[serde(default)]
    track: Vec<Row>,
    #[serde(default)]
    ended: Vec<End>,
}

/// A track, and the checksum of its texts, which tells that the number still means it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: TrackId,
    texts: u32,
}

/// What the process was ended for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    channel: ChannelId,
    lost_in: String,
}

/// The suspects. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub(crate) struct Suspects {
    /// `None`: they last until the box restarts, and the process is never ended because of its sound.
    writer: Option<Arc<Writer>>,
    file: Arc<Mutex<File>>,
}

impl Suspects {
    /// Reads what `writer`'s folder says. What is wrong with the file is logged, and then there are none.
    pub(crate) fn read(writer: Option<Arc<Writer>>) -> Self {
        let read = |writer: &Arc<Writer>| {
            let text = writer.folder().read(FILE);
            let text =
                text.inspect_err(|error| log::warn!("earlier trouble with the sound is forgotten: {error}")).ok()??;
            toml::from_slice::<File>(&text).ok().filter(|file| {
                let is_ours = (file.version, file.firmware.as_str()) == (VERSION, env!("CARGO_PKG_VERSION"));
                is_ours && file.track.len() <= TRACKS_MAX && file.ended.len() <= ENDS_MAX
            })
        };
        let file = writer.as_ref().and_then(read).unwrap_or_else(|| File {
            version: VERSION,
            firmware: env!("CARGO_PKG_VERSION").to_owned(),
            ..File::default()
        });
        Self { writer, file: Arc::new(Mutex::new(file)) }
    }

    /// The file stays right whatever panicked elsewhere: it is only ever changed in one step.
    fn file(&self) -> MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether this track is suspected.
    pub(super) fn has(&self, id: TrackId, texts: u32) -> bool {
        self.file().track.contains(&Row { id, texts })
    }

    /// Suspects a track from now on.
    pub(super) fn accuse(&self, id: TrackId, texts: u32) {
        let mut file = self.file();
        file.track.retain(|row| row.id != id);
        file.track.push(Row { id, texts });
        let surplus = file.track.len().saturating_sub(TRACKS_MAX);
        file.track.drain(..surplus);
        self.write(&file, |_| {});
    }

    /// Suspects a track no longer.
    pub(super) fn acquit(&self, id: TrackId) {
        let mut file = self.file();
        file.track.retain(|row| row.id != id);
        self.write(&file, |_| {});
    }

    /// Returns whether the process may be ended because sound of `channel` is `lost`: once, and only if that is remembered.
    pub(super) fn may_end(&self, channel: ChannelId, lost: Lost) -> bool {
        let mut file = self.file();
        let end = End { channel, lost_in: lost.id().to_owned() };
        if self.writer.is_none() || file.ended.contains(&end) || file.ended.len() >= ENDS_MAX {
            return false;
        }
        file.ended.push(end);
        let (written, told) = mpsc::channel();
        self.write(&file, move |result| _ = written.send(result));
        matches!(told.recv_timeout(PATIENCE), Ok(Ok(())))
    }

    fn write(&self, file: &File, then: impl FnOnce(Result<(), Error>) + Send + 'static) {
        let Some(writer) = &self.writer else { return };
        let text = toml::to_string(file).expect("numbers and strings make a table");
        writer.write(FILE, text.into_bytes(), Copies::Newest, Box::new(then));
    }
}

#[cfg(test)]
mod tests {
    use appliance::state::Folder;

    use super::*;

    fn suspects(path: &std::path::Path) -> Suspects {
        let folder = Folder::open(path.to_owned()).expect("a folder");
        Suspects::read(Some(Arc::new(Writer::new(Arc::new(folder)).expect("a thread"))))
    }

    fn channel_named(name: &str) -> ChannelId {
        ChannelId::new(name).expect("a legal name")
    }

    #[test]
    fn what_was_blamed_outlasts_a_restart_and_no_process_ends_twice_for_the_same() {
        let directory = tempfile::tempdir().expect("a folder");
        let before = suspects(directory.path());
        (0..100).for_each(|n| before.accuse(TrackId(n), 7));
        before.acquit(TrackId(98));
        assert!(before.may_end(channel_named("main"), Lost::InEncoder));
        drop(before);
        let after = suspects(directory.path());
        assert!(after.has(TrackId(99), 7) && !after.has(TrackId(99), 8), "another track has that number now");
        assert!(!after.has(TrackId(98), 7) && !after.has(TrackId(0), 7), "acquitted, and the oldest");
        assert_eq!(after.file().track.len(), TRACKS_MAX - 1);
        assert!(!after.may_end(channel_named("main"), Lost::InEncoder), "it did not help");
        assert!(after.may_end(channel_named("main"), Lost::InMix));
        assert!(after.may_end(channel_named("green"), Lost::InEncoder));
    }

    #[test]
    fn without_a_memory_the_process_is_never_ended() {
        assert!(!Suspects::read(None).may_end(channel_named("main"), Lost::InMix));
    }

    #[test]
    fn another_version_of_the_firmware_begins_without_suspects() {
        let directory = tempfile::tempdir().expect("a folder");
        let ours = suspects(directory.path());
        ours.accuse(TrackId(1), 7);
        ours.file().firmware = "0.0.0-other".to_owned();
        ours.accuse(TrackId(2), 7);
        drop(ours);
        assert!(!suspects(directory.path()).has(TrackId(2), 7));
    }

    #[test]
    fn a_full_file_is_small() {
        let row = Row { id: TrackId(u64::MAX >> 1), texts: u32::MAX };
        let end = End { channel: channel_named("a"), lost_in: "encoder".to_owned() };
        let file = File { track: vec![row; TRACKS_MAX], ended: vec![end; ENDS_MAX], ..File::default() };
        assert!(toml::to_string(&file).unwrap().len() < appliance::state::FILE_BYTES_MAX);
    }
}

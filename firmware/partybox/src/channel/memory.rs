//! The party's settings, volume and queue as a file: how they outlast a restart.
//!
//! Written with every change by people; who made it is answered once it is written (see [`crate::settling`]). What plays by itself
//! changes nothing in it, so a box that just plays does not write; an item of the queue that begins to play does, once, so that it
//! does not come back. Nothing in it says which guest wanted what. Should the storage lose it, the file as it was before the last
//! change holds.
//!
//! A track is named by its number in the library, which survives rescans and renames. Should the library be rebuilt,
//! the number may mean another track: a checksum of its texts tells, and the item is left out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::sync::Arc;

use appliance::state::{Copies, Error, Folder, Writer, peek};
use base::{ChannelId, Time, TrackId};
use crc::{CRC_32_ISO_HDLC, Crc};
use party::{Change, Party, QUEUE_MAX, Saved, SavedItem, Settings, TITLE_CHARS_MAX, Volume};
use serde::{Deserialize, Serialize};
use web::track::TrackView;

/// The name of the first channel's file in the state folder, and what those of the others begin with.
const FILE: &str = "party";

/// The channel whose file has that name: the one with which a box begins.
pub(crate) const FIRST: &str = "main";

/// Version of the shape. Another one is refused, and the file is kept aside.
const VERSION: u32 = 2;

/// The version whose settings are all that held, whoever said them. Those that are not the defaults count as set by hosts.
const VERSION_OF_SNAPSHOTS: u32 = 1;

/// Time until tracks of which something is to be written are asked for again, ms, where nobody says what they are.
const ASK_EVERY_MS: u64 = 100;

const CHECKSUM: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    title: String,
    /// Left out by versions that did not keep it.
    #[serde(default)]
    volume_db: f32,
    /// Those that hosts have set.
    settings: Change,
    #[serde(default)]
    item: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    track: TrackId,
    texts: u32,
    round: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    votes: u32,
    #[serde(default, skip_serializing_if = "is_false")]
    host: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pinned: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    boosted: bool,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_false(fact: &bool) -> bool {
    !fact
}

/// What keeps the file as the party is.
#[derive(Debug)]
pub(super) struct Memory {
    /// `None`: settings and queue last until the box restarts.
    writer: Option<Arc<Writer>>,
    /// The file's name in the state folder.
    file: Cow<'static, str>,
    /// The revision of the party that was handed to the writer; `None`: what is there is another one's.
    written: Option<u64>,
    /// When tracks of which something is to be written were not known last.
    postponed: Option<Time>,
}

impl Memory {
    /// Keeps the file of `channel` in `writer`'s folder.
    ///
    /// What is there of a channel that was not `resumed` is replaced at the first opportunity: it was another one's.
    pub(super) fn new(writer: Option<Arc<Writer>>, channel: ChannelId, resumed: bool) -> Self {
        let is_first = channel.as_str() == FIRST;
        let file = if is_first { FILE.into() } else { format!("{FILE}-{channel}").into() };
        Self { writer, file, written: resumed.then_some(0), postponed: None }
    }

    /// Returns the file's name in the state folder.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// Returns whether the file of that name keeps what a channel is.
    pub(super) fn is_one(file: &str) -> bool {
        file.strip_prefix(FILE).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    /// What the file says, of the tracks that are there. What is wrong with it is logged, and the party then
    /// starts with nothing.
    pub(super) fn read(&self, mut tracks: impl FnMut(TrackId) -> Option<TrackView>) -> Option<Saved> {
        let folder = self.writer.as_deref()?.folder();
        let file = folder.read_or_older(&self.file, "the queue is not as it was", whole)?;
        Some(saved(file, |track| tracks(track).as_ref().map(checksum)))
    }

    /// Hands what has changed to the writer. What `tracks` does not know yet is waited for: without its checksum it would be left
    /// out. Returns whether the writer has everything. To be called with every change.
    pub(super) fn keep(
        &mut self,
        party: &Party,
        tracks: impl Fn(TrackId) -> Option<Option<TrackView>>,
        now: Time,
    ) -> bool {
        if self.postponed.is_some_and(|postponed| now < postponed.plus_millis(ASK_EVERY_MS)) {
            return false;
        }
        let has_all = self.write(party, tracks);
        self.postponed = (!has_all).then_some(now);
        has_all
    }

    /// Hands what has changed to the writer, unless `tracks` knows nothing yet of one that it is about; inside is nothing if there
    /// is no such track. Returns whether the writer has everything.
    pub(super) fn write(&mut self, party: &Party, tracks: impl Fn(TrackId) -> Option<Option<TrackView>>) -> bool {
        let Some(writer) = &self.writer else { return true };
        let revision = party.saved_revision();
        if self.written == Some(revision) {
            return true;
        }
        let saved = party.saved();
        let known = saved.items.iter().map(|item| Some((item.track, tracks(item.track)?.as_ref().map(checksum))));
        let Some(known) = known.collect::<Option<HashMap<TrackId, Option<u32>>>>() else { return false };
        self.written = Some(revision);
        let text = to_text(&saved, |track| known.get(&track).copied().flatten());
        // What the storage refuses, the writer says and owes.
        writer.write(self.file.clone(), text.into_bytes(), Copies::AndOlder, Box::new(|_| {}));
        true
    }
}

/// Forgets what hosts have set each channel's crossfade to, in the files of a box that does not run yet. When this returns, it is
/// on the storage.
///
/// # Errors
/// The storage refuses.
pub(crate) fn forget_crossfades(folder: &Folder) -> Result<(), Error> {
    let system = |error| Error::System(folder.path().to_owned(), error);
    for entry in fs::read_dir(folder.path()).map_err(system)? {
        let name = entry.map_err(system)?.file_name();
        let Some(name) = name.to_str().filter(|name| Memory::is_one(name)) else { continue };
        // One that is not whole is set aside when its channel reads it.
        let Some(text) = peek(folder.path(), name) else { continue };
        let Ok(mut file) = toml::from_str::<File>(&text) else { continue };
        if file.settings.crossfade_ms.take().is_some() {
            folder.write(name, toml::to_string(&file).expect("numbers and strings make a table").as_bytes())?;
        }
    }
    Ok(())
}

/// Returns whether this is a text as a channel's file of this name is; `None` if no channel has such a file.
pub(super) fn is_whole(name: &str, text: &str) -> Option<bool> {
    let of_channel = name == FILE || name.strip_prefix("party-").is_some_and(|id| ChannelId::new(id).is_ok());
    of_channel.then(|| whole(text.as_bytes()).is_some())
}

/// What tells that a number still means the same track.
pub(super) fn checksum(track: &TrackView) -> u32 {
    let mut digest = CHECKSUM.digest();
    for text in [&track.title, &track.artist] {
        digest.update(text.as_bytes());
        digest.update(&[0]);
    }
    digest.finalize()
}

fn to_text(saved: &Saved, texts: impl Fn(TrackId) -> Option<u32>) -> String {
    let row = |item: &SavedItem| {
        let SavedItem { track, by_host: host, pinned, boosted, round, votes } = *item;
        Some(Row { track, texts: texts(track)?, round, votes, host, pinned, boosted })
    };
    let item = saved.items.iter().filter_map(row).collect();
    let (title, volume_db) = (saved.title.clone(), saved.volume.db());
    let file = File { version: VERSION, title, volume_db, settings: saved.settings.clone(), item };
    toml::to_string(&file).expect("numbers and strings make a table")
}

/// What a text says; `None` if this is not such a text.
fn whole(text: &[u8]) -> Option<File> {
    let mut file: File = toml::from_slice(text).ok()?;
    let whole = Settings::default().changed(&file.settings).ok()?;
    match file.version {
        VERSION => {}
        VERSION_OF_SNAPSHOTS => file.settings = Change::between(&Settings::default(), &whole),
        _ => return None,
    }
    let fits = file.item.len() <= QUEUE_MAX && file.title.chars().count() <= TITLE_CHARS_MAX;
    fits.then_some(())?;
    Volume::nearest(file.volume_db)?;
    Some(file)
}

/// What a file says of the tracks whose texts are still the same.
fn saved(file: File, mut texts: impl FnMut(TrackId) -> Option<u32>) -> Saved {
    let File { settings, title, volume_db, item, .. } = file;
    let known = item.into_iter().filter(|row| texts(row.track) == Some(row.texts));
    let items = known.map(|row| {
        let Row { track, host: by_host, pinned, boosted, round, votes, .. } = row;
        SavedItem { track, by_host, pinned, boosted, round, votes }
    });
    Saved { settings, volume: Volume::nearest(volume_db).unwrap_or_default(), title, items: items.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use appliance::state::FILE_BYTES_MAX;

    fn from_text(text: &[u8], texts: impl FnMut(TrackId) -> Option<u32>) -> Option<Saved> {
        whole(text).map(|file| super::saved(file, texts))
    }

    fn saved(count: u64) -> Saved {
        let item = |n: u64| SavedItem {
            track: TrackId(1_000_000 + n),
            by_host: n.is_multiple_of(2),
            pinned: n < 2,
            boosted: n.is_multiple_of(3),
            round: n as u32,
            votes: 1_000,
        };
        let title = "Garden \"party\"".to_owned();
        let volume = Volume::nearest(-12.0).unwrap();
        let settings = Change { per_guest_max: Some(3), skip_share: Some(0.25), ..Change::default() };
        Saved { settings, volume, title, items: (0..count).map(item).collect() }
    }

    #[test]
    fn what_is_written_is_read() {
        for count in [0, 3] {
            let text = to_text(&saved(count), |track| Some(track.0 as u32));
            assert_eq!(from_text(text.as_bytes(), |track| Some(track.0 as u32)), Some(saved(count)), "{text}");
        }
    }

    #[test]
    fn a_file_that_knows_no_volume_is_as_loud_as_can_be() {
        let text = to_text(&saved(0), |_| None).replace("volume_db = -12.0\n", "");
        assert_eq!(from_text(text.as_bytes(), |_| None).map(|saved| saved.volume), Some(Volume::FULL), "{text}");
    }

    #[test]
    fn a_snapshot_of_all_settings_holds_what_is_not_the_default() {
        let settings = Settings { crossfade_ms: 2_500, per_guest_max: 5, ..Settings::default() };
        let text = to_text(&saved(1), |_| Some(7)).replace("version = 2", "version = 1");
        let (before, after) = (text.find("[settings]").unwrap(), text.find("[[item]]").unwrap());
        let snapshot = toml::to_string(&settings).unwrap();
        let text = format!("{}[settings]\n{snapshot}\n{}", &text[..before], &text[after..]);
        let read = from_text(text.as_bytes(), |_| Some(7)).expect("the version before is read");
        let set = Change { crossfade_ms: Some(2_500), per_guest_max: Some(5), ..Change::default() };
        assert_eq!(read, Saved { settings: set, ..saved(1) }, "{text}");
    }

    #[test]
    fn the_longest_queue_fits_into_a_file() {
        let text = to_text(&saved(QUEUE_MAX as u64), |_| Some(u32::MAX));
        assert!(text.len() <= FILE_BYTES_MAX, "{} bytes", text.len());
    }

    #[test]
    fn a_track_that_is_gone_or_another_now_is_left_out() {
        let text = to_text(&saved(3), |track| Some(track.0 as u32));
        let read = from_text(text.as_bytes(), |track| (track != TrackId(1_000_000)).then_some(1_000_001)).unwrap();
        assert_eq!(read.items.iter().map(|item| item.track).collect::<Vec<_>>(), [TrackId(1_000_001)]);
    }

    #[test]
    fn every_channels_crossfade_is_forgotten_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(directory.path().to_owned()).unwrap();
        let with = |crossfade_ms| {
            let settings = Change { crossfade_ms, ..saved(1).settings };
            to_text(&Saved { settings, ..saved(1) }, |_| Some(7))
        };
        for name in ["party", "party-red", "network"] {
            folder.write(name, with(Some(4_000)).as_bytes()).unwrap();
        }
        forget_crossfades(&folder).unwrap();
        for (name, crossfade_ms) in [("party", None), ("party-red", None), ("network", Some(4_000))] {
            assert_eq!(peek(directory.path(), name), Some(with(crossfade_ms)), "{name}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_as_a_whole() {
        let text = to_text(&saved(3), |_| Some(7));
        for wrong in [
            String::new(),
            text.replace("version = 2", "version = 3"),
            text.replace("per_guest_max = 3", "per_guest_max = 99"),
            text.replace("volume_db = -12.0", "volume_db = 3.0"),
            text.replace("volume_db = -12.0", "volume_db = nan"),
            text.replace("round = 1", "round = -1"),
            text.replace("round = 1", "round = 1\nguest = 3"),
            text.replace("Garden", &"x".repeat(TITLE_CHARS_MAX)),
        ] {
            assert_ne!(wrong, text);
            assert_eq!(from_text(wrong.as_bytes(), |_| Some(7)), None, "{wrong}");
        }
    }
}

//! A backup of what the box keeps, and the way back: one value with the files of the state folder that people have a part in, and the
//! playlists among the box's own music.
//!
//! Each file has a version of its own and is read by whoever keeps it, also as an older version wrote it; here it is only asked
//! whether it can be read. What comes back is put aside first, and takes its place when the box starts the next time: until then
//! the running box writes its own. Playlists nobody writes but people: they take their place at once. Music itself is not in it, and
//! playlists of a stick stay on the stick.

use std::fs;
use std::path::Path;

use appliance::credentials::Credentials;
use appliance::state::{Error, Folder, peek};
use appliance::{rules, wifi};
use library::{NotTaken, PLAYLISTS_MAX, PlaylistFile, playlists_below, put_playlist};
use serde_json::{Map, Value, json};
use web::settings::{LeftOut, NotRestored, Reason};

use super::kept::{self, Kept};
use super::keys::Key;
use super::layers::Layers;
use crate::config::Config;
use crate::{channel, hosts};

/// Version of the shape.
const VERSION: u64 = 1;

/// What the name of a file begins with until it takes its place.
const ASIDE: &str = "restored-";

/// The file that says that all of them are there.
const COMPLETE: &str = "restore";

/// Files of one backup: channels have one each.
const FILES_MAX: usize = 32;

/// Bytes of the playlists of one backup, as JSON: with all files beside them they fit into what is taken back
/// (`web::http::limits::BACKUP_BYTES_MAX`).
const PLAYLISTS_BYTES_MAX: usize = 3 * 1024 * 1024;

/// Whether a text is a file of this name; `None` if there is no such file.
fn is_whole(name: &str, text: &str) -> Option<bool> {
    Some(match name {
        kept::FILE => Kept::is_whole(text),
        rules::FILE => rules::Change::is_whole(text),
        wifi::FILE => Credentials::parse(text).is_some(),
        hosts::FILE => hosts::from_text(text.as_bytes()).is_some(),
        _ => channel::is_whole(name, text)?,
    })
}

/// Returns what is kept in this folder, with the hosts if that is wanted, and the playlists in the folder of `music`, if there is one.
pub fn save(folder: &Folder, with_hosts: bool, music: &Path) -> Value {
    let names = fs::read_dir(folder.path())
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut files = Map::new();
    for name in names.filter(|name| with_hosts || name != hosts::FILE) {
        let text = peek(folder.path(), &name).filter(|text| is_whole(&name, text) == Some(true));
        if let Some(text) = text {
            files.insert(name, text.into());
        }
    }
    let (playlists, not_saved) = save_playlists(music);
    json!({
        "partybox_backup": VERSION,
        "version": env!("CARGO_PKG_VERSION"),
        "files": files,
        "playlists": playlists,
        "not_saved": not_saved,
    })
}

/// Returns the playlists by their paths, and the paths of those for which there is no room.
fn save_playlists(music: &Path) -> (Map<String, Value>, Vec<String>) {
    let none = || (Vec::new(), Vec::new());
    let (found, mut not_saved) = if music.as_os_str().is_empty() {
        none()
    } else {
        let listed = playlists_below(music);
        listed.inspect_err(|error| log::warn!("no playlist is in the backup: {error}")).unwrap_or_else(|_| none())
    };
    let (mut playlists, mut bytes) = (Map::new(), 0);
    for PlaylistFile { path, bytes: list } in found {
        // What is no UTF-8 is old: each byte is the letter of that number.
        let value = match String::from_utf8(list) {
            Ok(text) => json!({ "text": text }),
            Err(other) => json!({ "bytes": other.as_bytes().iter().map(|byte| char::from(*byte)).collect::<String>() }),
        };
        bytes += path.len() + value.to_string().len();
        if bytes <= PLAYLISTS_BYTES_MAX {
            playlists.insert(path, value);
        } else {
            not_saved.push(path);
        }
    }
    (playlists, not_saved)
}

/// Puts aside what a backup holds, for the next start, and playlists into their place. Returns what is left out: what this version does
/// not know, and what is not possible on this box, whose configuration without hosts is `base`. When this returns, it is on the
/// storage.
///
/// # Errors
/// It is no backup, is too new, or cannot be kept; then nothing of it counts.
pub fn restore(folder: &Folder, backup: &Value, base: &Config) -> Result<Vec<LeftOut>, NotRestored> {
    match backup["partybox_backup"].as_u64() {
        Some(VERSION) => {}
        Some(later) if later > VERSION => return Err(NotRestored::TooNew),
        _ => return Err(NotRestored::NoBackup),
    }
    let files = backup["files"].as_object().filter(|files| files.len() <= FILES_MAX).ok_or(NotRestored::NoBackup)?;
    let mut left_out = Vec::new();
    let mut leave_out = |name: &str, why| left_out.push(LeftOut { name: name.to_owned(), why });
    let known = ["partybox_backup", "version", "files", "playlists", "not_saved"];
    let parts = backup.as_object().into_iter().flat_map(Map::keys);
    parts.filter(|part| !known.contains(&part.as_str())).for_each(|part| leave_out(part, Reason::Unknown));
    let not_saved = backup["not_saved"].as_array().into_iter().flatten().filter_map(Value::as_str);
    not_saved.take(PLAYLISTS_MAX).for_each(|name| leave_out(name, Reason::NotSaved));
    let mut taken = Vec::new();
    for (name, text) in files {
        match text.as_str().and_then(|text| is_whole(name, text)) {
            Some(true) => {}
            Some(false) => {
                leave_out(name, Reason::Damaged);
                continue;
            }
            None => {
                leave_out(name, Reason::Unknown);
                continue;
            }
        }
        let text = text.as_str().unwrap_or_default();
        let text = if name == kept::FILE { possible(text, base, &mut leave_out) } else { text.to_owned() };
        taken.push((name, text));
    }
    let put = || -> Result<(), Error> {
        taken.iter().try_for_each(|(name, text)| folder.write(&format!("{ASIDE}{name}"), text.as_bytes()))?;
        let names: Vec<&str> = taken.iter().map(|(name, _)| name.as_str()).collect();
        folder.write(COMPLETE, names.join("\n").as_bytes())
    };
    put().map_err(|error| {
        log::warn!("the backup cannot be taken: {error}");
        NotRestored::NotKept
    })?;
    restore_playlists(&backup["playlists"], &base.source.music, &mut leave_out);
    Ok(left_out)
}

/// Returns what of hosts' settings is possible, and names the rest.
fn possible(text: &str, base: &Config, leave_out: &mut impl FnMut(&str, Reason)) -> String {
    let mut kept = Kept::parse(text);
    let impossible = Layers::new(base, &kept).left_out;
    kept.set.retain(|key, _| {
        let why = match (Key::named(key), impossible.contains_key(key)) {
            (None, _) => Some(Reason::Unknown),
            (Some(_), true) => Some(Reason::Impossible),
            (Some(_), false) => None,
        };
        why.into_iter().for_each(|why| leave_out(key, why));
        why.is_none()
    });
    kept.to_toml()
}

/// Puts playlists into the folder of `music`, and names those that cannot be.
fn restore_playlists(playlists: &Value, music: &Path, leave_out: &mut impl FnMut(&str, Reason)) {
    let playlists = playlists.as_object().into_iter().flatten();
    for (index, (path, value)) in playlists.enumerate() {
        let bytes = match (value["text"].as_str(), value["bytes"].as_str()) {
            (Some(text), None) => Some(text.as_bytes().to_owned()),
            (None, Some(letters)) => letters.chars().map(|letter| u8::try_from(letter).ok()).collect(),
            _ => None,
        };
        let taken = match bytes {
            _ if index >= PLAYLISTS_MAX => Err(Reason::TooLarge),
            None => Err(Reason::Damaged),
            Some(_) if music.as_os_str().is_empty() => Err(Reason::NotWritten),
            Some(bytes) => put_playlist(music, &PlaylistFile { path: path.clone(), bytes }).map_err(|why| {
                log::warn!("the playlist {path:?} of the backup is left out: {why}");
                match why {
                    NotTaken::Name => Reason::BadName,
                    NotTaken::TooLarge => Reason::TooLarge,
                    NotTaken::System(_) => Reason::NotWritten,
                }
            }),
        };
        // A thousand names are no list that anybody reads, and what was hostile is known by the first.
        taken.err().filter(|_| index <= PLAYLISTS_MAX).into_iter().for_each(|why| leave_out(path, why));
    }
}

/// Lets a backup that was put aside take its place. To be called when the box starts, before anything in the folder is read. A
/// power cut on the way is made up for by the next start.
pub fn complete(folder: &Folder) {
    let Some(names) = peek(folder.path(), COMPLETE) else { return };
    for name in names.lines().filter(|name| is_whole(name, "").is_some()) {
        let Some(text) = peek(folder.path(), &format!("{ASIDE}{name}")) else { continue };
        if let Err(error) = folder.write(name, text.as_bytes()) {
            // It is tried again by the next start, from the first.
            return log::warn!("the backup cannot take its place: {error}");
        }
    }
    let aside = names.lines().map(|name| format!("{ASIDE}{name}"));
    // The list goes first: without it the others mean nothing.
    for name in std::iter::once(COMPLETE.to_owned()).chain(aside) {
        _ = fs::remove_file(folder.path().join(name));
    }
    log::info!("what the box keeps is from a backup");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> (tempfile::TempDir, Folder) {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(directory.path().to_owned()).unwrap();
        (directory, folder)
    }

    const SETTINGS: &str = "version = 1\nasked = true\n[set]\nname = \"Garden\"\n\"opus.complexity\" = 3\n";

    #[test]
    fn what_one_box_kept_another_has_after_its_next_start_and_hosts_only_by_choice() {
        let (_one, folder) = world();
        let hosts = hosts::to_text(&[], 3);
        folder.write(kept::FILE, SETTINGS.as_bytes()).unwrap();
        folder.write(hosts::FILE, hosts.as_bytes()).unwrap();
        folder.write("card", b"version = 1\n[said]\n").unwrap();
        let (_two, other) = world();
        for (with_hosts, kept_hosts) in [(false, None), (true, Some(hosts))] {
            let backup = save(&folder, with_hosts, Path::new(""));
            assert_eq!(restore(&other, &backup, &Config::default()), Ok(vec![]));
            complete(&other);
            let kept = Kept::parse(&peek(other.path(), kept::FILE).expect("settings"));
            assert_eq!(kept, Kept::parse(SETTINGS));
            assert_eq!(peek(other.path(), hosts::FILE), kept_hosts);
            assert_eq!(peek(other.path(), "card"), None, "what the card's file said is this card's");
        }
        let left = fs::read_dir(other.path()).unwrap().count();
        assert_eq!(left, 2, "nothing is left aside");
    }

    #[test]
    fn what_is_unknown_or_impossible_is_named_and_left_out_and_the_rest_is_taken() {
        let (_one, folder) = world();
        let settings =
            format!("{SETTINGS}\"stars.max\" = 3\n\"source.start\" = \"line-in\"\n\"opus.packet_ms\" = 30\n");
        let files = json!({ "settings": settings, "stars": "x", "wifi": "ssid = 3", "../hosts": "x" });
        let backup = json!({ "partybox_backup": 1, "files": files, "songs": [], "not_saved": ["large.m3u"] });
        let mut left_out = restore(&folder, &backup, &Config::default()).expect("a backup");
        left_out.sort();
        let left_out: Vec<_> = left_out.iter().map(|left| (left.name.as_str(), left.why)).collect();
        assert_eq!(
            left_out,
            [
                ("../hosts", Reason::Unknown),
                ("large.m3u", Reason::NotSaved),
                ("opus.packet_ms", Reason::Impossible),
                ("songs", Reason::Unknown),
                ("source.start", Reason::Impossible),
                ("stars", Reason::Unknown),
                ("stars.max", Reason::Unknown),
                ("wifi", Reason::Damaged),
            ]
        );
        assert_eq!(peek(folder.path(), kept::FILE), None, "not before the next start");
        complete(&folder);
        assert_eq!(Kept::parse(&peek(folder.path(), kept::FILE).unwrap()), Kept::parse(SETTINGS));
        for wrong in
            [json!(null), json!({}), json!([1]), json!({ "partybox_backup": "1" }), json!({ "partybox_backup": 1 })]
        {
            assert_eq!(restore(&folder, &wrong, &Config::default()), Err(NotRestored::NoBackup), "{wrong}");
        }
        let later = json!({ "partybox_backup": 2, "files": {} });
        assert_eq!(restore(&folder, &later, &Config::default()), Err(NotRestored::TooNew));
    }

    #[test]
    fn playlists_come_along_and_hostile_ones_are_named_with_the_reason_and_written_nowhere() {
        let (one, folder) = world();
        let (other, elsewhere) = world();
        let (music, target) = (one.path().join("music"), other.path().join("music"));
        for folder in [&music, &target] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(music.join("Rock.m3u"), b"caf\xe9\\1.mp3\r\n").unwrap();
        fs::write(music.join("Pop.m3u8"), "p\u{f6}p/1.mp3\n").unwrap();
        let mut config = Config::default();
        config.source.music.clone_from(&target);
        let backup = save(&folder, false, &music);
        assert_eq!(restore(&elsewhere, &backup, &config), Ok(vec![]));
        for name in ["Rock.m3u", "Pop.m3u8"] {
            assert_eq!(fs::read(target.join(name)).unwrap(), fs::read(music.join(name)).unwrap(), "{name}");
        }
        let hostile = json!({
            "../hosts.m3u": { "text": "x" },
            "/tmp/x.m3u": { "text": "x" },
            "run.sh": { "text": "x" },
            "x.m3u": { "bytes": "\u{263a}" },
            "y.m3u": "x",
            "z.m3u": { "text": "x".repeat(600 * 1024) },
        });
        let backup = json!({ "partybox_backup": 1, "files": {}, "playlists": hostile });
        let before = fs::read_dir(other.path()).unwrap().count();
        let left_out = restore(&elsewhere, &backup, &config).expect("the rest is taken");
        let left_out: Vec<_> = left_out.iter().map(|left| (left.name.as_str(), left.why)).collect();
        assert_eq!(
            left_out,
            [
                ("../hosts.m3u", Reason::BadName),
                ("/tmp/x.m3u", Reason::BadName),
                ("run.sh", Reason::BadName),
                ("x.m3u", Reason::Damaged),
                ("y.m3u", Reason::Damaged),
                ("z.m3u", Reason::TooLarge),
            ]
        );
        let count = |path: &Path| fs::read_dir(path).unwrap().count();
        assert_eq!((count(other.path()), count(&target)), (before, 2));
        let nowhere = json!({ "partybox_backup": 1, "files": {}, "playlists": { "a.m3u": { "text": "x" } } });
        let left_out = restore(&elsewhere, &nowhere, &Config::default()).expect("the rest is taken");
        assert_eq!(left_out, [LeftOut { name: "a.m3u".to_owned(), why: Reason::NotWritten }]);
    }

    #[test]
    fn a_power_cut_between_any_two_steps_leaves_the_old_or_the_new() {
        let (_one, folder) = world();
        // Before all was put aside: nothing counts.
        folder.write("restored-settings", SETTINGS.as_bytes()).unwrap();
        complete(&folder);
        assert_eq!(peek(folder.path(), kept::FILE), None);
        // After some took their place: the next start goes on.
        folder.write(COMPLETE, b"settings\nwifi").unwrap();
        folder.write(kept::FILE, b"version = 1\n").unwrap();
        complete(&folder);
        assert_eq!(peek(folder.path(), kept::FILE).as_deref(), Some(SETTINGS));
        assert_eq!(peek(folder.path(), COMPLETE), None);
    }
}

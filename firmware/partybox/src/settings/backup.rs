//! A backup of what the box keeps, and the way back: one value with the files of the state folder that people have a part in.
//!
//! Each file has a version of its own and is read by whoever keeps it, also as an older version wrote it; here it is only asked
//! whether it can be read. What comes back is put aside first, and takes its place when the box starts the next time: until then
//! the running box writes its own. Playlists are files among the music and not among these.

use std::fs;

use appliance::credentials::Credentials;
use appliance::state::{Error, Folder, peek};
use appliance::{rules, wifi};
use serde_json::{Map, Value, json};
use web::settings::NotRestored;

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

/// Returns what is kept in this folder, with the hosts if that is wanted.
pub fn save(folder: &Folder, with_hosts: bool) -> Value {
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
    json!({ "partybox_backup": VERSION, "version": env!("CARGO_PKG_VERSION"), "files": files })
}

/// Puts aside what a backup holds, for the next start. Returns the names of what is left out: what this version does not know, and
/// values that are not possible on this box, whose configuration without hosts is `base`. When this returns, it is on the storage.
///
/// # Errors
/// It is no backup, or cannot be kept; then nothing of it counts.
pub fn restore(folder: &Folder, backup: &Value, base: &Config) -> Result<Vec<String>, NotRestored> {
    let files = backup["files"].as_object().filter(|_| backup["partybox_backup"] == VERSION);
    let files = files.filter(|files| files.len() <= FILES_MAX).ok_or(NotRestored::NoBackup)?;
    let known = ["partybox_backup", "version", "files"];
    let parts = backup.as_object().into_iter().flat_map(Map::keys);
    let mut left_out: Vec<String> = parts.filter(|part| !known.contains(&part.as_str())).cloned().collect();
    let mut taken = Vec::new();
    for (name, text) in files {
        let Some(text) = text.as_str().filter(|text| is_whole(name, text) == Some(true)) else {
            left_out.push(name.clone());
            continue;
        };
        let text = if name == kept::FILE { possible(text, base, &mut left_out) } else { text.to_owned() };
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
    Ok(left_out)
}

/// Returns what of hosts' settings is possible, and names the rest.
fn possible(text: &str, base: &Config, left_out: &mut Vec<String>) -> String {
    let mut kept = Kept::parse(text);
    let impossible = Layers::new(base, &kept).left_out;
    kept.set.retain(|key, _| {
        let is_possible = Key::named(key).is_some() && !impossible.contains_key(key);
        if !is_possible {
            left_out.push(key.clone());
        }
        is_possible
    });
    kept.to_toml()
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
            let backup = save(&folder, with_hosts);
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
        let backup = json!({ "partybox_backup": 1, "files": files, "playlists": [] });
        let mut left_out = restore(&folder, &backup, &Config::default()).expect("a backup");
        left_out.sort();
        assert_eq!(left_out, ["../hosts", "opus.packet_ms", "playlists", "source.start", "stars", "stars.max", "wifi"]);
        assert_eq!(peek(folder.path(), kept::FILE), None, "not before the next start");
        complete(&folder);
        assert_eq!(Kept::parse(&peek(folder.path(), kept::FILE).unwrap()), Kept::parse(SETTINGS));
        for wrong in
            [json!(null), json!({}), json!({ "partybox_backup": 2, "files": {} }), json!({ "partybox_backup": 1 })]
        {
            assert_eq!(restore(&folder, &wrong, &Config::default()), Err(NotRestored::NoBackup), "{wrong}");
        }
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

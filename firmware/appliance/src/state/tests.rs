//! What is written is read; what was not written is not believed and not lost.

use super::*;
use std::os::unix::fs::PermissionsExt;

const NAME: &str = "hosts";

fn folder() -> (tempfile::TempDir, Folder) {
    let directory = tempfile::tempdir().unwrap();
    let folder = Folder::open(directory.path().join("state/partybox")).unwrap();
    (directory, folder)
}

#[test]
fn what_is_written_is_read_and_the_last_one_counts() {
    let (_directory, folder) = folder();
    assert_eq!(folder.read(NAME).unwrap(), None);
    for content in [&b"first\nlines"[..], b"", &[0xff; FILE_BYTES_MAX], b"last"] {
        folder.write(NAME, content).unwrap();
        assert_eq!(folder.read(NAME).unwrap().as_deref(), Some(content));
    }
}

#[test]
fn only_the_owner_may_read_it() {
    let (_directory, folder) = folder();
    fs::write(folder.path().join(".hosts.new"), "left behind by a power cut").unwrap();
    folder.write(NAME, b"x").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(folder.path()), mode(&folder.path().join(NAME))), (0o700, 0o600));
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, [NAME], "nothing else is left");
}

#[test]
fn every_damage_of_one_byte_and_every_cut_is_noticed() {
    let written = b"version = 1\n\n[[host]]\nid = 7\n";
    let whole = [head(written).as_bytes(), written].concat();
    assert_eq!(content(&whole), Some(&written[..]));
    for at in 0..whole.len() {
        assert_eq!(content(&whole[..at]), None, "cut at {at}");
        for flip in 1..=255 {
            let mut damaged = whole.clone();
            damaged[at] ^= flip;
            assert_eq!(content(&damaged), None, "{flip:#x} at {at}");
        }
    }
    assert_eq!(content(&[&whole[..], b"\0"].concat()), None, "lengthened");
}

#[test]
fn a_damaged_file_is_kept_aside_and_the_next_write_works() {
    let (_directory, folder) = folder();
    let path = folder.path().join(NAME);
    for n in 1..=KEPT_MAX + 2 {
        fs::write(&path, format!("foreign {n}")).unwrap();
        let error = folder.read(NAME).expect_err("nobody wrote this");
        let kept = folder.path().join(format!("hosts.damaged-{}", n.min(KEPT_MAX)));
        assert!(matches!(&error, Error::Damaged(_, name) if *name == kept), "{error}");
        assert_eq!(fs::read_to_string(kept).unwrap(), format!("foreign {n}"));
        assert!(folder.read(NAME).unwrap().is_none());
    }
    folder.write(NAME, b"new").unwrap();
    assert_eq!(folder.read(NAME).unwrap().as_deref(), Some(&b"new"[..]));
}

#[test]
fn what_is_no_file_or_too_large_is_kept_aside_unread() {
    let (_directory, folder) = folder();
    fs::create_dir(folder.path().join(NAME)).unwrap();
    assert!(matches!(folder.read(NAME), Err(Error::Damaged(..))));
    let large = File::create(folder.path().join(NAME)).unwrap();
    large.set_len(1 << 40).unwrap();
    assert!(matches!(folder.read(NAME), Err(Error::Damaged(..))));
    assert!(matches!(folder.write(NAME, &[0; FILE_BYTES_MAX + 1]), Err(Error::TooLarge(_))));
}

#[test]
fn a_second_box_is_kept_out_until_the_first_has_ended() {
    let (_directory, folder) = folder();
    let path = folder.path().to_owned();
    assert!(matches!(Folder::open(path.clone()), Err(Error::InUse(_))));
    drop(folder);
    Folder::open(path).unwrap();
}

#[test]
fn a_folder_that_cannot_be_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Folder::open(file.path().join("state")).expect_err("a file is no folder").to_string();
    assert!(error.contains(&file.path().display().to_string()) && error.lines().count() == 1, "{error}");
}

#[test]
fn a_write_that_fails_leaves_what_was_there() {
    let (directory, folder) = folder();
    folder.write(NAME, b"old").unwrap();
    // Whoever holds the temporary name with a folder makes every write fail, for root as well.
    fs::create_dir_all(folder.path().join(".hosts.new/x")).unwrap();
    assert!(matches!(folder.write(NAME, b"new"), Err(Error::System(..))));
    assert_eq!(folder.read(NAME).unwrap().as_deref(), Some(&b"old"[..]));
    drop(directory);
    assert!(matches!(folder.write(NAME, b"new"), Err(Error::System(..))), "the folder is gone");
}

/// The number that a text is, as a party's file is what it means.
fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn write(folder: &Folder, name: &str, text: &str) {
    let content = Content { name, bytes: text.as_bytes(), copies: Copies::AndOlder };
    folder.write_all(&[content]).pop().unwrap().unwrap();
}

#[test]
fn what_was_written_before_holds_where_the_newest_is_damaged_gone_or_makes_no_sense() {
    let (_directory, folder) = folder();
    let path = folder.path().join("party");
    let read = || folder.read_or_older("party", "it is forgotten", number);
    assert_eq!(read(), None);
    write(&folder, "party", "1");
    assert_eq!(read(), Some(1));
    write(&folder, "party", "2");
    assert_eq!(read(), Some(2));
    fs::write(&path, "half of it").unwrap();
    assert_eq!(read(), Some(1));
    assert!(folder.path().join("party.damaged-1").exists(), "kept for whoever wants to look");
    assert_eq!(read(), Some(1), "though the newest is not even there");
    write(&folder, "party", "3");
    write(&folder, "party", "no number");
    assert_eq!(read(), Some(3), "whole, but of another version");
    fs::write(&path, "x").unwrap();
    fs::write(folder.path().join("party.older"), "y").unwrap();
    assert_eq!(read(), None, "both");
    write(&folder, "party", "4");
    assert_eq!(read(), Some(4));
}

#[test]
fn the_first_place_that_is_named_counts() {
    let place = |configured: &str, variables: &[(&str, &str)]| {
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into());
        place(Path::new(configured), find).map(|path| path.display().to_string()).ok()
    };
    let all = [("STATE_DIRECTORY", "/var/lib/a:/b"), ("XDG_STATE_HOME", "/x"), ("HOME", "/h")];
    assert_eq!(place("/own", &all).as_deref(), Some("/own"));
    assert_eq!(place("", &all).as_deref(), Some("/var/lib/a"));
    assert_eq!(place("", &all[1..]).as_deref(), Some("/x/partybox"));
    assert_eq!(place("", &all[2..]).as_deref(), Some("/h/.local/state/partybox"));
    assert_eq!(
        place("", &[("XDG_STATE_HOME", "relative"), ("HOME", "/h")]).as_deref(),
        Some("/h/.local/state/partybox")
    );
    assert_eq!(place("", &[("HOME", "")]), None);
}

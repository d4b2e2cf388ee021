//! Tests of folders and playlists that can be chosen: what is in them, and what their keys lead to.

use super::{Fact, LIMIT_MAX, Place, RootKind, Shelf, Stamp, shelf_fact, tags, write};
use crate::selection::Selection;

fn folders(shelf: &Shelf, within: Option<&str>) -> Vec<(String, u64, bool)> {
    let found = shelf.reader.folders(within, None, LIMIT_MAX).unwrap();
    found.into_iter().map(|folder| (folder.name, folder.tracks, folder.has_folders)).collect()
}

/// A shelf with a track in each of these files, whose title is the file's path.
fn shelf_with(paths: &[&str]) -> Shelf {
    let mut shelf = Shelf::new();
    let facts: Vec<Fact> = paths.iter().zip(1..).map(|(path, n)| shelf_fact(path, n, tags(path, "", ""))).collect();
    shelf.tell(&facts, paths);
    shelf
}

fn titles_of(shelf: &Shelf, selection: &Selection) -> Vec<String> {
    let ids = shelf.reader.ids_of(selection).unwrap();
    ids.into_iter().map(|id| shelf.reader.track(id).unwrap().expect("it has a file").tags.title).collect()
}

#[test]
fn a_folder_is_found_by_its_key_with_all_that_is_below_it_and_nothing_beside_it() {
    let shelf = shelf_with(&[
        "a.mp3",
        "Jazz/2.mp3",
        "Jazz/1.mp3",
        "Jazz/Bebop/x.mp3",
        "Jazz-Rock/y.mp3",
        "Jazz0/z.mp3",
        "Rock & 50 %/q.mp3",
    ]);
    let places = shelf.reader.folders(None, None, 1).unwrap();
    let music = &places[0];
    assert_eq!((music.name.as_str(), music.kind, music.tracks), ("Music", Some(RootKind::Folder), 7));
    let top = shelf.reader.folders(Some(&music.key), None, LIMIT_MAX).unwrap();
    let told: Vec<_> = top.iter().map(|folder| (folder.name.as_str(), folder.tracks, folder.has_folders)).collect();
    let wanted = [("Jazz-Rock", 1, false), ("Jazz", 3, true), ("Jazz0", 1, false), ("Rock & 50 %", 1, false)];
    assert_eq!(told, wanted);
    for limit in 1..=wanted.len() {
        let (mut found, mut after) = (Vec::new(), None);
        while let page @ [.., last] = &shelf.reader.folders(Some(&music.key), after.as_deref(), limit).unwrap()[..] {
            after = Some(last.key.clone());
            found.extend(page.to_vec());
        }
        assert_eq!(found, top, "in pages of {limit}");
    }
    let (jazz, fusion, rock) = (&top[1].key, &top[0].key, &top[3].key);
    assert_eq!(folders(&shelf, Some(jazz)), [("Bebop".to_owned(), 1, false)]);
    let of = |key: &str| titles_of(&shelf, &Selection::Folder(key.to_owned()));
    assert_eq!(of(jazz), ["Jazz/1.mp3", "Jazz/2.mp3", "Jazz/Bebop/x.mp3"]);
    assert_eq!((of(fusion), of(rock)), (vec!["Jazz-Rock/y.mp3".into()], vec!["Rock & 50 %/q.mp3".into()]));
    assert_eq!(of(&music.key).len(), 7, "the whole place");
}

#[test]
fn a_key_that_means_nothing_leads_nowhere() {
    let shelf = shelf_with(&["Jazz/1.mp3", "1.mp3"]);
    let music = shelf.reader.folders(None, None, LIMIT_MAX).unwrap().remove(0).key;
    for below in
        ["", "Jazz/..", "..", "../music/Jazz", "Jazz//1.mp3", "./Jazz", "/Jazz", "Jazz/", "jazz", "%", "%00", "x"]
    {
        let key = format!("{music}/{below}");
        let nothing = [Selection::Folder(key.clone()), Selection::Playlist(key.clone())];
        for selection in nothing {
            assert!(!shelf.reader.has(&selection).unwrap(), "{selection:?}");
            assert_eq!(titles_of(&shelf, &selection), [""; 0], "{selection:?}");
        }
        assert_eq!(folders(&shelf, Some(&key)), [], "{key}");
    }
    for key in ["", "/", "/etc", "0123456789abcdef", "0123456789abcdef/Jazz", "' OR 1 --", &"x".repeat(100_000)] {
        assert!(!shelf.reader.has(&Selection::Folder(key.to_owned())).unwrap(), "{key}");
        assert_eq!(folders(&shelf, Some(key)), [], "{key}");
        assert_eq!(shelf.reader.folders(Some(&music), Some(key), 1).unwrap().len(), 1, "from the first on");
    }
    assert!(shelf.reader.has(&Selection::Folder(format!("{music}/Jazz"))).unwrap());
}

#[test]
fn a_playlist_is_found_by_its_key_in_its_order_and_follows_what_is_written_into_it() {
    let mut shelf = shelf_with(&["a.mp3", "b.mp3", "c.mp3"]);
    let write = |shelf: &mut Shelf, names: &[&str]| {
        let text: String = names.iter().map(|name| format!("../{name}\n")).collect();
        let list = crate::lists::read_text(&text, false);
        let stamp = Stamp { bytes: 1, mtime_ns: 1, ctime_ns: 0 };
        shelf.tell(&[Fact::List { path: b"lists/my party.m3u".into(), stamp, list }], &[]);
    };
    write(&mut shelf, &["c.mp3", "gone.mp3", "a.mp3"]);
    let list = shelf.reader.playlists(0, LIMIT_MAX).unwrap().remove(0);
    assert!(list.key.ends_with("/lists/my%20party.m3u"), "{}", list.key);
    let selection = Selection::Playlist(list.key.clone());
    assert_eq!(titles_of(&shelf, &selection), ["c.mp3", "a.mp3"]);
    write(&mut shelf, &["b.mp3", "a.mp3"]);
    assert_eq!(titles_of(&shelf, &selection), ["b.mp3", "a.mp3"]);
    assert!(shelf.reader.has(&selection).unwrap() && !shelf.reader.has(&Selection::Folder(list.key)).unwrap());
    shelf.tell(&[Fact::NoList { path: b"lists/my party.m3u".into() }], &[]);
    assert_eq!((titles_of(&shelf, &selection), shelf.reader.has(&selection).unwrap()), (Vec::new(), false));
}

#[test]
fn what_was_chosen_on_a_stick_goes_and_comes_with_it_also_when_the_database_is_built_anew() {
    let stick =
        |path: &str| Place { key: b"volume 1".into(), kind: RootKind::Stick, name: "S".into(), path: path.into() };
    let mut key = None;
    for place in ["/media/a", "/media/b"] {
        let mut shelf = shelf_with(&["Jazz/inner.mp3"]);
        shelf.root = write::root(&shelf.connection, &stick(place)).unwrap();
        shelf.tell(&[shelf_fact("Jazz/x.mp3", 9, tags("outer", "", ""))], &["Jazz/x.mp3"]);
        let whole = shelf.reader.folders(None, None, LIMIT_MAX).unwrap().remove(1);
        assert!(whole.is_present && whole.kind == Some(RootKind::Stick));
        let jazz = shelf.reader.folders(Some(&whole.key), None, LIMIT_MAX).unwrap().remove(0).key;
        let chosen = Selection::Folder(key.get_or_insert(jazz).clone());
        assert_eq!(titles_of(&shelf, &chosen), ["outer"], "{place}");
        assert!(write::set_present(&shelf.connection, shelf.root, false).unwrap());
        assert_eq!(titles_of(&shelf, &chosen), [""; 0]);
        assert!(!shelf.reader.folders(None, None, LIMIT_MAX).unwrap()[1].is_present);
    }
}

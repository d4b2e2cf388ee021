//! Tests of what can be asked: search, lists and their pages, identity.

mod searches;
mod selections;

use std::path::{Path, PathBuf};

use base::TrackId;
use rusqlite::Connection;
use tempfile::TempDir;

use super::read::{AskError, Filter, GroupBy, LIMIT_MAX, Reader, RootKind, Track};
use super::write::{self, Alike, Fact, Place};
use crate::tags::Tags;
use crate::walk::{Cover, Stamp};

/// A database without a scan: facts are told by hand.
struct Shelf {
    reader: Reader,
    connection: Connection,
    root: i64,
    _folder: TempDir,
}

fn place(path: &str) -> Place {
    Place { key: path.into(), kind: RootKind::Folder, name: "Music".into(), path: path.into() }
}

fn tags(title: &str, artist: &str, album: &str) -> Tags {
    Tags { title: title.into(), artist: artist.into(), album: album.into(), ..Tags::default() }
}

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library.db");
        let connection = super::open(&path).unwrap();
        let root = write::root(&connection, &place("/music")).unwrap();
        Self { reader: Reader::new(path), connection, root, _folder: folder }
    }

    /// A shelf with these tracks, in this order, in files "0.mp3", "1.mp3" and so on.
    fn of(tracks: impl IntoIterator<Item = Tags>) -> Self {
        let mut shelf = Self::new();
        let fact = |(n, tags): (usize, Tags)| shelf_fact(&format!("{n}.mp3"), n as u8, tags);
        let facts: Vec<Fact> = tracks.into_iter().enumerate().map(fact).collect();
        shelf.tell(&facts, &[]);
        shelf
    }

    /// Tells facts; only the files of `there` are still there.
    fn tell(&mut self, facts: &[Fact], there: &[&str]) {
        let exists = |path: &[u8]| there.iter().any(|name| name.as_bytes() == path);
        write::apply(&mut self.connection, self.root, facts, &mut Alike::default(), exists).unwrap();
        write::derive(&mut self.connection, self.root, b"/music", &exists).unwrap();
    }

    fn search(&self, typed: &str) -> Vec<String> {
        titles(self.reader.search(typed, None, LIMIT_MAX).unwrap())
    }

    fn id_of(&self, path: &str) -> Option<TrackId> {
        let ids = self.reader.ids().unwrap();
        let tracks = ids.into_iter().filter_map(|id| self.reader.track(id).unwrap());
        tracks.filter(|track| track.path == Path::new("/music").join(path)).map(|track| track.id).next()
    }
}

fn shelf_fact(path: &str, contents: u8, tags: Tags) -> Fact {
    let stamp = Stamp { bytes: 1, mtime_ns: 1, ctime_ns: 0 };
    Fact::Track { path: path.into(), stamp, fingerprint: [contents; 32], tags, sheet: None }
}

fn titles(tracks: Vec<Track>) -> Vec<String> {
    tracks.into_iter().map(|track| track.tags.title).collect()
}

#[test]
fn a_search_finds_beginnings_of_words_in_title_artist_and_album_whatever_the_diacritics() {
    let shelf = Shelf::of([
        tags("Army of Me", "Björk", "Post"),
        tags("Hyperballad", "Björk", "Post"),
        tags("Final Song", "MØ", ""),
        tags("Smørrebrød", "Ærø", "Łódź"),
    ]);
    for (typed, found) in [
        ("bjork", &["Army of Me", "Hyperballad"][..]),
        ("BJÖ hyp", &["Hyperballad"]),
        ("post arm", &["Army of Me"]),
        ("mo", &["Final Song"]),
        ("lodz aero smorre", &["Smørrebrød"]),
        ("ork", &[]),
        ("me  of", &["Army of Me"]),
        ("", &[]),
        ("\"", &[]),
    ] {
        assert_eq!(shelf.search(typed), found, "{typed}");
    }
}

#[test]
fn no_text_is_an_error_or_finds_what_it_should_not() {
    let shelf = Shelf::of([tags("near or and not", "x", "y"), tags("other", "x", "y")]);
    let long = "a".repeat(1_000_000);
    let many = "a ".repeat(100_000);
    let hostile = [
        "\"",
        "\"\"",
        "*",
        "x*",
        "^x",
        "x:y",
        "title:other",
        "(x",
        "x)",
        "-x",
        "NEAR(x y)",
        "AND",
        "x AND",
        "OR",
        "x NOT y",
        "{x}",
        "'; DROP TABLE tracks; --",
        "\0",
        "x\0y",
        "+",
        "\u{FFFF}",
        "x\u{301}\u{301}",
        "title : x",
        "\u{1F600}",
        "٣",
        "ﷺ",
        "a\u{200D}b",
        &long,
        &many,
    ];
    for typed in hostile {
        assert!(titles(shelf.reader.search(typed, None, 10).unwrap()).len() <= 2, "{typed}");
    }
    assert_eq!(shelf.search("near"), ["near or and not"], "a word of the query language is a word");
    assert_eq!(shelf.search("NOT"), ["near or and not"]);
    assert_eq!(shelf.search("title:other"), [""; 0]);
    // Characters of all kinds, as a word of its own and within one.
    for c in (0..=0x10_FFFF).step_by(211).filter_map(char::from_u32) {
        shelf.reader.search(&format!("{c} x{c}y"), None, 10).unwrap();
    }
}

#[test]
fn lists_are_sorted_without_articles_and_diacritics_and_come_in_pages() {
    let artists = ["The Zombies", "Ärzte", "die Toten Hosen", "Abba", "El Guincho"];
    let shelf = Shelf::of(artists.map(|artist| tags("t", artist, artist)));
    let mut names = Vec::new();
    let mut after = None;
    loop {
        let page = shelf.reader.groups(GroupBy::Artist, after.as_deref(), 2).unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        after = Some(last.key.clone());
        names.extend(page.into_iter().map(|group| group.name));
    }
    assert_eq!(names, ["Abba", "Ärzte", "El Guincho", "die Toten Hosen", "The Zombies"]);
}

#[test]
fn an_album_is_that_of_its_artist_and_its_tracks_are_in_order() {
    let track = |title: &str, artist: &str, disc_number, track_number| Tags {
        disc_number,
        track_number,
        year: 1981,
        genre: "Rock".into(),
        ..tags(title, artist, "Greatest Hits")
    };
    let shelf = Shelf::of([
        track("d", "Queen", 2, 1),
        track("b", "Queen", 1, 10),
        track("a", "Queen", 1, 2),
        track("x", "Abba", 1, 1),
        Tags { album_artist: "Queen".into(), ..track("c", "Queen & Bowie", 1, 11) },
    ]);
    let albums = shelf.reader.groups(GroupBy::Album, None, 10).unwrap();
    let told: Vec<_> = albums.iter().map(|a| (a.name.as_str(), a.artist.as_str(), a.tracks)).collect();
    assert_eq!(told, [("Greatest Hits", "Abba", 1), ("Greatest Hits", "Queen", 4)]);
    let filter = Filter { album: Some(albums[1].key.clone()), ..Filter::default() };
    let (mut found, mut after) = (Vec::new(), None);
    while let page @ [_, ..] = &shelf.reader.tracks(&filter, after, 3).unwrap()[..] {
        after = page.last().map(|track| track.id);
        found.extend(titles(page.to_vec()));
    }
    assert_eq!(found, ["a", "b", "c", "d"]);
    let all_of = |filter| titles(shelf.reader.tracks(&filter, None, LIMIT_MAX).unwrap());
    assert_eq!(all_of(Filter { artist: Some("abba".into()), ..Filter::default() }), ["x"]);
    assert_eq!(all_of(Filter { genre: Some("rock".into()), year: Some(1981), ..Filter::default() }).len(), 5);
    assert!(all_of(Filter { year: Some(1982), ..Filter::default() }).is_empty());
    let years = shelf.reader.groups(GroupBy::Year, None, 10).unwrap();
    assert_eq!((years.len(), years[0].key.as_str(), years[0].tracks), (1, "1981", 5));
    assert!(shelf.reader.groups(GroupBy::Year, Some("1981"), 10).unwrap().is_empty());
}

#[test]
fn an_album_shows_the_first_picture_that_one_of_its_tracks_has() {
    let with = |has_picture, title: &str, album: &str| Tags { has_picture, ..tags(title, "x", album) };
    let mut shelf = Shelf::of([with(false, "a", "One"), with(true, "b", "One"), with(true, "c", "One")]);
    shelf.tell(&[shelf_fact("two/x.mp3", 9, with(false, "d", "Two"))], &["two/x.mp3"]);
    let stamp = Stamp { bytes: 1, mtime_ns: 1, ctime_ns: 0 };
    let cover = |folder: &str| Fact::Cover(Cover { folder: folder.into(), name: b"cover.jpg".to_vec(), stamp });
    let shown = |shelf: &Shelf, by| -> Vec<Option<String>> {
        let groups = shelf.reader.groups(by, None, 10).unwrap();
        groups.into_iter().map(|group| group.cover.filter(|t| t.art.is_some()).map(|track| track.tags.title)).collect()
    };
    assert_eq!(shown(&shelf, GroupBy::Album), [Some("b".to_owned()), None]);
    shelf.tell(&[cover("two")], &[]);
    assert_eq!(shown(&shelf, GroupBy::Album), ["b", "d"].map(|title| Some(title.to_owned())));
    assert_eq!(shown(&shelf, GroupBy::Artist), [None]);
}

#[test]
fn the_cover_of_a_disc_may_lie_in_the_folder_above_and_nowhere_outside() {
    let art = |folder: &str, name: &str| {
        let mut shelf = Shelf::of([]);
        let file = if folder.is_empty() { "x.mp3".to_owned() } else { format!("{folder}/x.mp3") };
        shelf.tell(&[shelf_fact(&file, 9, tags("a", "x", "y"))], &[&file]);
        let stamp = Stamp { bytes: 1, mtime_ns: 1, ctime_ns: 0 };
        shelf.tell(&[Fact::Cover(Cover { folder: folder.into(), name: name.into(), stamp })], &[]);
        let tracks = shelf.reader.tracks(&Filter::default(), None, 10).ok()?;
        Some(tracks[0].art.as_ref().expect("a picture").path.clone())
    };
    let ends = |folder, name, end: &str| art(folder, name).is_some_and(|path| path.ends_with(end));
    assert!(ends("M/CD1", "../cover.jpg", "M/cover.jpg") && !ends("M/CD1", "../cover.jpg", "CD1/../cover.jpg"));
    assert!(ends("CD1", "../cover.jpg", "cover.jpg"));
    for (folder, name) in [("", "../cover.jpg"), ("M/CD1", "../../cover.jpg"), ("M", "../../etc/x.jpg"), ("M", "..")] {
        assert_eq!(art(folder, name), None, "{folder} {name}");
    }
}

#[test]
fn no_page_is_larger_than_the_limit_and_pages_of_unknown_tracks_are_refused() {
    let shelf = Shelf::of((0..300).map(|n| tags(&format!("t{n}"), "x", "y")));
    assert_eq!(shelf.reader.tracks(&Filter::default(), None, usize::MAX).unwrap().len(), LIMIT_MAX);
    assert_eq!(shelf.reader.search("x", None, usize::MAX).unwrap().len(), LIMIT_MAX);
    assert_eq!(shelf.reader.search("x", Some(TrackId(u64::MAX)), 10).unwrap().len(), 0);
    let unknown = shelf.reader.tracks(&Filter::default(), Some(TrackId(u64::MAX)), 10);
    assert!(matches!(unknown, Err(AskError::UnknownTrack(TrackId(u64::MAX)))));
}

#[test]
fn a_track_without_a_title_is_called_as_its_file() {
    let mut shelf = Shelf::new();
    shelf.tell(&[shelf_fact("a.b/Nacht.im Zug.mp3", 1, Tags::default())], &[]);
    assert_eq!(shelf.search("nacht"), ["Nacht.im Zug"]);
}

#[test]
fn a_track_keeps_its_number_when_its_file_is_renamed_and_when_its_tags_change() {
    let mut shelf = Shelf::of([tags("one", "", ""), tags("two", "", "")]);
    let (one, two) = (shelf.id_of("0.mp3"), shelf.id_of("1.mp3"));
    // Renamed: the new name is seen before the old one is missed.
    let gone = Fact::Gone { path: b"0.mp3".to_vec() };
    shelf.tell(&[shelf_fact("z/uno.mp3", 0, tags("one", "", "")), gone], &["z/uno.mp3", "1.mp3"]);
    assert_eq!((shelf.id_of("z/uno.mp3"), shelf.id_of("0.mp3")), (one, None));
    // Other tags: other contents under the same name.
    shelf.tell(&[shelf_fact("1.mp3", 7, tags("zwei", "", ""))], &["1.mp3"]);
    assert_eq!(shelf.id_of("1.mp3"), two);
    assert_eq!((shelf.search("two").len(), shelf.search("zwei").len()), (0, 1));
    // Gone for a while, then back elsewhere.
    shelf.tell(&[Fact::Gone { path: b"1.mp3".to_vec() }], &[]);
    assert_eq!((shelf.id_of("1.mp3"), shelf.search("zwei").len()), (None, 0));
    shelf.tell(&[shelf_fact("back.mp3", 7, tags("zwei", "", ""))], &["back.mp3"]);
    assert_eq!((shelf.id_of("back.mp3"), shelf.search("zwei").len()), (two, 1));
    // A copy is another track, and a file moved over another takes its number along.
    shelf.tell(&[shelf_fact("copy.mp3", 7, tags("zwei", "", ""))], &["back.mp3", "copy.mp3"]);
    let copy = shelf.id_of("copy.mp3");
    assert!(copy.is_some() && copy != two && copy != one);
    shelf.tell(&[shelf_fact("copy.mp3", 0, tags("one", "", ""))], &["back.mp3", "copy.mp3"]);
    assert_eq!((shelf.id_of("copy.mp3"), shelf.search("zwei").len()), (one, 1));
}

#[test]
fn broken_files_are_listed_with_the_reason_until_they_are_whole_or_gone() {
    let mut shelf = Shelf::new();
    let stamp = Stamp { bytes: 1, mtime_ns: 1, ctime_ns: 0 };
    let broken = |path: &str| Fact::Broken { path: path.into(), stamp, reason: "is empty".into() };
    shelf.tell(&[broken("a.mp3"), broken("b.mp3"), shelf_fact("c.mp3", 1, tags("c", "", ""))], &[]);
    let listed = |shelf: &Shelf| -> Vec<PathBuf> {
        shelf.reader.broken(b"", 10).unwrap().into_iter().map(|file| file.path).collect()
    };
    assert_eq!(listed(&shelf), [Path::new("a.mp3"), Path::new("b.mp3")]);
    assert_eq!(shelf.reader.broken(b"a.mp3", 10).unwrap()[0].reason, "is empty");
    assert_eq!(shelf.reader.counts().unwrap(), (1, 2));
    shelf.tell(
        &[shelf_fact("a.mp3", 2, tags("a", "", "")), Fact::Gone { path: b"b.mp3".to_vec() }, broken("c.mp3")],
        &[],
    );
    assert_eq!(listed(&shelf), [Path::new("c.mp3")]);
    assert_eq!((shelf.search("c").len(), shelf.search("a").len()), (0, 1));
}

#[test]
fn another_root_takes_the_place_of_the_one_before_and_its_tracks_are_known_again() {
    let mut shelf = Shelf::of([tags("one", "", "")]);
    let one = shelf.id_of("0.mp3").unwrap();
    write::keep_only(&mut shelf.connection, &[b"/elsewhere"]).unwrap();
    shelf.root = write::root(&shelf.connection, &place("/elsewhere")).unwrap();
    assert_eq!((shelf.reader.ids().unwrap().len(), shelf.search("one").len()), (0, 0));
    shelf.tell(&[shelf_fact("x.mp3", 0, tags("one", "", ""))], &["x.mp3"]);
    assert_eq!(shelf.reader.ids().unwrap(), [one]);
    assert!(write::set_present(&shelf.connection, shelf.root, false).unwrap());
    assert_eq!((shelf.reader.ids().unwrap().len(), shelf.search("one").len()), (0, 0));
    assert!(write::set_present(&shelf.connection, shelf.root, true).unwrap());
    assert_eq!(shelf.search("one").len(), 1);
}

#[test]
fn titles_that_begin_so_come_first_then_titles_artists_albums_and_mixtures_on_every_page() {
    let shelf = Shelf::of([
        tags("One More Time", "Daft Punk", "Discovery"),
        tags("Harder", "One More", "x"),
        tags("Aerodynamic", "Daft Punk", "One More Thing"),
        tags("Just One More", "x", "y"),
        tags("One", "More", "z"),
        tags("More One", "x", "y"),
        tags("One Moreish Thing", "x", "y"),
    ]);
    let all = ["One More Time", "One Moreish Thing", "Just One More", "More One", "Harder", "Aerodynamic", "One"];
    assert_eq!(shelf.search("one more"), all);
    let more = ["More One", "One More Time", "Just One More", "One Moreish Thing", "Harder", "One", "Aerodynamic"];
    assert_eq!(shelf.search("more"), more);
    for limit in 1..=all.len() {
        let (mut found, mut after) = (Vec::new(), None);
        while let page @ [.., last] = &shelf.reader.search("one more", after, limit).unwrap()[..] {
            assert!(page.len() <= limit);
            after = Some(last.id);
            found.extend(titles(page.to_vec()));
        }
        assert_eq!(found, all, "in pages of {limit}");
    }
}

#[test]
fn a_stick_takes_its_tracks_along_and_brings_them_back_wherever_it_is_put() {
    let mut shelf = Shelf::of([tags("inner", "", "")]);
    let stick =
        |path: &str| Place { key: b"volume 1".into(), kind: RootKind::Stick, name: "S".into(), path: path.into() };
    let folder = shelf.root;
    shelf.root = write::root(&shelf.connection, &stick("/media/a")).unwrap();
    shelf.tell(&[shelf_fact("x.mp3", 9, tags("outer", "", ""))], &["x.mp3"]);
    let outer = shelf.reader.ids().unwrap()[1];
    assert!(write::set_present(&shelf.connection, shelf.root, false).unwrap());
    assert_eq!((shelf.search("outer").len(), shelf.reader.ids().unwrap().len()), (0, 1));
    assert_eq!(write::root(&shelf.connection, &stick("/media/b")).unwrap(), shelf.root);
    assert_eq!(shelf.reader.track(outer).unwrap().unwrap().path, Path::new("/media/b/x.mp3"));
    // A restart: sticks are away until they are found, and folders that are no longer wanted are gone.
    write::keep_only(&mut shelf.connection, &[b"/music"]).unwrap();
    let roots = shelf.reader.roots().unwrap();
    let told: Vec<_> = roots.iter().map(|root| (root.kind, root.is_present, root.tracks)).collect();
    assert_eq!(told, [(RootKind::Folder, true, 1), (RootKind::Stick, false, 1)]);
    // Copied from the stick while it is away, it is the same track.
    shelf.root = folder;
    shelf.tell(&[shelf_fact("copy.mp3", 9, tags("outer", "", ""))], &["0.mp3", "copy.mp3"]);
    assert_eq!(shelf.id_of("copy.mp3"), Some(outer));
}

#[test]
fn no_more_sticks_are_remembered_than_there_is_a_limit_for() {
    let mut shelf = Shelf::new();
    for n in 0..40 {
        let key = format!("volume {n}").into_bytes();
        let stick = Place { key, kind: RootKind::Stick, name: String::new(), path: "/media/a".into() };
        shelf.root = write::root(&shelf.connection, &stick).unwrap();
        shelf.tell(&[shelf_fact("x.mp3", n, tags("t", "", ""))], &[]);
    }
    write::keep_only(&mut shelf.connection, &[]).unwrap();
    assert_eq!(shelf.reader.roots().unwrap().len(), 16);
}

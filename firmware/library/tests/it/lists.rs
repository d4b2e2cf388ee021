//! Cue sheets, whose parts are tracks, and playlists.

use std::fs;

use library::{LIMIT_MAX, Library};

use crate::home::{Home, all, find, wav};

const SHEET: &str = "PERFORMER \"Somebody\"\nTITLE \"Live\"\nFILE \"set.wav\" WAVE\n\
    TRACK 01 AUDIO\nTITLE \"Opener\"\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nTITLE \"Closer\"\nPERFORMER \"Guest\"\nINDEX 01 00:00:45\n";

fn titles(library: &Library) -> Vec<String> {
    all(library).into_iter().map(|track| track.tags.title).collect()
}

#[test]
fn the_parts_that_a_cue_sheet_tells_are_tracks_and_stand_for_their_file() {
    let home = Home::new();
    home.put("a/set.wav", &wav("Whole set", ""));
    let library = home.scanned();
    let whole = find(&library, "Whole set").unwrap().id;
    home.put("a/set.cue", SHEET.as_bytes());
    home.until(|| titles(&library) == ["Opener", "Closer"]);
    let (opener, closer) = (find(&library, "Opener").unwrap(), find(&library, "Closer").unwrap());
    assert_eq!((opener.start_ms, opener.end_ms, opener.tags.duration_ms), (0, Some(600), Some(600)));
    assert_eq!((closer.start_ms, closer.end_ms, closer.tags.duration_ms), (600, None, Some(400)));
    assert_eq!((opener.tags.artist.as_str(), closer.tags.artist.as_str()), ("Somebody", "Guest"));
    assert_eq!((closer.tags.album.as_str(), closer.tags.track_number), ("Live", 2));
    assert!(opener.path.ends_with("a/set.wav") && opener.path == closer.path);
    assert_eq!(library.ids().unwrap(), [opener.id, closer.id]);
    assert_eq!(
        (library.search("closer", None, 10).unwrap().len(), library.search("whole", None, 10).unwrap().len()),
        (1, 0)
    );
    assert_eq!(library.track(whole).unwrap(), None);
    home.until(|| library.progress().tracks == 2);
    fs::remove_file(home.music("a/set.cue")).unwrap();
    home.until(|| titles(&library) == ["Whole set"]);
    assert_eq!(find(&library, "Whole set").unwrap().id, whole);
    home.put("a/set.cue", SHEET.replace("Opener", "Overture").as_bytes());
    home.until(|| titles(&library) == ["Overture", "Closer"]);
    assert_eq!(find(&library, "Overture").unwrap().id, opener.id, "the same part is the same track");
    fs::rename(home.music("a/set.wav"), home.music("a/other.wav")).unwrap();
    home.until(|| titles(&library) == ["Whole set"]);
    fs::rename(home.music("a/other.wav"), home.music("a/set.wav")).unwrap();
    home.until(|| titles(&library) == ["Overture", "Closer"]);
    library.close();
    // A scan of everything finds no reason to change anything.
    let library = home.scanned();
    assert_eq!(titles(&library), ["Overture", "Closer"]);
    assert_eq!(find(&library, "Closer").unwrap().id, closer.id);
}

#[test]
fn a_sheet_for_single_files_or_for_none_changes_nothing() {
    let home = Home::new();
    home.put("1.wav", &wav("One", ""));
    home.put("all.cue", b"FILE \"1.wav\" WAVE\nTRACK 01 AUDIO\nTITLE \"X\"\nINDEX 01 00:00:00\n");
    home.put("none.cue", SHEET.as_bytes());
    home.put("late.cue", b"FILE 1.wav WAVE\nTRACK 01 AUDIO\nINDEX 01 99:00:00\nTRACK 02 AUDIO\nINDEX 01 00:00:01\n");
    let library = home.scanned();
    // The one part that has any length begins at the first frame of a compact disc.
    assert_eq!(all(&library).iter().map(|track| track.start_ms).collect::<Vec<_>>(), [13]);
    fs::remove_file(home.music("late.cue")).unwrap();
    home.until(|| titles(&library) == ["One"]);
}

#[test]
fn a_playlist_is_its_files_in_its_order_as_far_as_they_are_below_its_folder() {
    let home = Home::new();
    for name in ["1", "2", "3"] {
        home.put(format!("music/{name}.wav"), &wav(&format!("Title {name}"), ""));
    }
    fs::write(home.folder.path().join("secret.wav"), wav("Secret", "")).unwrap();
    let absolute = home.music("").canonicalize().unwrap().join("music/2.wav");
    let text = format!(
        "#EXTM3U\n../music/3.wav\n{}\n../../secret.wav\n/etc/passwd\nhttp://x/1.wav\nmissing.wav\nlist.m3u\n..\\music\\1.wav\n../music/3.wav\n",
        absolute.display()
    );
    home.put("lists/list.m3u", text.as_bytes());
    home.put("lists/huge.m3u8", "../music/1.wav\n".repeat(100_000).as_bytes());
    home.put("lists/noise.m3u", &[0xFF; 10_000]);
    let library = home.scanned();
    let lists = library.playlists(0, 10).unwrap();
    let mut told: Vec<_> = lists.iter().map(|list| (list.name.as_str(), list.tracks)).collect();
    told.sort_unstable();
    assert_eq!(told, [("huge", 0), ("list", 4), ("noise", 0)]);
    let list = lists.iter().find(|list| list.name == "list").unwrap().id;
    let (mut found, mut after) = (Vec::new(), None);
    while let page @ [.., (place, _)] = &library.playlist(list, after, 2).unwrap()[..] {
        after = Some(*place);
        found.extend(page.iter().map(|(_, track)| track.tags.title.clone()));
    }
    assert_eq!(found, ["Title 3", "Title 2", "Title 1", "Title 3"]);
    fs::remove_file(home.music("music/3.wav")).unwrap();
    home.until(|| library.playlist(list, None, LIMIT_MAX).unwrap().len() == 2);
    home.put("lists/list.m3u", b"#PLAYLIST:Evening\n../music/1.wav\n");
    home.until(|| library.playlists(0, 10).unwrap().iter().any(|l| (&*l.name, l.id, l.tracks) == ("Evening", list, 1)));
    fs::remove_file(home.music("lists/list.m3u")).unwrap();
    home.until(|| library.playlists(0, 10).unwrap().len() == 2);
    assert!(library.playlist(list, None, 10).unwrap().is_empty());
}

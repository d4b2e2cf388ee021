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
    assert_eq!(told, [("huge", 5_000), ("list", 4), ("noise", 0)]);
    let cut: Vec<_> = lists.iter().filter(|list| list.is_cut).map(|list| (&*list.name, list.missing)).collect();
    assert_eq!(cut, [("huge", 0)], "cut with a word");
    let troubled = library.troubled_lists(0, 10).unwrap();
    let missing: Vec<_> = troubled.iter().flat_map(|list| list.missing.iter().map(String::as_str)).collect();
    assert_eq!(missing, ["../../secret.wav", "/etc/passwd", "missing.wav", "list.m3u"]);
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

/// A sheet of two tracks of a file.
fn sheet(file: &str, names: [&str; 2]) -> String {
    let [one, two] = names;
    format!(
        "FILE \"{file}\" WAVE\nTRACK 01 AUDIO\nTITLE \"{one}\"\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nTITLE \"{two}\"\n\
         INDEX 01 00:00:30\n"
    )
}

fn trouble(library: &Library) -> Vec<(String, String)> {
    let lists = library.troubled_lists(0, LIMIT_MAX).unwrap();
    let told = lists.into_iter().filter_map(|list| Some((list.path.to_string_lossy().into_owned(), list.trouble?)));
    told.collect()
}

#[test]
fn two_copies_of_an_album_are_two_albums_and_one_outlives_the_other() {
    let home = Home::new();
    for folder in ["disk", "backup"] {
        home.put(format!("{folder}/set.wav"), &wav("Whole set", ""));
        home.put(format!("{folder}/set.cue"), SHEET.as_bytes());
    }
    let library = home.scanned();
    assert_eq!(titles(&library), ["Opener", "Opener", "Closer", "Closer"]);
    let kept = all(&library).into_iter().filter(|track| track.path.ends_with("disk/set.wav")).map(|track| track.id);
    let kept: Vec<_> = kept.collect();
    fs::remove_dir_all(home.music("backup")).unwrap();
    home.until(|| titles(&library) == ["Opener", "Closer"]);
    library.rescan();
    home.until(|| library.progress().scanning);
    home.until(|| !library.progress().scanning);
    assert_eq!(all(&library).iter().map(|track| track.id).collect::<Vec<_>>(), kept);
    library.close();
    assert_eq!(titles(&home.scanned()), ["Opener", "Closer"]);
}

#[test]
fn a_sheet_beside_split_and_well_tagged_files_leaves_them_and_names_those_that_have_no_name() {
    let home = Home::new();
    for n in 1..=3 {
        home.put(format!("tagged/{n}.wav"), &wav(&format!("Tagged {n}"), ""));
        home.put(format!("bare/{n}.wav"), &wav("", ""));
    }
    // "Gaps appended": the pause of a track stands at the end of the file before.
    let gaps = "TITLE \"Chaos\"\nFILE \"1.wav\" WAVE\nTRACK 01 AUDIO\nTITLE \"One\"\nINDEX 01 00:00:00\nTRACK 02 AUDIO\n\
        TITLE \"Two\"\nINDEX 00 00:00:60\nFILE \"2.wav\" WAVE\nINDEX 01 00:00:00\nFILE \"3.wav\" WAVE\nTRACK 03 AUDIO\n\
        TITLE \"Three\"\nINDEX 01 00:00:00\n";
    for folder in ["tagged", "bare"] {
        home.put(format!("{folder}/album.cue"), gaps.as_bytes());
    }
    let library = home.scanned();
    let mut found = titles(&library);
    found.sort();
    assert_eq!(found, ["One", "Tagged 1", "Tagged 2", "Tagged 3", "Three", "Two"]);
    assert_eq!(find(&library, "Two").unwrap().start_ms, 0);
    assert_eq!(trouble(&library), []);
}

#[test]
fn of_two_sheets_about_one_file_one_cuts_it_and_the_other_says_so() {
    let home = Home::new();
    home.put("set.wav", &wav("Whole", ""));
    home.put("a.cue", sheet("set.wav", ["", "b"]).as_bytes());
    home.put("b.cue", sheet("set.wav", ["Uno", "Due"]).as_bytes());
    let library = home.scanned();
    assert_eq!(titles(&library), ["Uno", "Due"]);
    assert_eq!(trouble(&library), [("a.cue".to_owned(), "set.wav is cut by b.cue".to_owned())]);
    fs::remove_file(home.music("b.cue")).unwrap();
    home.until(|| trouble(&library).is_empty());
    assert_eq!(titles(&library).len(), 2);
}

#[test]
fn a_sheet_that_does_not_fit_is_not_applied_and_says_why() {
    let home = Home::new();
    home.put("set.wav", &wav("Whole", ""));
    home.put("set.cue", sheet("set.wav", ["a", "b"]).replace("00:00:30", "00:00:00").as_bytes());
    home.put("gone.cue", sheet("nowhere.wav", ["a", "b"]).as_bytes());
    let library = home.scanned();
    assert_eq!(titles(&library), ["Whole"]);
    let told = trouble(&library);
    let why = |name: &str| told.iter().find(|(path, _)| path == name).map(|(_, why)| why.clone()).unwrap_or_default();
    assert!(why("set.cue").contains("tracks 1 and 2 begin at the same place"), "{told:?}");
    assert!(why("gone.cue").contains("nowhere.wav"), "{told:?}");
}

#[test]
fn a_list_is_read_in_the_letters_in_which_its_files_are_there_also_when_they_come_later() {
    let home = Home::new();
    // "Кино.wav" as old Windows wrote it, which reads as something in every encoding.
    home.put("list.m3u", b"\xca\xe8\xed\xee.wav\r\n");
    home.put(
        "set.cue",
        &[
            b"FILE \"\xca\xe8\xed\xee.wav\" WAVE\nTITLE \"\xca\xe8\xed\xee\"\n".as_slice(),
            sheet("", ["a", "b"]).split_once('\n').unwrap().1.as_bytes(),
        ]
        .concat(),
    );
    let library = home.scanned();
    assert_eq!(library.playlists(0, 10).unwrap()[0].tracks, 0);
    home.put("Кино.wav", &wav("Whole", ""));
    home.until(|| titles(&library) == ["a", "b"]);
    home.until(|| library.playlists(0, 10).unwrap()[0].tracks == 2);
    assert_eq!(all(&library)[0].tags.album, "Кино", "a playlist of a file that is cut has its parts");
}

#[test]
fn a_sheet_inside_a_file_cuts_it() {
    let home = Home::new();
    home.put("disc.flac", &flac(&["TITLE=Whole", &format!("CUESHEET={}", sheet("old name.wav", ["Uno", "Due"]))]));
    let library = home.scanned();
    assert_eq!(titles(&library), ["Uno", "Due"]);
    home.put("disc.flac", &flac(&["TITLE=Whole"]));
    home.until(|| titles(&library) == ["Whole"]);
}

/// A FLAC file of a second of which only the beginning is there, with these comments.
fn flac(comments: &[&str]) -> Vec<u8> {
    let mut info = vec![0x10, 0, 0x10, 0, 0, 0, 0, 0, 0, 0];
    // 44.1 kHz, two channels, 16 bits, 44,100 frames.
    info.extend_from_slice(&(44_100_u64 << 44 | 1 << 41 | 15 << 36 | 44_100).to_be_bytes());
    info.extend_from_slice(&[0; 16]);
    let mut text = 4_u32.to_le_bytes().to_vec();
    text.extend_from_slice(b"test");
    text.extend_from_slice(&(comments.len() as u32).to_le_bytes());
    for comment in comments {
        text.extend_from_slice(&(comment.len() as u32).to_le_bytes());
        text.extend_from_slice(comment.as_bytes());
    }
    let block = |kind: u8, bytes: &[u8]| [&[kind], &(bytes.len() as u32).to_be_bytes()[1..], bytes].concat();
    [b"fLaC", &block(0, &info)[..], &block(0x84, &text), &[0xff, 0xf8, 0xc9, 0x18, 0, 0]].concat()
}

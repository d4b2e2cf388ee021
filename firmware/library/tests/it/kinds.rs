//! The score of lists: sheets and playlists in every form that programs and people give them, each in a folder of its own, and how
//! many of each kind are read right. Prints the table (`--nocapture`).

use std::collections::BTreeMap;

use library::{LIMIT_MAX, Library};

use crate::home::{Home, all, wav};

/// The letters of `text` in one byte each where Windows-1252 has them.
fn latin(text: &str) -> Vec<u8> {
    let byte = |c: char| match c {
        '“' => 0x93,
        '”' => 0x94,
        '’' => 0x92,
        '–' => 0x96,
        other => u8::try_from(u32::from(other)).expect("a letter of it"),
    };
    text.chars().map(byte).collect()
}

fn wide(text: &str) -> Vec<u8> {
    [&[0xFE, 0xFF][..], &text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>()].concat()
}

/// A sheet of three tracks in the file `name`, which has a second.
fn sheet(name: &str) -> String {
    format!(
        "PERFORMER \"Künstler\"\r\nTITLE \"Albüm\"\r\nREM DATE 1999\r\nFILE \"{name}\" WAVE\r\n  TRACK 01 AUDIO\r\n    \
         TITLE \"Éins\"\r\n    INDEX 01 00:00:00\r\n  TRACK 02 AUDIO\r\n    TITLE \"Zweï\"\r\n    INDEX 00 00:00:25\r\n    \
         INDEX 01 00:00:30\r\n  TRACK 03 AUDIO\r\n    TITLE \"Dreï\"\r\n    INDEX 01 00:00:60\r\n"
    )
}

/// Kind, folder, the file, the sheet, and how many tracks it makes.
fn sheets() -> Vec<(&'static str, &'static str, &'static str, Vec<u8>, usize)> {
    let plain = sheet("a.wav");
    let with = |from: &str, to: &str| plain.replace(from, to).into_bytes();
    vec![
        ("letters", "utf8", "a.wav", plain.clone().into_bytes(), 3),
        ("letters", "mark", "a.wav", format!("\u{FEFF}{plain}").into_bytes(), 3),
        ("letters", "latin", "a.wav", latin(&plain), 3),
        ("letters", "quotes", "a.wav", latin(&plain.replace("Éins", "“Éins” – it’s")), 3),
        ("letters", "wide", "a.wav", wide(&plain), 3),
        ("names", "case", "a.wav", sheet("A.WAV").into_bytes(), 3),
        ("names", "ending", "a.wav", sheet("a.ape").into_bytes(), 3),
        ("names", "elsewhere", "a.wav", sheet("/home/x/a.wav").into_bytes(), 3),
        ("names", "windows", "a.wav", sheet("D:\\Rips\\a.wav").into_bytes(), 3),
        ("names", "decomposed", "café.wav", sheet("cafe\u{301}.wav").into_bytes(), 3),
        ("names", "missing", "a.wav", sheet("b.wav").into_bytes(), 1),
        ("forms", "unquoted", "a b.wav", plain.replace("\"a.wav\"", "a b.wav").into_bytes(), 3),
        ("forms", "small", "a.wav", with("TRACK", "track"), 3),
        ("forms", "digit", "a.wav", with("INDEX 01", "INDEX 1"), 3),
        ("forms", "old-mac", "a.wav", with("\r\n", "\r"), 3),
        ("forms", "pause-only", "a.wav", with("    INDEX 01 00:00:30\r\n", ""), 3),
        ("forms", "unsorted", "a.wav", with("00:00:60", "00:00:15"), 3),
        ("forms", "data", "a.wav", with("TRACK 03 AUDIO", "TRACK 03 MODE1/2352"), 2),
        ("forms", "beyond", "a.wav", with("00:00:60", "09:00:00"), 2),
        ("forms", "same-place", "a.wav", with("00:00:60", "00:00:30"), 1),
        ("forms", "empty", "a.wav", Vec::new(), 1),
        ("forms", "noise", "a.wav", (0..4_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect(), 1),
    ]
}

/// Kind, folder, the playlist, and how many tracks it has.
fn playlists() -> Vec<(&'static str, &'static str, Vec<u8>, u64)> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("letters", "l-utf8", text("#EXTM3U\n#EXTINF:1,x\na.wav\nsub/b.wav\nc é.wav\n"), 3),
        ("letters", "l-latin", latin("a.wav\nsub/b.wav\nc é.wav\n"), 3),
        ("letters", "l-mark", text("\u{FEFF}a.wav\r\nc é.wav\r\n"), 2),
        ("names", "l-backslash", text(".\\a.wav\n.\\sub\\b.wav\n"), 2),
        ("names", "l-windows", text("C:\\Music\\l-windows\\a.wav\r\nC:\\Music\\l-windows\\sub\\b.wav\r\n"), 2),
        ("names", "l-elsewhere", text("/home/ann/l-elsewhere/a.wav\n/home/ann/l-elsewhere/sub/b.wav\n"), 2),
        ("names", "l-rooted", text("/l-rooted/a.wav\n/l-rooted/sub/b.wav\n"), 2),
        ("names", "l-percent", text("c%20%C3%A9.wav\nfile:///x/l-percent/sub/b.wav\n"), 2),
        ("names", "l-case", text("A.WAV\nSUB/B.wav\n"), 2),
        ("names", "l-spaces", text("a.wav \nsub/b.wav\t\n"), 2),
        ("names", "l-sign", text("#1 hit.wav\n# a remark\na.wav\n"), 2),
        ("names", "l-network", text("http://radio.example/x.mp3\na.wav\nhttps://x/y.m3u8\n"), 1),
        ("forms", "l-thrice", text("a.wav\na.wav\nsub/b.wav\na.wav\n"), 4),
        ("forms", "l-nested", text("a.wav\nother.m3u\n"), 1),
    ]
}

fn tracks(library: &Library, folder: &str) -> usize {
    all(library).iter().filter(|track| track.path.iter().any(|name| name == folder)).count()
}

#[test]
fn lists_of_every_kind_are_read_as_people_mean_them() {
    let home = Home::new();
    let (sheets, playlists) = (sheets(), playlists());
    for (_, folder, file, bytes, _) in &sheets {
        home.put(format!("{folder}/{file}"), &wav(&format!("Whole {folder}"), ""));
        home.put(format!("{folder}/list.cue"), bytes);
    }
    for (_, folder, bytes, _) in &playlists {
        for file in ["a.wav", "sub/b.wav", "c é.wav", "#1 hit.wav"] {
            home.put(format!("{folder}/{file}"), &wav(&format!("{folder} {file}"), ""));
        }
        home.put(format!("{folder}/{folder}.m3u8"), bytes);
    }
    let library = home.scanned();
    let mut score: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut count = |kind, folder: &str, found: u64, wanted: u64| {
        let (right, of) = score.entry(kind).or_default();
        (*right, *of) = (*right + usize::from(found == wanted), *of + 1);
        if found != wanted {
            wrong.push(format!("{folder}: {found} for {wanted}"));
        }
    };
    for (kind, folder, _, _, wanted) in sheets {
        count(kind, folder, tracks(&library, folder) as u64, wanted as u64);
    }
    let known = library.playlists(0, LIMIT_MAX).unwrap();
    for (kind, folder, _, wanted) in playlists {
        let found = known.iter().find(|list| list.name == folder).map_or(0, |list| list.tracks);
        count(kind, folder, found, wanted);
    }
    for (kind, (right, of)) in &score {
        println!("{kind:<8} {right} of {of}");
    }
    assert_eq!(wrong, [""; 0]);
}

//! Tests of names in odd and broken tags: files made byte by byte, one for each fault that people's files have. What the tags
//! of sound files are otherwise is tested with real ones.

use std::io::Cursor;

use encoding_rs::{EUC_KR, GBK, SHIFT_JIS, WINDOWS_1251};

use crate::tags::read::tags;
use crate::tags::{Doubt, Tags};

fn safe(size: usize) -> [u8; 4] {
    [size >> 21, size >> 14, size >> 7, size].map(|part| (part & 0x7F) as u8)
}

fn frame(id: &[u8], flags: u8, body: &[u8]) -> Vec<u8> {
    [id, &(body.len() as u32).to_be_bytes(), &[0, flags], body].concat()
}

fn text(id: &str, text: &str) -> Vec<u8> {
    frame(id.as_bytes(), 0, &[b"\0", text.as_bytes()].concat())
}

fn id3(version: u8, flags: u8, frames: &[Vec<u8>]) -> Vec<u8> {
    let body = frames.concat();
    [&[b'I', b'D', b'3', version, 0, flags][..], &safe(body.len()), &body].concat()
}

/// Layer III of 128 kbit/s, a few frames.
fn sound() -> Vec<u8> {
    [&[0xFF, 0xFB, 0x90, 0x64][..], &[0; 413]].concat().repeat(12)
}

fn mp3(version: u8, flags: u8, frames: &[Vec<u8>]) -> Vec<u8> {
    [id3(version, flags, frames), sound()].concat()
}

fn chunk(id: &str, body: &[u8], is_padded: bool) -> Vec<u8> {
    let pad = if is_padded && body.len() % 2 == 1 { &[0][..] } else { &[] };
    [id.as_bytes(), &(body.len() as u32).to_le_bytes(), body, pad].concat()
}

fn wav(chunks: &[Vec<u8>]) -> Vec<u8> {
    let format = [&[1, 0, 1, 0][..], &8_000_u32.to_le_bytes(), &16_000_u32.to_le_bytes(), &[2, 0, 16, 0]].concat();
    let body =
        [b"WAVE".to_vec(), chunk("fmt ", &format, true), chunk("data", &[0; 160], true), chunks.concat()].concat();
    chunk("RIFF", &body, true)
}

fn info(items: &[(&str, &[u8])], is_padded: bool) -> Vec<u8> {
    let items: Vec<Vec<u8>> = items.iter().map(|(id, text)| chunk(id, text, is_padded)).collect();
    chunk("LIST", &[b"INFO".to_vec(), items.concat()].concat(), true)
}

fn aiff(tag: &[u8]) -> Vec<u8> {
    let big = |id: &str, body: &[u8]| [id.as_bytes(), &(body.len() as u32).to_be_bytes(), body].concat();
    let format = [&[0, 1, 0, 0, 0, 80, 0, 16, 0x40, 0x0B, 0xFA][..], &[0; 7]].concat();
    let body = [b"AIFF".to_vec(), big("COMM", &format), big("SSND", &[0; 168]), big("ID3 ", tag)].concat();
    big("FORM", &body)
}

fn comments(all: &[&[u8]]) -> Vec<u8> {
    let entry = |text: &[u8]| [&(text.len() as u32).to_le_bytes()[..], text].concat();
    let entries: Vec<Vec<u8>> = all.iter().map(|text| entry(text)).collect();
    [entry(b"v"), (all.len() as u32).to_le_bytes().to_vec(), entries.concat()].concat()
}

fn flac(blocks: &[Vec<u8>]) -> Vec<u8> {
    let stream = [&[0x10, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x0A, 0xC4, 0x40, 0xF0, 0, 1, 0, 0][..], &[0; 16]].concat();
    let mut file = [b"fLaC\0\0\0\x22".to_vec(), stream].concat();
    for block in blocks {
        file.extend([&[4][..], &(block.len() as u32).to_be_bytes()[1..], block].concat());
    }
    [file, vec![0x81, 0, 0, 0], vec![0xFF, 0xF8, 0xC9, 0x18, 0, 0xC2], vec![0; 100]].concat()
}

fn behind(title: &[u8], artist: &[u8]) -> Vec<u8> {
    let padded = |text: &[u8], bytes| [text, &vec![0; bytes - text.len()]].concat();
    [b"TAG".to_vec(), padded(title, 30), padded(artist, 30), padded(b"Album", 30), padded(b"1999", 34), vec![17]]
        .concat()
}

fn wide(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

fn read(file: &[u8], ending: &str) -> Tags {
    tags(Cursor::new(file), ending).unwrap_or_else(|why| panic!("{why}")).tags.cleaned()
}

fn names(file: &[u8], ending: &str) -> String {
    let Tags { title, artist, album, .. } = read(file, ending);
    format!("{title}|{artist}|{album}")
}

/// Title, artist and album, plainly; what is odd stands in front of, between or behind them.
fn three() -> [Vec<u8>; 3] {
    [text("TIT2", "Title"), text("TPE1", "Artist"), text("TALB", "Album")]
}

#[test]
fn one_bad_frame_costs_that_frame_in_every_kind_of_file() {
    let [title, artist, album] = three();
    let bad_frames = [
        frame(b"TIT3", 0, b"\x09Bad encoding"),
        frame(b"TCOM", 0, b"\x01\xFF\xFEo\0d\0d"),
        frame(b"TXXX", 0, b"\x01\xFF\xFEx"),
        frame(b"TXXX", 0, b"\x07"),
        frame(b"TENC", 0x40, b""),
        frame(b"TENC", 0x80, b"\0\0\0\x05not packed"),
        frame(b"APIC", 0, b"\x05"),
        frame(b"COMM", 0, b"\0"),
        frame(b"TDRC", 0, b"\x03soon"),
        b"WXXX\x7f\xff\xff\xff\0\0x".to_vec(),
        b"?+*!\0\0\0\x02\0\0ab".to_vec(),
    ];
    for (index, bad) in bad_frames.iter().enumerate() {
        for version in [3, 4] {
            let frames = [bad.clone(), title.clone(), artist.clone(), bad.clone(), album.clone()];
            let tag = id3(version, 0, &frames);
            for (file, ending) in [
                ([tag.clone(), sound()].concat(), "mp3"),
                (wav(&[chunk("id3 ", &tag, true)]), "wav"),
                (aiff(&tag), "aiff"),
            ] {
                assert_eq!(names(&file, ending), "Title|Artist|Album", "frame {index}, version {version}, {ending}");
            }
        }
    }
    let locked = frame(b"TENC", 4, b"\0locked");
    let locked = [locked, title.clone(), artist.clone(), album.clone()];
    assert_eq!(names(&mp3(4, 0, &locked), "mp3"), "Title|Artist|Album", "locked, without a length");
}

#[test]
fn tags_in_every_odd_spelling_are_read() {
    let [title, artist, album] = three();
    let long = text("TALB", &"x".repeat(200));
    let xs = "x".repeat(200);
    let unmarked = |unit: fn(u16) -> [u8; 2]| {
        let body = |text: &str| [&[1][..], &wide(text, unit)].concat();
        [frame(b"TIT2", 0, &body("Title")), frame(b"TPE1", 0, &body("Artist")), frame(b"TALB", 0, &body("Album"))]
    };
    let extended = |size: u32| [size.to_be_bytes().to_vec(), vec![0; 6], title.clone(), artist.clone(), album.clone()];
    let half = frame(b"TIT2", 0, b"\x01\xFF\xFET\0i\0t\0l\0e\0x");
    let short = |id: &str, text: &str| [id.as_bytes(), &[0, 0, text.len() as u8 + 1, 0], text.as_bytes()].concat();
    let plain = "Title|Artist|Album".to_owned();
    for (what, file, wanted) in [
        ("encoding 9", mp3(3, 0, &[frame(b"TIT2", 0, b"\x09Title"), artist.clone(), album.clone()]), plain.clone()),
        ("no encoding", mp3(3, 0, &[frame(b"TIT2", 0, b"Title"), artist.clone(), album.clone()]), plain.clone()),
        ("no mark, little", mp3(3, 0, &unmarked(u16::to_le_bytes)), plain.clone()),
        ("no mark, big", mp3(3, 0, &unmarked(u16::to_be_bytes)), plain.clone()),
        ("half a letter", mp3(3, 0, &[half, artist.clone(), album.clone()]), plain.clone()),
        ("extended", mp3(3, 0x40, &extended(6)), plain.clone()),
        ("extended, counted whole", mp3(3, 0x40, &extended(10)), plain.clone()),
        ("extended, not there", mp3(3, 0x40, &three()), plain.clone()),
        ("plain sizes", mp3(4, 0, &[title.clone(), long, artist.clone()]), format!("Title|Artist|{xs}")),
        (
            "version 2",
            mp3(2, 0, &[short("TT2", "Title"), short("TP1", "Artist"), short("TAL", "Album")]),
            plain.clone(),
        ),
        ("behind", [sound(), behind(b"Title", b"Artist")].concat(), plain.clone()),
        ("zeros in front", [vec![0; 1_000], id3(3, 0, &three()), sound()].concat(), plain.clone()),
    ] {
        assert_eq!(names(&file, "mp3"), wanted, "{what}");
    }
    let two = flac(&[comments(&[b"TITLE=Title"]), comments(&[b"ARTIST=Artist", b"ALBUM=Album"])]);
    assert_eq!(names(&two, "flac"), plain, "two blocks of comments");
    let broken = flac(&[comments(&[b"rubbish", b"=x", b"TITLE=Caf\xe9", b"ARTIST=Artist", b"ALBUM=Album"])]);
    assert_eq!(names(&broken, "flac"), "Café|Artist|Album");
    let items: [(&str, &[u8]); 3] = [("INAM", b"Bj\xf6rk \x96 J\xf3ga\0"), ("IART", b"Artist"), ("IPRD", b"Album")];
    for is_padded in [true, false] {
        assert_eq!(names(&wav(&[info(&items, is_padded)]), "wav"), "Björk – Jóga|Artist|Album");
    }
}

#[test]
fn letters_are_those_that_were_meant() {
    let cyrillic = |text| WINDOWS_1251.encode(text).0.into_owned();
    let plain = |text: &str| text.as_bytes().to_vec();
    for (title, artist, wanted) in [
        (plain("Björk – Jóga"), plain("Artist"), "Björk – Jóga|Artist"),
        (cyrillic("Кино"), plain("Artist"), "Кино|Artist"),
        (cyrillic("Группа крови"), cyrillic("Кино"), "Группа крови|Кино"),
        (cyrillic("Звери"), cyrillic("Ария"), "Звери|Ария"),
        (SHIFT_JIS.encode("東京").0.into_owned(), plain("Artist"), "東京|Artist"),
        (SHIFT_JIS.encode("テスト").0.into_owned(), SHIFT_JIS.encode("椎名林檎").0.into_owned(), "テスト|椎名林檎"),
        (GBK.encode("月亮代表我的心").0.into_owned(), GBK.encode("邓丽君").0.into_owned(), "月亮代表我的心|邓丽君"),
        (EUC_KR.encode("아름다운 강산").0.into_owned(), EUC_KR.encode("신중현").0.into_owned(), "아름다운 강산|신중현"),
        (GBK.encode("月亮").0.into_owned(), plain("Artist"), "月亮|Artist"),
        (SHIFT_JIS.encode("ソラ").0.into_owned(), plain("Artist"), "ソラ|Artist"),
        (GBK.encode("你好").0.into_owned(), plain("Artist"), "你好|Artist"),
        (EUC_KR.encode("사랑").0.into_owned(), plain("Artist"), "사랑|Artist"),
        (cyrillic("Осень"), cyrillic("ДДТ"), "Осень|ДДТ"),
        (cyrillic("ДДТ"), plain("Artist"), "ДДТ|Artist"),
        (b"J\xf3ga".to_vec(), b"Bj\xf6rk".to_vec(), "Jóga|Björk"),
        (b"Hj\xe1lmar".to_vec(), b"Sigur R\xf3s".to_vec(), "Hjálmar|Sigur Rós"),
        (b"S\xe3o Paulo".to_vec(), b"Mot\xf6rhead".to_vec(), "São Paulo|Motörhead"),
        (b"Le Myst\xe8re".to_vec(), b"Mylene".to_vec(), "Le Mystère|Mylene"),
        (b"Ni\xf1a".to_vec(), plain("Artist"), "Niña|Artist"),
        (b"\xc9t\xe9".to_vec(), b"\xc5sa".to_vec(), "Été|Åsa"),
        (b"It\x92s".to_vec(), b"The \x93Who\x94".to_vec(), "It’s|The “Who”"),
    ] {
        let body = |text: &[u8]| [b"\0", text].concat();
        let frames = [frame(b"TIT2", 0, &body(&title)), frame(b"TPE1", 0, &body(&artist))];
        let items: [(&str, &[u8]); 2] = [("INAM", &title), ("IART", &artist)];
        let mut files = vec![(mp3(3, 0, &frames), "mp3"), (wav(&[info(&items, true)]), "wav")];
        if title.len().max(artist.len()) <= 30 {
            files.push(([sound(), behind(&title, &artist)].concat(), "mp3"));
        }
        for (file, ending) in files {
            let read = read(&file, ending);
            assert_eq!(format!("{}|{}", read.title, read.artist), wanted, "{ending} of {} bytes", file.len());
        }
    }
}

#[test]
fn letters_whose_encoding_a_tag_says_stay() {
    let body = |text: &str| [&[1, 0xFF, 0xFE][..], &wide(text, u16::to_le_bytes)].concat();
    let frames = [frame(b"TIT2", 0, &body("Êèíî")), frame(b"TPE1", 0, "\u{3}Êèíî".as_bytes())];
    let file = [mp3(4, 0, &frames), behind(&WINDOWS_1251.encode("Кино").0, b"x")].concat();
    assert_eq!(names(&file, "mp3"), "Êèíî|Êèíî|Album");
}

#[test]
fn genres_numbers_and_years_are_read_in_every_usual_spelling() {
    for (spelling, wanted) in [
        ("(4)Eurodisco", "Eurodisco"),
        ("(17)", "Rock"),
        ("17", "Rock"),
        ("(RX)", "Remix"),
        ("Pop", "Pop"),
        ("(4)((x)", "(x)"),
    ] {
        for frames in [vec![text("TCON", spelling)], vec![frame(b"TXXX", 0, b"\x01\xFF\xFEx"), text("TCON", spelling)]]
        {
            assert_eq!(read(&mp3(3, 0, &frames), "mp3").genre, wanted, "{spelling}");
        }
    }
    for spelling in ["2004", "2004-05-06", "2004/05/06", "06.05.2004", "May 6, 2004", "2004 Remaster", "20040506"] {
        for (version, id) in [(4, "TDRC"), (3, "TYER"), (3, "TDRC"), (4, "TYER"), (4, "TDRL"), (4, "TDOR")] {
            assert_eq!(read(&mp3(version, 0, &[text(id, spelling)]), "mp3").year, 2004, "{id} {spelling}");
        }
    }
    let read = read(&mp3(3, 0, &[frame(b"TXXX", 0, b"\x07"), text("TRCK", " 3/12"), text("TPOS", "1/2")]), "mp3");
    assert_eq!((read.track_number, read.disc_number), (3, 1));
}

#[test]
fn who_plays_a_file_is_asked_only_where_names_are_missing() {
    let told = |file: &[u8]| tags(Cursor::new(file), "mp3").unwrap();
    let [title, artist, album] = three();
    let bad = frame(b"TXXX", 0, b"\x07");
    assert_eq!(told(&mp3(3, 0, &[bad.clone(), title.clone(), artist, album.clone()])).doubt, Doubt::Nothing);
    assert!(matches!(told(&mp3(3, 0, &[bad, title, album])).doubt, Doubt::Names(_)));
    assert_eq!(told(&sound()).doubt, Doubt::Nothing, "there is nothing to be read");
}

#[test]
fn cut_and_lying_files_of_every_kind_end_in_time() {
    let files = [
        mp3(4, 0xC0, &three()),
        mp3(3, 0xC0, &three()),
        wav(&[info(&[("INAM", b"Title")], false), chunk("id3 ", &id3(3, 0, &three()), false)]),
        aiff(&id3(4, 0, &three())),
        flac(&[comments(&[b"TITLE=Title"])]),
    ];
    for file in files {
        for cut in 0..file.len().min(700) {
            super::read(&mut Cursor::new(&file[..cut])).complete(Tags::default());
            let mut lying = file.clone();
            for value in [0, 0x7F, 0xFF] {
                lying[cut] = value;
                super::read(&mut Cursor::new(&lying)).complete(Tags::default());
            }
        }
    }
}

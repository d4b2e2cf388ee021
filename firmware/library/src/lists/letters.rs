//! Finds out in which encoding a list is written: by its mark, by being UTF-8, by its zeros; else the likeliest one, and
//! the scan, which knows the files there are, has it read in the others as well.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, IBM866, ISO_8859_2, KOI8_R, KOI8_U, MACINTOSH, SHIFT_JIS, UTF_8,
    UTF_16BE, UTF_16LE, WINDOWS_874, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254,
    WINDOWS_1255, WINDOWS_1256, WINDOWS_1257, WINDOWS_1258, X_MAC_CYRILLIC,
};

/// Encodings that lists without a mark may be in, of the programs of their time and place.
pub(crate) const CANDIDATES: [&Encoding; 22] = [
    WINDOWS_1252,
    WINDOWS_1251,
    SHIFT_JIS,
    GB18030,
    BIG5,
    EUC_KR,
    EUC_JP,
    WINDOWS_1250,
    WINDOWS_1253,
    WINDOWS_1254,
    WINDOWS_1255,
    WINDOWS_1256,
    KOI8_R,
    IBM866,
    MACINTOSH,
    WINDOWS_1257,
    WINDOWS_874,
    WINDOWS_1258,
    KOI8_U,
    ISO_8859_2,
    X_MAC_CYRILLIC,
    UTF_8,
];

/// How a list shall be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// In the encoding that is certain, else in the likeliest.
    Likeliest,
    /// In this one of [`CANDIDATES`].
    As(u8),
}

/// Of every two bytes one is zero in UTF-16 of western letters; this many of a hundred are enough.
const ZEROS_PERCENT: usize = 20;

/// Returns the text, its encoding, and whether it may be another; `None` if it cannot be read so.
pub(crate) fn decoded(bytes: &[u8], reading: Reading) -> Option<(String, &'static Encoding, bool)> {
    let (encoding, is_guess) = match reading {
        Reading::As(index) => (*CANDIDATES.get(usize::from(index))?, true),
        Reading::Likeliest => certain(bytes).map_or_else(|| (likeliest(bytes), true), |encoding| (encoding, false)),
    };
    let (text, broken) = match reading {
        // The mark is taken away.
        Reading::Likeliest if !is_guess => encoding.decode_with_bom_removal(bytes),
        _ => encoding.decode_without_bom_handling(bytes),
    };
    let is_readable = !broken || reading == Reading::Likeliest;
    is_readable.then(|| (text.into_owned(), encoding, is_guess))
}

fn certain(bytes: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Some(encoding);
    }
    let zeros = |parity: usize| bytes.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let enough = (bytes.len() / 2 * ZEROS_PERCENT / 100).max(2);
    match (zeros(0) >= enough, zeros(1) >= enough) {
        (true, false) => return Some(UTF_16BE),
        (false, true) => return Some(UTF_16LE),
        _ => {}
    }
    // A list that was cut may end within a letter.
    let is_utf8 = std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true);
    is_utf8.then_some(UTF_8)
}

fn likeliest(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    // Of few words in Chinese letters the detector makes western signs. Of western words most such signs are letters.
    if MANY_BYTES.contains(&guess) || letters_percent(&guess.decode_without_bom_handling(bytes).0) >= LETTERS_PERCENT {
        return guess;
    }
    MANY_BYTES.into_iter().find(|encoding| is_all_eastern(encoding, bytes)).unwrap_or(guess)
}

/// Whether all that is not ASCII is signs of Chinese, Japanese or Korean in this encoding.
fn is_all_eastern(encoding: &'static Encoding, bytes: &[u8]) -> bool {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.is_some_and(|text| text.chars().all(|c| c.is_ascii() || is_eastern(c)))
}

/// Encodings of western Europe's letters, and of its neighbours'.
const WESTERN: [&Encoding; 6] = [WINDOWS_1252, WINDOWS_1250, WINDOWS_1254, WINDOWS_1257, WINDOWS_1258, ISO_8859_2];

/// Fewest letters beyond ASCII by which western encodings are told from one another.
const TOLD_APART_LETTERS: usize = 4;

/// Returns the encoding of text that is said to be Latin-1, or of which nothing is said: that one, with the signs which Windows
/// added, unless it cannot be meant.
pub(crate) fn meant(bytes: &[u8]) -> &'static Encoding {
    let consists_of = |encoding: &'static Encoding, is_one: &dyn Fn(char) -> bool| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes).unwrap_or_default();
        let beyond = text.chars().filter(|c| !c.is_ascii());
        beyond.clone().count() > 1 && beyond.clone().all(is_one)
    };
    // Of a few such letters the detector makes Cyrillic ones.
    if consists_of(SHIFT_JIS, &|c| matches!(c, '\u{3041}'..='\u{30FF}')) {
        return SHIFT_JIS;
    }
    if consists_of(GB18030, &|c| COMMON_HAN.contains(c)) {
        return GB18030;
    }
    let guess = likeliest(bytes);
    if [EUC_KR, GBK, GB18030].contains(&guess) && !is_western(bytes) {
        return by_common_letters(bytes).unwrap_or(guess);
    }
    if WESTERN.contains(&guess)
        && !is_western(bytes)
        && let Some(other) = of_few_words(bytes)
    {
        return other;
    }
    let letters = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    let is_meant = match WESTERN.contains(&guess) {
        true => letters >= TOLD_APART_LETTERS,
        false => !is_western(bytes),
    };
    let is_readable = || guess.decode_without_bom_handling_and_without_replacement(bytes).is_some();
    if is_meant && is_readable() { guess } else { WINDOWS_1252 }
}

/// Letters that most names and titles in Chinese, and in Korean, have some of.
const COMMON_HAN: &str = "的一是不了我在人有他这中大来上个国你好到说们为子和地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能爱情\
                          月夜歌花雨风春秋梦想海星光亮代表甜蜜朋友红水山东西南北王李张陈刘周林明文北京";
const COMMON_HANGUL: &str = "이다의가는을에사하고지도로나한리그아어자인기대서라보정시은해수일마주전여오안니장미내스우성모연당름강산랑날노래밤별비눈봄바람꽃너글";

/// Chinese or Korean, whose bytes are the same, by which of the two has more common letters.
fn by_common_letters(bytes: &[u8]) -> Option<&'static Encoding> {
    let count = |encoding: &'static Encoding, common: &str| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
        text.map_or(0, |text| text.chars().filter(|c| common.contains(*c)).count())
    };
    match (count(GB18030, COMMON_HAN), count(EUC_KR, COMMON_HANGUL)) {
        (han, hangul) if han > hangul => Some(GB18030),
        (han, hangul) if hangul > han => Some(EUC_KR),
        _ => None,
    }
}

/// The encoding of a few words, of which the detector makes western letters that stand side by side in no language: of pairs of bytes
/// that are all signs of an eastern one, else Cyrillic.
fn of_few_words(bytes: &[u8]) -> Option<&'static Encoding> {
    let mut runs = bytes.split(u8::is_ascii).filter(|run| !run.is_empty());
    if runs.clone().all(|run| run.len() % 2 == 0) {
        return [GB18030, EUC_KR, BIG5, EUC_JP].into_iter().find(|encoding| is_all_eastern(encoding, bytes));
    }
    let is_cyrillic = |run: &[u8]| run.len() > 2 && run.iter().all(|byte| matches!(*byte, 0xC0..|0xA8| 0xB8));
    runs.all(is_cyrillic).then_some(WINDOWS_1251)
}

/// Whether these are words of plain letters with western ones among them. Of words in other letters nearly all bytes are beyond
/// ASCII.
fn is_western(bytes: &[u8]) -> bool {
    let is_letter =
        |byte: u8| byte >= 0xC0 && byte != 0xD7 && byte != 0xF7 || b"\x8A\x8C\x8E\x9A\x9C\x9E\x9F".contains(&byte);
    let is_sign = |byte: u8| b"\x85\x91\x92\x93\x94\x96\x97\xA0\xA1\xAB\xB4\xB7\xBB\xBF".contains(&byte);
    let is_beyond = |byte: &u8| !byte.is_ascii();
    let is_between = |byte: &u8| byte.is_ascii() && !byte.is_ascii_alphabetic() || is_sign(*byte);
    let is_word = |word: &[u8]| {
        let beyond = word.iter().filter(|byte| is_beyond(byte)).count();
        beyond <= (word.len() / 2).max(1) && word.iter().all(|byte| byte.is_ascii() || is_letter(*byte))
    };
    let is_pair = |pair: &[u8]| pair.iter().all(is_beyond) && pair.iter().any(|byte| is_sign(*byte));
    bytes.iter().any(|byte| is_letter(*byte) || is_sign(*byte))
        && !bytes.windows(2).any(is_pair)
        && bytes.split(is_between).all(is_word)
}

/// Of the signs beyond ASCII in text of western letters, at least this many of a hundred are letters.
const LETTERS_PERCENT: usize = 60;

/// Encodings in which a letter may have several bytes.
const MANY_BYTES: [&Encoding; 5] = [SHIFT_JIS, EUC_JP, EUC_KR, GB18030, BIG5];

fn letters_percent(text: &str) -> usize {
    let signs = text.chars().filter(|c| !c.is_ascii());
    let (letters, all) = signs.fold((0, 0), |(letters, all), c| (letters + usize::from(c.is_alphabetic()), all + 1));
    (letters * 100).checked_div(all).unwrap_or(100)
}

/// Whether it is a sign of Chinese, Japanese or Korean in its usual width.
fn is_eastern(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' | '\u{FF01}'..='\u{FF5E}')
}

/// Returns the bytes of `text` in the encoding of that name, if it is one and has all its letters.
pub(crate) fn encoded(text: &str, name: &str) -> Option<Vec<u8>> {
    let encoding = Encoding::for_label(name.as_bytes())?;
    let (bytes, _, lost) = encoding.encode(text);
    (!lost).then(|| bytes.into_owned())
}

/// Returns the texts that a name which is not UTF-8 may be meant as.
pub(crate) fn meanings(name: &[u8]) -> Vec<String> {
    let read = |encoding: &&'static Encoding| encoding.decode_without_bom_handling_and_without_replacement(name);
    CANDIDATES.iter().filter_map(read).map(|text| text.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> (String, bool) {
        decoded(bytes, Reading::Likeliest).map(|(text, _, is_guess)| (text, is_guess)).unwrap()
    }

    #[test]
    fn marks_zeros_and_utf8_are_certain_and_the_rest_is_a_guess() {
        let wide = |text: &str, big| -> Vec<u8> {
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        let sheet = "FILE \"Éins.flac\" WAVE";
        for bytes in [
            sheet.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", sheet.as_bytes()].concat(),
            [b"\xFE\xFF", &wide(sheet, true)[..]].concat(),
            [b"\xFF\xFE", &wide(sheet, false)[..]].concat(),
            wide(sheet, true),
            wide(sheet, false),
        ] {
            assert_eq!(text(&bytes), (sheet.to_owned(), false));
        }
        assert!(!text(&sheet.as_bytes()[..7]).1, "cut within a letter");
        assert_eq!(text(b"caf\xe9.mp3"), ("café.mp3".to_owned(), true));
        assert_eq!(text(b""), (String::new(), false));
    }

    #[test]
    fn short_sheets_of_every_old_windows_are_read_as_they_were_meant() {
        for (encoding, line) in [
            (WINDOWS_1252, "PERFORMER \"Künstler\"\nTITLE \"Albüm\"\nTITLE \"“Éins”\"\nTITLE \"Zweï\"\nTITLE \"Dreï\""),
            (WINDOWS_1252, "TITLE \"It’s live – Ärger\""),
            (WINDOWS_1251, "PERFORMER \"Кино\"\nTITLE \"Группа крови\"\nTITLE \"Звезда по имени Солнце\""),
            (SHIFT_JIS, "PERFORMER \"歌手\"\nTITLE \"盤\"\nTITLE \"東京\"\nTITLE \"夜\"\nTITLE \"朝\""),
            (SHIFT_JIS, "PERFORMER \"椎名林檎\"\nTITLE \"無罪モラトリアム\"\nTITLE \"丸の内サディスティック\""),
            (EUC_KR, "PERFORMER \"신중현\"\nTITLE \"미인\"\nTITLE \"아름다운 강산\""),
        ] {
            let (bytes, _, _) = encoding.encode(line);
            assert_eq!(text(&bytes).0, line);
        }
    }

    #[test]
    fn lists_in_every_old_encoding_are_among_what_is_tried() {
        for (encoding, name) in [
            (WINDOWS_1257, "Žalgiris ąčęė.mp3"),
            (WINDOWS_874, "เพลงชาติไทย.mp3"),
            (WINDOWS_1258, "Đ\u{1B0}\u{1A1}\u{300}ng.mp3"),
            (KOI8_U, "Океан Ельзи - Ї.mp3"),
            (ISO_8859_2, "Český sen ľš.mp3"),
            (X_MAC_CYRILLIC, "Группа крови.mp3"),
        ] {
            let bytes = encoding.encode(name).0;
            let index = CANDIDATES.iter().position(|candidate| *candidate == encoding).unwrap();
            let read = decoded(&bytes, Reading::As(index as u8)).map(|(text, ..)| text);
            assert_eq!(read.as_deref(), Some(name));
            assert!(meanings(&bytes).iter().any(|meaning| meaning == name), "{name}");
        }
    }

    #[test]
    fn a_reading_that_breaks_letters_is_none() {
        let index = CANDIDATES.iter().position(|encoding| *encoding == UTF_8).unwrap();
        assert!(decoded(b"caf\xe9", Reading::As(index as u8)).is_none());
        assert!(decoded(b"caf\xe9", Reading::As(200)).is_none());
        assert_eq!(decoded(b"caf\xe9", Reading::As(0)).unwrap().0, "café");
        assert_eq!(encoded("Кино", "windows-1251").as_deref(), Some(&b"\xca\xe8\xed\xee"[..]));
        assert_eq!((encoded("Кино", "windows-1252"), encoded("x", "nonsense")), (None, None));
        assert!(meanings(b"caf\xe9.mp3").contains(&"café.mp3".to_owned()));
    }
}

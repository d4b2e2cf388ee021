//! Texts from files, made fit to be shown, to be searched and to be sorted by.

use unicode_normalization::UnicodeNormalization;

/// Longest text kept of a tag or a file's name, characters; the rest is cut.
pub const TEXT_CHARS_MAX: usize = 256;

/// Words that do not count at the beginning when sorting, folded, in the languages that most music is named in.
const ARTICLES: [&str; 16] =
    ["the", "a", "an", "der", "die", "das", "le", "la", "les", "el", "los", "las", "il", "lo", "gli", "os"];

/// The article that is written together with its word, as in "L'Été": with the straight sign, the curved one, and the letter
/// that Unicode calls an apostrophe.
const ELIDED: [&str; 3] = ["l'", "l\u{2019}", "l\u{2BC}"];

/// `text` fit to be shown: without control characters and without those that turn the direction of writing, by which a
/// title could rearrange the page around it; trimmed; at most [`TEXT_CHARS_MAX`] characters.
pub fn shown(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control() && !turns(*c)).take(TEXT_CHARS_MAX).collect();
    plain.trim().to_owned()
}

/// The characters of Unicode's bidirectional algorithm that change the direction (UAX 9, table 1), and marks of it.
fn turns(c: char) -> bool {
    matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// `text` as it is searched: small letters without diacritics, without the vowel points of Hebrew and Arabic, and with one form
/// of letters that Arabic writes in several. Marks that make another letter of it, as in Japanese, Korean and the scripts of
/// India, stay.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let decomposed = text.nfkd().filter(|c| !is_diacritic(*c));
    for c in decomposed.flat_map(char::to_lowercase) {
        match plain(c) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
    folded.nfc().collect()
}

/// The blocks of combining marks for Latin, Greek and Cyrillic letters and symbols, and the points and marks of Hebrew and Arabic
/// (Unicode's block list); among the latter the sign that only stretches a word.
fn is_diacritic(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}'
        | '\u{591}'..='\u{5BD}' | '\u{5BF}' | '\u{5C1}' | '\u{5C2}' | '\u{5C4}' | '\u{5C5}' | '\u{5C7}'
        | '\u{610}'..='\u{61A}' | '\u{640}' | '\u{64B}'..='\u{65F}' | '\u{670}' | '\u{6D6}'..='\u{6DC}'
        | '\u{6DF}'..='\u{6E4}' | '\u{6E7}' | '\u{6E8}' | '\u{6EA}'..='\u{6ED}')
}

/// Letters that Unicode does not decompose but people type otherwise.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ŧ' => "t",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ى' | 'ی' => "ي",
        'ة' => "ه",
        'ٱ' => "ا",
        'ک' => "ك",
        _ => return None,
    })
}

/// What `text` is sorted and grouped by: folded, words separated by single spaces, without signs and without an article
/// at the beginning. A text of signs only is its own key. Empty for an empty text only.
pub fn sort_key(text: &str) -> String {
    let folded = fold(text);
    let bare = ELIDED.iter().find_map(|article| folded.trim_start().strip_prefix(article));
    let bare = bare.filter(|rest| rest.starts_with(char::is_alphanumeric)).unwrap_or(&folded);
    let words: Vec<&str> = bare.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    match words[..] {
        [] => folded.trim().to_owned(),
        [first, ref rest @ ..] if bare.len() == folded.len() && !rest.is_empty() && ARTICLES.contains(&first) => {
            rest.join(" ")
        }
        ref all => all.join(" "),
    }
}

/// Years that music is from; other numbers of four digits are none.
const YEARS: std::ops::RangeInclusive<u32> = 1_000..=2_999;

/// The year in a date of any usual spelling: four digits, alone, or in front of month and day or behind them. 0 if there is none.
pub(crate) fn year_in(date: &str) -> u32 {
    let digits = date.split(|char: char| !char.is_ascii_digit());
    let digits = digits.filter(|digits| digits.len() >= 4 && digits.len().is_multiple_of(2));
    let ends = digits.flat_map(|digits| [digits.get(..4), digits.get(4..8).filter(|_| digits.len() == 8)]);
    let mut years = ends.filter_map(|year| year?.parse().ok());
    years.find(|year| YEARS.contains(year)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_turn_the_page_around_it_or_hold_control_characters() {
        assert_eq!(shown(" a\u{202E}b\u{0}c\nd\u{2066} "), "abcd");
        assert_eq!(shown(&"ü".repeat(1_000)).chars().count(), TEXT_CHARS_MAX);
    }

    #[test]
    fn folding_takes_diacritics_away_and_leaves_other_scripts_alone() {
        assert_eq!(fold("Björk MØ Ænima Sigur Rós Łódź Straße à"), "bjork mo aenima sigur ros lodz strasse a");
        assert_eq!(fold("ガ 한국 कि"), "ガ 한국 कि");
        assert_eq!(fold("Ｆｕｌｌ ﬁ"), "full fi");
    }

    #[test]
    fn articles_signs_and_diacritics_do_not_count_when_sorting() {
        for (text, key) in [
            ("The Beatles", "beatles"),
            ("Die Ärzte", "arzte"),
            ("The", "the"),
            ("Les Négresses Vertes", "negresses vertes"),
            ("L'Été Indien", "ete indien"),
            ("L’Arc-en-Ciel", "arc en ciel"),
            ("l'A", "a"),
            ("L' ", "l"),
            ("L 7", "l 7"),
            ("La La La", "la la"),
            ("Gli Uomini", "uomini"),
            ("“Heroes”", "heroes"),
            ("AC/DC", "ac dc"),
            ("!!!", "!!!"),
            ("", ""),
            ("Theatre", "theatre"),
        ] {
            assert_eq!(sort_key(text), key, "{text}");
        }
    }

    #[test]
    fn a_year_is_found_in_every_usual_spelling() {
        for date in [
            "2004",
            "2004-05-06T07:08:09",
            "20040506",
            "20040506070809",
            "200405",
            "06052004",
            "2004/05",
            "2004/05/06",
            "May 6, 2004",
            "06.05.2004",
            "2004-2010",
            "2004 Remaster",
            "(C) 2004 Label",
        ] {
            assert_eq!(year_in(date), 2004, "{date}");
        }
        for none in ["", "0000", "04", "12345", "99999999"] {
            assert_eq!(year_in(none), 0, "{none}");
        }
    }
}

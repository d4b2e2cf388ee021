//! The words by which texts are searched: as they are written and as people type them.
//!
//! Text and what is typed become folded words by the same rules, so that both meet whatever signs, marks and spaces stand
//! between. Which tracks have them, and which come first, is the search's business.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::text::fold;

/// Stands behind the last word of a text in the index, so that a whole text differs from a beginning. Nobody types it: a
/// letter for private use.
pub const END: char = '\u{E000}';

/// Stands in front of the words that are made of signs alone, as those of "!!!" and "÷" are.
const SIGNS: char = '\u{E001}';

/// Words for "and", which people type where a sign stands or nothing, and leave out where they are.
const ANDS: [&str; 7] = ["and", "und", "et", "y", "e", "i", "n"];

/// Letters of the words in which texts of scripts without spaces are indexed: more letters are found as several such words.
const RUN_CHARS_MAX: usize = 8;

/// Shortest and longest words in which a slip of the finger is looked for, letters: in shorter ones half of all words would be one.
pub(crate) const SLIP_CHARS: std::ops::RangeInclusive<usize> = 4..=24;

/// Returns the words of `text` for the index, separated by spaces: as somebody reads them, [`END`], then those that somebody may
/// type instead.
pub fn indexed(text: &str) -> String {
    let original = text;
    let text = folded(text);
    let mut shown = Vec::new();
    let mut besides = Vec::new();
    for chunk in text.split_whitespace() {
        let pieces = split(chunk, |_| true);
        let read = split(chunk, |sign| !is_silent(sign));
        // "Don't" is also typed "don t", and "AC/DC" also "acdc".
        besides.push(pieces.concat());
        besides.extend(pieces);
        // "P!nk" and "Ke$ha" are also typed with the letters that their signs look like.
        if chunk.chars().any(|sign| letter_like(sign).is_some()) {
            let plain: String = chunk.chars().map(|sign| letter_like(sign).unwrap_or(sign)).collect();
            besides.extend(split(&plain, |_| true));
        }
        shown.extend(read);
    }
    besides.extend(signs(&text, shown.is_empty()));
    // "Für" is also typed "fuer".
    if let Some(text) = written_out(original) {
        besides.extend(text.split_whitespace().flat_map(|chunk| split(chunk, |sign| !is_silent(sign))));
    }
    let (shown, runs): (Vec<Vec<String>>, Vec<Vec<String>>) = shown.iter().map(|word| runs(word)).unzip();
    let shown = shown.concat();
    let besides = besides.iter().flat_map(|word| self::runs(word).0).chain(runs.concat());
    let mut all = shown.join(" ");
    if !all.is_empty() {
        all.push(' ');
    }
    all.push(END);
    let mut seen: std::collections::HashSet<String> = shown.into_iter().collect();
    for word in besides.filter(|word| !word.is_empty()) {
        if seen.insert(word.clone()) {
            all.push(' ');
            all.push_str(&word);
        }
    }
    all
}

/// Returns the words of what somebody types, in order; at most `max` of them.
pub fn typed(text: &str, max: usize) -> Vec<String> {
    words_of(&folded(text), max)
}

/// Returns the words that somebody may mean who typed `text` and found nothing, most like it first: with umlauts written out, and
/// without the words for "and".
pub(crate) fn meant(text: &str, max: usize) -> Vec<Vec<String>> {
    let words = typed(text, max);
    let written = written_out(text).map(|text| words_of(&text, max));
    let bare: Vec<String> = words.iter().filter(|word| !ANDS.contains(&word.as_str())).cloned().collect();
    let others = written.into_iter().chain([bare]);
    others.filter(|other| !other.is_empty() && *other != words).collect()
}

fn words_of(text: &str, max: usize) -> Vec<String> {
    let words = text.split_whitespace().flat_map(|chunk| split(chunk, |sign| !is_silent(sign)));
    let pieces = words.flat_map(|word| runs(&word).0);
    let cut = pieces.flat_map(|word| if is_run(&word) { windows(&word) } else { vec![word] });
    let words: Vec<String> = cut.take(max).collect();
    if words.is_empty() { signs(text, true).into_iter().take(max).collect() } else { words }
}

/// The words that stand for signs between spaces, in a text that has nothing else or, without those that only part its words, in
/// any other.
fn signs(text: &str, is_all: bool) -> Vec<String> {
    let is_parting = |chunk: &str| !is_all && chunk.chars().all(|sign| "-–—&+/|·•,:;.~".contains(sign));
    let chunks = text.split_whitespace().filter(|chunk| !chunk.contains(char::is_alphanumeric) && !is_parting(chunk));
    let word = |chunk: &str| {
        let signs = chunk.chars().filter(|sign| !is_combining_mark(*sign)).take(RUN_CHARS_MAX);
        signs.fold(SIGNS.to_string(), |word, sign| format!("{word}{:x}g", u32::from(sign)))
    };
    chunks.map(word).collect()
}

/// Folded, with the umlauts of German and the north written out; `None` if there are none.
fn written_out(text: &str) -> Option<String> {
    let letters = text.nfc().flat_map(char::to_lowercase);
    let mut written = String::with_capacity(text.len());
    let mut has_any = false;
    for letter in letters {
        let out = match letter {
            'ä' => "ae",
            'ö' | 'ø' => "oe",
            'ü' => "ue",
            'å' => "aa",
            other => {
                written.push(other);
                continue;
            }
        };
        has_any = true;
        written.push_str(out);
    }
    has_any.then(|| folded(&written))
}

/// Returns the words of an indexed text in which a slip can be mended.
pub fn terms(indexed: &str) -> impl Iterator<Item = &str> {
    let is_term = |word: &&str| SLIP_CHARS.contains(&word.chars().count()) && !is_run(word) && !word.starts_with(SIGNS);
    indexed.split(' ').filter(is_term)
}

/// Returns whether `typed` is `word`, or where it may go on its beginning, but for one slip of the finger: a letter too much, too
/// few or another one, or two in the other order.
pub(crate) fn is_one_slip(typed: &str, word: &str, may_go_on: bool) -> bool {
    let (typed, word): (Vec<char>, Vec<char>) = (typed.chars().collect(), word.chars().collect());
    let same = typed.iter().zip(&word).take_while(|(a, b)| a == b).count();
    let (typed, word) = (&typed[same..], &word[same..]);
    let matches = |typed: &[char], word: &[char]| {
        if may_go_on { word.starts_with(typed) } else { word == typed }
    };
    let (typed_rest, word_rest) = (typed.get(1..).unwrap_or_default(), word.get(1..).unwrap_or_default());
    let is_swapped = typed.len() > 1 && word.len() > 1 && typed[0] == word[1] && typed[1] == word[0];
    matches(typed, word)
        || !typed.is_empty() && matches(typed_rest, word)
        || !word.is_empty() && matches(typed, word_rest)
        || !typed.is_empty() && !word.is_empty() && matches(typed_rest, word_rest)
        || is_swapped && matches(&typed[2..], &word[2..])
}

/// Folded, with one kind of syllable signs in Japanese.
fn folded(text: &str) -> String {
    let hiragana = |c: char| match c {
        '\u{30A1}'..='\u{30F6}' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        other => other,
    };
    fold(text).chars().map(hiragana).collect()
}

fn is_letter(c: char) -> bool {
    (c.is_alphanumeric() || is_combining_mark(c)) && !is_silent(c)
}

/// Signs inside a word that are not heard: "don't", "R.E.M.", "P!nk".
fn is_silent(sign: char) -> bool {
    matches!(
        sign,
        '\'' | '\u{2018}'
            | '\u{2019}'
            | '\u{201B}'
            // Unicode counts these among the letters.
            | '\u{2B9}'..='\u{2BD}' | '`' | '\u{B4}' | '\u{2032}' | '\u{5F3}' | '\u{5F4}' | '.' | '!' | '$'
    )
}

/// The letter that a sign stands for.
fn letter_like(sign: char) -> Option<char> {
    Some(match sign {
        '!' | '¡' => 'i',
        '$' => 's',
        '@' => 'a',
        '€' => 'e',
        _ => return None,
    })
}

/// The words of a text without spaces, parted at signs that `parts`; others are left out.
fn split(chunk: &str, parts: impl Fn(char) -> bool) -> Vec<String> {
    let words = chunk.split(|c: char| !is_letter(c) && parts(c));
    let words = words.map(|word| word.chars().filter(|c| is_letter(*c)).collect::<String>());
    words.filter(|word| word.contains(char::is_alphanumeric)).collect()
}

/// Scripts that are written without spaces.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Han,
    Kana,
    /// Thai, Lao, Myanmar and Khmer.
    Southeast,
    /// With spaces.
    Other,
}

fn script(c: char) -> Script {
    match c {
        '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}'
        | '々' => Script::Han,
        '\u{3040}'..='\u{30FF}' => Script::Kana,
        '\u{E00}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' => Script::Southeast,
        _ => Script::Other,
    }
}

fn is_run(word: &str) -> bool {
    word.chars().next().is_some_and(|first| script(first) != Script::Other)
}

/// Parts a word where the script changes; and the ends of each part without spaces, so that each of its parts begins one.
fn runs(word: &str) -> (Vec<String>, Vec<String>) {
    let letters: Vec<char> = word.chars().collect();
    let (mut words, mut ends) = (Vec::new(), Vec::new());
    for run in letters.chunk_by(|a, b| script(*a) == script(*b)) {
        words.push(run.iter().take(if script(run[0]) == Script::Other { usize::MAX } else { RUN_CHARS_MAX }).collect());
        if script(run[0]) != Script::Other {
            ends.extend((1..run.len()).map(|start| run[start..].iter().take(RUN_CHARS_MAX).collect::<String>()));
        }
    }
    (words, ends)
}

/// Cuts a long word into such as are indexed.
fn windows(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.chunks(RUN_CHARS_MAX).map(|window| window.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether every typed word begins a word of the text.
    fn finds(text: &str, what: &str) -> bool {
        let index = indexed(text);
        let words = typed(what, 8);
        !words.is_empty() && words.iter().all(|word| index.split(' ').any(|known| known.starts_with(word.as_str())))
    }

    #[test]
    fn what_people_type_is_found_whatever_signs_stand_in_it() {
        for (text, found) in [
            ("Don't Stop Me Now", &["don't stop", "dont stop", "don’t", "don t stop"][..]),
            ("Don’t Look Back", &["dont look back", "don't"]),
            ("AC/DC", &["acdc", "ac dc", "ac/dc", "AC-DC"]),
            ("R.E.M.", &["rem", "r.e.m.", "r e m"]),
            ("N.W.A", &["nwa", "n.w.a."]),
            ("JAY-Z", &["jayz", "jay z", "jay-z"]),
            ("P!nk", &["p!nk", "pink", "pnk"]),
            ("A$AP Rocky", &["asap rocky", "a$ap"]),
            ("blink-182", &["blink182", "blink 182"]),
            ("L'Été Indien", &["l'ete", "ete indien", "lete"]),
            ("Jóga", &["joga", "jóga"]),
            ("Don\u{2BC}t Stop", &["dont stop", "don't", "don\u{2BC}t"]),
            ("Hawai\u{2BB}i", &["hawaii", "hawai'i"]),
            ("Für Elise", &["fuer elise", "fur", "für"]),
            ("Fu\u{308}r Øde", &["fuer", "oede", "ode"]),
            ("!!!", &["!!!", "!!"]),
            ("÷ (Deluxe)", &["÷", "deluxe"]),
            ("-", &["-"]),
            ("❤\u{FE0F}", &["❤", "❤\u{FE0F}"]),
            ("宇多田ヒカル", &["宇多田", "多田", "ヒカル", "ひかる", "カル", "宇多田ヒカル"]),
            ("東京事変", &["東京", "京事", "変"]),
            ("椎名林檎と加爾基精液栗ノ花", &["精液", "椎名林檎", "加爾基精液栗ノ花"]),
            ("เพลงชาติไทย", &["เพลง", "ชาติ", "ไทย"]),
            ("שָׁלוֹם", &["שלום", "שָׁלוֹם"]),
            ("مُحَمَّد", &["محمد"]),
            ("أغنية", &["اغنيه", "أغنية"]),
            ("हिन्दी गीत", &["हिन्दी", "हि", "गीत"]),
        ] {
            for what in found {
                assert!(finds(text, what), "{what} in {text}: {:?} in {:?}", typed(what, 8), indexed(text));
            }
        }
        for (text, what) in
            [("Don't Stop", "stopped"), ("AC/DC", "cd"), ("東京事変", "京変"), ("", "x"), ("x", "!"), ("A - B", "-")]
        {
            assert!(!finds(text, what), "{what} in {text}");
        }
    }

    #[test]
    fn one_slip_of_the_finger_is_forgiven_and_two_are_not() {
        for typed in ["metallica", "metalica", "metalllica", "metallika", "mteallica", "etallica", "metallicaa"] {
            assert!(is_one_slip(typed, "metallica", false), "{typed}");
        }
        for typed in ["metalika", "mtealica", "metal", "matallika", ""] {
            assert!(!is_one_slip(typed, "metallica", false), "{typed}");
        }
        assert!(is_one_slip("metalic", "metallica", true) && is_one_slip("mettal", "metallica", true));
        assert!(!is_one_slip("mattel", "metallica", true));
    }

    #[test]
    fn words_are_letters_and_digits_only_and_not_too_many() {
        assert_eq!(typed("Motör-head \"OR* (x", 3), ["motor", "head", "or"]);
        assert!(typed("\"*^:- \0", 3).iter().all(|word| word.chars().all(|c| c == SIGNS || c.is_ascii_alphanumeric())));
        assert_eq!(indexed("One"), format!("one {END}"));
        assert_eq!(terms(&indexed("Don't Metallica 東京事変東京")).collect::<Vec<_>>(), ["dont", "metallica"]);
    }
}

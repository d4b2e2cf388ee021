//! The words of the pages: no key without words in any language, no words without use, the same values in all.

use std::collections::{BTreeMap, BTreeSet};

use super::{Asset, all, between, find, modules, named, pages, text};

/// Message keys that are put together at run time: every key with such a beginning counts as used.
const KEY_FAMILIES: [&str; 31] = [
    "air.",
    "channel.",
    "gate.text_",
    "state.",
    "hint.pocket_",
    "listeners.",
    "source.",
    "source_state.",
    "pairing.ended_",
    "pairing.refused_",
    "refused.",
    "why.",
    "moment.",
    "react.",
    "browse.",
    "place.",
    "wishes.",
    "silence.",
    "asks.note_",
    "files.note_",
    "music.added_",
    "upload.",
    "places.",
    "power.",
    "update.",
    "forgets.",
    "trouble.",
    "cardfile.",
    "set.",
    "room.refused_",
    "check.",
];

/// Endings of keys that are chosen by a number, as CLDR names them.
const PLURAL_FORMS: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

/// Words that a language's pages do not say, because they say another: one way of address, and one name for each thing. `*` stands
/// for any ending.
const UNSAID: [(&str, &[&str]); 4] = [
    ("de", &["telefon*", "smartphone*", "warteschlange*"]),
    ("es", &["teléfono*", "usted*"]),
    ("fr", &["tu", "te", "toi", "ton", "ta", "tes", "dis", "box"]),
    ("pt", &["telefone*", "celular*", "você*", "abra", "ouça", "espere", "tente", "feche", "desligue"]),
];

/// Longest hint, in characters, that two lines of the narrowest phone hold; characters of Japanese are twice as wide.
const HINT_CHARS_MAX: usize = 80;

/// The messages of a file of words, by key.
fn messages(name: &str) -> BTreeMap<String, String> {
    let body = text(named(name)).split_once("export default {").expect("one table").1;
    // One entry is a key, a colon and a quoted text, which may stand on the next line.
    let mut quoted = body.split('\'').skip(1).step_by(2);
    let mut found = BTreeMap::new();
    while let (Some(key), Some(message)) = (quoted.next(), quoted.next()) {
        assert_eq!(found.insert(key.to_owned(), message.to_owned()), None, "{name}: {key} is there twice");
    }
    assert_eq!(quoted.next(), None, "{name}: an apostrophe in a text is written ’");
    found
}

/// The languages that the pages offer.
fn languages() -> Vec<&'static str> {
    between(text(named("lang/languages.js")), "code: '", '\'').collect()
}

/// The files of words that each language has.
fn parts() -> Vec<&'static str> {
    let english = all().iter().filter_map(|asset| asset.name.strip_prefix("lang/en/"));
    english.collect()
}

/// All words of the pages in English.
fn english() -> BTreeMap<String, String> {
    parts().iter().flat_map(|part| messages(&format!("lang/en/{part}"))).collect()
}

/// A key without the form a number chooses.
fn without_form(key: &str) -> &str {
    match key.rsplit_once('.') {
        Some((stem, form)) if PLURAL_FORMS.contains(&form) => stem,
        _ => key,
    }
}

#[test]
fn every_language_has_all_words_and_no_others() {
    for language in languages() {
        for part in parts() {
            let (ours, english) = (messages(&format!("lang/{language}/{part}")), messages(&format!("lang/en/{part}")));
            let keys = |words: &BTreeMap<String, String>| -> BTreeSet<String> {
                words.keys().map(|key| without_form(key).to_owned()).collect()
            };
            let (ours, english) = (keys(&ours), keys(&english));
            let missing: Vec<_> = english.difference(&ours).collect();
            assert!(missing.is_empty(), "{language}/{part} lacks {missing:?}");
            let foreign: Vec<_> = ours.difference(&english).collect();
            assert!(foreign.is_empty(), "{language}/{part} has {foreign:?}, which English has not");
        }
    }
    let files = all().iter().filter(|asset| asset.name.starts_with("lang/")).count();
    assert_eq!(
        files,
        1 + languages().len() * parts().len(),
        "every file of words belongs to a language that is offered"
    );
}

/// What the portal's pages say, which have no script to be translated by.
fn of_portal(language: &str) -> String {
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/../firmware/web/src/http/portal/words.rs");
    let all = std::fs::read_to_string(place).expect("the portal's words");
    let words = all.split_once("const ALL").expect("a table").1.split_once("];").expect("its end").0;
    let own = words.split("language: \"").skip(1).find(|own| own.starts_with(&format!("{language}\"")));
    own.unwrap_or_else(|| panic!("the portal speaks no {language}")).to_owned()
}

/// The unsaid words of this list in a text, without its tags and values.
fn said(text: &str, unsaid: &[&str]) -> Vec<String> {
    let plain: String =
        text.split(['<', '{']).map(|part| part.split_once(['>', '}']).map_or(part, |(_, rest)| rest)).collect();
    let words = plain.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
    let is_unsaid = |word: &String| {
        unsaid.iter().any(|one| one.strip_suffix('*').map_or(word == one, |stem| word.starts_with(stem)))
    };
    words.filter(is_unsaid).collect()
}

#[test]
fn a_language_has_one_way_of_address_and_one_word_for_a_thing() {
    let mut wrong = Vec::new();
    for (language, unsaid) in UNSAID {
        for part in parts() {
            for (key, message) in messages(&format!("lang/{language}/{part}")) {
                wrong.extend(said(&message, unsaid).into_iter().map(|word| format!("{language}: {key} says {word}")));
            }
        }
        let portal = of_portal(language);
        assert!(portal.len() > 400, "{language}: {portal}");
        for sentence in portal.split('"').skip(2).step_by(2) {
            wrong.extend(said(sentence, unsaid).into_iter().map(|word| format!("{language}: the portal says {word}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_hint_has_two_lines_of_a_narrow_phone() {
    let mut wrong = Vec::new();
    for language in languages() {
        let most = if language == "ja" { HINT_CHARS_MAX / 2 } else { HINT_CHARS_MAX };
        let words = messages(&format!("lang/{language}/guest.js"));
        for (key, message) in words.iter().filter(|(key, _)| key.starts_with("hint.")) {
            let long = message.chars().count();
            if long > most {
                wrong.push(format!("{language}: {key} has {long} characters"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_a_number_chooses_has_words_for_every_other_number() {
    for language in languages() {
        for part in parts() {
            let words = messages(&format!("lang/{language}/{part}"));
            for key in words.keys().filter(|key| without_form(key) != key.as_str()) {
                let other = format!("{}.other", without_form(key));
                assert!(words.contains_key(&other), "{language}/{part} lacks {other}");
            }
        }
    }
}

#[test]
fn what_a_number_chooses_has_the_forms_of_its_language() {
    for language in languages() {
        // The forms of whole numbers below a million (CLDR 44, plural rules), and whether each needs words of its own.
        let (forms, all): (&[&str], bool) = match language {
            "ar" => (&PLURAL_FORMS, false),
            "ja" => (&["other"], true),
            "pl" => (&["one", "few", "many", "other"], true),
            _ => (&["one", "other"], true),
        };
        for part in parts() {
            let words = messages(&format!("lang/{language}/{part}"));
            let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
            for key in words.keys().filter(|key| without_form(key) != key.as_str()) {
                found.entry(without_form(key)).or_default().insert(&key[without_form(key).len() + 1..]);
            }
            for (key, found) in found {
                assert!(found.iter().all(|form| forms.contains(form)), "{language}/{part}: {key} has {found:?}");
                // Words that no number changes are there once.
                let whole = !all || found.len() == 1 || found.len() == forms.len();
                assert!(whole, "{language}/{part}: {key} has {found:?} of {forms:?}");
            }
        }
    }
}

#[test]
fn a_message_has_the_same_values_in_every_language() {
    let values = |message: &str| between(message, "{", '}').map(str::to_owned).collect::<BTreeSet<_>>();
    for language in languages() {
        for part in parts() {
            let english = messages(&format!("lang/en/{part}"));
            for (key, message) in messages(&format!("lang/{language}/{part}")) {
                let other = english.get(&key).or_else(|| english.get(&format!("{}.other", without_form(&key))));
                let wanted = values(other.expect("English has it"));
                let has = values(&message);
                // One thing may be named without its number.
                let one = key.ends_with(".one") || key.ends_with(".two") || key.ends_with(".zero");
                assert!(
                    has == wanted || one && has.is_subset(&wanted),
                    "{language}: {key} has {has:?}, not {wanted:?}"
                );
            }
        }
    }
}

#[test]
fn every_message_that_is_used_exists_and_every_message_is_used() {
    let messages = english();
    let families: BTreeSet<&str> = messages.keys().filter_map(|key| key.split('.').next()).collect();
    let mut used = BTreeSet::new();
    for module in modules() {
        let is_key = |word: &&str| {
            let plain = word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
            plain && word.split_once('.').is_some_and(|(family, rest)| families.contains(family) && !rest.is_empty())
        };
        used.extend(text(module).split('\'').filter(is_key));
    }
    for page in pages() {
        for attribute in ["data-t=\"", "data-t-label=\"", "data-t-hint=\""] {
            used.extend(between(text(page), attribute, '"'));
        }
    }
    for key in &used {
        let exists = messages.contains_key(*key) || messages.contains_key(&format!("{key}.other"));
        assert!(exists, "{key} has no message");
    }
    for key in messages.keys() {
        let family = KEY_FAMILIES.iter().any(|family| key.starts_with(family));
        let is_used = used.contains(key.as_str()) || used.contains(without_form(key));
        assert!(family || is_used, "{key} is never shown");
    }
}

/// The words that a page speaks: its first module names the files.
fn spoken(page: &Asset) -> BTreeMap<String, String> {
    let entry = between(text(page), "<script type=\"module\" src=\"", '"').next().and_then(find).expect("a module");
    let named = between(text(entry), "await speak(", ')').next().expect("words are loaded first");
    named.split('\'').skip(1).step_by(2).flat_map(|part| messages(&format!("lang/en/{part}.js"))).collect()
}

#[test]
fn pages_say_the_same_before_and_after_their_scripts_run() {
    for page in pages() {
        let messages = spoken(page);
        for element in text(page).split("data-t=\"").skip(1) {
            let (key, rest) = element.split_once('"').expect("a key");
            let shown = rest.split_once('>').and_then(|(_, shown)| shown.split('<').next()).expect("a text");
            assert_eq!(Some(shown), messages.get(key).map(String::as_str), "{}: {key}", page.name);
        }
    }
}

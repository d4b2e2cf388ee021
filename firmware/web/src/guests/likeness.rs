//! Names that guests give themselves: what is shown of them, and which look so alike that one could pass for another.
//!
//! Two names look alike if they have one skeleton (Unicode Technical Standard 39, section 4) whatever their case, without what
//! cannot be seen. A name that stands for a role on pages, in any of their languages, is nobody's.

use std::sync::LazyLock;

use unicode_security::confusable_detection::skeleton;

/// What hosts, DJs and the box are called, on pages and by people. A test holds it to what pages say in each language.
const ROLES: [&str; 22] = [
    "Host",
    "DJ",
    "Box",
    "Partybox",
    "Admin",
    "Gastgeber",
    "Gastgeberin",
    "Anfitrión",
    "Anfitriona",
    "Hôte",
    "Hôtesse",
    "Padrone di casa",
    "Padrona di casa",
    "Anfitrião",
    "Anfitriã",
    "مضيف",
    "المضيف",
    "Chi ospita",
    "Gospodarz",
    "Gospodyni",
    "ホスト",
    "主催者",
];

/// Articles of those languages, which make nobody else of a name.
const ARTICLES: [&str; 15] =
    ["the", "a", "an", "der", "die", "das", "el", "la", "le", "l", "o", "il", "lo", "un", "una"];

/// What a guest without a name is called, followed by its number.
const GUESTS: [&str; 14] = [
    "Guest",
    "Gast",
    "Invitado",
    "Invitada",
    "Invité",
    "Invitée",
    "Ospite",
    "Invitato",
    "Convidado",
    "Convidada",
    "Gość",
    "ゲスト",
    "ضيف",
    "الضيف",
];

/// The looks of [`ROLES`] and of [`GUESTS`].
static RESERVED: LazyLock<[Vec<Look>; 2]> =
    LazyLock::new(|| [ROLES.map(Look::of).to_vec(), GUESTS.map(Look::of).to_vec()]);

/// Joins letters or signs and is not seen itself.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// Asks for the coloured form of the sign before it.
const COLOURED: char = '\u{fe0f}';

/// Returns a name as others see it: nothing that cannot be seen, unless it joins letters or signs that need it; no marks that turn
/// the direction of writing; one space where there are several, and none at the ends.
pub(crate) fn shown(name: &str) -> String {
    let mut kept = String::new();
    for c in name.chars() {
        let before = kept.chars().next_back();
        let joins = before.is_some_and(|before| before > '\u{2ff}');
        let is_shown = match c {
            c if JOINERS.contains(&c) || c == COLOURED => joins,
            c if c.is_whitespace() || is_blank(c) => {
                if before.is_some_and(|before| before != ' ') {
                    kept.push(' ');
                }
                false
            }
            c => !c.is_control() && !is_ignorable(c),
        };
        if is_shown {
            kept.push(c);
        }
    }
    kept.trim_end_matches(|c: char| c == ' ' || JOINERS.contains(&c)).to_owned()
}

/// Returns whether a character looks like a space and is none.
const fn is_blank(c: char) -> bool {
    matches!(c, '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{115f}' | '\u{1160}')
}

/// Returns whether a character is not seen (`Default_Ignorable_Code_Point` of the Unicode Character Database, version 16, and the
/// characters that are in private use or none).
const fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
}

/// What a name looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Look([String; 2]);

impl Look {
    /// Returns what `name` looks like.
    pub(crate) fn of(name: &str) -> Self {
        let seen: String = name
            .chars()
            .filter(|c| !c.is_control() && !c.is_whitespace() && !is_blank(*c) && !is_ignorable(*c))
            .collect();
        // A capital letter may look like another small one than its own: `I` like `l`.
        let lower = |text: &str| -> String { text.to_lowercase() };
        let (as_is, as_small) = (lower(&skeleton(&seen).collect::<String>()), lower(&seen));
        Self([as_is, as_small].map(|text| skeleton(&text).collect()))
    }

    /// Returns whether one could pass for the other.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.0.iter().any(|one| other.0.contains(one))
    }
}

/// Returns whether a name could pass for somebody's who has none: a host, a DJ, the box, or a guest by a number; whatever signs
/// stand around it, with an article or without.
pub(crate) fn is_reserved(name: &str) -> bool {
    let words = name.trim_matches(|c: char| !c.is_alphanumeric());
    let unnumbered = words.trim_end_matches(|c: char| c.is_numeric() || !c.is_alphanumeric());
    let [roles, guests] = &*RESERVED;
    let is_any = |reserved: &[Look], text: &str| {
        let look = Look::of(text);
        reserved.iter().any(|one| one.is_like(&look))
    };
    let is_role = [name, words, unnumbered].iter().any(|text| is_any(roles, text) || is_any(roles, bare(text)));
    is_role || unnumbered.len() < words.len() && (is_any(guests, unnumbered) || is_any(guests, bare(unnumbered)))
}

/// Returns a name without an article before it.
fn bare(name: &str) -> &str {
    match name.split_once([' ', '\'', '’']) {
        Some((first, rest)) if ARTICLES.contains(&first.to_lowercase().as_str()) => rest.trim_start(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) -> bool {
        Look::of(a).is_like(&Look::of(b))
    }

    #[test]
    fn names_that_look_the_same_are_alike_and_those_of_different_people_are_not() {
        for (a, b) in [
            ("Ann", "ann"),
            ("Ann", "А\u{200b}nn"),
            ("Ann", "A n n"),
            ("paypal", "раураl"),
            ("Ian", "lan"),
            ("Ian", "IAN"),
            ("Zoë", "Zoe\u{308}"),
            ("Tim", "T\u{ad}im\u{2063}"),
            ("Bob", "B0b"),
            ("Max", "\u{1d40c}ax"),
        ] {
            assert!(alike(a, b), "{a:?} {b:?}");
        }
        for (a, b) in [("Ann", "Anna"), ("Zoë", "Zoe"), ("Ann", "Ann 🎉"), ("عمر", "عمرو"), ("Tom", "Tim")] {
            assert!(!alike(a, b), "{a:?} {b:?}");
        }
    }

    #[test]
    fn nobody_is_called_like_a_host_or_like_a_guest_without_a_name() {
        for name in [
            "Host",
            "HOST",
            "Ноst",
            "h\u{200d}ost",
            "D J",
            "Gastgeber",
            "ho\u{302}te",
            "Guest 7",
            "GUEST7",
            "Gаst  12",
            "ضيف 3",
            "the host!",
            "Host ✔",
            "★ HOST ★",
            "Host 7",
            "der Gastgeber",
            "l’hôte",
            "El Anfitrión",
            "#Guest-12 🎉",
            "the guest 3",
        ] {
            assert!(is_reserved(name), "{name:?}");
        }
        for name in ["Ann", "Guest", "Hosta", "Gustav 7", "DJ Ann", "Boxer", "La Ann", "R2D2", "7", "🎉", "L’Hosta"]
        {
            assert!(!is_reserved(name), "{name:?}");
        }
    }

    #[test]
    fn nobody_is_called_as_pages_call_hosts_and_guests_in_any_language() {
        let languages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../webui/lang");
        let mut looked = 0;
        for language in std::fs::read_dir(languages).expect("the pages' languages").flatten() {
            let Ok(words) = std::fs::read_to_string(language.path().join("host.js")) else { continue };
            for key in ["'by.host': '", "'by.guest': '"] {
                let (_, rest) = words.split_once(key).expect("pages say who it was");
                let (said, _) = rest.split_once("',").expect("a text");
                let name = said.replace("{n}", "3");
                assert!(is_reserved(&name), "{:?}: {name:?}", language.file_name());
                looked += 1;
            }
        }
        assert!(looked >= 18, "nine languages");
    }

    #[test]
    fn nothing_that_cannot_be_seen_is_shown_but_what_joins_letters_and_signs() {
        assert_eq!(shown(" A\u{202e}n\r\nn\u{0}\u{2066} "), "An n");
        assert_eq!(shown("\u{200f} \t\u{3164}\u{2800}"), "");
        assert_eq!(shown("Zoë 🎉 عمر"), "Zoë 🎉 عمر");
        assert_eq!(shown("A\u{200d}n\u{200b}n\u{fe0f}\u{e0041}"), "Ann");
        for kept in ["👨\u{200d}👩\u{200d}👧", "❤\u{fe0f}", "می\u{200c}خواهم"] {
            assert_eq!(shown(kept), kept);
        }
    }
}

//! Texts that people write and others see.

/// Returns `text` as it is shown: trimmed, without what is no character or turns the direction of writing; `None` if it
/// is longer than `chars_max`.
pub(crate) fn shown(text: &str, chars_max: usize) -> Option<String> {
    let turns = |c: char| matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain: String = text.chars().filter(|c| !c.is_control() && !turns(*c)).take(chars_max + 1).collect();
    let plain = plain.trim();
    (plain.chars().count() <= chars_max).then(|| plain.to_owned())
}

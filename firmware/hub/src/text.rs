//! Names that people give, as others are shown them.

/// Longest name, characters; a longer one is cut.
pub const NAME_CHARS_MAX: usize = 40;

/// Returns a name as others are shown it: in one line, cut; `None` if nothing is left.
pub(crate) fn shown(name: &str) -> Option<String> {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept: String = name.chars().filter(|c| !c.is_control() && !turns(*c)).collect();
    let cut: String = kept.trim().chars().take(NAME_CHARS_MAX).collect();
    (!cut.is_empty()).then_some(cut)
}

//! What plays at a sender, as others are shown it. Who sends is not known here.

/// Longest title or artist, in characters; longer ones are cut.
pub(crate) const TITLE_CHARS_MAX: usize = 200;

/// What plays at a sender, as it says itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// Title; may be empty.
    pub title: String,
    /// Artist; may be empty.
    pub artist: String,
}

impl Title {
    /// Returns what a sender says as others are shown it: each in one line, cut to [`TITLE_CHARS_MAX`].
    pub(crate) fn shown(title: &str, artist: &str) -> Self {
        Self { title: line(title), artist: line(artist) }
    }
}

/// Returns a text in one line, cut.
pub(crate) fn line(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).take(TITLE_CHARS_MAX).collect();
    plain.trim().to_owned()
}

//! Who said what a setting is, as every room that has settings and every page that shows them means it.
//!
//! Not what a setting is, nor how it is kept: only whose word it is.

use serde::{Deserialize, Serialize};

/// The origin of a setting's value. Pages show it, so that nobody wonders why a line of the configuration has no effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Nobody: it is as it comes.
    #[default]
    Default,
    /// The configuration: its value is not the default.
    File,
    /// The file that a box's owner edits on its card. It wins over the configuration.
    Card,
    /// A host, on the page. It wins over both files from then on.
    Page,
    /// An option of the command line. It wins over everything, for as long as the program runs.
    Command,
}

impl Origin {
    /// Returns the origin of a setting that a host has set to `page`, if to anything, over the configuration's `file`.
    pub fn of<T: PartialEq>(page: Option<&T>, file: &T, default: &T) -> Self {
        match page {
            Some(_) => Self::Page,
            None if file == default => Self::Default,
            None => Self::File,
        }
    }

    /// Returns this origin, or the card's file if that `says` what the setting is and no host has said something else since.
    #[must_use]
    pub fn or_card(self, says: bool) -> Self {
        if says && self != Self::Page { Self::Card } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_word_wins_even_if_it_is_the_default_and_the_files_counts_if_it_is_another() {
        for (page, file, origin) in [
            (Some(1), 1, Origin::Page),
            (Some(1), 2, Origin::Page),
            (None, 2, Origin::File),
            (None, 1, Origin::Default),
        ] {
            assert_eq!(Origin::of(page.as_ref(), &file, &1), origin, "{page:?} over {file}");
        }
    }

    #[test]
    fn the_cards_file_wins_over_the_configuration_even_if_it_says_the_default_and_a_host_over_both() {
        for (origin, with_card) in
            [(Origin::Default, Origin::Card), (Origin::File, Origin::Card), (Origin::Page, Origin::Page)]
        {
            assert_eq!(origin.or_card(true), with_card);
            assert_eq!(origin.or_card(false), origin);
        }
    }
}

//! The file that a box's owner edits on the card, as `cargo xtask flash` writes it: what was asked for, above the template.
//!
//! Text only, and no more checks than save a walk to the box: what a key may be is the firmware's to say, which leaves out what
//! is wrong and tells it.

use std::path::PathBuf;

/// The file on a card of which nothing is known yet: every key that may be set, as a comment.
const TEMPLATE: &str = include_str!("../card/partybox.toml");

/// Largest file that the box reads, bytes.
pub(crate) const BYTES_MAX: usize = 64 * 1024;

/// An option of `flash` that becomes a line of the file.
pub(crate) struct Setting {
    /// The option.
    pub(crate) option: &'static str,
    /// The key of the configuration.
    key: &'static str,
    /// Whether the text may be a value.
    is_possible: fn(&str) -> bool,
    /// What is allowed, for people.
    pub(crate) allowed: &'static str,
    /// Whether the text is shown to nobody.
    pub(crate) is_secret: bool,
}

/// All of them, in the order in which they are written.
pub(crate) const SETTINGS: [Setting; 6] = [
    Setting {
        option: "--name",
        key: "name",
        is_possible: |text| (1..=40).contains(&text.chars().count()),
        allowed: "1 to 40 letters",
        is_secret: false,
    },
    Setting {
        option: "--country",
        key: "wifi.country",
        is_possible: |text| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()),
        allowed: "two capital letters of ISO 3166, such as DE",
        is_secret: false,
    },
    Setting {
        option: "--wifi",
        key: "wifi.ssid",
        is_possible: |text| (1..=32).contains(&text.len()),
        allowed: "1 to 32 bytes",
        is_secret: false,
    },
    Setting {
        option: "--passphrase",
        key: "wifi.passphrase",
        is_possible: |text| (8..=63).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
        allowed: "8 to 63 letters of ASCII",
        is_secret: true,
    },
    Setting {
        option: "--band",
        key: "wifi.band",
        is_possible: |text| ["auto", "5", "2.4"].contains(&text),
        allowed: "auto, 5 or 2.4",
        is_secret: false,
    },
    Setting {
        option: "--night",
        key: "night",
        is_possible: |text| text.len() == 11 && text.split_once('-').is_some(),
        allowed: "HH:MM-HH:MM, such as 22:00-07:00",
        is_secret: false,
    },
];

impl Setting {
    /// Returns its line with this text as the value, if that is possible.
    pub(crate) fn line(&self, text: &str) -> Option<String> {
        let is_possible = (self.is_possible)(text) && !text.contains(char::is_control);
        is_possible.then(|| format!("{} = \"{}\"", self.key, text.replace('\\', "\\\\").replace('"', "\\\"")))
    }
}

/// What shall be in the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Lines, from options.
    pub(crate) lines: Vec<String>,
    /// A file to take instead.
    pub(crate) file: Option<PathBuf>,
}

impl Settings {
    /// Adds a line, in place of an earlier one for the same key.
    pub(crate) fn add(&mut self, line: String) {
        let key = |line: &str| line.split(" = ").next().map(str::to_owned);
        self.lines.retain(|known| key(known) != key(&line));
        self.lines.push(line);
    }

    /// Returns the file with the lines; `None` where there are none, and the card's own template stays.
    pub(crate) fn text(&self) -> Option<String> {
        let lines = self.lines.iter().map(String::as_str).chain([""]).chain(TEMPLATE.lines());
        // As every editor takes them, old ones of Windows too.
        (!self.lines.is_empty()).then(|| lines.flat_map(|line| [line, "\r\n"]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_a_line_of_the_template_and_refuses_what_breaks_it() {
        for setting in &SETTINGS {
            assert!(TEMPLATE.contains(&format!("\n#{} = \"", setting.key)), "{} is not in the template", setting.key);
            for wrong in ["", "a\nb", "\u{7}1234567", &"x".repeat(99)] {
                assert_eq!(setting.line(wrong), None, "{}: {wrong:?}", setting.option);
            }
        }
        assert_eq!(SETTINGS[0].line("a \"b\" \\"), Some("name = \"a \\\"b\\\" \\\\\"".to_owned()));
    }

    #[test]
    fn what_was_asked_for_is_above_what_may_be_asked_for() {
        assert_eq!(Settings::default().text(), None);
        let text = Settings { lines: vec!["name = \"x\"".to_owned()], file: None }.text().expect("lines");
        assert!(text.starts_with("name = \"x\"\r\n\r\n# The settings of this box."), "{text}");
        assert!(text.lines().skip(1).all(|line| line.is_empty() || line.starts_with('#')), "{text}");
        assert!(text.len() < BYTES_MAX);
    }
}

//! What the display shall show, as values.
//!
//! All texts come from outside, in whatever language; nothing here draws.

/// One picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Screen {
    /// A QR code with a few words beside it. A text that no phone could read from this display is shown as text, with
    /// the caption.
    Code {
        /// What it is for, such as "Wi-Fi".
        caption: String,
        /// What a phone reads; [`crate::screen::wifi`] makes the one for a network.
        text: String,
        /// What a person reads beside it, such as the network's name.
        beside: String,
    },
    /// What is playing. Long texts wrap.
    Track {
        /// The title.
        title: String,
        /// Who plays it.
        artist: String,
        /// The bottom line, such as "12 guests".
        footer: String,
    },
    /// A few words.
    Message {
        /// In large letters.
        headline: String,
        /// In small letters.
        text: String,
    },
    /// A number that fills the display.
    Number {
        /// Above it.
        headline: String,
        /// The number, such as the seconds left.
        number: u8,
    },
}

/// Everything the display shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Show {
    /// Shown in turn, each for [`crate::screen::TURN_MS`].
    pub screens: Vec<Screen>,
    /// Shown at once and instead, for as long as it is there.
    pub urgent: Option<Screen>,
    /// Light, 0 (blank) to 100 percent.
    pub brightness_percent: u8,
}

/// How long each screen is shown in its turn, ms: long enough to take out a phone and scan.
pub const TURN_MS: u64 = 12_000;

/// The text of a QR code that lets a phone join a network; with an empty password, an open one.
///
/// Format: ZXing's `WIFI:`, which Android and iOS read; backslash, semicolon, comma, colon and quote are escaped.
pub fn wifi(ssid: &str, password: &str) -> String {
    let escape = |text: &str| {
        let mut escaped = String::with_capacity(text.len());
        for letter in text.chars() {
            if matches!(letter, '\\' | ';' | ',' | ':' | '"') {
                escaped.push('\\');
            }
            escaped.push(letter);
        }
        escaped
    };
    if password.is_empty() {
        return format!("WIFI:T:nopass;S:{};;", escape(ssid));
    }
    format!("WIFI:T:WPA;S:{};P:{};;", escape(ssid), escape(password))
}

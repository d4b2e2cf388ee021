//! Which keys of the configuration hosts may set on the page, what each may be, and when it holds.
//!
//! A list for pages to make controls from; a test holds it against the checks of the configuration, which decide. What a key
//! means stands in `partybox.toml`. A key that is not listed is shown and cannot be set.

use web::settings::{Kind, Takes};

/// A row of the list.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name, with its section.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// When it holds.
    pub takes: Takes,
}

/// What a button may be asked for, as `buttons` names it.
const ACTIONS: &[&str] = &[
    "none",
    "toggle",
    "play",
    "pause",
    "stop",
    "next",
    "source",
    "channel",
    "volume-up",
    "volume-down",
    "pair",
    "forget",
];

const MP3_BITRATES_BPS: &[u32] = &[64_000, 96_000, 128_000, 160_000, 192_000, 224_000, 256_000, 320_000];

const BOARDS: &[&str] = &["auto", "sim", "none", "pi-zero-2w", "pi-3b", "pi-4b", "pi-5"];

const NETWORK: Takes = Takes::Elsewhere("/api/box/network");

const fn now(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, takes: Takes::Now }
}

const fn later(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, takes: Takes::Restart }
}

const fn number(name: &'static str, min: u32, max: u32) -> Key {
    later(name, Kind::Number { min, max })
}

const fn choice(name: &'static str, choices: &'static [&'static str]) -> Key {
    later(name, Kind::Choice { choices })
}

const fn text(name: &'static str, max: u32) -> Key {
    later(name, Kind::Text { min: 0, max })
}

const fn action(name: &'static str) -> Key {
    choice(name, ACTIONS)
}

const fn repeat(name: &'static str) -> Key {
    later(name, Kind::Switch)
}

/// All rows, in the order in which pages show them.
pub const KEYS: &[Key] = &[
    now("name", Kind::Text { min: 1, max: 40 }),
    now("night", Kind::Hours),
    now("time_zone", Kind::Text { min: 0, max: 60 }),
    text("wifi.ssid", 32),
    later("wifi.passphrase", Kind::Secret { min: 8, max: 63 }),
    later("wifi.country", Kind::Country),
    choice("wifi.band", &["auto", "5", "2.4"]),
    number("wifi.guests_max", 0, 2_007),
    later("wifi.isolate", Kind::Switch),
    Key { name: "wifi.portal", kind: Kind::Choice { choices: &["quiet", "sign-in", "off"] }, takes: NETWORK },
    Key { name: "wifi.forward", kind: Kind::Switch, takes: NETWORK },
    Key { name: "wifi.cable", kind: Kind::Choice { choices: &["house", "guests"] }, takes: NETWORK },
    choice("source.start", &["files", "line-in"]),
    Key {
        name: "source.crossfade_ms",
        kind: Kind::Number { min: 0, max: 12_750 },
        takes: Takes::Elsewhere("/api/party/settings"),
    },
    number("source.pause_fade_ms", 5, 5_000),
    number("source.source_fade_ms", 5, 12_000),
    number("source.stop_fade_ms", 5, 12_000),
    text("line_in.device", 200),
    number("line_in.period_ms", 2, 20),
    number("opus.bitrate_bps", 16_000, 510_000),
    number("opus.complexity", 0, 10),
    later("opus.fec", Kind::Switch),
    number("opus.expected_loss_percent", 0, 30),
    later("opus.packet_ms", Kind::NumberChoice { choices: &[10, 20, 40, 60] }),
    later("mp3.bitrates_bps", Kind::Numbers { choices: MP3_BITRATES_BPS }),
    number("mp3.burst_ms", 0, 1_000),
    number("mp3.listeners_max", 1, 5_000),
    number("webrtc.listeners_max", 1, 5_000),
    number("webrtc.sessions_per_address_max", 1, 5_000),
    number("rooms.rooms_max", 1, 64),
    number("rooms.participants_max", 2, 64),
    number("streams.connections_max", 1, 5_000),
    number("streams.senders_max", 0, 16),
    number("streams.receivers_max", 1, 5_000),
    number("streams.streams_max", 0, 16),
    number("streams.unheard_minutes", 1, 1_440),
    number("http.connections_max", 64, 20_000),
    number("http.connections_per_address_max", 4, 20_000),
    number("http.pages_max", 16, 20_000),
    later("http.names", Kind::Texts),
    choice("board.board", BOARDS),
    text("board.chip", 60),
    text("board.display", 60),
    later("board.display_address", Kind::NumberChoice { choices: &[60, 61] }),
    now("board.brightness_percent", Kind::Number { min: 1, max: 100 }),
    now("board.night_percent", Kind::Number { min: 0, max: 100 }),
    later("board.pwm", Kind::Switch),
    number("board.double_ms", 150, 1_000),
    later("board.pins", Kind::Pins),
    action("buttons.play.short"),
    action("buttons.play.double"),
    action("buttons.play.long"),
    action("buttons.play.held"),
    repeat("buttons.play.repeat"),
    action("buttons.next.short"),
    action("buttons.next.double"),
    action("buttons.next.long"),
    action("buttons.next.held"),
    repeat("buttons.next.repeat"),
    action("buttons.volume_up.short"),
    action("buttons.volume_up.double"),
    action("buttons.volume_up.long"),
    action("buttons.volume_up.held"),
    repeat("buttons.volume_up.repeat"),
    action("buttons.volume_down.short"),
    action("buttons.volume_down.double"),
    action("buttons.volume_down.long"),
    action("buttons.volume_down.held"),
    repeat("buttons.volume_down.repeat"),
    action("buttons.pair.short"),
    action("buttons.pair.double"),
    action("buttons.pair.long"),
    action("buttons.pair.held"),
    repeat("buttons.pair.repeat"),
    choice("buttons.knob", &["volume", "none"]),
    Key {
        name: "log.level",
        kind: Kind::Choice { choices: &["error", "warn", "info", "debug", "trace"] },
        takes: Takes::Now,
    },
];

impl Key {
    /// Returns the row of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// Returns what is allowed, for the refusal.
    pub fn allowed(&self) -> String {
        fn list<T: ToString>(all: &[T]) -> String {
            all.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
        }
        match self.kind {
            Kind::Text { min, max } => format!("{min} to {max} letters"),
            Kind::Secret { min, max } => format!("{min} to {max} letters of ASCII"),
            Kind::Number { min, max } => format!("{min} to {max}"),
            Kind::Switch => "true or false".to_owned(),
            Kind::Choice { choices } => list(choices),
            Kind::NumberChoice { choices } => list(choices),
            Kind::Numbers { choices } => format!("one or more of {}", list(choices)),
            Kind::Texts => "a list of texts".to_owned(),
            Kind::Hours => "HH:MM-HH:MM, or nothing".to_owned(),
            Kind::Country => "two capital letters of ISO 3166, or nothing".to_owned(),
            Kind::Pins => "a table such as {\"play-button\":{\"line\":16}}".to_owned(),
            Kind::Other => "nothing: it cannot be set here".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use toml::{Table, Value};

    use super::*;
    use crate::config::{Config, REFERENCE};
    use crate::overlay::{Entry, Overlay};

    /// Whether the configuration's own checks take this value.
    fn takes(name: &str, value: Value) -> bool {
        // A button that does nothing yet may do anything.
        let text = "line_in.device = \"null\"\n[buttons]\nplay = {}\nvolume_up = {}\nvolume_down = {}\n";
        let config = Config::parse(text).unwrap();
        Overlay::new(&config).lay(&[Entry::new(name, value)])[0].is_ok()
    }

    #[test]
    fn what_pages_are_told_of_a_key_is_what_the_configuration_checks() {
        let reference: Table = toml::from_str(REFERENCE).unwrap();
        for key in KEYS {
            let default =
                key.name.split('.').try_fold(&Value::Table(reference.clone()), |at, part| at.get(part)).cloned();
            assert!(default.is_some(), "{} is not in the reference", key.name);
            let integer = |n: u32| Value::Integer(n.into());
            let (right, wrong): (Vec<Value>, Vec<Value>) = match key.kind {
                Kind::Number { min, max } => {
                    (vec![integer(min), integer(max)], vec![Value::Integer(i64::from(min) - 1), integer(max + 1)])
                }
                Kind::Choice { choices } => {
                    (choices.iter().map(|one| Value::from(*one)).collect(), vec!["nothing-like-it".into()])
                }
                Kind::NumberChoice { choices } => {
                    (choices.iter().map(|n| integer(*n)).collect(), vec![integer(1_000_000)])
                }
                Kind::Numbers { choices } => {
                    let list = |n: &u32| Value::Array(vec![integer(*n)]);
                    (choices.iter().map(list).collect(), vec![Value::Array(vec![]), Value::Array(vec![integer(1)])])
                }
                Kind::Switch => (vec![false.into()], vec![integer(1)]),
                Kind::Hours => (vec!["22:00-07:00".into(), "".into()], vec!["late".into()]),
                Kind::Country => (vec!["DE".into(), "".into()], vec!["Germany".into(), "de".into()]),
                Kind::Text { min: 1, max } => (
                    vec!["x".into(), "x".repeat(max as usize).into()],
                    vec!["".into(), "x".repeat(max as usize + 1).into()],
                ),
                Kind::Secret { min, max } => (
                    vec!["x".repeat(min as usize).into(), "x".repeat(max as usize).into()],
                    vec!["x".repeat(min as usize - 1).into(), "x".repeat(max as usize + 1).into()],
                ),
                Kind::Text { .. } | Kind::Texts | Kind::Pins | Kind::Other => (Vec::new(), vec![integer(3)]),
            };
            for value in right {
                assert!(takes(key.name, value.clone()), "{} = {value}", key.name);
            }
            for value in wrong {
                assert!(!takes(key.name, value.clone()), "{} = {value}", key.name);
            }
        }
    }
}

//! Which keys of the configuration hosts may set on the page, what each may be, and when it holds.
//!
//! A list for pages to make controls from; a test holds it against the checks of the configuration, which decide. What a key
//! means stands in `partybox.toml`. A key that is in [`FIXED`] is shown and cannot be set; there is none in neither.

use toml::{Table, Value};
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

/// What a button may be asked for by a short press, as `buttons` names it. To talk, which is the last, the button has to be held.
const SHORT: &[&str] = &[
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
    "talk",
];

/// The same of every other gesture: all but to talk.
const ACTIONS: &[&str] = SHORT.split_last().expect("not empty").1;

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
    Key {
        name: "guest_files.per_guest_max",
        kind: Kind::Number { min: 1, max: 10 },
        takes: Takes::Elsewhere("/api/party/settings"),
    },
    number("guest_files.file_mb_max", 1, 1_500),
    number("guest_files.files_max", 1, 1_000),
    number("guest_files.total_mb_max", 1, 100_000),
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
    later("webrtc.networks", Kind::Texts),
    later("whip.refuse_video", Kind::Switch),
    number("whip.together_max", 1, 4),
    number("rooms.rooms_max", 1, 64),
    number("rooms.participants_max", 2, 64),
    number("streams.connections_max", 1, 5_000),
    number("streams.senders_max", 0, 16),
    number("streams.receivers_max", 1, 5_000),
    number("streams.streams_max", 0, 16),
    number("streams.unheard_minutes", 1, 1_440),
    number("http.https_port", 0, 65_535),
    number("http.connections_max", 64, 20_000),
    number("http.connections_per_address_max", 4, 20_000),
    number("http.pages_max", 16, 20_000),
    number("http.guests_per_address_max", 1, 1_000),
    later("http.names", Kind::Texts),
    text("http.url", 120),
    later("http.proxies", Kind::Texts),
    later("http.embed", Kind::Texts),
    later("http.metrics_from", Kind::Texts),
    choice("board.board", BOARDS),
    text("board.chip", 60),
    text("board.display", 60),
    later("board.display_address", Kind::NumberChoice { choices: &[60, 61] }),
    now("board.brightness_percent", Kind::Number { min: 1, max: 100 }),
    now("board.night_percent", Kind::Number { min: 0, max: 100 }),
    later("board.pwm", Kind::Switch),
    number("board.double_ms", 150, 1_000),
    later("board.pins", Kind::Pins),
    choice("buttons.play.short", SHORT),
    action("buttons.play.double"),
    action("buttons.play.long"),
    action("buttons.play.held"),
    repeat("buttons.play.repeat"),
    choice("buttons.next.short", SHORT),
    action("buttons.next.double"),
    action("buttons.next.long"),
    action("buttons.next.held"),
    repeat("buttons.next.repeat"),
    choice("buttons.volume_up.short", SHORT),
    action("buttons.volume_up.double"),
    action("buttons.volume_up.long"),
    action("buttons.volume_up.held"),
    repeat("buttons.volume_up.repeat"),
    choice("buttons.volume_down.short", SHORT),
    action("buttons.volume_down.double"),
    action("buttons.volume_down.long"),
    action("buttons.volume_down.held"),
    repeat("buttons.volume_down.repeat"),
    choice("buttons.pair.short", SHORT),
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

/// Keys that hosts cannot set, each with the reason: they say how the box is put together, and need access to the machine.
pub const FIXED: &[(&str, &str)] = &[
    ("listen", "a wrong one would take the page away, and with it the way back"),
    ("host_from", "whoever it names is host: only somebody at the machine may say that"),
    ("source.music", "a folder of this machine, in which the program may read"),
    ("source.sticks", "a folder of this machine, below which the system mounts"),
    ("webrtc.udp_port", "routers and firewalls in front of the box name it"),
    ("wifi.own", "the system's units belong to it: a computer does not become a network because its page says so"),
    ("state.folder", "what hosts have set lies there"),
    ("update.inbox", "a folder that a unit of the system watches"),
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

/// Adds the keys of all values in `table`, below `before`.
pub(super) fn leaves(table: &Table, before: &str, into: &mut Vec<String>) {
    for (key, value) in table {
        let name = if before.is_empty() { key.clone() } else { format!("{before}.{key}") };
        match value {
            Value::Table(inner) if !inner.is_empty() => leaves(inner, &name, into),
            _ => into.push(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buttons::Action;
    use crate::config::{Config, REFERENCE};
    use crate::overlay::{Entry, Overlay};

    /// Whether the configuration's own checks take this value.
    fn takes(name: &str, value: Value) -> bool {
        // A button that does nothing yet may do anything.
        let text = "line_in.device = \"null\"\n[buttons]\nplay = {}\nvolume_up = {}\nvolume_down = {}\n";
        let config = Config::parse(text).unwrap();
        let mut entries = vec![Entry::new(name, value.clone())];
        if value.as_str() == Some("talk") {
            // Held for as long as somebody speaks.
            let button = name.rsplit_once('.').unwrap().0;
            let others = ["double", "long", "held"].map(|other| (other, "none".into()));
            let together = others.into_iter().chain([("repeat", true.into())]);
            entries.extend(together.map(|(key, value)| Entry::new(&format!("{button}.{key}"), value)));
        }
        Overlay::new(&config).lay(&entries)[0].is_ok()
    }

    #[test]
    fn every_key_of_the_reference_is_on_the_page_or_has_a_reason_why_not() {
        let mut reference = Vec::new();
        leaves(&toml::from_str(REFERENCE).unwrap(), "", &mut reference);
        let fixed = || FIXED.iter().map(|(name, _)| *name);
        let mut listed: Vec<&str> = KEYS.iter().map(|key| key.name).chain(fixed()).collect();
        listed.sort_unstable();
        reference.sort_unstable();
        assert_eq!(listed, reference);
        assert!(FIXED.iter().all(|(_, reason)| reason.len() > 10));
    }

    #[test]
    fn whatever_a_button_can_do_it_can_do_by_a_short_press() {
        let error = serde_json::from_str::<Action>("\"x\"").expect_err("no action").to_string();
        let (_, said) = error.split_once("expected one of ").expect("all that there are");
        let known: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
        let sorted =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(sorted(SHORT), sorted(&known));
        assert_eq!(sorted(ACTIONS), sorted(SHORT).into_iter().filter(|name| name != "talk").collect());
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

//! Which keys of the configuration an owner may set in the card's file. All others say how the box is put together.
//!
//! A list; what a key means stands in `partybox.toml`.

/// Keys by section; the first have none.
pub const KEYS: [(&str, &[&str]); 11] = [
    ("", &["name", "night", "time_zone"]),
    ("wifi", &["ssid", "passphrase", "country", "band", "guests_max", "isolate", "portal", "forward", "cable"]),
    ("source", &["start", "crossfade_ms", "pause_fade_ms", "source_fade_ms", "stop_fade_ms"]),
    ("line_in", &["device", "period_ms"]),
    ("opus", &["bitrate_bps", "complexity", "fec", "expected_loss_percent", "packet_ms"]),
    ("mp3", &["bitrates_bps", "burst_ms", "listeners_max"]),
    ("webrtc", &["listeners_max"]),
    ("rooms", &["rooms_max", "participants_max"]),
    (
        "board",
        &[
            "board",
            "chip",
            "display",
            "display_address",
            "brightness_percent",
            "night_percent",
            "pwm",
            "double_ms",
            PINS,
        ],
    ),
    ("buttons", &["play", "next", "volume_up", "volume_down", "pair", "knob"]),
    ("log", &["level"]),
];

/// The key of `[board]` that is a table: each pin in it counts by itself.
pub(super) const PINS: &str = "pins";

/// Returns whether the `key` of this section may be set.
pub(super) fn may_be_set(section: &str, key: &str) -> bool {
    KEYS.iter().any(|(name, keys)| *name == section && keys.contains(&key))
}

/// Returns whether there is such a section.
pub(super) fn is_section(name: &str) -> bool {
    !name.is_empty() && KEYS.iter().any(|(known, _)| *known == name)
}

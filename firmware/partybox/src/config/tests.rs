//! The keys, their defaults, and what is refused.

use super::*;

/// The message for a text that must be refused.
fn refusal(text: &str) -> String {
    Config::parse(text).expect_err("this must be refused").to_string()
}

#[test]
fn the_reference_file_holds_every_key_with_its_default() {
    let written: toml::Table = toml::from_str(REFERENCE).unwrap();
    let defaults = toml::Table::try_from(Config::default()).unwrap();
    assert_eq!(written, defaults);
    assert_eq!(Config::parse(REFERENCE).unwrap(), Config::default());
}

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(Config::parse("").unwrap(), Config::default());
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let message = refusal("name = \"x\"\n[opus]\nbitrate = 1\n");
    assert!(message.contains("line 3") && message.contains("`bitrate`"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn values_outside_their_range_are_named_with_the_range() {
    assert_eq!(refusal("[opus]\nbitrate_bps = 1\n"), "configuration: opus.bitrate_bps = 1, allowed is 16000 to 510000");
    for text in [
        "name = \"\"",
        "host_from = [\"10.0.0.0/33\"]",
        "[opus]\npacket_ms = 30",
        "[mp3]\nbitrates_bps = []",
        "[mp3]\nbitrates_bps = [127000]",
        "[source]\nstart = \"line-in\"",
        "[line_in]\ndevice = \"pipe:/run/x?rate=1\"",
        "[line_in]\ndevice = \"pipe:x\"",
        "[http]\nconnections_max = 0",
        "[rooms]\nparticipants_max = 1",
        "[http]\nhttps_port = 443",
        "listen = \"0.0.0.0:80\"\n[http]\nhttps_port = 80",
        "[streams]\nstreams_max = 17",
        "[streams]\nunheard_minutes = 0",
        "[wifi]\ncountry = \"de\"",
        "[wifi]\nguests_max = 3000",
    ] {
        assert!(refusal(text).contains("allowed is"), "{text}");
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_one_clear_line() {
    for text in ["listen = 80", "listen = \"nowhere\"", "[source]\nstart = \"radio\"", "[[name]]", "\u{0}"] {
        assert_eq!(refusal(text).lines().count(), 1, "{text}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let message = Config::load(Path::new("/nonexistent/x.toml")).expect_err("no such file").to_string();
    assert!(message.contains("/nonexistent/x.toml"), "{message}");
}

#[test]
fn names_and_addresses_are_kept_as_pages_are_addressed_by_them() {
    let config =
        Config::parse("[http]\nnames = [\" Party.Example. \", \"203.0.113.7\", \"FD00::7\", \"[fd00::8]\"]\n").unwrap();
    assert_eq!(*config.http.names, ["party.example", "203.0.113.7", "[fd00::7]", "[fd00::8]"]);
    for wrong in ["a b", "party:80", "[fd00::7", "fd00::7]:80", "http://party", ""] {
        assert!(Config::parse(&format!("[http]\nnames = [\"{wrong}\"]\n")).is_err(), "{wrong}");
    }
}

#[test]
fn a_guest_wifi_behind_one_address_has_room_for_fifty_phones_with_a_page_each() {
    let http = Config::default().http;
    assert!(http.guests_per_address_max >= 50 && http.connections_of_address() >= 50 + 2 * 6);
    assert!(http.sessions_of_address(8) >= 40, "and most of them may listen live");
}

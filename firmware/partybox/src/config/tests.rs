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

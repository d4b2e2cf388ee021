//! What of a card's file holds, and what is told of the rest.

use proptest::prelude::*;

use super::*;
use crate::card::keys;
use crate::config::REFERENCE;

/// A box that is its own network, as a card's is.
fn box_config() -> Config {
    Config::parse("[wifi]\nown = true\n").unwrap()
}

fn over_box(text: &str) -> Config {
    over(&box_config(), text.as_bytes(), CardFile::default())
}

fn card(config: &Config) -> &CardFile {
    config.card.as_ref().expect("a card's file was read")
}

/// Line, key and code of each problem.
fn problems(text: &str) -> Vec<(Option<usize>, String, Code)> {
    let config = over_box(text);
    card(&config).problems.iter().map(|problem| (problem.line, problem.key.clone(), problem.code)).collect()
}

#[test]
fn every_key_that_may_be_set_exists_in_the_reference_and_holds() {
    let reference: Table = toml::from_str(REFERENCE).unwrap();
    for (section, key) in keys().into_iter().filter(|(_, key)| *key != "ssid") {
        let table = if section.is_empty() { &reference } else { reference[section].as_table().unwrap() };
        let value = table.get(key).unwrap_or_else(|| panic!("{section}.{key} is not in the reference"));
        let text =
            if section.is_empty() { format!("{key} = {value}") } else { format!("[{section}]\n{key} = {value}") };
        let config = over_box(&text);
        assert_eq!(card(&config).problems, [], "{text}");
        let is_said = card(&config).says(format!("{section}.{key}").trim_start_matches('.'));
        // A blank passphrase says nothing, and neither does a table without pins.
        assert_eq!(is_said, !["passphrase", "pins"].contains(&key), "{text}");
    }
}

#[test]
fn each_value_holds_by_itself_and_each_mistake_is_told_with_its_line() {
    let text = "name = \"Garden party\"\nnight = \"late\"\n\n[wifi]\ncountry = \"DE\"\nband = 5\nguests_max = 9999\nportal = \"off\"\n";
    let config = over_box(text);
    assert_eq!(config.name, "Garden party");
    assert_eq!((config.wifi.country.as_str(), config.wifi.portal), ("DE", appliance::config::Portal::Off));
    assert_eq!((config.wifi.band, config.wifi.guests_max), (box_config().wifi.band, 0));
    let told: Vec<String> = card(&config).problems.iter().map(Problem::to_string).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    for (said, parts) in told.iter().zip([
        ["line 2: night: ", "HH:MM-HH:MM"],
        ["line 6: wifi.band: ", "expected string"],
        ["line 7: wifi.guests_max: ", "allowed is 0 to 2007"],
    ]) {
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    }
}

#[test]
fn what_is_no_key_or_none_for_this_file_is_told_and_changes_nothing() {
    let text = "listen = \"0.0.0.0:1\"\nnmae = \"x\"\nwifi.own = false\n[state]\nfolder = \"/tmp\"\n[party]\nx = 1\n[source]\nmusic = \"/\"\n";
    let config = over_box(text);
    assert_eq!(Config { card: None, ..config }, box_config());
    let expected = [
        (1, "listen", Code::NotHere),
        (2, "nmae", Code::Unknown),
        (3, "wifi.own", Code::NotHere),
        (4, "state", Code::NotHere),
        (6, "party", Code::Unknown),
        (9, "source.music", Code::NotHere),
    ];
    assert_eq!(problems(text), expected.map(|(line, key, code)| (Some(line), key.to_owned(), code)));
}

#[test]
fn a_line_that_cannot_be_read_costs_that_line_alone() {
    for wrong in ["night = late", "night = \"22:00", "night", "= 3", "night = “22:00-07:00”", "night = [1,", "\u{1}"]
    {
        let text = format!("name = \"Garden\"\n{wrong}\n[wifi]\ncountry = \"DE\"\n");
        let config = over_box(&text);
        let told = &card(&config).problems;
        assert!(told.iter().any(|problem| problem.code == Code::Syntax), "{wrong}: {told:?}");
        assert_eq!(config.night, box_config().night, "{wrong}");
        assert_eq!(config.name, "Garden", "{wrong}: {told:?}");
        // What is open until further down takes that along.
        if !wrong.contains('[') {
            assert_eq!((config.wifi.country.as_str(), told[0].line), ("DE", Some(2)), "{wrong}: {told:?}");
        }
    }
    let config = over_box("name = “Garden”\n");
    assert!(card(&config).problems[0].detail.contains("straight"), "{:?}", card(&config).problems);
}

#[test]
fn a_value_may_stand_before_what_it_needs() {
    let config = over_box("source.start = \"line-in\"\n[line_in]\ndevice = \"usb\"\n");
    assert_eq!((card(&config).problems.len(), config.line_in.device.as_str()), (0, "usb"));
    assert_eq!(config.source.start, crate::config::Start::LineIn);
    assert_eq!(problems("source.start = \"line-in\"\n"), [(Some(1), "source.start".to_owned(), Code::Value)]);
}

#[test]
fn each_pin_counts_by_itself() {
    let text = "[board]\nboard = \"pi-4b\"\n[board.pins]\nplay-button = { line = 20 }\nplay-buton = { line = 21 }\nguests-led = { line = 9999 }\n";
    let config = over_box(text);
    assert_eq!(config.board.pins.keys().collect::<Vec<_>>(), ["play-button"]);
    let told: Vec<_> = problems(text).into_iter().map(|(line, key, _)| (line, key)).collect();
    assert_eq!(told, [(Some(5), "board.pins.play-buton".to_owned()), (Some(6), "board.pins.guests-led".to_owned())]);
}

#[test]
fn pins_that_change_places_are_possible_together_though_not_one_by_one() {
    let pins = "[board]\nboard = \"pi-4b\"\n[board.pins]\nplay-button = { line = 27 }\nnext-button = { line = 17 }\n";
    for more in ["", "[wifi]\ncountry = \"Germany\"\n"] {
        let config = over_box(&format!("{pins}{more}"));
        assert_eq!(config.board.pins.len(), 2, "{:?}", card(&config).problems);
    }
}

#[test]
fn the_own_networks_name_and_passphrase_are_no_configuration_and_a_secret_is_never_told() {
    let text = "[wifi]\nssid = \"Garden\"\npassphrase = \"own words\"\n";
    let config = over_box(text);
    assert_eq!(Config { card: None, ..config.clone() }, box_config());
    let read = card(&config);
    assert_eq!(read.ssid.as_deref(), Some("Garden"));
    let secret = read.passphrase.as_ref().expect("a secret");
    assert_eq!(secret.text, "own words");
    assert_eq!(&text[secret.at..secret.at + secret.blank.len()], "\"own words\"");
    assert!(!read.says("wifi.passphrase") && !format!("{config:?}").contains("own words"));
    for wrong in [
        "passphrase = \"hunter2\"",
        "passphrase = 12345678",
        "password = \"hunter2 hunter2\"",
        "passphrase = \"hunter2",
        "passphrase = hunter2",
    ] {
        let config = over_box(&format!("[wifi]\n{wrong}\n"));
        let told = card(&config).problems.iter().map(Problem::to_string).collect::<String>();
        assert!(!told.is_empty() && !told.contains("hunter") && !told.contains("12345678"), "{wrong}: {told}");
        assert_eq!(card(&config).passphrase, None, "{wrong}");
    }
    // Somebody else's network is configuration.
    let foreign = over(&Config::default(), text.as_bytes(), CardFile::default());
    assert_eq!((foreign.wifi.ssid.as_str(), foreign.wifi.passphrase.as_str()), ("Garden", "own words"));
}

#[test]
fn of_many_mistakes_it_is_told_how_many() {
    let text: String = (0..100).map(|n| format!("key{n} = {n}\n")).collect();
    let told = problems(&text);
    assert_eq!(told.len(), PROBLEMS_MAX);
    assert_eq!(told.last().map(|(_, _, code)| *code), Some(Code::More));
    assert!(over_box(&text).card.unwrap().problems.last().unwrap().detail.contains("81"));
}

/// A file as somebody might leave it: right lines, wrong ones, pieces of both.
fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("[wifi]".to_owned()),
        Just("passphrase = \"own words\"".to_owned()),
        Just("ssid = \"\u{fc}\"".to_owned()),
        Just("[[board.pins]]".to_owned()),
        Just("board.pins.play-button.line = 5".to_owned()),
        "[a-z_.]{1,12} ?= ?[\"\\[{0-9a-z.:-]{0,8}",
        "\\PC{0,20}",
    ];
    proptest::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn no_bytes_keep_the_box_from_a_configuration_it_can_run_with(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let config = over(&box_config(), &bytes, CardFile::default());
        prop_assert!(config.check().is_ok());
        prop_assert!(card(&config).problems.len() <= PROBLEMS_MAX);
    }

    #[test]
    fn no_lines_do_either_and_blanking_leaves_a_file_without_the_secret(text in lines()) {
        let config = over_box(&text);
        prop_assert!(config.check().is_ok());
        if let Some(Secret { at, blank, .. }) = &card(&config).passphrase {
            let mut bytes = text.clone().into_bytes();
            bytes[*at..at + blank.len()].copy_from_slice(blank);
            let again = over(&box_config(), &bytes, CardFile::default());
            prop_assert!(card(&again).passphrase.is_none() && card(&again).has_passphrase);
            prop_assert_eq!(&card(&again).said, &card(&config).said);
        }
    }
}

//! Thousands of damaged offers, fragments and datagrams against the fan-out, damaged configurations and card files, lists of music and
//! messages of other processes against their readers, by seed; the fuzz targets in `fuzz/` go on for as long as they are let.

use tests::dice::Dice;
use tests::distrust;
use tests::hostile::{Siege, honest, mutated};

/// Inputs per door.
const INPUTS: usize = 4_000;

/// Files of a card's owner: each is tried value by value.
const CARD_FILES: usize = 200;

#[test]
fn damaged_offers_are_refused_and_harm_nobody() {
    let mut dice = Dice::for_test("offers");
    let (offers, _) = honest();
    let mut siege = Siege::new();
    for round in 0..INPUTS {
        let bytes = mutated(&mut dice, offers[round % offers.len()].as_bytes());
        siege.offer(&String::from_utf8_lossy(&bytes));
        siege.patch(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn damaged_datagrams_get_no_answer_and_harm_nobody() {
    let mut dice = Dice::for_test("datagrams");
    let (_, datagrams) = honest();
    assert!(datagrams.len() > 4, "a handshake is more than {} datagrams", datagrams.len());
    let mut siege = Siege::new();
    for round in 0..INPUTS {
        if round % datagrams.len() == 0 {
            siege.somebody_joins();
        }
        siege.datagram(&mutated(&mut dice, &datagrams[round % datagrams.len()]));
    }
}

#[test]
fn damaged_files_of_a_cards_owner_leave_a_box_that_runs() {
    let mut dice = Dice::for_test("card files");
    // Every line of the template counts, and there is a secret.
    let template =
        include_str!("../../image/card/partybox.toml").replace("passphrase = \"\"", "passphrase = \"own words\"");
    // A comment for people has a space behind its sign.
    let said: Vec<&str> =
        template.lines().filter_map(|line| line.strip_prefix('#').filter(|key| !key.starts_with(' '))).collect();
    let said = said.join("\r\n");
    for _ in 0..CARD_FILES {
        distrust::card_file(&mutated(&mut dice, said.as_bytes()));
    }
}

#[test]
fn damaged_configurations_are_refused_in_one_line_or_stand_up_to_their_checks() {
    let mut dice = Dice::for_test("configurations");
    for _ in 0..INPUTS {
        let bytes = mutated(&mut dice, partybox::config::REFERENCE.as_bytes());
        distrust::configuration(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn refusals_that_quote_line_ends_stay_one_line() {
    let long_name = format!("name = \"{}\"", r"a\n\u001b".repeat(41));
    for text in [long_name.as_str(), r#"host_from = ["10.0.0.0/8\r\n"]"#, "\"a\\nb\" = 1", r#"listen = "a\nb""#] {
        distrust::configuration(text);
    }
}

#[test]
fn damaged_messages_of_a_decoder_process_let_nothing_through_that_could_hurt() {
    let mut dice = Dice::for_test("decoder messages");
    let honest = distrust::honest_decoder_output();
    assert_eq!(honest.iter().map(|messages| distrust::decoder_output(messages)).collect::<Vec<_>>(), [3, 1]);
    for round in 0..INPUTS {
        distrust::decoder_output(&mutated(&mut dice, &honest[round % honest.len()]));
    }
}

#[test]
fn damaged_lists_of_music_and_messages_of_tag_readers_lead_nowhere_and_claim_nothing() {
    let mut dice = Dice::for_test("lists of music");
    let seeds = [
        &include_bytes!("../fuzz/seeds/library_wire/sheet.cue")[..],
        include_bytes!("../fuzz/seeds/library_wire/list.m3u"),
        include_bytes!("../fuzz/seeds/library_wire/tags.json"),
        include_bytes!("../fuzz/seeds/library_wire/list.json"),
    ];
    for round in 0..INPUTS {
        let bytes = mutated(&mut dice, seeds[round % seeds.len()]);
        distrust::music_list(&bytes);
        distrust::tag_reader_output(&bytes);
    }
}

#[test]
fn damaged_music_files_end_in_a_reason_or_in_tags_that_fit() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/music_files");
    let mut files: Vec<_> = std::fs::read_dir(seeds).expect("seeds").map(|file| file.expect("a seed").path()).collect();
    files.sort();
    let files: Vec<_> = files.iter().map(|path| std::fs::read(path).expect("a seed")).collect();
    assert!(files.len() > 10, "{} seeds", files.len());
    // The crate that reads tags panics at some, which is caught where it happens: not worth a thousand words here.
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.location().is_some_and(|place| place.file().contains("/lofty-")) {
            others(info);
        }
    }));
    files.iter().for_each(|file| distrust::music_file(file));
    let mut dice = Dice::for_test("music files");
    for round in 0..INPUTS {
        distrust::music_file(&mutated(&mut dice, &files[round % files.len()]));
    }
}

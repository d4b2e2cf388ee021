//! Which words are understood, and which are refused with what sentence.

use super::*;

fn parsed(words: &[&str]) -> Result<Command, UsageError> {
    parse(lexopt::Parser::from_args(words))
}

fn refused(words: &[&str]) -> String {
    parsed(words).expect_err("must be refused").to_string()
}

#[test]
fn no_words_and_help_print_the_general_help() {
    for words in [&[][..], &["help"], &["--help"], &["-h"]] {
        assert_eq!(parsed(words), Ok(Command::Help(Topic::General)));
    }
}

#[test]
fn every_command_has_its_own_help_both_ways() {
    for topic in [Topic::Run, Topic::Test, Topic::Bench, Topic::Cases, Topic::Fuzz, Topic::Image, Topic::Flash] {
        assert_eq!(parsed(&["help", topic.name()]), Ok(Command::Help(topic)));
        assert_eq!(parsed(&[topic.name(), "--help"]), Ok(Command::Help(topic)));
    }
}

#[test]
fn run_takes_every_option_and_passes_the_rest_on() {
    let words = ["run", "--yes", "--debug", "--music", "m", "--line-in=hw:1", "--listen", "[::]:80", "--", "--x", "y"];
    let wanted = RunArgs {
        yes: true,
        debug: true,
        music: Some("m".into()),
        line_in: Some("hw:1".into()),
        listen: Some("[::]:80".to_owned()),
        rest: vec!["--x".into(), "y".into()],
        ..RunArgs::default()
    };
    assert_eq!(parsed(&words), Ok(Command::Run(wanted)));
}

#[test]
fn a_run_is_of_one_build() {
    let release = RunArgs { release: true, ..RunArgs::default() };
    assert_eq!(parsed(&["run", "--release"]), Ok(Command::Run(release)));
    assert!(refused(&["run", "--release", "--debug"]).contains("without --debug"));
    assert!(refused(&["run", "--debug", "--release", "--", "x"]).contains("--release"));
}

#[test]
fn test_takes_filters_and_the_machine_tests_are_asked_for_by_name() {
    let plain = TestArgs { filters: vec!["whep".to_owned()], ..TestArgs::default() };
    assert_eq!(parsed(&["test", "whep"]), Ok(Command::Test(plain)));
    let machine = TestArgs { yes: true, machine: true, ..TestArgs::default() };
    assert_eq!(parsed(&["test", "--machine", "--yes"]), Ok(Command::Test(machine)));
    let prepare = TestArgs { machine: true, prepare: true, ..TestArgs::default() };
    assert_eq!(parsed(&["test", "--machine", "--prepare"]), Ok(Command::Test(prepare)));
    let cards = TestArgs { machine: true, only: Some(Emulated::Cards), ..TestArgs::default() };
    assert_eq!(parsed(&["test", "--machine", "--only", "cards"]), Ok(Command::Test(cards)));
    assert!(refused(&["test", "--machine", "--only", "pi"]).contains("cards or machine"));
    assert!(refused(&["test", "--only", "cards"]).contains("--machine"));
}

#[test]
fn an_image_is_made_of_the_newest_packages_unless_a_lock_file_is_insisted_on() {
    let image = |words: &[&str]| match parsed(&[&["image"], words].concat()) {
        Ok(Command::Image(args)) => args,
        other => panic!("{other:?}"),
    };
    assert_eq!(image(&["--dry"]), ImageArgs { dry: true, ..ImageArgs::default() });
    assert_eq!(image(&["--locked"]).locked, Locked::Repository);
    for words in [["--lock", "a", "--locked"], ["--locked", "--lock", "a"]] {
        assert_eq!(image(&words).locked, Locked::File("a".into()), "{words:?}");
    }
    assert_eq!(image(&["--cache", "c"]).cache, Some("c".into()));
    assert_eq!(image(&["--firmware", "f"]).firmware, Some("f".into()));
    assert!(refused(&["image", "--locked", "--update-lock"]).contains("without --locked"));
    assert!(refused(&["test", "--cache", "c"]).contains("--machine"));
    assert!(refused(&["test", "--prepare"]).contains("--machine"));
}

#[test]
fn an_option_value_that_looks_like_the_separator_is_still_a_value() {
    let wanted = RunArgs { music: Some("--".into()), ..RunArgs::default() };
    assert_eq!(parsed(&["run", "--music", "--"]), Ok(Command::Run(wanted)));
}

#[test]
fn cases_lie_in_one_folder() {
    let wanted = CasesArgs { yes: true, folder: "music".into() };
    assert_eq!(parsed(&["cases", "-y", "music"]), Ok(Command::Cases(wanted)));
    assert!(refused(&["cases"]).contains("FOLDER must be given"));
    assert!(refused(&["cases", "a", "b"]).contains("\"b\""));
}

#[test]
fn fuzz_has_a_limit_of_time_or_of_inputs() {
    let wanted = FuzzArgs { yes: false, seconds: Some(5), runs: None, seed: None, targets: vec!["sdp".to_owned()] };
    assert_eq!(parsed(&["fuzz", "--seconds", "5", "sdp"]), Ok(Command::Fuzz(wanted)));
    let counted = FuzzArgs { yes: false, seconds: None, runs: Some(100), seed: Some(7), targets: Vec::new() };
    assert_eq!(parsed(&["fuzz", "--runs=100", "--seed=7"]), Ok(Command::Fuzz(counted)));
    assert!(refused(&["fuzz", "--runs=2000000001"]).contains("1 to 2000000000"));
    assert!(refused(&["fuzz", "--seed=-1"]).contains("--seed"));
    for bad in ["0", "86401", "-1", "x", ""] {
        assert!(refused(&["fuzz", &format!("--seconds={bad}")]).contains("1 to 86400"), "{bad}");
    }
}

#[test]
fn an_image_is_for_a_pi_unless_told_otherwise_and_a_key_needs_its_certificate() {
    assert_eq!(parsed(&["image"]), Ok(Command::Image(ImageArgs::default())));
    let other = ImageArgs { board: Board::Pi5, update_lock: true, check: true, ..ImageArgs::default() };
    assert_eq!(parsed(&["image", "--board=pi5", "--update-lock", "--check"]), Ok(Command::Image(other)));
    let emulated = ImageArgs { emulate: true, ..ImageArgs::default() };
    assert_eq!(parsed(&["image", "--board", "qemu"]), Ok(Command::Image(emulated)));
    assert!(refused(&["flash", "--board", "qemu", "/dev/sdx"]).contains("pi5"));
    assert!(refused(&["image", "--key", "k"]).contains("--certificate"));
    assert!(refused(&["image", "--board", "pi6"]).contains("pi5"));
}

#[test]
fn a_card_is_written_to_one_disk_that_is_named() {
    let wanted = FlashArgs {
        yes: false,
        board: Board::Pi,
        image: None,
        settings: Settings::default(),
        device: "/dev/sdx".into(),
    };
    assert_eq!(parsed(&["flash", "/dev/sdx"]), Ok(Command::Flash(wanted)));
    assert!(refused(&["flash"]).contains("DEVICE"));
    assert!(refused(&["flash", "/dev/sdx", "/dev/sdy"]).contains("flash does not know \"/dev/sdy\""));
}

#[test]
fn what_the_owner_has_to_say_is_a_line_each_or_a_file() {
    let settings = |words: &[&str]| match parsed(&[&["flash", "/dev/sdx"], words].concat()) {
        Ok(Command::Flash(args)) => args.settings,
        other => panic!("{other:?}"),
    };
    let said = settings(&["--country", "FR", "--name", "Garden \"party\"", "--country=DE"]);
    assert_eq!(said.lines, ["name = \"Garden \\\"party\\\"\"", "wifi.country = \"DE\""]);
    assert_eq!(settings(&["--settings", "f"]).file, Some("f".into()));
    assert!(refused(&["flash", "/dev/sdx", "--settings", "f", "--band", "5"]).contains("--settings"));
    assert!(
        refused(&["flash", "/dev/sdx", "--country", "de"]).contains("--country \"de\": must be two capital letters")
    );
    let secret = refused(&["flash", "/dev/sdx", "--passphrase", "short"]);
    assert!(secret.contains("--passphrase must be 8 to 63") && !secret.contains("short"), "{secret}");
}

#[test]
fn mistakes_get_one_line_that_names_them() {
    for (words, part) in [
        (&["ran"][..], "unknown command \"ran\""),
        (&["help", "ran"], "unknown command \"ran\""),
        (&["run", "--musik", "x"], "run does not know \"--musik\""),
        (&["run", "folder"], "run does not know \"folder\""),
        (&["test", "-q"], "test does not know \"-q\""),
        (&["run", "--listen", "8080"], "--listen \"8080\": must be ADDRESS:PORT"),
        (&["run", "--music"], "missing argument"),
        (&["run", "--yes=1"], "unexpected argument"),
    ] {
        let message = refused(words);
        assert!(message.contains(part), "{words:?}: {message}");
        assert_eq!(message.lines().count(), 1);
    }
}

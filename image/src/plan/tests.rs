//! What is decided on which machine.

use super::*;
use crate::packages::NEEDS;

fn facts(missing: &[&str]) -> Facts {
    let missing = NEEDS.iter().filter(|need| missing.contains(&need.name)).collect();
    Facts { family: Family::Debian, root: false, sudo: true, rustup: true, consent: Consent::Ask, missing }
}

fn installed(facts: &Facts) -> Install {
    match plan(facts) {
        Ok(Plan::Install(install)) => install,
        other => panic!("expected an installation, got {other:?}"),
    }
}

#[test]
fn nothing_missing_is_ready_on_any_system_and_asks_nobody() {
    for family in [Family::Debian, Family::Fedora, Family::Arch, Family::Other] {
        let bare = Facts { family, sudo: false, rustup: false, consent: Consent::CannotAsk, ..facts(&[]) };
        assert_eq!(plan(&bare), Ok(Plan::Ready));
    }
}

#[test]
fn a_person_on_debian_is_asked_and_sudo_is_used() {
    let install = installed(&facts(&["ALSA headers", "mpv"]));
    assert!(install.ask && install.sudo);
    assert_eq!(install.packages, ["libasound2-dev", "mpv"]);
    let shown = install.shown();
    assert!(
        shown.starts_with("  sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120"),
        "{shown}"
    );
    assert!(shown.ends_with("install --yes --no-install-recommends --no-remove libasound2-dev mpv"), "{shown}");
}

#[test]
fn root_needs_no_sudo_and_a_script_is_not_asked() {
    let install = installed(&Facts { root: true, sudo: false, consent: Consent::Given, ..facts(&["mpv"]) });
    assert!(!install.ask);
    assert_eq!(install.apt_install()[0], "env");
}

#[test]
fn one_package_that_brings_two_needs_is_named_once() {
    let twice: Vec<_> = NEEDS.iter().filter(|need| need.name == "mpv").flat_map(|need| [need, need]).collect();
    assert_eq!(installed(&Facts { missing: twice, ..facts(&[]) }).packages, ["mpv"]);
}

#[test]
fn tool_chain_parts_come_from_rustup_and_cargo() {
    let all = facts(&["rustfmt", "clippy", "cargo-fuzz"]);
    let install = installed(&Facts { family: Family::Other, sudo: false, ..all.clone() });
    assert!(install.packages.is_empty());
    assert!(install.shown().contains("rustup component add rustfmt clippy\n  cargo install --locked cargo-fuzz@"));
    let refusal = plan(&Facts { rustup: false, ..all }).expect_err("no rustup");
    assert_eq!(refusal, Refusal::NoRustup(vec!["rustfmt", "clippy"]));
}

#[test]
fn other_systems_are_told_what_to_install() {
    for (family, words) in [
        (Family::Fedora, "ALSA headers (line-in), probably the package alsa-lib-devel"),
        (Family::Arch, "ALSA headers (line-in), probably the package alsa-lib"),
        (Family::Other, "ALSA headers (line-in), on Debian the package libasound2-dev"),
    ] {
        let refusal =
            plan(&Facts { family, ..facts(&["ALSA headers", "rustfmt"]) }).expect_err("not Debian").to_string();
        assert!(refusal.contains(words), "{refusal}");
        assert!(!refusal.contains("rustfmt"), "{refusal}");
    }
}

#[test]
fn without_rights_or_a_person_the_command_is_shown_instead() {
    let no_rights = plan(&Facts { sudo: false, ..facts(&["mpv"]) }).expect_err("no rights");
    assert!(matches!(no_rights, Refusal::NoRights(_)) && no_rights.to_string().contains("--no-remove mpv"));
    let nobody = plan(&Facts { consent: Consent::CannotAsk, ..facts(&["mpv"]) }).expect_err("nobody to ask");
    assert!(matches!(nobody, Refusal::CannotAsk(_)) && nobody.to_string().contains("--yes"));
}

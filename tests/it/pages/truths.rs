//! What the host's page shows of the box itself, from the real thing: how far reading the music has got, and what comes in
//! over the cable. Each leaves a picture for people to look at.

use std::fs;

use tests::browser::{Options, missing};
use tests::hear;
use tests::host::Host;
use tests::program::Running;
use tests::sound::SoundServer;
use tests::wav;

use super::PATIENCE;
use super::looks::pictures;

/// Files that are brought in one piece: enough that reading them takes a look or two.
const FILES: usize = 3_000;

#[test]
fn the_page_shows_how_far_reading_the_music_has_got() {
    if let Some(reason) = missing() {
        return println!("{reason}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (music, pile) = (folder.path().join("music"), folder.path().join("pile"));
    [&music, &pile].iter().for_each(|place| fs::create_dir(place).expect("a folder"));
    wav::write(&music.join("first.wav"), &hear::sine(440.0, 0.25, 48_000, 48_000)).expect("a file");
    for n in 0..FILES {
        // Of contents of its own each, so that no one is taken for a moved other.
        let tone = hear::sine(100.0 + n as f64, 0.2, 48_000, 480);
        wav::write(&pile.join(format!("{n}.wav")), &tone).expect("a file");
    }
    let Some(running) = Running::start(&["--music".as_ref(), music.as_os_str()]) else { return };
    running.until("/health", PATIENCE, |health| health["library"]["tracks"] == 1);
    let host = Host::visit(&running.url(""), &Options::default()).expect("the page opens");
    host.until_role("host", PATIENCE).expect("a host by its address");
    host.part("music").expect("the music");
    // What the page shows on the way is gone too soon to be asked for step by step.
    let watch = "window.seen = [];
        new MutationObserver(() => window.seen.push(document.getElementById('scan-say').textContent))
          .observe(document.getElementById('scan-say'), { subtree: true, childList: true, characterData: true });";
    host.browser.run(watch).expect("watched");
    fs::rename(&pile, music.join("pile")).expect("brought");
    let begun = "!document.getElementById('scan').hidden && document.getElementById('scan-bar').value > 0";
    host.browser.wait_for(begun, PATIENCE).expect("it reads");
    host.browser.run("document.getElementById('scan').scrollIntoView({ block: 'center' })").expect("in sight");
    host.browser.screenshot(&pictures().join("host-scan.png")).expect("a picture");
    host.browser.wait_for("document.getElementById('scan').hidden", PATIENCE).expect("it has read");
    running.until("/health", PATIENCE, |health| health["library"]["tracks"] == FILES + 1);
    let seen = host.browser.run("return window.seen").expect("what was shown");
    let seen: Vec<&str> = seen.as_array().expect("texts").iter().filter_map(|text| text.as_str()).collect();
    println!("shown: {seen:?}");
    let percent = |text: &&str| text.split('%').next()?.trim().rsplit(' ').next()?.parse::<u32>().ok();
    let shares: Vec<u32> = seen.iter().filter_map(percent).collect();
    assert!(shares.iter().any(|share| (1..100).contains(share)), "no share of the way: {seen:?}");
    assert!(seen.iter().any(|text| text.contains("files a second")), "how fast: {seen:?}");
}

#[test]
fn the_page_shows_the_level_of_line_in_and_keeps_a_clip_until_it_is_tapped() {
    let server = match missing().map_or_else(|| SoundServer::start(&["cable"]), Err) {
        Ok(server) => server,
        Err(reason) => return println!("not run: {reason}"),
    };
    let config = server.alsa_config();
    let Some(running) = Running::start_in(&[("ALSA_CONFIG_PATH", config.as_os_str())], &["--line-in", "cable-in"])
    else {
        return;
    };
    let host = Host::visit(&running.url(""), &Options::default()).expect("the page opens");
    host.until_role("host", PATIENCE).expect("a host by its address");
    let quiet = server.play("cable", &hear::sine(440.0, 0.25, 48_000, 60 * 48_000)).expect("paplay starts");
    let level = "Number(document.getElementById('meter').getAttribute('aria-valuenow'))";
    host.browser.wait_for(&format!("{level} === -12"), PATIENCE).expect("-12 dBFS, as it is played");
    assert_eq!(host.browser.run("return document.getElementById('clip').disabled").expect("a light"), true);
    host.browser.run("document.getElementById('meter-box').scrollIntoView({ block: 'center' })").expect("in sight");
    host.browser.screenshot(&pictures().join("host-meter.png")).expect("a picture");
    drop(quiet);
    let loud = server.play("cable", &hear::sine(440.0, 1.5, 48_000, 60 * 48_000)).expect("paplay starts");
    let lit = "document.getElementById('clip').dataset.lit === 'true'";
    host.browser.wait_for(lit, PATIENCE).expect("too loud");
    host.browser.screenshot(&pictures().join("host-clip.png")).expect("a picture");
    drop(loud);
    let _soft = server.play("cable", &hear::sine(440.0, 0.1, 48_000, 60 * 48_000)).expect("paplay starts");
    host.browser.wait_for(&format!("{level} === -20"), PATIENCE).expect("softer");
    assert_eq!(
        host.browser.run(&format!("return {lit}")).expect("a light"),
        true,
        "it stays until somebody has seen it"
    );
    host.tap("#clip").expect("seen");
    host.browser.wait_for(&format!("!({lit})"), PATIENCE).expect("out");
}

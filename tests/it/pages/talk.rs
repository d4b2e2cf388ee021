//! A host speaks over the music with the phone that the host's page is open on: a microphone that a browser makes up, heard by a
//! listener of MP3 while a finger holds the button, and no longer.

use serde_json::json;
use tests::browser::{Options, missing};
use tests::caller::Caller;
use tests::host::Host;
use tests::program::free_port;
use tests::terminal::Terminal;
use tests::{hear, wav};

use super::PATIENCE;
use super::dj::heard_tones;
use super::looks::look;

/// The song and the voice, Hz.
const SONG_HZ: f64 = 997.0;
const VOICE_HZ: f64 = 600.0;

/// How far the host lets the music step back, dB.
const DUCK_DB: f64 = 20.0;

/// How near a level is to where it shall be, dB.
const NEAR_DB: f64 = 2.0;

/// A voice that is heard is louder than this, one that is not is softer, dBFS.
const IS_HEARD_DB: f64 = -25.0;
const IS_NOT_HEARD_DB: f64 = -50.0;

#[test]
fn a_host_holds_a_button_on_the_secure_page_and_speaks_over_the_music_which_comes_back() {
    if let Some(reason) = missing() {
        println!("{reason}");
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let music = folder.path().join("music");
    std::fs::create_dir(&music).expect("a folder for the song");
    let tone = |hz: f64, amplitude: f32, seconds: usize| {
        hear::sine(hz, amplitude, wav::RATE_HZ, seconds * wav::RATE_HZ as usize)
    };
    wav::write(&music.join("song.wav"), &tone(SONG_HZ, 0.25, 240)).expect("a song");
    let hum = folder.path().join("voice.wav");
    wav::write(&hum, &tone(VOICE_HZ, 0.5, 10)).expect("a voice");
    let https_port = free_port().port();
    let options = [format!("--music={}", music.display()), format!("--https-port={https_port}")];
    let Some(mut terminal) = Terminal::start(&["--board", "sim", &options[0], &options[1]]) else { return };
    let mut host = Caller::new([127, 0, 0, 1].into(), terminal.running.address);
    let settings = json!({ "duck_db": DUCK_DB as u8, "level_loudness": false });
    assert_eq!(host.ask("PUT", "/api/party/settings", Some(&settings)).status, 204);
    terminal.running.until("/api/party/status", PATIENCE, |status| status["track"]["title"] == "song");
    let flags = [
        // A name that browsers take for another machine's: their own is a secure page by any scheme.
        "--host-resolver-rules=MAP party.internal 127.0.0.1".to_owned(),
        "--ignore-certificate-errors".into(),
        "--use-fake-ui-for-media-stream".into(),
        "--use-fake-device-for-media-stream".into(),
        format!("--use-file-for-fake-audio-capture={}", hum.display()),
    ];
    let options = Options { flags: flags.into(), ..Options::default() };
    let port = terminal.running.address.port();
    let page = Host::visit(&format!("http://party.internal:{port}"), &options).expect("it opens");
    // Under such a name nobody is host by the address.
    page.browser.click("#pairing-button").expect("a tap");
    page.until_shown("Press h in the terminal", PATIENCE).expect("what to do next");
    terminal.press("h");
    page.until_role("host", PATIENCE).expect("a paired host");
    let running = &terminal.running;
    let until = |expression: &str| page.browser.wait_for(expression, PATIENCE).expect(expression);
    until(
        "document.getElementById('talk-secure').checkVisibility() && !document.getElementById('talk').checkVisibility()",
    );
    until(
        "document.body.innerText.includes('Your browser will warn') || document.body.innerText.includes('your browser will warn')",
    );
    look(&page.browser, "host-talk-plain", Options::default().window);
    page.tap("#talk-secure").expect("the way there");
    until(&format!("location.href.startsWith('https://party.internal:{https_port}/host') && isSecureContext"));
    page.until_role("host", PATIENCE).expect("a host there as well");
    until(
        "document.getElementById('talk').checkVisibility() && !document.getElementById('talk-secure').checkVisibility()",
    );
    let tones = [SONG_HZ, VOICE_HZ];
    let [alone, none] = heard_tones(running, "c0", tones);
    println!("before: song {alone:.1} dBFS, voice {none:.1}");
    assert!((alone + 12.04).abs() < NEAR_DB && none < IS_NOT_HEARD_DB, "before: song {alone}, voice {none}");
    page.hold("#talk").expect("a finger");
    until("document.getElementById('talk').getAttribute('aria-pressed') === 'true'");
    look(&page.browser, "host-talk-held", Options::default().window);
    let [under, voice] = heard_tones(running, "c0", tones);
    println!("held: song {under:.1} dBFS, voice {voice:.1}");
    assert!(voice > IS_HEARD_DB && (under - alone + DUCK_DB).abs() < NEAR_DB, "held: song {under}, voice {voice}");
    page.let_go().expect("the finger goes");
    running.until("/api/party/status", PATIENCE, |status| status["talk_over"] == false);
    let [back, gone] = heard_tones(running, "c0", tones);
    println!("after: song {back:.1} dBFS, voice {gone:.1}");
    assert!((back - alone).abs() < NEAR_DB && gone < IS_NOT_HEARD_DB, "after: song {back}, voice {gone}");
    // The connection is there still, so that the next word needs no waiting; a phone that dies leaves the music as it was.
    page.hold("#talk").expect("a finger");
    running.until("/api/party/status", PATIENCE, |status| status["talk_over"] == true);
    drop(page);
    running.until("/api/party/status", PATIENCE, |status| status["talk_over"] == false);
}

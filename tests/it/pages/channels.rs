//! Several channels: guests choose one by tap, key, wipe or address, and a host adds, names, colours and removes them while
//! somebody listens.

use std::net::Ipv4Addr;
use std::time::Instant;

use serde_json::{Value, json};
use tests::browser::{Browser, Options};
use tests::caller::Caller;
use tests::guest::Guest;

use super::host::{Party, party};
use super::looks::{PHONE, look};
use super::{AUDIBLE, PATIENCE};

/// A channel with what it plays: its id, the song, and the pitch of that song's sound in hertz.
pub(super) type Plays = (&'static str, &'static str, f64);

/// What three channels play in these tests; the first one is there already.
pub(super) const DISCO: [Plays; 3] =
    [("main", "Amber Lights", 220.0), ("green", "Blaue Stunde", 275.0), ("blue", "Evergreen", 440.0)];

/// How far a heard pitch may be from a song's, in hertz: two steps of the analysis.
const PITCH_SLACK_HZ: f64 = 12.0;

/// The pitch that the page's audio element plays now; `Guest::hears` has set up what listens.
const PITCH: &str = "(() => {
  const bins = new Float32Array(window.testSides[0].frequencyBinCount);
  window.testSides[0].smoothingTimeConstant = 0;
  window.testSides[0].getFloatFrequencyData(bins);
  return bins.indexOf(Math.max(...bins)) * window.testEar.sampleRate / window.testSides[0].fftSize;
})()";

const RIGHT_ARROW: &str = "\u{e014}";

/// A party whose channels play different songs. `None`, with the reason printed, where something needed is missing.
pub(super) fn disco() -> Option<Party> {
    let party = party()?;
    for (id, song, _) in DISCO {
        if id != "main" {
            add(&party, id);
        }
        let status = format!("/api/channels/{id}/status");
        host(&party, "POST", &format!("/api/channels/{id}/play"), None);
        // What is put into a queue before anything plays is what it begins with.
        party.running.until(&status, PATIENCE, |status| !status["track"].is_null());
        let song_next = json!({ "track": party.track(song), "at": "next" });
        host(&party, "POST", &format!("/api/channels/{id}/queue"), Some(song_next));
        host(&party, "POST", &format!("/api/channels/{id}/next"), None);
        party.running.until(&status, PATIENCE, |status| status["track"]["title"] == song);
    }
    Some(party)
}

/// Adds the channel of a colour, and waits until the box tells of it.
pub(super) fn add(party: &Party, colour: &str) {
    host(party, "PUT", &format!("/api/channels/{colour}"), Some(json!({ "color": colour })));
    party.running.until("/api/party/status", PATIENCE, |status| {
        status["channels"].as_array().is_some_and(|channels| channels.iter().any(|channel| channel["id"] == colour))
    });
}

pub(super) fn host(party: &Party, method: &str, path: &str, body: Option<Value>) {
    Caller::new(Ipv4Addr::LOCALHOST, party.running.address).done(method, path, body.as_ref());
}

fn visit(party: &Party, query: &str) -> Guest {
    Guest::visit_with(&party.running.url(""), query, &Options::default()).expect("the page opens")
}

/// Waits until the page is wholly of a channel: the field, the colour over the page, and what plays.
#[track_caller]
fn until_of(guest: &Guest, id: &str, colour: &str, song: &str) {
    let all = format!(
        "document.querySelector('[name=channel]:checked')?.value === '{id}'
         && getComputedStyle(document.documentElement).getPropertyValue('--channel') === '{colour}'
         && document.getElementById('title').textContent === '{song}'
         && navigator.mediaSession.metadata.title === '{song}'"
    );
    guest.browser.wait_for(&all, PATIENCE).unwrap_or_else(|error| panic!("the page of {id}: {error}"));
}

/// Waits until this pitch is heard, in the session that is there.
fn until_pitch(guest: &Guest, hertz: f64) {
    let near = format!("Math.abs({PITCH} - {hertz}) < {PITCH_SLACK_HZ}");
    guest.browser.wait_for(&near, PATIENCE).unwrap_or_else(|error| panic!("{hertz} Hz is heard: {error}"));
}

/// Moves a finger over the page by so many pixels, as quickly as people do: the browser itself keeps the time.
fn wipe(browser: &Browser, across: i32, down: i32) {
    let gesture = json!({ "x": 195, "y": 420, "xDistance": across, "yDistance": down, "speed": 900,
        "preventFling": true, "gestureSourceType": "touch" });
    browser.devtools("Input.synthesizeScrollGesture", &gesture).expect("a finger");
}

#[test]
fn a_guest_switches_by_tap_key_and_wipe_in_one_session_and_the_page_takes_the_colour() {
    let Some(party) = disco() else { return };
    let guest = visit(&party, "");
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    guest.hears(AUDIBLE, PATIENCE).expect("sound");
    until_of(&guest, "main", "#e53935", DISCO[0].1);
    until_pitch(&guest, DISCO[0].2);

    let begun = Instant::now();
    guest.browser.click("#channel-list [data-key=green]").expect("a tap");
    until_pitch(&guest, DISCO[1].2);
    println!(
        "another channel is heard {:?} after the tap, the driver's time and 170 ms of analysis included",
        begun.elapsed()
    );
    until_of(&guest, "green", "#43a047", DISCO[1].1);

    guest.browser.press("[name=channel]:checked", RIGHT_ARROW).expect("a key");
    until_of(&guest, "blue", "#1e88e5", DISCO[2].1);
    until_pitch(&guest, DISCO[2].2);
    assert_eq!(
        guest.browser.run("return document.activeElement.value").expect("a value"),
        "blue",
        "the focus goes along"
    );

    guest.browser.run("location.hash = '/queue'").expect("another part of the page");
    wipe(&guest.browser, 20, -300);
    wipe(&guest.browser, 160, 10);
    until_of(&guest, "green", "#43a047", DISCO[1].1);
    until_pitch(&guest, DISCO[1].2);
    assert_eq!(guest.browser.run("return window.testPeers.length").expect("a number"), 1, "no new offer");
    party.running.until("/api/party/status", PATIENCE, |status| {
        let listeners = |n: usize| status["channels"][n]["listeners"].as_u64();
        [listeners(0), listeners(1), listeners(2)] == [Some(0), Some(1), Some(0)]
    });
    guest.browser.reload().expect("the page again");
    until_of(&guest, "green", "#43a047", DISCO[1].1);
    let complaints = guest.browser.console().expect("a log");
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[test]
fn pocket_goes_on_with_the_other_channel() {
    let Some(party) = disco() else { return };
    let guest = visit(&party, "");
    guest.browser.run("document.querySelector('input[value=pocket]').click()").expect("a choice");
    guest.tap().expect("a tap");
    guest.until("pocket", PATIENCE).expect("pocket");
    let begun = Instant::now();
    guest.browser.click("#channel-list [data-key=blue]").expect("a tap");
    let moves = "(() => { const audio = document.getElementById('audio-pocket');
      const from = window.testFrom; window.testFrom = audio.currentTime;
      return !audio.paused && audio.currentTime < 5 && from !== undefined && audio.currentTime > from })()";
    guest.browser.wait_for(moves, PATIENCE).expect("the new one plays");
    println!("Pocket plays the other channel {:?} after the tap", begun.elapsed());
    until_of(&guest, "blue", "#1e88e5", DISCO[2].1);
    guest.until("pocket", PATIENCE).expect("still pocket");
    party.running.until("/api/party/status", PATIENCE, |status| status["channels"][2]["listeners"] == 1);
}

#[test]
fn an_address_opens_a_channel_and_one_that_is_gone_leads_to_the_first_with_a_word() {
    let Some(party) = disco() else { return };
    let guest = visit(&party, "?channel=blue");
    until_of(&guest, "blue", "#1e88e5", DISCO[2].1);
    guest.browser.click("#channel-list [data-key=green]").expect("a tap");
    until_of(&guest, "green", "#43a047", DISCO[1].1);
    guest.browser.reload().expect("the page again");
    until_of(&guest, "green", "#43a047", DISCO[1].1);
    let lost = visit(&party, "?channel=gone");
    until_of(&lost, "main", "#e53935", DISCO[0].1);
    lost.until_said("This channel is no longer there.", PATIENCE).expect("words");
}

#[test]
fn a_host_makes_a_silent_disco_and_changes_it_while_somebody_listens() {
    let Some(party) = party() else { return };
    let host = party.host(&Options::default());
    assert_eq!(host.browser.run("return document.getElementById('steer').hidden").expect("a state"), true);
    host.part("box").expect("the box");
    let guest = visit(&party, "");
    assert_eq!(guest.browser.run("return document.getElementById('channels').hidden").expect("a state"), true);
    guest.tap().expect("a tap");
    guest.hears(AUDIBLE, PATIENCE).expect("sound");

    host.tap("#disco").expect("one tap");
    let fields = |names: &str| {
        format!(
            "[...document.querySelectorAll('#channel-list b')].map((name) => name.textContent).join() === '{names}'"
        )
    };
    guest.browser.wait_for(&fields("Red,Green,Blue"), PATIENCE).expect("three fields");
    host.browser.wait_for("document.getElementById('disco').hidden", PATIENCE).expect("nothing left to do");
    guest.browser.click("#channel-list [data-key=green]").expect("a tap");
    let green = "[...document.querySelectorAll('#channels li')][1]";
    host.browser.wait_for(&format!("{green}.innerText.includes('1 listening')"), PATIENCE).expect("counted");

    host.browser.press("#channels li:nth-child(2) input", "Rock\u{e007}").expect("a name");
    guest.browser.wait_for(&fields("Red,Rock,Blue"), PATIENCE).expect("its name");
    host.tap("#channels li:nth-child(2) option[value=teal]").expect("a colour");
    let teal = "getComputedStyle(document.documentElement).getPropertyValue('--channel') === '#00a3a3'";
    guest.browser.wait_for(teal, PATIENCE).expect("the page of who listens takes it");
    host.tap("#channels li:nth-child(2) [aria-label='Move Rock up']").expect("up");
    guest.browser.wait_for(&fields("Rock,Red,Blue"), PATIENCE).expect("its place");
    host.tap("#channel-add").expect("another one");
    guest.browser.wait_for(&fields("Rock,Red,Blue,Green"), PATIENCE).expect("four fields");

    host.tap("[aria-label='Remove Rock']").expect("away with it");
    host.tap("#sure-yes").expect("surely");
    guest.until_said("The host has closed Rock. This is Red now.", PATIENCE).expect("words");
    guest.browser.wait_for(&fields("Red,Blue,Green"), PATIENCE).expect("gone");
    guest.until("live", PATIENCE).expect("still live");
    guest.hears(AUDIBLE, PATIENCE).expect("the first channel, without a tap");
    assert_eq!(guest.browser.run("return window.testPeers.length").expect("a number"), 1, "in the same session");
    assert_eq!(host.browser.console().expect("a log"), Vec::<String>::new());
}

#[test]
fn a_host_chooses_a_folder_for_a_channel_and_is_told_when_it_is_gone() {
    let Some(party) = party() else { return };
    let folder = party.music.path().join("Quiet & slow");
    let inner = folder.join("Late");
    std::fs::create_dir_all(&inner).expect("a folder");
    for (song, place) in [(4, &folder), (5, &inner)] {
        std::fs::rename(party.music.path().join(format!("{song}.mp3")), place.join(format!("{song}.mp3")))
            .expect("it moves");
    }
    std::fs::write(party.music.path().join("dance.m3u"), "#PLAYLIST:Dance\n1.mp3\n0.mp3\n").expect("a playlist");
    party.running.until("/api/library/playlists", PATIENCE, |found| found["playlists"][0]["tracks"] == 2);
    party.running.until("/api/library/search?q=evergreen", PATIENCE, |found| !found["tracks"][0].is_null());
    let host = party.host(&Options::default());
    host.part("box").expect("the box");
    let plays = "#channels .channel-plays select";
    let offered = |texts: &str| {
        format!(
            "[...document.querySelectorAll('{plays} option')].map((option) => option.textContent).join() === '{texts}'"
        )
    };
    host.browser.wait_for(&offered("Plays everything,Quiet & slow,Dance"), PATIENCE).expect("what there is");
    let keeps = "document.querySelector('.channel-plays .switch').hidden";
    assert_eq!(host.browser.run(&format!("return {keeps}")).expect("a state"), true, "there is nothing to keep to");
    host.tap(&format!("{plays} optgroup option")).expect("a choice");
    let about = "/api/channels/main";
    party.running.until(about, PATIENCE, |about| {
        about["repertoire"]["folder"].as_str().is_some_and(|key| key.ends_with("/Quiet%20%26%20slow"))
    });
    party.running.until("/api/party/status", PATIENCE, |status| status["upcoming"][0]["title"] == "Evergreen");
    let deeper = "Plays everything,Quiet & slow,Quiet & slow / Late,Dance";
    host.browser.wait_for(&offered(deeper), PATIENCE).expect("and what is in it");
    host.tap(".channel-plays .switch input").expect("guests keep to it");
    party.running.until(about, PATIENCE, |about| about["own_only"] == true);
    look(&host.browser, "channels-repertoire", PHONE);

    std::fs::rename(&folder, party.music.path().join(".away")).expect("it is gone");
    let gone = "There is nothing to play in it right now, so everything plays.";
    host.until_shown(gone, PATIENCE).expect("words");
    host.browser
        .wait_for(
            &format!("document.querySelector('{plays}').selectedOptions[0].textContent === 'Quiet & slow'"),
            PATIENCE,
        )
        .expect("what was chosen stays chosen");
    look(&host.browser, "channels-repertoire-lost", PHONE);
    host.tap(&format!("{plays} option[value^=playlist]")).expect("another choice");
    host.browser.wait_for("!document.body.innerText.includes('so everything plays')", PATIENCE).expect("all is well");
    party.running.until("/api/party/status", PATIENCE, |status| status["upcoming"][0]["title"] == "Blaue Stunde");
    host.tap(&format!("{plays} option[value=all]")).expect("everything again");
    party.running.until(about, PATIENCE, |about| about["repertoire"] == "all");
    assert_eq!(host.browser.console().expect("a log"), Vec::<String>::new());
}

#[test]
fn the_hosts_page_steers_the_channel_that_is_chosen_at_its_head() {
    let Some(party) = disco() else { return };
    let host = party.host(&Options::default());
    let playing = |id: &str, wanted: bool| {
        party.running.until(&format!("/api/channels/{id}/status"), PATIENCE, |status| status["playing"] == wanted);
    };
    host.tap("#steer-list [data-key=green]").expect("a choice");
    host.browser
        .wait_for("document.getElementById('title').textContent === 'Blaue Stunde'", PATIENCE)
        .expect("its song");
    host.tap("#toggle").expect("a pause");
    playing("green", false);
    playing("main", true);
    host.browser.reload().expect("the page again");
    host.browser
        .wait_for("document.querySelector('#steer :checked')?.value === 'green'", PATIENCE)
        .expect("still green");
    host.until_shown("Play for everybody", PATIENCE).expect("paused");
    host.tap("#toggle").expect("on again");
    playing("green", true);
}

#[test]
fn channels_can_be_used_by_everybody_and_leave_pictures() {
    let Some(party) = disco() else { return };
    for colour in ["yellow", "purple", "orange", "teal", "pink"] {
        add(&party, colour);
    }
    for (window, dark, kind, language, chosen) in [
        (PHONE, true, "dark", "en", "yellow"),
        (PHONE, false, "light", "de", "purple"),
        ((320, 568), true, "narrow", "fr", "teal"),
        (PHONE, true, "rtl", "ar", "orange"),
        ((1280, 800), false, "wide", "it", "yellow"),
    ] {
        let options = Options { window, dark, ..Options::default() };
        let browser = Browser::open(&options).expect("a browser");
        browser.go(&party.running.url("/")).expect("the page opens");
        let keep = format!(
            "localStorage.setItem('partybox.language', '{language}'); localStorage.setItem('partybox.channel', '{chosen}')"
        );
        browser.run(&keep).expect("kept");
        for (part, page, there) in [
            ("listen", "/", "document.querySelectorAll('.channel').length === 8"),
            ("queue", "/#/queue", "!document.getElementById('channel-now').hidden"),
            ("host", "/host#box", "document.querySelectorAll('#channels li').length === 8"),
            ("screen", "/screen", "document.querySelectorAll('#channels li').length === 8"),
        ] {
            // Anew each time, in its language, also where only what is behind `#` is another.
            browser.go("about:blank").expect("nothing");
            browser.go(&party.running.url(page)).expect("the page opens");
            browser.wait_for(there, PATIENCE).expect(part);
            browser
                .wait_for(&format!("document.documentElement.lang === '{language}'"), PATIENCE)
                .expect("its language");
            look(&browser, &format!("channels-{kind}-{part}"), window);
        }
    }
}

//! Two senders in one channel at the same time, from two WebRTC stacks and from a program of the radio world: each is heard at the
//! fader that the host has set, and one that goes leaves the other as it was.

use serde_json::{Value, json};
use tests::{hear, wav};

use super::{HEARD_SECONDS, PATIENCE, Sender, Stage, TONES_HZ};

/// How far a tone may be from where its fader puts it, dB: what codecs and two clocks do to a level.
const NEAR_DB: f64 = 1.5;

/// The level of a tone as it is sent, dBFS.
const SENT_DB: f64 = -12.04;

/// Softer than this a tone is not there, dBFS.
const NOT_HEARD_DB: f64 = -45.0;

/// Recordings of which the first counts in which no sender was late.
const RECORDINGS: u32 = 5;

impl Stage {
    fn done(&mut self, method: &str, path: &str, body: Option<Value>) {
        self.host.done(method, path, body.as_ref());
    }

    /// Starts a sender of one tone on both sides, and waits until it is connected.
    fn hum(&mut self, name: &str, hz: f64) -> Sender {
        let (sender, said) = self.send_tones("whip_aiortc.py", name, [hz, hz]);
        assert_eq!(said["status"], 201);
        sender
    }

    /// Who sends, with the fader of each.
    fn on(&mut self) -> Vec<Value> {
        let list = self.host.ask("GET", "/api/senders", None);
        list.body["on"].as_array().cloned().unwrap_or_default()
    }

    fn fade(&mut self, name: &str, percent: u8) {
        let on = self.on();
        let one = on.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name} does not send: {on:?}"));
        let path = format!("/api/party/senders/{}", one["id"]);
        self.done("PUT", &path, Some(json!({ "loudness_percent": percent })));
    }

    /// Fails unless both tones are as loud as wanted in what a listener hears now, dBFS; `None`: not to be heard. A recording in
    /// which the box, too, counts that a sender had no processor says nothing about levels: then another is made. A tone that shall
    /// be there may be cut by a gap in most of its pieces.
    fn check(&self, what: &str, wanted: [Option<f64>; 2]) {
        let missed = || self.number("sender_concealed_frames_total") + self.number("sender_waits_total");
        for _ in 0..RECORDINGS {
            let before = missed();
            let recording = self.record(HEARD_SECONDS);
            // What is heard first may be from before.
            let last: Vec<f32> = recording[recording.len() / 2..].iter().map(|frame| frame[0]).collect();
            let tenths = last.chunks_exact(wav::RATE_HZ as usize / 10);
            let levels = [0, 1].map(|n| {
                let level = |tenth: &[f32]| hear::tone_db(tenth, TONES_HZ[n], wav::RATE_HZ);
                let levels: Vec<f64> = tenths.clone().map(level).collect();
                hear::percentile(&levels, if wanted[n].is_some() { 0.9 } else { 0.5 })
            });
            let was_late = missed() > before;
            println!("{what}: {levels:.1?} dBFS{}", if was_late { ", but a sender was late" } else { "" });
            if !was_late {
                return near(levels, wanted);
            }
        }
        println!("not judged: {what}: a sender had no processor in each of {RECORDINGS} recordings");
    }

    fn until_shown(&self, name: &str) {
        self.running.until("/api/party/status", PATIENCE, |status| {
            let sender = status["sources"].as_array().and_then(|all| all.iter().find(|one| one["id"] == "sender"));
            sender.is_some_and(|sender| sender["detail"] == name && sender["state"] == "signal")
        });
    }
}

fn near(levels: [f64; 2], wanted: [Option<f64>; 2]) {
    for (level, wanted) in levels.into_iter().zip(wanted) {
        let is_right = wanted.map_or(level < NOT_HEARD_DB, |wanted| (level - wanted).abs() < NEAR_DB);
        assert!(is_right, "{levels:?} instead of {wanted:?}");
    }
}

#[test]
fn two_play_together_at_their_faders_and_one_that_goes_leaves_the_other_as_it_was() {
    let Some(mut stage) = Stage::open() else { return };
    stage.done("PUT", "/api/party/settings", Some(json!({ "together": true })));
    let mut ann = stage.hum("Ann", TONES_HZ[0]);
    stage.until_heard("Ann");
    let _bob = stage.hum("Bob", TONES_HZ[1]);
    stage.until_shown("Ann + Bob");
    stage.check("both open", [Some(SENT_DB); 2]);
    stage.fade("Bob", 50);
    stage.check("one half as loud", [Some(SENT_DB), Some(SENT_DB - 10.0)]);
    // Somebody of whom nobody hears anything is there all the same.
    stage.fade("Ann", 0);
    stage.check("the other shut", [None, Some(SENT_DB - 10.0)]);
    stage.fade("Ann", 100);
    let holes = stage.number("hole_blocks_total");
    let out = stage.folder.path().join("gone.wav");
    let listener = stage.listen(2 * HEARD_SECONDS, &out);
    stage.running.until("/api/party/status", PATIENCE, |status| status["listeners"]["live"] == 1);
    ann.kill();
    stage.check_goes_on(listener, &out, holes);
    let status = stage.host.ask("GET", "/api/party/status", None).body;
    assert_eq!(status["fallback"], false, "nothing stands in while one plays");
    stage.check("one is gone", [None, Some(SENT_DB - 10.0)]);
    // Whoever ends the one that is gone need not end the other.
    let on = stage.on();
    if let Some(gone) = on.iter().find(|one| one["name"] == "Ann") {
        stage.done("DELETE", &format!("/api/party/senders/{}", gone["id"]), None);
    }
    stage.until_shown("Bob");
    assert_eq!(stage.on().iter().map(|one| one["loudness_percent"].clone()).collect::<Vec<_>>(), [json!(50)]);
}

#[test]
fn a_program_of_the_radio_world_and_a_phone_play_together_and_a_third_is_told_both_names() {
    let Some(mut stage) = Stage::open() else { return };
    stage.done("PUT", "/api/party/settings", Some(json!({ "together": true })));
    let _ann = stage.hum("Ann", TONES_HZ[0]);
    stage.until_heard("Ann");
    let _desk = stage.ffmpeg_tone("Desk", TONES_HZ[1]);
    stage.until_shown("Ann + Desk");
    stage.check("a phone and a program", [Some(SENT_DB); 2]);
    let token = stage.token("Eve");
    let refused = ureq::post(stage.running.url("/whip/main"))
        .config()
        .http_status_as_error(false)
        .build()
        .header("Content-Type", "application/sdp")
        .header("Authorization", format!("Bearer {token}"))
        .send("v=0\r\n")
        .and_then(|mut answer| Ok((answer.status().as_u16(), answer.body_mut().read_json::<Value>()?)));
    let (status, why) = refused.expect("an answer");
    assert_eq!((status, &why["value"]), (409, &json!("Ann + Desk")), "{why}");
}

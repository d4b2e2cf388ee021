//! The queue from end to end: the real program, hosts and guests as plain HTTP clients at addresses of their own, and
//! what is heard through MP3. Kills at any moment leave a queue that people had.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::caller::{Answer, Caller};
use tests::dice::Dice;
use tests::program::Running;
use tests::{hear, wait, wav};

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(60);

/// Titles of the tracks, in the order of the catalogue, and the pitch of each in Hz.
const TRACKS: [(&str, f64); 6] = [("a", 300.0), ("b", 400.0), ("c", 500.0), ("d", 600.0), ("e", 700.0), ("f", 800.0)];

/// Length of each, seconds: longer than any of this takes, so that nothing ends by itself.
const TRACK_S: usize = 60;

/// A box with music, on which only 127.0.0.1 is host.
struct Party {
    _folder: TempDir,
    state: PathBuf,
    running: Running,
    host: Caller,
}

impl Party {
    fn open() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let music = folder.path().join("music");
        fs::create_dir(&music).expect("a folder");
        for (title, hz) in TRACKS {
            let samples = hear::sine(hz, 0.25, wav::RATE_HZ, TRACK_S * wav::RATE_HZ as usize);
            wav::write(&music.join(format!("{title}.wav")), &samples).expect("a file");
        }
        let party = Self::over(folder, &["--music".to_owned(), music.display().to_string()])?;
        party.until("all is scanned", |party| {
            party.get("/health")["library"]["tracks"] == TRACKS.len()
                && party.get("/health")["library"]["scanning"] == false
        });
        party.until("music plays", |party| party.get("/api/party/status")["track"]["title"] == "a");
        Some(party)
    }

    fn over(folder: TempDir, options: &[String]) -> Option<Self> {
        let (config, state) = (folder.path().join("partybox.toml"), folder.path().join("state"));
        fs::write(&config, format!("[state]\nfolder = \"{}\"\n", state.display())).expect("a configuration");
        let own = ["--config".to_owned(), config.display().to_string(), "--host-from=127.0.0.1/32".to_owned()];
        let running = Running::start(&[&own[..], options].concat())?;
        let host = Caller::new(Ipv4Addr::LOCALHOST, running.address);
        Some(Self { _folder: folder, state, running, host })
    }

    fn guest(&self) -> Caller {
        Caller::new(Ipv4Addr::new(127, 0, 0, 2), self.running.address)
    }

    fn get(&self, path: &str) -> Value {
        self.host.clone().ask("GET", path, None).body
    }

    fn tell(&mut self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.host.done(method, path, body.as_ref())
    }

    fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let is_so = wait::comes_true(LIMIT, || holds(self));
        assert!(is_so, "{what}: {} {}", self.get("/api/party/status"), self.get("/api/queue"));
    }

    fn until_order(&self, titles: &[&str]) {
        self.until(&format!("{titles:?} wait"), |party| party.titles() == titles);
    }

    fn track(&self, title: &str) -> u64 {
        let found = self.get(&format!("/api/library/search?q={title}"));
        found["tracks"][0]["id"].as_u64().expect("a track of that title")
    }

    /// What waits, in order.
    fn titles(&self) -> Vec<String> {
        let queue = &self.get("/api/queue")["queue"];
        let order = queue["order"].as_array().expect("an order");
        order.iter().map(|id| queue["items"][id.to_string()]["track"]["title"].as_str().unwrap_or("?").into()).collect()
    }

    fn item(&self, title: &str) -> u64 {
        let queue = &self.get("/api/queue")["queue"];
        let items = queue["items"].as_object().expect("items");
        let found = items.iter().find(|(_, item)| item["track"]["title"] == title);
        found.and_then(|(id, _)| id.parse().ok()).expect("an item of that title")
    }

    fn add(&mut self, title: &str, at: &str) {
        let track = self.track(title);
        self.tell("POST", "/api/queue", Some(json!({ "track": track, "at": at })));
    }
}

/// Has a guest ask for a track.
fn request(party: &Party, guest: &mut Caller, title: &str) -> Answer {
    guest.ask("POST", "/api/requests", Some(&json!({ "track": party.track(title) })))
}

/// Whether a listener of MP3 hears a tone of that pitch; `None`, with the reason printed, without ffmpeg.
fn is_heard(party: &Party, hz: f64) -> Option<bool> {
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-i", &party.running.url("/stream/main.mp3"), "-t", "8", "-ac", "1", "-f", "f32le", "-"])
        .stdin(Stdio::null())
        .output();
    let Ok(made) = made else {
        println!("not run: ffmpeg is missing");
        return None;
    };
    let samples: Vec<f32> =
        made.stdout.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect();
    // The rate is that of the stream.
    let halves = samples.chunks_exact(wav::RATE_HZ as usize / 2);
    Some(halves.filter_map(|half| hear::pitch_hz(half, wav::RATE_HZ)).any(|heard| (heard - hz).abs() < 2.0))
}

#[test]
fn a_request_waits_for_a_host_and_is_then_heard() {
    let Some(mut party) = Party::open() else { return };
    let mut guest = party.guest();
    let asked = request(&party, &mut guest, "d");
    assert_eq!((asked.status, &asked.body["state"]), (201, &json!("pending")), "{asked:?}");
    let again = request(&party, &mut party.guest(), "d");
    assert_eq!((again.status, &again.body["code"]), (409, &json!("already-queued")), "{again:?}");
    let heard = request(&party, &mut guest, "a");
    assert_eq!((heard.status, &heard.body["code"]), (409, &json!("already-queued")), "it is heard now");
    let approve = format!("/api/requests/{}/approve", asked.body["id"]);
    let refused = guest.ask("POST", &approve, None);
    assert_eq!((refused.status, &refused.body["code"]), (403, &json!("role")), "{refused:?}");
    assert_eq!(party.titles(), Vec::<String>::new());
    party.tell("POST", &approve, None);
    party.until_order(&["d"]);
    party.tell("POST", "/api/party/next", None);
    party.until("the request is heard", |party| party.get("/api/party/status")["track"]["title"] == "d");
    assert_ne!(is_heard(&party, 600.0), Some(false), "a listener does not hear it");
    party.until_order(&[]);
    let history = &party.get("/api/queue")["history"];
    assert_eq!((&history[0]["track"]["title"], &history[0]["how"]), (&json!("a"), &json!("skipped")), "{history}");
    party.tell("POST", "/api/party/previous", None);
    party.until("the track before is heard again", |party| party.get("/api/party/status")["track"]["title"] == "a");
    party.until_order(&["d"]);
}

#[test]
fn guests_take_turns_votes_order_a_round_and_each_place_has_its_reason() {
    let Some(mut party) = Party::open() else { return };
    party.tell("PUT", "/api/party/settings", Some(json!({ "requests": "auto", "per_guest_max": 2 })));
    let mut guests = [party.guest(), party.guest(), party.guest()];
    let (ann, bob, cem) = (0, 1, 2);
    for (guest, title) in [(ann, "b"), (ann, "c"), (bob, "d"), (cem, "e")] {
        let asked = request(&party, &mut guests[guest], title);
        assert_eq!((asked.status, &asked.body["state"]), (201, &json!("queued")), "{title}: {asked:?}");
    }
    let many = request(&party, &mut guests[ann], "f");
    assert_eq!((many.status, &many.body["code"]), (409, &json!("too-many")), "{many:?}");
    party.until_order(&["b", "d", "e", "c"]);
    let vote = format!("/api/queue/{}/vote", party.item("e"));
    for guest in [ann, bob, bob] {
        assert_eq!(guests[guest].ask("PUT", &vote, None).status, 204);
    }
    party.until_order(&["e", "b", "d", "c"]);
    let queue = &party.get("/api/queue")["queue"];
    let item = |title: &str| queue["items"][party.item(title).to_string()].clone();
    assert_eq!((&item("e")["votes"], &item("e")["by"]["label"]), (&json!(2), &json!(3)));
    assert_eq!(item("e")["why"], json!([{ "code": "votes", "votes": 2 }]));
    assert_eq!(item("d")["why"], json!([{ "code": "turn", "before": 2 }, { "code": "oldest" }]));
    assert_eq!(item("c")["why"][0], json!({ "code": "waiting-turn", "round": 1 }));
    assert_eq!(guests[cem].ask("PUT", &vote, None).body["code"], "own-item");
    for guest in [ann, bob] {
        assert_eq!(guests[guest].ask("DELETE", &vote, None).status, 204);
    }
    party.until_order(&["b", "d", "e", "c"]);
    let foreign = guests[bob].ask("DELETE", &format!("/api/queue/{}", party.item("b")), None);
    assert_eq!((foreign.status, &foreign.body["code"]), (403, &json!("not-yours")), "{foreign:?}");
    assert_eq!(guests[ann].ask("DELETE", &format!("/api/queue/{}", party.item("b")), None).status, 204);
    party.until_order(&["c", "d", "e"]);
}

#[test]
fn a_host_orders_the_queue_and_takes_it_back() {
    let Some(mut party) = Party::open() else { return };
    party.tell("POST", "/api/party/pause", None);
    for title in ["b", "c", "d"] {
        party.add(title, "end");
    }
    party.add("e", "next");
    party.until_order(&["e", "b", "c", "d"]);
    let item = party.item("d");
    party.tell("POST", &format!("/api/queue/{item}/move"), Some(json!({ "to": 1 })));
    party.until_order(&["e", "d", "b", "c"]);
    party.tell("DELETE", &format!("/api/queue/{item}"), None);
    party.until_order(&["e", "b", "c"]);
    party.tell("DELETE", "/api/queue", None);
    party.until_order(&[]);
    for before in [&["e", "b", "c"][..], &["e", "d", "b", "c"], &["e", "b", "c", "d"]] {
        party.tell("POST", "/api/queue/undo", None);
        party.until_order(before);
    }
    let wrong = party.host.ask("PUT", "/api/party/settings", Some(&json!({ "crossfade_ms": 60_000 })));
    assert_eq!((wrong.status, &wrong.body["field"]), (400, &json!("crossfade_ms")), "{wrong:?}");
    party.tell("PUT", "/api/party/volume", Some(json!({ "db": -6 })));
    assert_eq!(party.host.ask("PUT", "/api/party/volume", Some(&json!({ "db": 3 }))).status, 400);
}

#[test]
fn when_the_party_ends_nothing_is_left_of_its_guests_and_another_begins_with_nobody() {
    let Some(mut party) = Party::open() else { return };
    party.tell("PUT", "/api/party/settings", Some(json!({ "requests": "auto" })));
    let mut guest = party.guest();
    assert_eq!(request(&party, &mut guest, "d").status, 201);
    party.tell("POST", "/api/party/next", None);
    party.until("there is a history", |party| party.get("/api/queue")["history"][0].is_object());
    assert_eq!(request(&party, &mut guest, "e").status, 201);
    assert_eq!(guest.ask("POST", "/api/party/end", None).status, 403);
    party.tell("POST", "/api/party/end", None);
    party.until_order(&[]);
    party.until("all is forgotten", |party| {
        let (queue, status) = (party.get("/api/queue"), party.get("/api/party/status"));
        queue["history"] == json!([]) && queue["queue"]["can_undo"] == false && status["playing"] == false
    });
    let asked = request(&party, &mut guest, "f");
    assert_eq!((asked.status, &asked.body["code"]), (409, &json!("ended")), "{asked:?}");
    party.until("it is written down", |party| rows(&party.state) == 0);
    party.tell("POST", "/api/party/start", Some(json!({ "title": "Garden party" })));
    party.until("it plays", |party| party.get("/api/party/status")["playing"] == true);
    assert_eq!(request(&party, &mut guest, "f").status, 201);
}

#[test]
fn a_box_that_just_plays_writes_nothing_down() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut party) = Party::over(folder, &[]) else { return };
    party.tell("PUT", "/api/party/settings", Some(json!({ "crossfade_ms": 500 })));
    party.until("it is written down", |party| {
        fs::read_to_string(party.state.join("party")).is_ok_and(|text| text.contains("crossfade_ms = 500"))
    });
    let written =
        |party: &Party| fs::metadata(party.state.join("party")).and_then(|file| file.modified()).expect("a file");
    let before = written(&party);
    for id in [2, 3, 1] {
        // What plays by itself does so whether somebody skips or not.
        party.tell("POST", "/api/party/next", None);
        party.until("the next is heard", |party| party.get("/api/party/status")["track"]["id"] == id);
    }
    party.tell("POST", "/api/party/pause", None);
    assert_eq!(written(&party), before);
}

/// The items that the file in this folder holds.
fn rows(state: &Path) -> usize {
    fs::read_to_string(state.join("party")).map_or(0, |text| text.matches("[[item]]").count())
}

#[test]
fn a_killed_box_goes_on_with_the_queue_and_the_settings_it_had() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut party) = Party::over(folder, &[]) else { return };
    party.tell("POST", "/api/party/pause", None);
    party.tell("PUT", "/api/party/settings", Some(json!({ "requests": "auto", "crossfade_ms": 1_500 })));
    party.tell("PUT", "/api/party/volume", Some(json!({ "db": -14.0 })));
    let mut guest = party.guest();
    // One of the three demo tracks is heard; the others can be asked for.
    party.until("music plays", |party| party.get("/api/party/status")["track"]["id"] == 1);
    assert_eq!(guest.ask("POST", "/api/requests", Some(&json!({ "track": 2 }))).status, 201);
    for _ in 0..3 {
        party.tell("POST", "/api/queue", Some(json!({ "track": 3, "at": "end" })));
    }
    party.until("it is written down", |party| rows(&party.state) == 4);
    let before = party.titles();
    party.running.restart();
    // The first of them is opened at once and is what is heard now.
    party.until("it goes on", |party| party.get("/api/party/status")["track"]["title"] == before[0].as_str());
    party.tell("POST", "/api/party/pause", None);
    party.until("the rest waits", |party| party.titles() == before[1..]);
    let settings = party.get("/api/party/settings");
    assert_eq!((&settings["requests"], &settings["crossfade_ms"]), (&json!("auto"), &json!(1_500)));
    assert_eq!(party.get("/api/party/status")["volume_db"], -14.0, "no louder than it was");
    let text = fs::read_to_string(party.state.join("party")).expect("the file");
    assert!(!text.contains("guest =") && !text.contains("label"), "it names a guest: {text}");
}

#[test]
fn a_kill_at_any_moment_leaves_a_queue_that_people_had() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(mut party) = Party::over(folder, &[]) else { return };
    let mut dice = Dice::for_test("kills");
    for round in 0..6 {
        party.tell("POST", "/api/party/pause", None);
        party.tell("DELETE", "/api/queue", None);
        party.until("it is written down", |party| rows(&party.state) == 0);
        let count = 1 + dice.below(40) as usize;
        for _ in 0..count {
            party.tell("POST", "/api/queue", Some(json!({ "track": 2, "at": "end" })));
        }
        // The first of them may be what is heard next already, paused at its beginning.
        let before = party.titles().len();
        assert!((count - 1..=count).contains(&before), "round {round}: {before} of {count}");
        party.running.restart();
        party.until("something is heard", |party| party.get("/api/party/status")["track"]["id"].is_u64());
        party.tell("POST", "/api/party/pause", None);
        // One of them may be heard already.
        let waits = party.titles().len();
        assert!((before.saturating_sub(1)..=before).contains(&waits), "round {round}: {waits} of {before}");
        assert!(!party.state.join("party.damaged-1").exists(), "round {round}: a kill damaged the file");
    }
}

#[test]
fn two_hundred_guests_vote_at_random_and_every_vote_counts_once() {
    let Some(mut party) = Party::open() else { return };
    party.tell("POST", "/api/party/pause", None);
    for (title, _) in &TRACKS[1..] {
        party.add(title, "end");
    }
    let items: Vec<u64> = TRACKS[1..].iter().map(|(title, _)| party.item(title)).collect();
    let mut dice = Dice::for_test("votes");
    let mut guests: Vec<Caller> = (0..200).map(|_| party.guest()).collect();
    let mut votes = vec![vec![false; items.len()]; guests.len()];
    for step in 0..1_000 {
        let (who, what) = (dice.below(200) as usize, dice.below(items.len() as u64) as usize);
        let on = dice.below(3) > 0;
        let method = if on { "PUT" } else { "DELETE" };
        let answer = guests[who].ask(method, &format!("/api/queue/{}/vote", items[what]), None);
        assert_eq!(answer.status, 204, "{answer:?}");
        votes[who][what] = on;
        if step % 100 == 0 {
            // Hosts are heard in the middle of it.
            party.tell("PUT", "/api/party/volume", Some(json!({ "db": -2 * (step / 100) })));
        }
    }
    let count = |what: usize| votes.iter().filter(|of| of[what]).count();
    party.until("every vote counts", |party| {
        let queue = &party.get("/api/queue")["queue"];
        (0..items.len()).all(|what| queue["items"][items[what].to_string()]["votes"] == count(what))
    });
}

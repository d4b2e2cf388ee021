//! Files that guests bring, from end to end: the real program, guests as plain HTTP clients, and what is on the storage.

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::caller::{Answer, Caller};
use tests::program::Running;
use tests::{hear, wait, wav};

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(60);

/// A box with one song, on which only 127.0.0.1 is host and guests may bring 8 MB.
struct Party {
    folder: TempDir,
    running: Running,
    host: Caller,
}

/// A sound file of so many seconds.
fn song(seconds: usize) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("song.wav");
    let samples = hear::sine(997.0, 0.25, wav::RATE_HZ, seconds * wav::RATE_HZ as usize);
    wav::write(&path, &samples).expect("a file");
    fs::read(path).expect("the file")
}

impl Party {
    fn open() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let (music, config) = (folder.path().join("music"), folder.path().join("partybox.toml"));
        fs::create_dir(&music).expect("a folder");
        fs::write(music.join("first.wav"), song(120)).expect("a file");
        let state = folder.path().join("state");
        let limits = "[guest_files]\nfile_mb_max = 6\ntotal_mb_max = 8\n";
        fs::write(&config, format!("[state]\nfolder = \"{}\"\n{limits}", state.display())).expect("a configuration");
        let (config, music) = (config.display().to_string(), music.display().to_string());
        let running = Running::start(&["--config", &config, "--host-from=127.0.0.1/32", "--music", &music])?;
        let host = Caller::new(Ipv4Addr::LOCALHOST, running.address);
        let party = Self { folder, running, host };
        party.until("music plays", |party| party.get("/api/party/status")["track"]["title"] == "first");
        Some(party)
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
        assert!(is_so, "{what}: {} {:?}", self.get("/api/queue"), self.files());
    }

    fn place(&self) -> PathBuf {
        self.folder.path().join("state/guests")
    }

    /// The files of guests on the storage.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.place()).expect("the place of guests' files");
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name")).collect()
    }

    /// What waits, in order.
    fn titles(&self) -> Vec<String> {
        let queue = &self.get("/api/queue")["queue"];
        let order = queue["order"].as_array().expect("an order");
        order.iter().map(|id| queue["items"][id.to_string()]["track"]["title"].as_str().unwrap_or("?").into()).collect()
    }
}

fn refused(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.body["code"].as_str().unwrap_or_default())
}

#[test]
fn a_file_waits_for_the_host_is_heard_and_is_gone_after_the_party_unless_it_is_kept() {
    let Some(mut party) = Party::open() else { return };
    let (mut ann, mut bob) = (party.guest(), party.guest());
    let asked = ann.send("/api/files?name=..%2F..%2Fmine.wav", &song(9));
    assert_eq!((asked.status, &asked.body["state"]), (201, &json!("pending")), "{asked:?}");
    let other = bob.send("/api/files?name=theirs.wav", &song(10));
    assert_eq!(other.status, 201, "{other:?}");
    let pending = party.get("/api/queue")["you"]["pending"].clone();
    let track = pending[0]["track"].clone();
    assert_eq!(
        (&track["title"], &track["brought"], &track["duration_ms"]),
        (&json!("mine"), &json!(true), &json!(9_000))
    );
    assert_eq!(pending[0]["by"]["label"], ann.ask("GET", "/api/queue", None).body["you"]["label"]);
    assert_eq!(party.files().len(), 2);
    for path in ["/api/library/search?q=mine", "/api/library/newest", "/api/library/tracks"] {
        assert!(!bob.ask("GET", path, None).body.to_string().contains("mine"), "{path}");
    }
    let theirs = bob.ask("POST", "/api/requests", Some(&json!({ "track": track["id"] })));
    assert_eq!(refused(&theirs), (404, "no-such-track"));
    let keep = format!("/api/files/{}/keep", track["id"]);
    assert_eq!(refused(&bob.ask("POST", &keep, None)), (403, "role"));

    party.tell("POST", &format!("/api/requests/{}/approve", asked.body["id"]), None);
    party.until("it is in the queue", |party| party.titles() == ["mine"]);
    party.tell("POST", "/api/party/next", None);
    party.until("it is heard", |party| party.get("/api/party/status")["track"]["title"] == "mine");
    let kept = party.tell("POST", &keep, None).body["track"].clone();
    assert_eq!(party.tell("POST", &keep, None).body["track"], kept, "once is enough");
    party.tell("POST", "/api/party/end", None);
    party.until("nothing is left of guests' files", |party| party.files().is_empty());
    let found = party.get("/api/library/search?q=mine");
    assert_eq!(found["tracks"][0]["id"], kept, "what is kept is found");
    assert_eq!(found["tracks"].as_array().map(Vec::len), Some(1));
    assert!(party.get("/api/library/search?q=theirs")["tracks"].as_array().is_some_and(Vec::is_empty));
    assert_eq!(refused(&party.host.ask("POST", &keep, None)), (404, "no-such-track"));
    assert_eq!(refused(&ann.send("/api/files?name=late.wav", &song(9))), (409, "ended"));
}

#[test]
fn a_host_hears_a_file_that_waits_as_it_came_and_nobody_else_does() {
    let Some(party) = Party::open() else { return };
    let (mut ann, file) = (party.guest(), song(9));
    let asked = ann.send("/api/files?name=mine.wav", &file);
    assert_eq!(asked.status, 201, "{asked:?}");
    let track = party.get("/api/queue")["you"]["pending"][0]["track"]["id"].clone();
    let path = format!("/api/files/{track}/sound");
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let hear = |path: &str, headers: &[(&str, &str)]| {
        let request = headers
            .iter()
            .fold(agent.get(party.running.url(path)), |request, (name, value)| request.header(*name, *value));
        let mut answer = request.call().expect("an answer");
        let bytes = answer.body_mut().read_to_vec().expect("a body");
        let header =
            |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().expect("text")).to_owned();
        let names = ["content-type", "content-range", "accept-ranges", "content-disposition", "x-content-type-options"];
        (answer.status().as_u16(), bytes, names.map(header), header("content-security-policy"), header("etag"))
    };
    let (status, bytes, headers, policy, version) = hear(&path, &[]);
    assert!(status == 200 && bytes == file, "{status}: {} of {} bytes", bytes.len(), file.len());
    assert_eq!(
        headers,
        ["audio/wav", "", "bytes", "attachment", "nosniff"],
        "what a stranger sent is sound and no page"
    );
    assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{policy}");
    let length = file.len();
    let (status, bytes, headers, ..) = hear(&path, &[("range", "bytes=100-199")]);
    assert!(status == 206 && bytes == file[100..200], "{status}: {} bytes", bytes.len());
    assert_eq!(headers[1], format!("bytes 100-199/{length}"));
    let (status, bytes, ..) = hear(&path, &[("range", "bytes=100-"), ("if-range", &version)]);
    assert!(status == 206 && bytes == file[100..], "{status}: {} bytes", bytes.len());
    let (status, bytes, ..) = hear(&path, &[("range", "bytes=100-"), ("if-range", "\"another\"")]);
    assert!(status == 200 && bytes == file, "{status}: {} bytes", bytes.len());
    let (status, _, headers, ..) = hear(&path, &[("range", &format!("bytes={length}-"))]);
    assert_eq!((status, &headers[1]), (416, &format!("bytes */{length}")));
    // Guests hear nothing of it, whose it is included; nor does a page of others on the host's phone.
    for guest in [&mut ann, &mut party.guest()] {
        assert_eq!(refused(&guest.ask("GET", &path, None)), (403, "role"));
    }
    assert_eq!(hear(&path, &[("origin", "http://elsewhere.example")]).0, 403);
    assert_eq!(hear(&path, &[("sec-fetch-site", "cross-site")]).0, 403);
    // Only what guests have brought is heard so.
    let own = party.get("/api/library/tracks")["tracks"][0]["id"].clone();
    for wrong in [own.to_string(), "1".into(), "mine".into(), "-1".into(), "99999999999999999999".into()] {
        assert_eq!(hear(&format!("/api/files/{wrong}/sound"), &[]).0, 404, "{wrong}");
    }
    let decline = format!("/api/requests/{}/decline", asked.body["id"]);
    let mut host = party.host.clone();
    assert_eq!(host.ask("POST", &decline, None).status / 100, 2);
    party.until("it is let go of", |party| party.files().is_empty());
    assert_eq!(hear(&path, &[]).0, 404, "gone with the file");
}

#[test]
fn what_is_no_music_too_much_or_not_wanted_is_refused_with_its_reason_and_leaves_nothing() {
    let Some(mut party) = Party::open() else { return };
    let mut guest = party.guest();
    let letter = guest.send("/api/files?name=letter.mp3", &b"Dear host, this is no music.".repeat(999));
    assert_eq!(refused(&letter), (422, "not-music"));
    assert_eq!(refused(&guest.send("/api/files?name=", &song(1))), (400, "name"));
    assert_eq!(refused(&guest.send("/api/files?name=large.wav", &song(60))), (413, "too-large"));
    assert!(party.files().is_empty(), "{:?}", party.files());
    let first = guest.send("/api/files?name=one.wav", &song(19));
    assert_eq!(first.status, 201, "{first:?}");
    let full = party.guest().send("/api/files?name=full.wav", &song(29));
    assert_eq!(refused(&full), (507, "guests-files-full"));
    assert_eq!(guest.send("/api/files?name=two.wav", &song(2)).status, 201);
    assert_eq!(refused(&guest.send("/api/files?name=three.wav", &song(2))), (409, "too-many-files"));
    party.tell("POST", &format!("/api/requests/{}/decline", first.body["id"]), None);
    party.until("what is declined is gone", |party| party.files().len() == 1);
    party.tell("PUT", "/api/party/settings", Some(json!({ "files": "off" })));
    assert_eq!(refused(&guest.send("/api/files?name=four.wav", &song(2))), (409, "files-off"));
    party.tell("PUT", "/api/party/settings", Some(json!({ "files": "auto" })));
    let queued = guest.send("/api/files?name=four.wav", &song(2));
    assert_eq!((queued.status, &queued.body["state"]), (201, &json!("queued")), "{queued:?}");
}

#[test]
fn an_interrupted_file_goes_on_and_is_nobody_elses() {
    let Some(party) = Party::open() else { return };
    let (mut ann, mut bob) = (party.guest(), party.guest());
    // Who is known comes back as the same guest.
    for (guest, name) in [(&mut ann, "Ann"), (&mut bob, "Bob")] {
        assert_eq!(guest.ask("PUT", "/api/me", Some(&json!({ "name": name }))).status, 204);
    }
    let (whole, id) = (song(12), "0123456789abcdef");
    let path = format!("/api/files?name=mine.wav&id={id}");
    ann.send_part(&path, &whole[..300_000], whole.len());
    let left = format!("/api/files/unfinished/{id}");
    let here = |guest: &mut Caller| guest.ask("GET", &left, None).body["bytes"].as_u64().unwrap_or(0);
    let came = wait::until(LIMIT, || Some(here(&mut ann)).filter(|bytes| *bytes > 0)).expect("some is kept");
    assert_eq!((here(&mut bob), here(&mut party.guest())), (0, 0), "nobody else's");
    assert_eq!(refused(&bob.send(&format!("{path}&from={came}"), &whole[came as usize..])), (404, "no-such-upload"));
    let bobs = bob.send(&path, &song(5));
    assert_eq!(bobs.status, 201, "the same id is another guest's file: {bobs:?}");
    let rest = wait::until(LIMIT, || {
        let from = here(&mut ann);
        let answer = ann.send(&format!("{path}&from={from}"), &whole[from as usize..]);
        // The box may not have noticed yet that the radio broke off.
        (answer.body["code"] != "busy").then_some(answer)
    });
    assert_eq!(rest.expect("an answer").status, 201);
    let titles: Vec<Value> = party.get("/api/queue")["you"]["pending"].as_array().expect("a list").clone();
    assert_eq!(titles.iter().map(|one| one["track"]["duration_ms"].clone()).collect::<Vec<_>>(), [5_000, 12_000]);
}

#[test]
fn after_a_pulled_plug_what_is_in_the_queue_is_heard_and_everything_else_is_gone() {
    let Some(mut party) = Party::open() else { return };
    party.tell("PUT", "/api/party/settings", Some(json!({ "files": "auto" })));
    let mut guest = party.guest();
    assert_eq!(guest.send("/api/files?name=queued.wav", &song(9)).status, 201);
    party.tell("PUT", "/api/party/settings", Some(json!({ "files": "approve" })));
    assert_eq!(guest.send("/api/files?name=waiting.wav", &song(9)).status, 201);
    let whole = song(9);
    party.guest().send_part("/api/files?name=half.wav&id=0123456789abcdef", &whole[..200_000], whole.len());
    party.until("half a file is there", |party| party.files().iter().any(|name| name.starts_with(".upload")));
    party.running.restart();
    party.until("only what is in the queue is there", |party| {
        party.files().len() == 1 && party.files()[0].ends_with(" queued.wav")
    });
    party.until("it is in the queue", |party| party.titles() == ["queued"] || is_heard(party, "queued"));
    party.until("music plays", |party| !party.get("/api/party/status")["track"]["title"].is_null());
    if !is_heard(&party, "queued") {
        party.tell("POST", "/api/party/next", None);
    }
    party.until("it is heard", |party| is_heard(party, "queued"));
    party.tell("POST", "/api/party/end", None);
    party.until("nothing is left", |party| party.files().is_empty());
}

fn is_heard(party: &Party, title: &str) -> bool {
    party.get("/api/party/status")["track"]["title"] == title
}

#[test]
fn a_channel_takes_its_guests_files_with_it() {
    let Some(mut party) = Party::open() else { return };
    party.tell("PUT", "/api/channels/green", Some(json!({ "name": "Green", "color": "green" })));
    let brought = party.guest().send("/api/channels/green/files?name=mine.wav", &song(5));
    assert_eq!(brought.status, 201, "{brought:?}");
    assert_eq!(party.files().len(), 1);
    party.tell("DELETE", "/api/channels/green", None);
    party.until("it is gone", |party| party.files().is_empty());
}

//! Channels that play a folder or a playlist of their own: by their titles, by their sound, when the place changes, is lost
//! and comes back, and after a restart; and what guests may then ask for.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::caller::{Answer, Caller};
use tests::program::Running;

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(60);

/// The songs of each folder: their titles say where they lie.
const FOLDERS: [(&str, [&str; 2]); 2] = [("Jazz & more", ["Jazz 1", "Jazz 2"]), ("Rock", ["Rock 1", "Rock 2"])];

/// How long a song is, seconds: so short that a test hears many.
const SONG_S: &str = "2";

/// A box with two folders, one song beside them, and nothing else.
struct Party {
    running: Running,
    music: TempDir,
    host: Caller,
}

fn make(path: &Path, title: &str) -> bool {
    let tone = format!("sine=frequency=440:duration={SONG_S}:sample_rate=48000,volume=0.2");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", &tone, "-metadata", &format!("title={title}"), "-c:a", "flac"])
        .arg(path)
        .stdin(Stdio::null())
        .status();
    made.is_ok_and(|status| status.success())
}

impl Party {
    fn open() -> Option<Self> {
        let music = tempfile::tempdir().expect("a folder");
        let mut songs = vec![("Elsewhere.flac".to_owned(), "Elsewhere")];
        for (folder, titles) in FOLDERS {
            fs::create_dir(music.path().join(folder)).expect("a folder");
            songs.extend(titles.iter().map(|title| (format!("{folder}/{title}.flac"), *title)));
        }
        if !songs.iter().all(|(path, title)| make(&music.path().join(path), title)) {
            println!("not run: ffmpeg makes no music");
            return None;
        }
        // The test's own address is a host's; guests have others.
        let music_option = music.path().display().to_string();
        let running = Running::start(&["--music", &music_option, "--host-from", "127.0.0.1/32"])?;
        let host = Caller::new(Ipv4Addr::LOCALHOST, running.address);
        let party = Self { running, music, host };
        party.until("/health", |health| health["library"]["scanning"] == false && health["library"]["tracks"] == 5);
        Some(party)
    }

    fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) {
        self.running.until(path, LIMIT, wanted);
    }

    fn get(&mut self, path: &str) -> Value {
        let answer = self.host.ask("GET", path, None);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }

    fn put(&mut self, channel: &str, body: &Value) -> Answer {
        self.host.ask("PUT", &format!("/api/channels/{channel}"), Some(body))
    }

    fn choose(&mut self, channel: &str, repertoire: &Value) {
        let answer = self.put(channel, &json!({ "repertoire": repertoire }));
        assert_eq!(answer.status, 204, "{repertoire}: {answer:?}");
    }

    /// The repertoire of the folder of this name.
    fn folder(&mut self, name: &str) -> Value {
        let place = self.get("/api/library/folders")["folders"][0]["key"].clone();
        let found = self.get(&format!("/api/library/folders?in={}", place.as_str().expect("a key")));
        let folders = found["folders"].as_array().expect("folders");
        let folder = folders.iter().find(|folder| folder["name"] == name).unwrap_or_else(|| panic!("{name}: {found}"));
        json!({ "folder": folder["key"] })
    }

    /// Waits until only titles that begin like this come by themselves, and hears two of them.
    #[track_caller]
    fn until_plays(&mut self, channel: &str, titles: &[&str]) {
        let status = format!("/api/channels/{channel}/status");
        let is_own = |title: &Value| title.as_str().is_some_and(|title| titles.contains(&title));
        for title in titles.iter().rev() {
            self.until(&status, |status| {
                let upcoming = status["upcoming"]
                    .as_array()
                    .is_some_and(|all| !all.is_empty() && all.iter().all(|track| is_own(&track["title"])));
                status["track"]["title"] == *title && upcoming
            });
        }
    }

    /// Asserts that nothing but these titles was heard since the channel began.
    #[track_caller]
    fn assert_heard_only(&mut self, channel: &str, titles: &[&str]) {
        let history = self.get(&format!("/api/channels/{channel}/status"))["history"].clone();
        let heard: Vec<&str> = history
            .as_array()
            .expect("a history")
            .iter()
            .map(|played| played["track"]["title"].as_str().expect("a title"))
            .collect();
        assert!(!heard.is_empty() && heard.iter().all(|title| titles.contains(title)), "{channel}: {heard:?}");
    }
}

#[test]
fn two_channels_with_two_folders_play_only_their_own_and_go_on_so_after_a_restart() {
    let Some(mut party) = Party::open() else { return };
    let [(jazz, jazz_titles), (rock, rock_titles)] = FOLDERS;
    let (jazz, rock) = (party.folder(jazz), party.folder(rock));
    party.choose("main", &jazz);
    let answer = party.put("green", &json!({ "color": "green", "repertoire": rock }));
    assert_eq!(answer.status, 204, "{answer:?}");
    party.until_plays("main", &jazz_titles);
    party.until_plays("green", &rock_titles);
    party.assert_heard_only("green", &rock_titles);
    party.running.restart();
    party.host = Caller::new(Ipv4Addr::LOCALHOST, party.running.address);
    // From the first track on: what is kept is known before anything plays.
    for (channel, titles) in [("main", jazz_titles), ("green", rock_titles)] {
        party.until_plays(channel, &titles);
        party.assert_heard_only(channel, &titles);
    }
    let about = party.get("/api/channels/main");
    assert_eq!((&about["repertoire"], &about["repertoire_lost"]), (&jazz, &false.into()), "{about}");
    party.choose("green", &jazz);
    party.until_plays("green", &jazz_titles);
    party.choose("main", &json!("all"));
    party.until("/api/channels/main/status", |status| status["track"]["title"] == "Elsewhere");
}

#[test]
fn a_folder_that_is_lost_silences_nobody_and_plays_again_when_it_is_back() {
    let Some(mut party) = Party::open() else { return };
    let (name, titles) = FOLDERS[1];
    let rock = party.folder(name);
    party.choose("main", &rock);
    party.until_plays("main", &titles);
    let (there, away) = (party.music.path().join(name), party.music.path().join(".away"));
    fs::rename(&there, &away).expect("it is taken away");
    party.until("/api/channels/main", |about| about["repertoire_lost"] == true);
    party.until("/api/channels/main/status", |status| status["track"]["title"] == "Jazz 1");
    party.until("/api/channels/main/status", |status| status["track"]["title"] == "Elsewhere");
    assert_eq!(party.get("/api/channels/main")["repertoire"], rock, "it is not forgotten");
    fs::rename(&away, &there).expect("it is brought back");
    party.until("/api/channels/main", |about| about["repertoire_lost"] == false);
    party.until_plays("main", &titles);
}

#[test]
fn a_playlist_plays_in_its_order_and_follows_what_is_written_into_it() {
    let Some(mut party) = Party::open() else { return };
    let list = party.music.path().join("party.m3u");
    fs::write(&list, "Rock/Rock 2.flac\nJazz & more/Jazz 1.flac\nRock/Rock 2.flac\nnowhere.flac\n../../etc/passwd\n")
        .expect("a list");
    party.until("/api/library/playlists", |found| found["playlists"][0]["tracks"] == 3);
    let key = party.get("/api/library/playlists")["playlists"][0]["key"].clone();
    party.choose("main", &json!({ "playlist": key }));
    party.until_plays("main", &["Rock 2", "Jazz 1"]);
    fs::write(&list, "Elsewhere.flac\nRock/Rock 1.flac\n").expect("another list");
    party.until_plays("main", &["Elsewhere", "Rock 1"]);
    fs::remove_file(&list).expect("no list");
    party.until("/api/channels/main", |about| about["repertoire_lost"] == true);
}

#[test]
fn guests_keep_to_the_channels_own_only_where_the_host_says_so_and_nothing_hostile_leads_anywhere() {
    let Some(mut party) = Party::open() else { return };
    let (name, titles) = FOLDERS[0];
    let jazz = party.folder(name);
    party.choose("main", &jazz);
    party.until_plays("main", &titles);
    let set = party.host.ask(
        "PUT",
        "/api/party/settings",
        Some(&json!({ "requests": "auto", "recent_min": 0, "own_only": true })),
    );
    assert_eq!(set.status, 204, "{set:?}");
    let tracks = party.get("/api/library/tracks");
    let tracks: Vec<(u64, String)> = tracks["tracks"]
        .as_array()
        .expect("tracks")
        .iter()
        .map(|track| (track["id"].as_u64().expect("a number"), track["title"].as_str().expect("a title").to_owned()))
        .collect();
    let id = |title: &str| tracks.iter().find(|(_, known)| known == title).expect(title).0;
    let mut guest = Caller::new(Ipv4Addr::new(127, 1, 0, 1), party.running.address);
    let refused = guest.ask("POST", "/api/requests", Some(&json!({ "track": id("Rock 1") })));
    assert_eq!((refused.status, &refused.body["code"]), (409, &"not-in-repertoire".into()), "{refused:?}");
    let queued = party.host.ask("POST", "/api/queue", Some(&json!({ "track": id("Rock 1"), "at": "end" })));
    assert_eq!(queued.status, 201, "{queued:?}");
    let key = jazz["folder"].as_str().expect("a key");
    for wrong in [
        json!({ "folder": format!("{key}/..") }),
        json!({ "folder": "../../../etc" }),
        json!({ "folder": "/etc" }),
        json!({ "playlist": key }),
        json!({ "folder": "" }),
        json!({ "folder": "0123456789abcdef" }),
        json!({ "playlist": "0123456789abcdef/x.m3u" }),
        json!({ "folder": "x".repeat(3_000) }),
    ] {
        let answer = party.put("main", &json!({ "repertoire": wrong }));
        assert_eq!((answer.status, &answer.body["code"]), (404, &"no-such-place".into()), "{wrong}: {answer:?}");
    }
    for wrong in
        [json!(7), json!("everything"), json!({ "folder": 7 }), json!([]), json!({ "folder": key, "playlist": key })]
    {
        let answer = party.put("main", &json!({ "repertoire": wrong }));
        assert_eq!(answer.status, 400, "{wrong}: {answer:?}");
    }
    assert_eq!(guest.ask("PUT", "/api/channels/main", Some(&json!({ "repertoire": "all" }))).status, 403);
    assert_eq!(party.get("/api/channels/main")["repertoire"], jazz, "nothing has changed");
}

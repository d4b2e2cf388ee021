//! The host's page on a real box, in a real browser: what a tap, a finger and a key lead to, for the host and for
//! everybody else.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::browser::{Options, missing};
use tests::caller::Caller;
use tests::crowd::Follower;
use tests::guest::Guest;
use tests::host::{Host, Pointer};
use tests::made::Made;
use tests::program::Running;
use tests::wait;

use super::PATIENCE;

/// Titles, artists and the two colours of the covers.
const SONGS: [(&str, &str, &str, &str); 6] = [
    ("Amber Lights", "The Lanterns", "0xffb347", "0x7a1f3d"),
    ("Blaue Stunde", "Mira Kaltenbach", "0x4facfe", "0x1b1464"),
    ("Cómo Vuela el Tiempo", "Los Astros", "0x43e97b", "0x0b486b"),
    ("Dust and Neon", "Velvet Transit", "0xf857a6", "0x2c003e"),
    ("Evergreen", "June & July", "0xa8e063", "0x134e5e"),
    ("Far From the Shore", "Ines Duarte", "0x74ebd5", "0x203a43"),
];

/// How long a song is: longer than any of these tests looks at it.
const SONG_S: &str = "150";

/// The source addresses that are hosts in these tests: the browser's. Light guests have addresses of their own.
const HOSTS: &str = "127.0.0.1/32";

/// A box with [`SONGS`], and the folder they are in.
pub(super) struct Party {
    pub(super) running: Running,
    pub(super) music: TempDir,
}

/// A party whose browsers are hosts. `None`, with the reason printed, where something is not installed or not built.
pub(super) fn party() -> Option<Party> {
    party_of(HOSTS)
}

/// A party at which these addresses are hosts.
pub(super) fn party_of(hosts: &str) -> Option<Party> {
    if let Some(reason) = missing() {
        println!("{reason}");
        return None;
    }
    static MADE: Made = Made::new();
    let music = MADE.laid(|folder| SONGS.iter().enumerate().all(|(number, song)| make(number, song, folder)))?;
    let music_option = music.path().display().to_string();
    let running = Running::start(&["--music", &music_option, "--host-from", hosts])?;
    let party = Party { running, music };
    until(|| party.get("/api/library/tracks")["tracks"].as_array().map(Vec::len) == Some(SONGS.len()));
    // A queue that is filled before anything plays would lose its first song to the beginning.
    // Only what the rules have been told of can be queued; the demo tracks before it have no artist.
    until(|| party.get("/api/party/status")["track"]["artist"].as_str().is_some_and(|artist| !artist.is_empty()));
    Some(party)
}

/// Makes the song of this number below `folder`.
fn make(number: usize, (title, artist, one, two): &(&str, &str, &str, &str), folder: &Path) -> bool {
    let cover = format!("gradients=s=300x300:c0={one}:c1={two}:x0=0:y0=0:x1=300:y1=300:d=1,format=yuvj420p");
    // A low rate is made and read in a third of the time.
    let tone = format!("sine=frequency={}:duration={SONG_S}:sample_rate=16000,volume=0.2", 220 + 55 * number);
    let (title_tag, artist_tag) = (format!("title={title}"), format!("artist={artist}"));
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", &tone, "-f", "lavfi", "-i", &cover])
        .args(["-map", "0:a", "-map", "1:v", "-frames:v", "1", "-c:v", "mjpeg", "-disposition:v", "attached_pic"])
        .args([
            "-metadata",
            &title_tag,
            "-metadata",
            &artist_tag,
            "-metadata",
            "album=House Party",
            "-metadata",
            "genre=House; Pop",
        ])
        .args(["-c:a", "libmp3lame", "-b:a", "32k", "-id3v2_version", "3"])
        .arg(folder.join(format!("{number}.mp3")))
        .stdin(Stdio::null())
        .status();
    let is_made = made.is_ok_and(|status| status.success());
    if !is_made {
        println!("not run: ffmpeg does not make a song with a cover");
    }
    is_made
}

impl Party {
    pub(super) fn get(&self, path: &str) -> Value {
        let mut answer = ureq::get(self.running.url(path)).call().expect(path);
        answer.body_mut().read_json().expect("JSON")
    }

    pub(super) fn host(&self, options: &Options) -> Host {
        let host = Host::visit(&self.running.url(""), options).expect("the page opens");
        host.until_role("host", PATIENCE).expect("a host by its address");
        host
    }

    /// The number of the track with this title.
    pub(super) fn track(&self, title: &str) -> u64 {
        let found = self.get("/api/library/tracks");
        let tracks = found["tracks"].as_array().expect("tracks");
        let track = tracks.iter().find(|track| track["title"] == title).expect(title);
        track["id"].as_u64().expect("a number")
    }

    /// Puts songs into the queue, as the host.
    pub(super) fn enqueue(&self, titles: &[&str]) {
        let mut host = Caller::new(Ipv4Addr::LOCALHOST, self.running.address);
        for title in titles {
            let wish = json!({ "track": self.track(title), "at": "end" });
            // The library lists a song a moment before the rules have been told of it.
            let mut added = None;
            until(|| {
                let answer = host.ask("POST", "/api/queue", Some(&wish));
                let is_known = answer.status != 404;
                added = Some(answer);
                is_known
            });
            let added = added.expect("it was asked");
            assert_eq!(added.status, 201, "{added:?}");
        }
    }

    /// A light guest, with an address of its own.
    pub(super) fn phone(&self, number: u16) -> Caller {
        let [high, low] = (number + 1).to_be_bytes();
        Caller::new(Ipv4Addr::new(127, 1, high, low), self.running.address)
    }

    /// Titles in the queue, in the order in which the box will play them.
    pub(super) fn queue(&self) -> Vec<String> {
        let state = self.get("/api/party/status");
        let queue = &state["queue"];
        let order = queue["order"].as_array().expect("an order");
        let title = |id: &Value| queue["items"][id.to_string()]["track"]["title"].as_str().map(str::to_owned);
        order.iter().map(|id| title(id).expect("a title")).collect()
    }
}

pub(super) fn until(holds: impl FnMut() -> bool) {
    assert!(wait::comes_true(PATIENCE, holds), "it does not come to hold");
}

#[test]
fn the_queue_is_ordered_with_finger_mouse_and_keys_and_every_change_can_be_undone() {
    let Some(party) = party() else { return };
    let [a, b, c, d] = ["Amber Lights", "Blaue Stunde", "Cómo Vuela el Tiempo", "Dust and Neon"];
    party.enqueue(&[a, b, c, d]);
    let host = party.host(&Options::default());
    host.until_queue(&[a, b, c, d], PATIENCE).expect("as asked for");
    host.drag(0, 2, Pointer::Finger).expect("a finger");
    host.until_queue(&[b, c, a, d], PATIENCE).expect("moved on the page");
    until(|| party.queue() == [b, c, a, d]);
    host.drag(3, 1, Pointer::Mouse).expect("a mouse");
    host.until_queue(&[b, d, c, a], PATIENCE).expect("moved on the page");
    until(|| party.queue() == [b, d, c, a]);
    host.browser.press("#queue li:nth-child(1) .grip", "\u{e015}").expect("the down key");
    host.until_queue(&[d, b, c, a], PATIENCE).expect("moved by a key");
    assert_eq!(host.spoken().expect("words"), format!("{b} is now 2 of 4"));
    until(|| party.queue() == [d, b, c, a]);
    let focus = "return document.activeElement.closest('li')?.querySelector('.row-title').textContent";
    assert_eq!(host.browser.run(focus).expect("an element"), b, "the focus goes with the song");
    host.browser.press("#queue li:nth-child(4) .grip", "\u{e011}").expect("the home key");
    until(|| party.queue() == [a, d, b, c]);

    host.tap("#queue li:nth-child(2) .row-line > .round-button").expect("removal");
    host.until_queue(&[a, b, c], PATIENCE).expect("gone");
    host.until_shown(&format!("{d} is out of the queue"), PATIENCE).expect("words");
    host.tap("#toast-undo").expect("the way back");
    host.until_queue(&[a, d, b, c], PATIENCE).expect("where it was");
    host.tap("#queue-clear").expect("clearing");
    host.tap("#sure-yes").expect("surely");
    host.until_queue(&[], PATIENCE).expect("empty");
    until(|| party.queue().is_empty());
    host.tap("#toast-undo").expect("the way back");
    host.until_queue(&[a, d, b, c], PATIENCE).expect("all back");
    assert_eq!(host.browser.console().expect("a log"), Vec::<String>::new());
}

#[test]
fn a_pause_on_the_hosts_page_is_shown_on_ten_phones() {
    let Some(party) = party() else { return };
    let host = party.host(&Options::default());
    let guest = Guest::visit(&party.running.url(""), &Options::default()).expect("a guest's page");
    guest.tap().expect("a tap");
    guest.until("live", PATIENCE).expect("live");
    let mut others: Vec<_> = (0..9).map(|number| Follower::of(&party.phone(number)).expect("it follows")).collect();
    for (wanted, words) in [("false", "The host has paused the music"), ("true", "You hear the party as it happens")] {
        others.iter_mut().for_each(|phone| phone.hear().expect("it still follows"));
        others.iter_mut().for_each(Follower::forget);
        let begun = Instant::now();
        host.tap("#toggle").expect("a tap");
        for phone in &mut others {
            assert!(phone.until(&format!("\"playing\":{wanted}"), PATIENCE), "told");
        }
        println!("nine phones were told after {:?}", begun.elapsed());
        guest.until_shown(words, PATIENCE).expect("the page of a guest says it");
        println!("and the page of the tenth after {:?}", begun.elapsed());
    }
}

#[test]
fn a_request_that_the_host_approves_is_played_and_its_guest_is_named() {
    let Some(party) = party() else { return };
    let mut ann = party.phone(1);
    assert_eq!(ann.ask("PUT", "/api/me", Some(&json!({ "name": "Ann" }))).status / 100, 2);
    let asked = ann.ask("POST", "/api/requests", Some(&json!({ "track": party.track("Evergreen") })));
    assert_eq!((asked.status, &asked.body["state"]), (201, &json!("pending")), "{asked:?}");
    let mut bob = party.phone(2);
    bob.ask("POST", "/api/requests", Some(&json!({ "track": party.track("Dust and Neon") })));
    let host = party.host(&Options::default());
    host.browser.wait_for("document.getElementById('asks-badge').textContent === '2'", PATIENCE).expect("a sign");
    host.part("asks").expect("the requests");
    host.until_shown("Ann asks for it", PATIENCE).expect("her name");
    host.tap("#panel-asks [aria-label='Yes to Evergreen']").expect("yes");
    host.tap("#panel-asks [aria-label='No to Dust and Neon']").expect("no");
    host.until_shown("No request waits for you", PATIENCE).expect("all answered");
    host.part("queue").expect("the queue");
    host.until_queue(&["Evergreen"], PATIENCE).expect("in the queue");
    host.tap("#next").expect("the next track");
    host.browser.wait_for("document.getElementById('title').textContent === 'Evergreen'", PATIENCE).expect("it plays");
    host.until_shown("Ann’s wish", PATIENCE).expect("and whose it is");
}

#[test]
fn the_page_and_its_queue_come_back_after_a_restart_of_the_box() {
    let Some(mut party) = party() else { return };
    party.enqueue(&["Blaue Stunde", "Evergreen"]);
    let host = party.host(&Options::default());
    host.until_queue(&["Blaue Stunde", "Evergreen"], PATIENCE).expect("a queue");
    // State is on the disk within a second of a change.
    let begun = Instant::now();
    until(|| begun.elapsed() > Duration::from_secs(2));
    party.running.end();
    host.until_shown("The box does not answer", PATIENCE).expect("words");
    party.running.restart();
    let begun = Instant::now();
    host.browser.wait_for("document.getElementById('link').hidden", PATIENCE).expect("it is back");
    println!("back {:?} after the restarted box took connections", begun.elapsed());
    // A box that starts begins with what is first in the queue.
    host.until_queue(&["Evergreen"], PATIENCE).expect("the queue, too");
    host.browser.wait_for("document.getElementById('title').textContent === 'Blaue Stunde'", PATIENCE).expect("played");
    host.tap("#toggle").expect("a tap");
    until(|| party.get("/api/party/status")["playing"] == false);
}

#[test]
fn a_guest_whom_the_host_makes_dj_changes_the_queue_and_nothing_else() {
    let Some(party) = party() else { return };
    let mut guest = party.phone(1);
    guest.ask("PUT", "/api/me", Some(&json!({ "name": "Dana" })));
    let track = party.track("Evergreen");
    let add = |guest: &mut Caller| guest.ask("POST", "/api/queue", Some(&json!({ "track": track, "at": "end" })));
    assert_eq!(add(&mut guest).status, 403);
    let host = party.host(&Options::default());
    host.part("people").expect("the people");
    host.until_shown("Dana", PATIENCE).expect("her row");
    host.tap("[aria-label='Dana is DJ']").expect("a star");
    host.until_shown("Dana is DJ now", PATIENCE).expect("words");
    assert_eq!(add(&mut guest).status, 201);
    assert_eq!(guest.ask("POST", "/api/party/pause", None).status, 403);
    host.tap("[aria-label='Dana is DJ']").expect("no star");
    host.until_shown("Dana is no longer DJ", PATIENCE).expect("words");
    assert_eq!(add(&mut guest).status, 403);
}

#[test]
fn settings_and_volume_reach_the_box_and_every_other_hosts_page() {
    let Some(party) = party() else { return };
    let (one, two) = (party.host(&Options::default()), party.host(&Options::default()));
    for host in [&one, &two] {
        host.part("box").expect("the box");
    }
    let shuffles = party.get("/api/party/status")["settings"]["shuffle"] == true;
    one.tap("[data-setting=shuffle]").expect("a switch");
    let there = format!("document.querySelector('[data-setting=shuffle]').checked === {}", !shuffles);
    two.browser.wait_for(&there, PATIENCE).expect("seen by the other");
    let said = |setting: &str| {
        format!("document.querySelector('[data-setting={setting}]').closest('label').querySelector('small').innerText")
    };
    two.browser.wait_for(&format!("{} === 'set here'", said("shuffle")), PATIENCE).expect("who said so");
    two.browser.wait_for(&format!("{} === ''", said("recent_min")), PATIENCE).expect("nobody did");
    one.tap("[data-setting=repeat] option:last-child").expect("a choice");
    two.browser.wait_for("document.querySelector('[data-setting=repeat]').value === 'one'", PATIENCE).expect("seen");
    one.part("queue").expect("now");
    one.tap("#volume").expect("the middle of the slider");
    until(|| party.get("/api/party/status")["volume_db"] == -20.0);
    two.browser.wait_for("document.getElementById('volume').value === '20'", PATIENCE).expect("seen");
}

//! Programs that send as to an Icecast server: ffmpeg, and a client written from the protocol alone.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tests::wait;

use super::{HEARD_SECONDS, PATIENCE, SENDS_SECONDS, Sender, Stage, TONES_HZ};

/// How ffmpeg is asked for a format: its name, its encoder and options, and its container.
const FORMATS: [(&str, &[&str], &str); 4] = [
    ("MP3", &["-c:a", "libmp3lame", "-b:a", "192k"], "mp3"),
    ("Opus in Ogg", &["-c:a", "libopus", "-b:a", "128k"], "ogg"),
    ("Vorbis in Ogg", &["-c:a", "libvorbis", "-b:a", "128k"], "ogg"),
    ("AAC", &["-c:a", "aac", "-b:a", "192k"], "adts"),
];

/// Both tones as ffmpeg makes them.
fn tones(seconds: u32) -> Vec<String> {
    let [left, right] = TONES_HZ.map(|hz| format!("0.25*sin(2*PI*{hz}*t)"));
    let source = format!("aevalsrc={left}|{right}:s=48000:d={seconds}");
    ["-f", "lavfi", "-i", &source].map(str::to_owned).into()
}

/// Tones in this format, encoded.
fn encoded(seconds: u32, options: &[&str], container: &str, title: &str) -> Vec<u8> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin"]).args(tones(seconds)).args(options);
    if !title.is_empty() {
        command.args(["-metadata", &format!("title={title}"), "-metadata", "artist=Ann"]);
    }
    let made = command.args(["-f", container, "-"]).output().expect("ffmpeg runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    made.stdout
}

impl Stage {
    /// The address of a mount, with a token for whoever is called so.
    fn mount(&mut self, name: &str, mount: &str) -> String {
        let token = self.token(name);
        format!("icecast://source:{token}@{}/{mount}", self.running.address)
    }

    /// Starts an ffmpeg that sends at the pace of the music.
    fn ffmpeg(&mut self, name: &str, options: &[&str], container: &str) -> Sender {
        let url = self.mount(name, if container == "adts" { "main.aac" } else { "main" });
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-nostdin", "-re"]).args(tones(SENDS_SECONDS)).args(options);
        // Neither Ogg nor AAC is what it is called here.
        command.args(["-content_type", if container == "ogg" { "application/octet-stream" } else { "audio/mpeg" }]);
        command.args(["-flush_packets", "1", "-f", container, &url]).stdin(Stdio::null()).stdout(Stdio::null());
        Sender(command.spawn().expect("ffmpeg starts"))
    }

    /// Starts an ffmpeg that sends one tone on both sides as MP3, at the pace of the music.
    pub(super) fn ffmpeg_tone(&mut self, name: &str, hz: f64) -> Sender {
        let url = self.mount(name, "main");
        let tone = format!("aevalsrc=0.25*sin(2*PI*{hz}*t)|0.25*sin(2*PI*{hz}*t):s=48000:d={SENDS_SECONDS}");
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-nostdin", "-re", "-f", "lavfi", "-i", &tone]).args(FORMATS[0].1);
        command.args(["-content_type", "audio/mpeg", "-flush_packets", "1", "-f", "mp3", &url]);
        Sender(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("ffmpeg starts"))
    }

    /// What the box says of its sender.
    fn sender(&self) -> Value {
        let answer = ureq::get(self.running.url("/api/party/status")).call();
        let status: Value = answer.and_then(|mut answer| answer.body_mut().read_json()).expect("a status");
        let sources = status["sources"].as_array().cloned().unwrap_or_default();
        sources.into_iter().find(|source| source["id"] == "sender").unwrap_or(Value::Null)
    }

    /// Waits until the sender says that this plays, and prints how long that took since `from`.
    pub(super) fn until_titled(&self, who: &str, artist: &str, title: &str, from: Instant) {
        let is_so = wait::comes_true(PATIENCE, || {
            let sender = self.sender();
            sender["title"] == title && sender["artist"] == artist
        });
        assert!(is_so, "{who}: {} instead of {artist} - {title}", self.sender());
        println!("{who}: the title is shown after {} ms", from.elapsed().as_millis());
    }
}

/// A client written from the protocol: it sends what it is given at the pace of the music, again and again.
struct Raw {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    token: String,
}

impl Raw {
    /// Begins with this first line and this header; each of `parts` is `seconds` long.
    fn begin(stage: &mut Stage, name: &str, first: &str, header: &str, parts: Vec<Vec<u8>>, seconds: u32) -> Self {
        let token = stage.token(name);
        let mut socket = TcpStream::connect(stage.running.address).expect("the box takes connections");
        let head = format!("{first}\r\nAuthorization: Basic {}\r\n{header}\r\n\r\n", basic(&token));
        socket.write_all(head.as_bytes()).expect("a head is taken");
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            socket.read_exact(&mut byte).expect("an answer");
            answer.push(byte[0]);
        }
        println!("{name}: {}", String::from_utf8_lossy(&answer).lines().next().unwrap_or_default());
        let is_over = Arc::<AtomicBool>::default();
        let ends = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let pieces = |part: &Vec<u8>| -> Vec<Vec<u8>> {
                let piece = part.len().div_ceil(seconds as usize * 20).max(1);
                part.chunks(piece).map(<[u8]>::to_vec).collect()
            };
            let pieces: Vec<Vec<u8>> = parts.iter().flat_map(pieces).collect();
            let begun = Instant::now();
            for (n, piece) in pieces.iter().cycle().enumerate() {
                let due = Duration::from_millis(50) * n as u32;
                std::thread::sleep(due.saturating_sub(begun.elapsed()));
                // The box hangs up on whom it does not want any more.
                if ends.load(Ordering::Relaxed) || socket.write_all(piece).is_err() {
                    break;
                }
            }
        });
        Self { is_over, thread: Some(thread), token }
    }

    /// Whether the box has hung up.
    fn is_hung_up(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        _ = self.thread.take().map(JoinHandle::join);
    }
}

fn basic(token: &str) -> String {
    STANDARD.encode(format!("source:{token}"))
}

#[test]
fn ffmpeg_is_heard_in_every_format() {
    let Some(mut stage) = Stage::open() else { return };
    for (format, options, container) in FORMATS {
        let from = Instant::now();
        let _sender = stage.ffmpeg(format, options, container);
        stage.until_heard(format);
        println!("ffmpeg, {format}: heard after {} ms", from.elapsed().as_millis());
        stage.check_tones(format);
    }
}

#[test]
fn a_client_of_the_old_protocol_is_heard_and_its_titles_reach_pages_and_players() {
    let Some(mut stage) = Stage::open() else { return };
    let (_, options, container) = FORMATS[0];
    let sound = encoded(SENDS_SECONDS, options, container, "");
    let header = "Content-Type: audio/mpeg\r\nIce-Name: Desk\r\nIce-Bitrate: 192";
    let raw = Raw::begin(&mut stage, "Old desk", "SOURCE /live.mp3 ICE/1.0", header, vec![sound], SENDS_SECONDS);
    stage.until_heard("Old desk");
    stage.check_tones("SOURCE");
    let mut player = TcpStream::connect(stage.running.address).expect("the box takes connections");
    let ask = format!("GET /stream/main.mp3 HTTP/1.0\r\nHost: {}\r\nIcy-MetaData: 1\r\n\r\n", stage.running.address);
    player.write_all(ask.as_bytes()).expect("a request is taken");
    for (song, artist, title) in [("Ann+-+Gr%C3%B6%C3%9Fe", "Ann", "Größe"), ("Bob+-+Gr%F6%DFer", "Bob", "Größer")]
    {
        let from = Instant::now();
        let query = format!("/admin/metadata?mode=updinfo&mount=/live.mp3&song={song}");
        let authorization = format!("Basic {}", basic(&raw.token));
        let said = ureq::get(stage.running.url(&query)).header("Authorization", authorization).call();
        assert_eq!(said.expect("it is taken").status(), 200);
        stage.until_titled("metadata", artist, title, from);
        let tag = format!("StreamTitle='{artist} - {title}';");
        until_read(&mut player, tag.as_bytes());
        println!("metadata: a player is told after {} ms", from.elapsed().as_millis());
    }
}

/// Reads until this has come.
fn until_read(player: &mut TcpStream, wanted: &[u8]) {
    player.set_read_timeout(Some(PATIENCE)).expect("sockets can");
    let (mut all, mut bytes, from) = (Vec::new(), [0; 4_096], Instant::now());
    while !all.windows(wanted.len()).any(|window| window == wanted) {
        assert!(from.elapsed() < PATIENCE, "{} has not come", String::from_utf8_lossy(wanted));
        match player.read(&mut bytes).expect("the stream goes on") {
            0 => panic!("the stream has ended"),
            read => all.extend_from_slice(&bytes[..read]),
        }
    }
}

#[test]
fn titles_in_chained_ogg_are_shown_as_they_come_and_the_sound_goes_on() {
    let Some(mut stage) = Stage::open() else { return };
    let [opus, vorbis] = [(1, "Opus song"), (2, "Vorbis song")];
    let links = [opus, vorbis].map(|(format, title)| encoded(4, FORMATS[format].1, "ogg", title)).into();
    let header = "Content-Type: application/ogg\r\nExpect: 100-continue";
    let from = Instant::now();
    let _raw = Raw::begin(&mut stage, "Radio", "PUT /main.ogg HTTP/1.1", header, links, 4);
    for (title, round) in [("Opus song", 1), ("Vorbis song", 1), ("Opus song", 2)] {
        stage.until_titled(&format!("round {round}"), "Ann", title, from);
    }
    stage.until_heard("Radio");
    stage.check_tones("chained Ogg");
}

#[test]
fn a_file_that_curl_sends_is_heard_with_its_length_and_in_chunks() {
    let Some(mut stage) = Stage::open() else { return };
    let (_, options, container) = FORMATS[0];
    let [long, brief] = [("long.mp3", SENDS_SECONDS), ("brief.mp3", 1)].map(|(name, seconds)| {
        let path = stage.folder.path().join(name);
        std::fs::write(&path, encoded(seconds, options, container, "")).expect("a file is written");
        path
    });
    for (name, mount, is_piped) in [("File", "main", false), ("Pipe", "live/main", true)] {
        let token = stage.token(name);
        let curl = |song: &PathBuf| {
            let mut command = Command::new("curl");
            command.args(["-sSf", "-u", &format!("source:{token}"), "-T"]).arg(if is_piped {
                Path::new("-")
            } else {
                song
            });
            command.arg(stage.running.url(&format!("/{mount}"))).stdout(Stdio::null());
            Sender(command.stdin(File::open(song).expect("a file")).spawn().expect("curl starts"))
        };
        let mut sender = curl(&long);
        stage.until_heard(name);
        stage.check_tones(name);
        // What the kernel has of a file would be heard to its end: a host hangs up.
        let ended = stage.host.ask("DELETE", "/api/channels/main/sender", None);
        assert_eq!(ended.status, 204, "{}", ended.body);
        assert!(!sender.0.wait().expect("it ends").success(), "{name}: not all of it was taken");
        assert!(wait::comes_true(PATIENCE, || stage.sender()["state"] == "off"), "{}", stage.sender());
        let ended = curl(&brief).0.wait().expect("it ends");
        assert!(ended.success(), "{name}: {ended}");
    }
}

#[test]
fn a_stream_that_is_killed_leaves_music_behind_and_its_place_to_the_next() {
    let Some(mut stage) = Stage::open() else { return };
    let (_, options, container) = FORMATS[0];
    let mut sender = stage.ffmpeg("Desk", options, container);
    stage.until_heard("Desk");
    let out: PathBuf = stage.folder.path().join("killed.wav");
    let listener = stage.listen(2 * HEARD_SECONDS, &out);
    let holes = stage.number("hole_blocks_total");
    stage.running.until("/api/party/status", PATIENCE, |status| status["listeners"]["live"] == 1);
    sender.kill();
    let killed = Instant::now();
    stage.running.until("/api/party/status", PATIENCE, |status| {
        status["fallback"] == true && status["track"]["title"].is_string()
    });
    println!("killed: music after {} ms", killed.elapsed().as_millis());
    stage.check_goes_on(listener, &out, holes);
    let _next = stage.ffmpeg("Another", options, container);
    stage.until_heard("Another");
}

#[test]
fn what_is_no_sound_is_hung_up_and_the_music_goes_on() {
    let Some(mut stage) = Stage::open() else { return };
    let (_, options, container) = FORMATS[0];
    let mut dice = tests::dice::Dice::seeded(7);
    let noise: Vec<u8> = (0..2_000_000).map(|_| dice.below(256) as u8).collect();
    let cut_short = encoded(2, FORMATS[1].1, "ogg", "")[..300].to_vec();
    for (what, bytes) in [("noise", noise), ("zeros", vec![0; 2_000_000]), ("the head of an Ogg", cut_short)] {
        let raw = Raw::begin(&mut stage, what, "SOURCE /main HTTP/1.0", "Content-Type: audio/mpeg", vec![bytes], 1);
        assert!(wait::comes_true(PATIENCE, || raw.is_hung_up()), "{what} is still taken");
        stage.running.until("/api/party/status", PATIENCE, |status| status["track"]["title"].is_string());
    }
    // Who sends next to nothing holds the place for a while only.
    let slow = vec![vec![0; 400]];
    let silent = Raw::begin(&mut stage, "Silent", "SOURCE /main HTTP/1.0", "Content-Type: audio/mpeg", slow, 20);
    assert!(wait::comes_true(PATIENCE, || stage.sender()["state"] == "off"), "{}", stage.sender());
    drop(silent);
    let _sender = stage.ffmpeg("Desk", options, container);
    stage.until_heard("Desk");
}

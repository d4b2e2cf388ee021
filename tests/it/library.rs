//! The box with a folder of music: what files of every kind say is searched, listed and shown; what is broken is listed
//! for the host; a hostile query is a query. The tags are read by the real, locked-in process.
//!
//! Fixtures are made by ffmpeg while the test runs; without ffmpeg the tests say so and check nothing.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tests::program::Running;
use tests::wait;

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(60);

/// Name and ffmpeg's options.
const KINDS: [(&str, &[&str]); 8] = [
    ("1.mp3", &["-c:a", "libmp3lame"]),
    ("2.flac", &["-c:a", "flac"]),
    ("3.m4a", &["-c:a", "aac"]),
    ("4.ogg", &["-c:a", "libvorbis"]),
    ("5.opus", &["-c:a", "libopus"]),
    ("6.wav", &["-c:a", "pcm_s16le"]),
    ("7.aiff", &["-c:a", "pcm_s16be", "-write_id3v2", "1"]),
    ("8.m4a", &["-c:a", "alac"]),
];

/// Makes a sound file of three seconds that says this about itself; `false` without ffmpeg.
fn make(path: &Path, title: &str, options: &[&str]) -> bool {
    let title = format!("title={title}");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", "sine=frequency=440:duration=3:sample_rate=48000"])
        .args(["-metadata", &title, "-metadata", "artist=Die Ärzte", "-metadata", "album=Geräusch"])
        .args(["-metadata", "track=3/12", "-metadata", "date=2003-09-29", "-metadata", "genre=Punk"])
        .args(options)
        .arg(path)
        .stdin(Stdio::null())
        .status();
    made.is_ok_and(|status| status.success())
}

/// A box that plays a folder with a file of every kind.
struct Party {
    music: TempDir,
    running: Running,
}

impl Party {
    fn open() -> Option<Self> {
        let music = tempfile::tempdir().expect("a folder");
        for (name, options) in KINDS {
            if !make(&music.path().join(name), &format!("Träck {}", &name[..1]), options) {
                println!("not run: ffmpeg does not make {name}");
                return None;
            }
        }
        fs::write(music.path().join("<b>noise.mp3"), [0x55; 9_999]).expect("a file");
        let running = Running::start(&["--music".as_ref(), music.path().as_os_str()])?;
        let party = Self { music, running };
        party.until(|party| party.get("/health")["library"]["scanning"] == false);
        Some(party)
    }

    fn get(&self, path: &str) -> Value {
        let mut answer = ureq::get(self.running.url(path)).call().expect(path);
        answer.body_mut().read_json().expect("JSON")
    }

    fn until(&self, holds: impl Fn(&Self) -> bool) {
        assert!(wait::comes_true(LIMIT, || holds(self)), "it does not come to hold");
    }

    fn found(&self, query: &str) -> usize {
        self.get(&format!("/api/library/search?q={query}"))["tracks"].as_array().map_or(0, Vec::len)
    }
}

#[test]
fn every_kind_of_file_is_found_by_what_it_says_and_plays_under_its_title() {
    let Some(party) = Party::open() else { return };
    let progress = &party.get("/health")["library"];
    assert_eq!((&progress["tracks"], &progress["broken"]), (&8.into(), &1.into()), "{progress}");
    let tracks = party.get("/api/library/tracks");
    for (index, (name, _)) in KINDS.iter().enumerate() {
        let track = &tracks["tracks"][index];
        assert_eq!(track["title"], format!("Träck {}", index + 1), "{name}: {track}");
        assert_eq!((&track["artist"], &track["album"]), (&"Die Ärzte".into(), &"Geräusch".into()), "{name}");
        assert!(track["duration_ms"].as_u64().is_some_and(|ms| ms.abs_diff(3_000) < 120), "{name}: {track}");
        assert_eq!(track["year"], 2003, "{name}");
    }
    assert_eq!((party.found("arzte+trac"), party.found("%C3%84RZTE%20gerausch%203"), party.found("x")), (8, 1, 0));
    let artists = party.get("/api/library/groups?by=artist");
    assert_eq!((&artists["groups"][0]["key"], &artists["groups"][0]["tracks"]), (&"arzte".into(), &8.into()));
    assert_eq!(party.get("/api/library/tracks?artist=arzte&limit=3&after=1")["tracks"][0]["title"], "Träck 2");
    let broken = party.get("/api/library/broken");
    assert_eq!(broken["files"][0]["path"], "<b>noise.mp3", "{broken}");
    party.until(|party| party.get("/api/party/status")["track"]["title"] == "Träck 1");
    assert_eq!(party.get("/api/party/status")["track"]["artist"], "Die Ärzte");
}

#[test]
fn an_empty_folder_plays_the_demo_tracks_until_it_holds_music() {
    let music = tempfile::tempdir().expect("a folder");
    let Some(running) = Running::start(&["--music".as_ref(), music.path().as_os_str()]) else { return };
    let party = Party { music, running };
    let files = |party: &Party| party.get("/api/party/status")["sources"][0]["detail"].clone();
    party.until(|party| party.get("/api/party/status")["track"]["title"] == "Porch Light");
    assert_eq!(files(&party), "3 tracks");
    if !make(&party.music.path().join("own.flac"), "Own", &["-c:a", "flac"]) {
        println!("not run: ffmpeg makes no music");
        return;
    }
    party.until(|party| files(party) == "1 track");
    let skipped = ureq::post(party.running.url("/api/party/next")).send_empty();
    assert!(skipped.is_ok_and(|answer| answer.status().is_success()), "a host may go on");
    party.until(|party| party.get("/api/party/status")["track"]["title"] == "Own");
    fs::remove_file(party.music.path().join("own.flac")).expect("removed");
    party.until(|party| files(party) == "3 tracks");
}

/// A picture of 900 by 900 pixels, as ffmpeg's options tell.
fn draw(path: &Path, options: &[&str]) -> bool {
    let drawn = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=900x900", "-frames:v", "1"])
        .args(options)
        .arg(path)
        .stdin(Stdio::null())
        .status();
    drawn.is_ok_and(|status| status.success())
}

#[test]
fn covers_inside_and_beside_files_are_served_small_and_to_be_kept() {
    let Some(party) = Party::open() else { return };
    let folder = party.music.path().join("art");
    fs::create_dir(&folder).expect("a folder");
    let drawn = [("inside.jpg", &["-q:v", "2"][..]), ("cover.png", &[]), ("a.webp", &[])].map(|(name, options)| {
        let drawn = draw(&folder.join(name), options);
        if !drawn {
            println!("not run: ffmpeg does not draw {name}");
        }
        drawn
    });
    let picture = folder.join("inside.jpg");
    for (name, extra) in [
        ("in.flac", &["-c:a", "flac", "-disposition:v", "attached_pic"][..]),
        ("in.mp3", &[]),
        ("in.m4a", &["-disposition:v", "attached_pic"]),
    ] {
        let sound = party.music.path().join("1.mp3");
        let made = Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-i"])
            .arg(&sound)
            .arg("-i")
            .arg(&picture)
            .args(["-map", "0:a", "-map", "1:v", "-c:v", "copy", "-metadata"])
            .arg(format!("title=Inner {name}"))
            .args(extra)
            .arg(folder.join(name))
            .stdin(Stdio::null())
            .status();
        assert!(made.is_ok_and(|status| status.success()), "{name}");
    }
    fs::create_dir(folder.join("web")).expect("a folder");
    fs::copy(party.music.path().join("2.flac"), folder.join("web/beside.flac")).expect("a copy");
    if drawn[2] {
        fs::rename(folder.join("a.webp"), folder.join("web/front.webp")).expect("a new name");
    }
    fs::copy(party.music.path().join("2.flac"), folder.join("beside.flac")).expect("a copy");
    party.until(|party| party.found("arzte") == 13);
    let tracks = party.get("/api/library/tracks");
    let with_art: Vec<&str> =
        tracks["tracks"].as_array().expect("tracks").iter().filter_map(|track| track["art"].as_str()).collect();
    assert_eq!(with_art.len(), 4 + usize::from(drawn[2]), "{tracks}");
    for url in with_art {
        for (url, px) in [(url.to_owned(), 600), (format!("{url}&size=small"), 128)] {
            let mut answer = ureq::get(party.running.url(&url)).call().expect(&url);
            let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
            assert_eq!(header("content-type"), "image/jpeg", "{url}");
            assert_eq!(header("x-content-type-options"), "nosniff", "{url}");
            assert!(header("cache-control").contains("immutable"), "{url}");
            let bytes = answer.body_mut().read_to_vec().expect("a picture");
            let frame =
                bytes.windows(2).position(|mark| mark == [0xFF, 0xC0] || mark == [0xFF, 0xC2]).expect("a frame");
            assert_eq!(
                bytes[frame + 5..frame + 9],
                [px / 256, px % 256, px / 256, px % 256].map(|byte: u16| byte as u8),
                "{url}"
            );
        }
    }
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    for (path, status) in [("99999", 404), ("x", 404), ("1?size=huge", 400), ("-1", 404)] {
        let answer = agent.get(party.running.url(&format!("/api/library/art/{path}"))).call().expect("an answer");
        assert_eq!(answer.status(), status, "{path}");
    }
}

#[test]
fn music_that_comes_while_the_box_plays_is_found_and_counted() {
    let Some(party) = Party::open() else { return };
    let outside = party.music.path().join(".new.flac");
    assert!(make(&outside, "Später", &["-c:a", "flac"]), "ffmpeg made one before");
    fs::rename(&outside, party.music.path().join("9.flac")).expect("a new name");
    party.until(|party| party.found("spater") == 1);
    party.until(|party| party.get("/api/party/status")["sources"][0]["detail"] == "9 tracks");
    fs::remove_file(party.music.path().join("1.mp3")).expect("it is there");
    party.until(|party| party.found("arzte") == 8);
}

#[test]
fn a_hostile_query_is_answered_or_refused_and_never_breaks_the_box() {
    let Some(party) = Party::open() else { return };
    let ask = |path: &str| {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        agent.get(party.running.url(path)).call().expect("an answer").status().as_u16()
    };
    for text in
        ["%22", "*", "%00", "%FF%FE", "a%20AND", "NEAR(a%20b)", "title:x", "%", "%2", "'--", &"a".repeat(900), "+++"]
    {
        assert_eq!(ask(&format!("/api/library/search?q={text}")), 200, "{text}");
        for name in ["album", "artist", "genre"] {
            assert_eq!(ask(&format!("/api/library/tracks?{name}={text}")), 200, "{name}={text}");
        }
        assert_eq!(ask(&format!("/api/library/groups?by=album&after={text}")), 200, "{text}");
        assert_eq!(ask(&format!("/api/library/broken?after={text}")), 200, "{text}");
    }
    for wrong in ["limit=0", "limit=201", "limit=-1", "limit=x", "after=x", "after=-1", "after=99999999999999999999"] {
        assert_eq!(ask(&format!("/api/library/tracks?{wrong}")), 400, "{wrong}");
        assert_eq!(ask(&format!("/api/library/search?q=a&{wrong}")), 400, "{wrong}");
    }
    assert_eq!(ask("/api/library/tracks?after=18446744073709551615"), 400);
    assert_eq!(ask("/api/library/groups?by=colour"), 400);
}

#[test]
fn what_a_host_sends_is_a_track_at_once_and_what_is_no_music_is_refused_with_the_reason() {
    let Some(party) = Party::open() else { return };
    let new = party.music.path().join(".new.mp3");
    assert!(make(&new, "Geschenk", &["-c:a", "libmp3lame"]), "ffmpeg made one before");
    let song = fs::read(&new).expect("a file");
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let send = |name: &str, bytes: &[u8]| {
        let path = format!("/api/library/uploads?name={name}");
        let request = agent.post(party.running.url(&path)).content_type("application/octet-stream");
        let mut answer = request.send(bytes).expect("an answer");
        let body: Value = answer.body_mut().read_json().expect("JSON");
        (answer.status().as_u16(), body)
    };
    let (status, body) = send("..%2FGeschenk%20%C3%BC.mp3", &song);
    assert_eq!(status, 201, "{body}");
    let found = party.get("/api/library/search?q=geschenk");
    assert_eq!(found["tracks"][0]["id"], body["track"], "{found}");
    // Cut off after the tags there is no sound in it, whatever it says about itself.
    for (name, bytes) in [("noise.mp3", &[0x55; 50_000][..]), ("page.html", b"<html>"), ("head.mp3", &song[..400])] {
        let (status, body) = send(name, bytes);
        assert_eq!((status, &body["code"]), (422, &"not-music".into()), "{name}: {body}");
    }
    assert_eq!(send("", &song).1["code"], "name");
    let head = |length: usize| {
        let address = party.running.address;
        format!(
            "POST /api/library/uploads?name=half.mp3 HTTP/1.1\r\nHost: {address}\r\n\
             Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    let mut socket = TcpStream::connect(party.running.address).expect("a connection");
    socket.write_all(&[head(song.len()).as_bytes(), &song[..song.len() / 2]].concat()).expect("half a file");
    drop(socket);
    goes_on_where_it_stopped(&party, &agent, &song);
    let mut socket = TcpStream::connect(party.running.address).expect("a connection");
    socket.write_all(head(usize::MAX / 2).as_bytes()).expect("a head");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("too-large"), "{answer}");
    // Whatever became of the others, every place is free again.
    party.until(|_| send("again.mp3", &song).0 == 201);
    let roots = party.get("/api/library/roots");
    assert_eq!(
        (&roots[0]["kind"], &roots[1]["kind"], &roots[1]["tracks"]),
        (&"folder".into(), &"uploads".into(), &3.into()),
        "{roots}"
    );
    assert_eq!(agent.post(party.running.url("/api/library/rescan")).send_empty().expect("an answer").status(), 202);
}

/// Sends half of a file over a connection that breaks, and the rest over another.
fn goes_on_where_it_stopped(party: &Party, agent: &ureq::Agent, song: &[u8]) {
    let path = "/api/library/uploads?name=resumed.mp3&id=0123456789abcdef";
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
        party.running.address,
        song.len()
    );
    let mut socket = TcpStream::connect(party.running.address).expect("a connection");
    socket.write_all(&[head.as_bytes(), &song[..song.len() / 2]].concat()).expect("half a file");
    let told = || {
        let url = party.running.url("/api/library/uploads/unfinished/0123456789abcdef");
        let mut answer = agent.get(url).call().expect("an answer");
        let body: Value = answer.body_mut().read_json().expect("JSON");
        body["bytes"].as_u64().expect("a number") as usize
    };
    party.until(|_| told() > 0);
    drop(socket);
    let go_on = |from: usize| {
        let request = agent.post(party.running.url(&format!("{path}&from={from}")));
        let mut answer = request.content_type("application/octet-stream").send(&song[from..]).expect("an answer");
        let body: Value = answer.body_mut().read_json().expect("JSON");
        (answer.status().as_u16(), body)
    };
    // An early question is refused; what had come by then may be less than was sent.
    party.until(|_| {
        let (status, body) = go_on(told());
        status == 201 && body["track"].is_u64()
    });
    assert_eq!(told(), 0, "it is whole now");
    assert_eq!(go_on(7).1["code"], "no-such-upload");
}

/// What ffmpeg's own meter says of a file, LUFS.
fn loudness(path: &Path) -> f64 {
    let mut measure = Command::new("ffmpeg");
    measure.args(["-hide_banner", "-nostats", "-i"]).arg(path).args([
        "-af",
        "ebur128=dualmono=true",
        "-f",
        "null",
        "-",
    ]);
    let said = measure.stdin(Stdio::null()).output().expect("ffmpeg ran before");
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    let summary = &said[said.rfind("Summary:").expect("a summary")..];
    let number = summary.lines().find_map(|line| line.trim().strip_prefix("I:")).expect("a loudness");
    number.trim().trim_end_matches("LUFS").trim().parse().expect("a number")
}

#[test]
fn what_no_tag_tells_is_measured_once_as_another_meter_does() {
    let Some(party) = Party::open() else { return };
    let gains = |party: &Party| -> Vec<f64> {
        let tracks = party.get("/api/library/tracks");
        tracks["tracks"]
            .as_array()
            .expect("tracks")
            .iter()
            .map(|track| track["gain_db"].as_f64().expect("a number"))
            .collect()
    };
    party.until(|party| gains(party).iter().all(|gain| *gain != 0.0));
    for ((name, _), gain) in KINDS.iter().zip(gains(&party)) {
        let expected = -16.0 - loudness(&party.music.path().join(name));
        assert!((gain - expected).abs() < 0.3, "{name}: {gain}, by ffmpeg {expected}");
    }
    let tagged = party.music.path().join(".tagged.flac");
    assert!(make(&tagged, "Tagged", &["-c:a", "flac", "-metadata", "REPLAYGAIN_TRACK_GAIN=-9.50 dB"]), "it did before");
    fs::rename(&tagged, party.music.path().join("9.flac")).expect("a new name");
    party.until(|party| gains(party).contains(&-7.5));
}

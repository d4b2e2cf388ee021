//! The library's speed: a scan of 10,000 files beside MPD's, and searches among 100,000 tracks.
//!
//! The files are copies of a few seeds made by ffmpeg, each with tags of its own; both scanners read all of them, from
//! the same warm storage, three times in turn. MPD's `rescan` is taken because its `update` opens only what has changed.
//! The library's tags are read by the program's own locked-in process. Without ffmpeg, MPD, MiniDLNA or the program that
//! part says so. `SCAN_FILES` and `SEARCH_TRACKS` set other sizes.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use library::text::sort_key;
use library::words::{indexed, terms};
use library::{Library, Settings, WorkerCommand, worker};
use lofty::config::WriteOptions;
use lofty::file::{AudioFile, TaggedFileExt};
use lofty::tag::{Accessor, Tag};
use tempfile::TempDir;
use tests::dice::Dice;
use tests::wait;

/// Seconds a scan may take before it counts as stuck.
const LIMIT: Duration = Duration::from_secs(600);

/// Turns of each scanner.
const TURNS: usize = 3;

/// Searches timed.
const SEARCHES: usize = 2_000;

/// Words of which titles and names are made; real vocabularies have few common words and many rare ones, so the n-th is
/// taken about 1/n as often as the first.
const WORDS: usize = 20_000;

fn main() {
    println!("load: {}", fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    searches(size("SEARCH_TRACKS", 100_000));
    scans(size("SCAN_FILES", 10_000));
    println!("load: {}", fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
}

fn size(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn open(root: &Path, database: PathBuf, worker: WorkerCommand) -> Library {
    let settings = Settings { folder: Some(root.to_owned()), ..Settings::new(database, worker) };
    let library = Library::open(settings).expect("a library");
    assert!(wait::comes_true(LIMIT, || !library.progress().scanning), "the scan is stuck");
    library
}

/// A made-up word, common ones more often.
fn word(dice: &mut Dice) -> String {
    let rank = (WORDS as f64).powf(dice.below(1_000_000) as f64 / 1e6) as usize;
    let syllables = ["ka", "lo", "mi", "né", "ru", "sta", "to", "vel", "an", "er", "is", "ou", "th", "ing", "ä", "bra"];
    let (mut rest, mut word) = (rank * 7 + 3, String::new());
    while rest > 0 {
        word += syllables[rest % syllables.len()];
        rest /= syllables.len();
    }
    word
}

fn words(dice: &mut Dice, count: usize) -> String {
    (0..count).map(|_| word(dice)).collect::<Vec<_>>().join(" ")
}

/// Searches as somebody types: the first letters of words that are there, and whole words with a slip or an "and" too much.
fn searches(tracks: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let music = folder.path().join("music");
    fs::create_dir(&music).expect("a folder");
    let database = folder.path().join("library.db");
    let library = open(&music, database.clone(), WorkerCommand::new("/bin/false", [""; 0]));
    let mut dice = Dice::seeded(5);
    fill(&database, tracks, &mut dice);
    let count = |dice: &mut Dice| 1 + dice.below(3) as usize;
    let begun = |dice: &mut Dice| {
        let begun = (0..count(dice)).map(|_| {
            let letters = 1 + dice.below(6) as usize;
            word(dice).chars().take(letters).collect::<String>()
        });
        begun.collect::<Vec<_>>().join(" ")
    };
    measure(&library, &mut dice, &format!("search among {tracks} tracks"), begun);
    // One letter is missing in one of them, or "and" stands between them.
    let slipped = |dice: &mut Dice| {
        let mut typed: Vec<String> = (0..count(dice)).map(|_| word(dice)).collect();
        let which = dice.below(typed.len() as u64) as usize;
        let place = dice.below(typed[which].chars().count().max(1) as u64) as usize;
        typed[which] = typed[which].chars().enumerate().filter(|(at, _)| *at != place).map(|(_, c)| c).collect();
        typed.join(if dice.below(2) == 0 { " " } else { " and " })
    };
    measure(&library, &mut dice, "the same with a slip", slipped);
}

/// Times searches for what `typed` makes.
fn measure(library: &Library, dice: &mut Dice, what: &str, typed: impl Fn(&mut Dice) -> String) {
    let (mut times, mut rows) = (Vec::with_capacity(SEARCHES), 0);
    for _ in 0..SEARCHES {
        let typed = typed(dice);
        let begun = Instant::now();
        rows += library.search(&typed, None, 50).expect("an answer").len();
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!(
        "{what}: p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, max {:.2} ms; {:.1} rows each",
        at(50),
        at(95),
        at(99),
        at(100),
        rows as f64 / SEARCHES as f64
    );
}

/// Puts tracks straight into the tables.
fn fill(database: &Path, tracks: usize, dice: &mut Dice) {
    let mut connection = rusqlite::Connection::open(database).expect("the database");
    let filling = connection.transaction().expect("a transaction");
    let root: i64 = filling.query_row("SELECT id FROM roots", [], |row| row.get(0)).expect("a root");
    for n in 1..=tracks as i64 {
        let (title, artist, album) = (words(dice, 3), words(dice, 2), words(dice, 2));
        let keys = [&title, &artist, &album].map(|text| sort_key(text));
        let put = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            filling.prepare_cached(sql).and_then(|mut put| put.execute(values)).expect("a row");
        };
        put(
            "INSERT INTO tracks VALUES (?1, ?2, ?3, ?4, ?5, ?4, 0, 0, 0, '', 1, NULL, NULL, 0, ?6, ?7, ?8, '', NULL)",
            &[&n, &n.to_le_bytes(), &title, &artist, &album, &keys[0], &keys[1], &keys[2]],
        );
        put(
            "INSERT INTO files (root, path, bytes, mtime_ns, track) VALUES (?1, ?2, 1, 1, ?3)",
            &[&root, &format!("{n}.mp3").as_bytes(), &n],
        );
        let texts = [&title, &artist, &album].map(|text| indexed(text));
        put(
            "INSERT INTO search (rowid, title, artist, album) VALUES (?1, ?2, ?3, ?4)",
            &[&n, &texts[0], &texts[1], &texts[2]],
        );
        for term in texts.iter().flat_map(|text| terms(text)) {
            let backwards: String = term.chars().rev().collect();
            put("INSERT OR IGNORE INTO terms VALUES (?1, ?2)", &[&term, &backwards]);
        }
    }
    filling.commit().expect("the tracks are kept");
}

/// A tree of music, scanned in turn by both.
fn scans(files: usize) {
    let program = match tests::program::path() {
        Ok(program) => program,
        Err(reason) => return println!("scan: {reason}"),
    };
    let folder = tempfile::tempdir().expect("a folder");
    let music = folder.path().join("music");
    if !plant(&music, files) {
        return println!("scan: not run: ffmpeg makes no seeds");
    }
    let mut mpd = Mpd::start(&folder, &music);
    let (mut ours, mut theirs, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..TURNS {
        let begun = Instant::now();
        let worker = WorkerCommand::new(&program, [worker::ARGUMENT]);
        let library = open(&music, folder.path().join(format!("{turn}.db")), worker);
        ours.push(begun.elapsed().as_secs_f64());
        let told = library.progress();
        assert_eq!((told.tracks, told.broken), (files as u64, 0), "every file is a track");
        theirs.extend(mpd.as_mut().map(Mpd::rescan));
        others.extend(mini_dlna(folder.path(), &music, turn));
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied()
    };
    let ours = median(ours).unwrap_or(f64::NAN);
    println!("scan of {files} files: {ours:.2} s, {:.0} files/s", files as f64 / ours);
    match median(theirs) {
        Some(theirs) => println!("MPD's rescan of the same: {theirs:.2} s; ours takes {:.2} of that", ours / theirs),
        None => println!("MPD: not run: it is not installed"),
    }
    match median(others) {
        Some(others) => println!("MiniDLNA's scan of the same: {others:.2} s; ours takes {:.2} of that", ours / others),
        None => println!("MiniDLNA: not run: it is not installed"),
    }
}

/// Seconds that MiniDLNA takes to read all of it into a database of its own, which like ours holds tags and is asked by
/// SQL; `None` where it is not installed. How many files it knew what to do with it says itself.
fn mini_dlna(folder: &Path, music: &Path, turn: usize) -> Option<f64> {
    let at = |name: &str| folder.join(format!("dlna-{turn}-{name}"));
    fs::create_dir_all(at("db")).expect("a folder");
    let place = |path: &Path| path.display().to_string();
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
    let config = format!(
        "media_dir=A,{}\ndb_dir={}\nlog_dir={}\nnetwork_interface=lo\nport={port}\ninotify=no\nlog_level=general=info,scanner=info\n",
        place(music),
        place(&at("db")),
        place(&at("db")),
    );
    fs::write(at("conf"), config).expect("a configuration");
    let begun = Instant::now();
    let mut command = Command::new("minidlnad");
    command.arg("-d").arg("-R").arg("-f").arg(at("conf")).arg("-P").arg(at("pid"));
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let said = BufReader::new(process.stdout.take().expect("a pipe"));
    let done = said.lines().map_while(Result::ok).find(|line| line.contains("finished"));
    let seconds = begun.elapsed().as_secs_f64();
    // It may have ended by itself.
    _ = process.kill();
    _ = process.wait();
    println!("MiniDLNA: {}", done.as_deref().unwrap_or("ended without having scanned"));
    done.map(|_| seconds)
}

/// Files with tags of their own, 20 to a folder.
fn plant(music: &Path, files: usize) -> bool {
    let seeds = music.with_file_name("seeds");
    fs::create_dir_all(&seeds).expect("a folder");
    let kinds = [("mp3", "libmp3lame"), ("flac", "flac"), ("m4a", "aac"), ("ogg", "libvorbis"), ("opus", "libopus")];
    for (ending, codec) in kinds {
        let made = Command::new("ffmpeg")
            .args([
                "-v",
                "error",
                "-f",
                "lavfi",
                "-i",
                "sine=frequency=440:duration=3:sample_rate=48000",
                "-c:a",
                codec,
            ])
            .arg(seeds.join(format!("seed.{ending}")))
            .stdin(Stdio::null())
            .status();
        if !made.is_ok_and(|status| status.success()) {
            return false;
        }
    }
    let mut dice = Dice::seeded(7);
    for n in 0..files {
        let (ending, _) = kinds[n % kinds.len()];
        let album = music.join(format!("artist {}", n / 200)).join(format!("album {}", n / 20));
        fs::create_dir_all(&album).expect("a folder");
        let path = album.join(format!("{n}.{ending}"));
        fs::copy(seeds.join(format!("seed.{ending}")), &path).expect("a copy");
        let mut tagged = lofty::read_from_path(&path).expect("a seed");
        let mut tag = Tag::new(tagged.primary_tag_type());
        tag.set_title(words(&mut dice, 3));
        tag.set_artist(words(&mut dice, 2));
        tag.set_album(format!("album {}", n / 20));
        tag.set_track(n as u32 % 20 + 1);
        tagged.insert_tag(tag);
        tagged.save_to_path(&path, WriteOptions::default()).expect("tags");
    }
    true
}

/// MPD on the same tree.
struct Mpd {
    process: Child,
    socket: BufReader<UnixStream>,
}

impl Mpd {
    fn start(folder: &TempDir, music: &Path) -> Option<Self> {
        let at = |name: &str| folder.path().join(name).display().to_string();
        let config = format!(
            "music_directory \"{}\"\ndb_file \"{}\"\nbind_to_address \"{}\"\nlog_level \"error\"\n\
             audio_output {{\ntype \"null\"\nname \"none\"\n}}\n",
            music.display(),
            at("mpd.db"),
            at("mpd.socket")
        );
        fs::write(at("mpd.conf"), config).expect("a configuration");
        let mut command = Command::new("mpd");
        command.args(["--no-daemon", &at("mpd.conf")]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn().ok()?;
        let socket = wait::until(LIMIT, || {
            assert_eq!(process.try_wait().expect("MPD is ours"), None, "MPD ended instead of listening");
            UnixStream::connect(at("mpd.socket")).ok()
        });
        let socket = socket.expect("MPD listens");
        let mut mpd = Self { process, socket: BufReader::new(socket) };
        mpd.answer();
        mpd.until_done();
        Some(mpd)
    }

    fn ask(&mut self, command: &str) -> Vec<String> {
        self.socket.get_mut().write_all(format!("{command}\n").as_bytes()).expect("MPD listens");
        self.answer()
    }

    fn answer(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert!(self.socket.read_line(&mut line).expect("MPD answers") > 0, "MPD has gone");
            assert!(!line.starts_with("ACK"), "{line}");
            if line.starts_with("OK") {
                return lines;
            }
            lines.push(line);
        }
    }

    fn until_done(&mut self) {
        let is_done = || !self.ask("status").iter().any(|line| line.starts_with("updating_db"));
        assert!(wait::comes_true(LIMIT, is_done), "MPD's scan is stuck");
    }

    /// Seconds for reading everything again.
    fn rescan(&mut self) -> f64 {
        let begun = Instant::now();
        self.ask("rescan");
        self.until_done();
        begun.elapsed().as_secs_f64()
    }
}

impl Drop for Mpd {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

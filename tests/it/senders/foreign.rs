//! Senders of the radio world as Debian has them: Liquidsoap, and a client of libshout (ezstream), in MP3 and in Ogg.
//!
//! How long each takes is printed and not judged: that depends on how busy this machine is.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::{PATIENCE, Sender, Stage, TONES_HZ};

/// A song of both tones with a title, long enough for any of these tests.
const SONG_S: u32 = 120;

/// Whether a program is installed, which ends when it is given this option; else it is named in the output.
pub(super) fn has(program: &str, option: &str) -> bool {
    let there = Command::new(program).arg(option).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !there {
        println!("not run: {program} is not installed (`cargo xtask test` installs it)");
    }
    there
}

/// Makes the song for a program, in this form.
fn song(stage: &Stage, ending: &str, options: &[&str]) -> PathBuf {
    let song = stage.folder.path().join(format!("sent.{ending}"));
    let mut command = Command::new("ffmpeg");
    // Tones alone take so few bits that a page of Ogg is six seconds long; with a little noise it is as long as with music.
    let [left, right] = TONES_HZ.map(|hz| format!("0.25*sin(2*PI*{hz}*t)+0.04*(random(0)-0.5)"));
    let source = format!("aevalsrc={left}|{right}:s=44100:d={SONG_S}");
    command.args(["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", &source]).args(options);
    let made = command.args(["-metadata", "title=Song", "-metadata", "artist=Ann"]).arg(&song).status();
    assert!(made.is_ok_and(|status| status.success()), "{} is made", song.display());
    song
}

impl Stage {
    /// Writes a file for a program, with a secret in it, and returns where it is.
    pub(super) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("a file of ours");
        path
    }

    /// Waits until the sender called so is there, heard and titled, and checks its tones; then kills it and waits for the music.
    fn check_program(&mut self, name: &str, sender: Sender) {
        let begun = Instant::now();
        self.check_program_told(name, sender, || begun, Self::check_tones);
    }

    /// The same of a program to which `tell` says its title once it is heard, and returns when; `check` is how its tones are checked.
    pub(super) fn check_program_told(
        &mut self,
        name: &str,
        mut sender: Sender,
        tell: impl FnOnce() -> Instant,
        check: impl FnOnce(&Self, &str),
    ) {
        self.running.until("/api/party/status", 4 * PATIENCE, |status| {
            status["sources"].as_array().is_some_and(|all| all.iter().any(|one| one["detail"] == name))
        });
        let connected = Instant::now();
        self.until_heard(name);
        println!("{name}: heard {} ms after it connected", connected.elapsed().as_millis());
        let told = tell();
        self.until_titled(name, "Ann", "Song", told.max(connected));
        check(self, name);
        sender.kill();
        let killed = Instant::now();
        self.running.until("/api/party/status", PATIENCE, |status| {
            status["fallback"] == true && status["track"]["title"].is_string()
        });
        println!("{name}: music {} ms after it was killed", killed.elapsed().as_millis());
    }
}

#[test]
fn liquidsoap_is_heard_in_mp3_and_in_ogg_with_its_titles() {
    if !has("liquidsoap", "--version") {
        return;
    }
    let Some(mut stage) = Stage::open() else { return };
    let song = song(&stage, "wav", &[]);
    for (name, format) in [("MP3 of Liquidsoap", "%mp3(bitrate=192)"), ("Vorbis of Liquidsoap", "%vorbis(quality=0.6)")]
    {
        let (token, address) = (stage.token(name), stage.running.address);
        let script = format!(
            "settings.init.allow_root.set(true)\n\
             s = mksafe(single(\"annotate:title=\\\"Song\\\",artist=\\\"Ann\\\":{}\"))\n\
             output.icecast({format}, host=\"{}\", port={}, user=\"source\", password=\"{token}\", mount=\"main\", s)\n",
            song.display(),
            address.ip(),
            address.port()
        );
        let script = stage.file("party.liq", &script);
        let mut command = Command::new("liquidsoap");
        let child = command.arg(script).stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("it starts");
        stage.check_program(name, Sender(child));
    }
}

/// What ezstream is told: an MP3 or Ogg file goes as it is, at the pace of the music.
fn ezstream(stage: &mut Stage, name: &str, song: &Path, format: &str) -> Sender {
    let (token, address) = (stage.token(name), stage.running.address);
    let text = format!(
        "<ezstream><servers><server><hostname>{}</hostname><port>{}</port><user>source</user>\
         <password>{token}</password></server></servers><streams><stream><mountpoint>/main</mountpoint>\
         <format>{format}</format></stream></streams><intakes><intake><type>autodetect</type>\
         <filename>{}</filename></intake></intakes></ezstream>",
        address.ip(),
        address.port(),
        song.display()
    );
    let settings = stage.file("ezstream.xml", &text);
    let mut command = Command::new("ezstream");
    command.arg("-c").arg(settings).stdin(Stdio::null()).stdout(Stdio::null());
    Sender(command.spawn().expect("it starts"))
}

#[test]
fn a_client_of_libshout_is_heard_in_mp3_and_in_ogg_with_its_titles() {
    if !has("ezstream", "--version") {
        return;
    }
    let Some(mut stage) = Stage::open() else { return };
    for (name, ending, format, options) in [
        ("MP3 of ezstream", "mp3", "MP3", ["-c:a", "libmp3lame", "-b:a", "192k"]),
        ("Vorbis of ezstream", "ogg", "Ogg", ["-c:a", "libvorbis", "-b:a", "160k"]),
    ] {
        let song = song(&stage, ending, &options);
        let sender = ezstream(&mut stage, name, &song, format);
        stage.check_program(name, sender);
    }
}

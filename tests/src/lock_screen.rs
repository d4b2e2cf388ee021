//! What a system shows of the sound that a browser plays, and its keys: the lock screen of a phone.
//!
//! Chromium hands a page's Media Session to whatever system it runs on. On Linux that is MPRIS, an interface on D-Bus
//! (specifications.freedesktop.org/mpris-spec), so the bus is a private one of the test and `dbus-send` the finger. It knows
//! nothing of the page and judges nothing.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::browser::installed;

/// A bus on which everybody may speak to everybody, and which starts no service of the machine.
const CONFIGURATION: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir=FOLDER</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"#;

/// How the browser's player is called on the bus, and where it is there.
const PLAYER: &str = "org.mpris.MediaPlayer2.chromium.";
const OBJECT: &str = "/org/mpris/MediaPlayer2";
const INTERFACE: &str = "org.mpris.MediaPlayer2.Player";

/// The length of what has none, ms.
const ENDLESS_MS: u64 = i64::MAX as u64 / 1_000;

/// A lock screen. Ends with the value.
#[derive(Debug)]
pub struct LockScreen {
    _folder: TempDir,
    bus: Child,
    address: String,
}

/// What is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// `Playing`, `Paused` or `Stopped`.
    pub state: String,
    /// The texts.
    pub title: String,
    /// The same.
    pub artist: String,
    /// The same.
    pub album: String,
    /// A file with the picture.
    pub art: Option<PathBuf>,
    /// The length, ms; `None` if there is none, and so no bar.
    pub length_ms: Option<u64>,
    /// How far it is, ms.
    pub position_ms: u64,
}

impl LockScreen {
    /// Begins one; `Err` says why this machine cannot.
    pub fn start() -> Result<Self, String> {
        for program in ["dbus-daemon", "dbus-send"] {
            if !installed(program) {
                return Err(format!("{program} is not installed"));
            }
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let file = folder.path().join("bus.conf");
        let text = CONFIGURATION.replace("FOLDER", &folder.path().display().to_string());
        fs::write(&file, text).map_err(|error| error.to_string())?;
        let mut command = Command::new("dbus-daemon");
        command.args(["--nofork", "--nopidfile", "--print-address=1", "--config-file"]).arg(&file);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let bus = command.spawn().map_err(|error| error.to_string())?;
        let mut screen = Self { _folder: folder, bus, address: String::new() };
        // Printed as soon as it listens.
        let words = screen.bus.stdout.take().ok_or("dbus-daemon has no output")?;
        BufReader::new(words).read_line(&mut screen.address).map_err(|error| error.to_string())?;
        screen.address = screen.address.trim().to_owned();
        if screen.address.is_empty() { Err("dbus-daemon does not listen".to_owned()) } else { Ok(screen) }
    }

    /// The address of the bus, for `DBUS_SESSION_BUS_ADDRESS`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What is shown; `None` while no page has played anything.
    pub fn shown(&self) -> Option<Shown> {
        let said =
            self.send(&self.player()?, "org.freedesktop.DBus.Properties.GetAll", &[&format!("string:{INTERFACE}")])?;
        Some(Shown::read(&said))
    }

    /// Presses a key: `Play`, `Pause` or `Stop`.
    ///
    /// # Panics
    /// When nobody takes it.
    pub fn press(&self, key: &str) {
        let player = self.player().expect("something plays");
        self.send(&player, &format!("{INTERFACE}.{key}"), &[]).expect("the key is taken");
    }

    fn player(&self) -> Option<String> {
        let mut command = self.command("org.freedesktop.DBus", "/org/freedesktop/DBus");
        let names = output(command.arg("org.freedesktop.DBus.ListNames"))?;
        let mut names = names.lines().filter_map(|line| text(line.trim()));
        names.find(|name| name.starts_with(PLAYER)).map(str::to_owned)
    }

    fn send(&self, player: &str, method: &str, words: &[&str]) -> Option<String> {
        output(self.command(player, OBJECT).arg(method).args(words))
    }

    fn command(&self, to: &str, object: &str) -> Command {
        let mut command = Command::new("dbus-send");
        command.arg(format!("--bus={}", self.address)).args(["--print-reply", &format!("--dest={to}"), object]);
        command
    }
}

impl Drop for LockScreen {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.bus.kill();
        _ = self.bus.wait();
    }
}

impl Shown {
    /// Reads `dbus-send`'s way of writing a map: a line with the key, then the value's lines.
    fn read(said: &str) -> Self {
        let lines: Vec<&str> = said.lines().map(str::trim).collect();
        let value = |key: &str| -> Option<&str> {
            let at = lines.iter().position(|line| text(line) == Some(key))?;
            let value = lines[at + 1].strip_prefix("variant")?.trim();
            // A list of one begins on the next line.
            Some(if value.starts_with("array") { lines[at + 2] } else { value })
        };
        let words = |key: &str| value(key).and_then(text).unwrap_or_default().to_owned();
        let ms = |key: &str| Some(value(key)?.strip_prefix("int64")?.trim().parse::<u64>().ok()? / 1_000);
        Self {
            state: words("PlaybackStatus"),
            title: words("xesam:title"),
            artist: words("xesam:artist"),
            album: words("xesam:album"),
            art: value("mpris:artUrl").and_then(text).and_then(|url| url.strip_prefix("file://")).map(PathBuf::from),
            length_ms: ms("mpris:length").filter(|ms| (1..ENDLESS_MS).contains(ms)),
            position_ms: ms("Position").unwrap_or(0),
        }
    }
}

/// The text of `string "text"`.
fn text(line: &str) -> Option<&str> {
    line.strip_prefix("string \"")?.strip_suffix('"')
}

/// What a command that succeeds prints.
fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_of_the_player_is_read() {
        let reply = "method return time=1.0 sender=:1.0 -> destination=:1.10 serial=31 reply_serial=2\n   array [\n      \
            dict entry(\n         string \"Metadata\"\n         variant             array [\n               dict entry(\n   \
            string \"mpris:artUrl\"\n    variant   string \"file:///tmp/a\"\n               )\n               dict entry(\n \
            string \"mpris:length\"\n    variant      int64 60000000\n               )\n               dict entry(\n   \
            string \"xesam:artist\"\n   variant        array [\n           string \"A1\"\n                     ]\n        \
            )\n               dict entry(\n                  string \"xesam:title\"\n      variant      string \"T1\"\n    \
            )\n            ]\n      )\n      dict entry(\n         string \"PlaybackStatus\"\n         variant     string \
            \"Playing\"\n      )\n      dict entry(\n         string \"Position\"\n      variant          int64 12455351\n";
        let wanted = Shown {
            state: "Playing".to_owned(),
            title: "T1".to_owned(),
            artist: "A1".to_owned(),
            album: String::new(),
            art: Some(PathBuf::from("/tmp/a")),
            length_ms: Some(60_000),
            position_ms: 12_455,
        };
        assert_eq!(Shown::read(reply), wanted);
    }
}

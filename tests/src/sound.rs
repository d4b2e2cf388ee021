//! A private sound server: null sinks whose monitors are line-ins with a clock, without any hardware.
//!
//! PulseAudio runs as a child of the test, in a directory of its own, and is reached through ALSA's pulse plug-in, as a
//! sound card would be. It knows nothing of the box.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::browser::Sink;
use crate::wait;

pub mod prompt;
mod recording;

pub use recording::Recording;

/// What a recorder asks the server for: short, so that its arrival times are fine-grained.
const RECORD_LATENCY_MS: u32 = 5;

/// How long the server may take to start.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A sound server with one or more null sinks. Ends with the value.
pub struct SoundServer {
    dir: TempDir,
    sinks: Vec<String>,
    child: Option<Child>,
}

impl SoundServer {
    /// Starts a server with these null sinks at 48 kHz; `Err` says why this machine cannot.
    pub fn start(sinks: &[&str]) -> Result<Self, String> {
        for program in ["pulseaudio", "paplay", "parec"] {
            if !is_installed(program) {
                return Err(format!("{program} is not installed"));
            }
        }
        let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
        let sinks = sinks.iter().map(|sink| (*sink).to_owned()).collect();
        let mut server = Self { dir, sinks, child: None };
        server.plug_in()?;
        Ok(server)
    }

    /// Starts the server (again): the cable is plugged in.
    pub fn plug_in(&mut self) -> Result<(), String> {
        let socket = self.socket();
        _ = fs::remove_file(&socket);
        let mut script =
            format!("load-module module-native-protocol-unix socket={} auth-anonymous=1\n", socket.display());
        for sink in &self.sinks {
            script +=
                &format!("load-module module-null-sink sink_name={sink} rate=48000 channels=2 format=float32le\n");
        }
        let path = self.dir.path().join("server.pa");
        fs::write(&path, script).map_err(|error| error.to_string())?;
        let log = fs::File::create(self.dir.path().join("server.log")).map_err(|error| error.to_string())?;
        let mut command = prompt::command("pulseaudio");
        command.args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"]);
        command.arg("--log-target=stderr").arg("-F").arg(&path);
        // It would end itself after 0.2 s of work in a row at real-time priority.
        let limits = self.dir.path().join("daemon.conf");
        fs::write(&limits, "rlimit-rttime = -1\n").map_err(|error| error.to_string())?;
        command.env("XDG_RUNTIME_DIR", self.dir.path()).env("HOME", self.dir.path()).env("PULSE_CONFIG", limits);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().map_err(|error| error.to_string())?);
        self.wait_for(&socket)
    }

    /// Ends the server at once, as if the cable were pulled.
    pub fn unplug(&mut self) {
        if let Some(mut child) = self.child.take() {
            _ = child.kill();
            _ = child.wait();
        }
    }

    /// An ALSA configuration in which every sink has a playback PCM `SINK` and a capture PCM `SINK-in` that hears it.
    ///
    /// To be given to a program in the environment variable `ALSA_CONFIG_PATH`.
    pub fn alsa_config(&self) -> PathBuf {
        let server = format!("unix:{}", self.socket().display());
        let mut text = String::from("</usr/share/alsa/alsa.conf>\n");
        for sink in &self.sinks {
            text += &format!("pcm.{sink} {{ type pulse server \"{server}\" device \"{sink}\" }}\n");
            text += &format!("pcm.{sink}-in {{ type pulse server \"{server}\" device \"{sink}.monitor\" }}\n");
        }
        let path = self.dir.path().join("asound.conf");
        fs::write(&path, text).expect("the test's own directory is writable");
        path
    }

    /// A server with one sink, `ears`, and what a browser is told so that it plays there; `None`, with the reason printed, where
    /// there can be none.
    pub fn ears() -> Option<(Self, Sink)> {
        let server = Self::start(&["ears"]).map_err(|reason| println!("not run: {reason}")).ok()?;
        let address = format!("unix:{}", server.socket().display());
        Some((server, Sink { server: address, name: "ears".to_owned(), buffer_ms: None }))
    }

    /// The environment in which PulseAudio's own clients (and browsers) find this server.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![("PULSE_SERVER", format!("unix:{}", self.socket().display())), ("PULSE_COOKIE", "/dev/null".to_owned())]
    }

    /// Plays mono 48 kHz samples into `sink`, on all its channels, and returns the player; it ends by itself.
    pub fn play(&self, sink: &str, samples: &[f32]) -> Result<Player, String> {
        self.play_raw(sink, 1, samples.iter().copied())
    }

    /// Plays stereo 48 kHz frames into `sink` and returns the player; it ends by itself.
    pub fn play_stereo(&self, sink: &str, frames: &[[f32; 2]]) -> Result<Player, String> {
        self.play_raw(sink, 2, frames.iter().flatten().copied())
    }

    fn play_raw(&self, sink: &str, channels: u32, samples: impl Iterator<Item = f32>) -> Result<Player, String> {
        let bytes: Vec<u8> = samples.flat_map(f32::to_le_bytes).collect();
        let path = self.dir.path().join(format!("play-{channels}-{}.raw", bytes.len()));
        fs::write(&path, bytes).map_err(|error| error.to_string())?;
        let mut command = prompt::command("paplay");
        command.args(["--raw", "--rate=48000", "--format=float32le", "--latency-msec=20"]);
        command.arg(format!("--channels={channels}")).arg(format!("--device={sink}")).arg(&path);
        command.envs(self.environment()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map(Player).map_err(|error| error.to_string())
    }

    /// Records what `sink` plays, as its monitor gives it out.
    pub fn record(&self, sink: &str) -> Result<Recording, String> {
        let mut command = recorder(sink);
        Recording::of(command.envs(self.environment())).map_err(|error| error.to_string())
    }

    /// What the server says of itself, in `pactl`'s words, such as `sink-inputs`.
    pub fn list(&self, what: &str) -> String {
        let output = Command::new("pactl").args(["list", what]).env("LC_ALL", "C").envs(self.environment()).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
    }

    /// Waits until another recorder hears `sink`. A null sink renders nothing for its first two seconds, so that a
    /// cable is only really plugged in when somebody else hears it.
    pub fn wait_until_heard(&self, sink: &str) -> Result<(), String> {
        let mut command = prompt::command("parec");
        command.args(["--raw", "--latency-msec=10", &format!("--device={sink}.monitor")]);
        command.envs(self.environment()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut recorder = Player(command.spawn().map_err(|error| error.to_string())?);
        let mut first = [0; 1];
        let sound = recorder.0.stdout.take().ok_or("parec has no output")?;
        { sound }.read_exact(&mut first).map_err(|error| error.to_string())
    }

    /// What the server had to say, for a test that failed.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("server.log")).unwrap_or_default()
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("native")
    }

    fn wait_for(&mut self, socket: &Path) -> Result<(), String> {
        let serves = wait::until(START_LIMIT, || {
            let ended = self.child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)));
            let serves = std::os::unix::net::UnixStream::connect(socket).is_ok();
            (serves || ended).then_some(serves)
        });
        if serves == Some(true) { Ok(()) } else { Err(format!("the sound server did not start: {}", self.log())) }
    }
}

impl Drop for SoundServer {
    fn drop(&mut self) {
        self.unplug();
    }
}

/// A player or recorder; ends with the value.
pub struct Player(Child);

impl Drop for Player {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// Records what `sink` plays, in a process that was given a server's [environment](SoundServer::environment).
pub fn record(sink: &str) -> Result<Recording, String> {
    Recording::of(&mut recorder(sink)).map_err(|error| error.to_string())
}

fn recorder(sink: &str) -> Command {
    let mut command = prompt::command("parec");
    command.args(["--raw", "--rate=48000", "--channels=2", "--format=float32le"]);
    command.arg(format!("--latency-msec={RECORD_LATENCY_MS}")).arg(format!("--device={sink}.monitor"));
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// Whether `program` can be found.
fn is_installed(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|dir| dir.join(program).is_file())
}

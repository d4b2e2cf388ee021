//! The real program as a child process, for tests that speak to it as phones do.
//!
//! The program is the one named by `PARTYBOX_BIN`, else the one built beside the tests. It is killed with the test.

use std::ffi::OsStr;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::caller::Caller;
use crate::wait;

/// How long the program may take to serve on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running box; dropping it ends it.
pub struct Running {
    /// Where its page is served.
    pub address: SocketAddr,
    /// An address of a host.
    host: Ipv4Addr,
    command: Command,
    child: Child,
    /// What the box remembers; lasts over restarts and vanishes with the test.
    state: TempDir,
}

/// The address that these options make host's; of a whole network and by default the loopback's own.
fn host_among<A: AsRef<OsStr>>(options: &[A]) -> Ipv4Addr {
    let mut texts = options.iter().filter_map(|option| option.as_ref().to_str());
    let network = texts.find_map(|text| text.strip_prefix("--host-from")).map(|rest| rest.trim_start_matches('='));
    let network = network.map(|rest| if rest.is_empty() { texts.next().unwrap_or_default() } else { rest });
    let one = network.and_then(|network| network.split(',').next()?.strip_suffix("/32")?.parse().ok());
    one.unwrap_or(Ipv4Addr::LOCALHOST)
}

/// The program under test, or why there is none.
pub fn path() -> Result<PathBuf, String> {
    let beside = || std::env::current_exe().ok()?.ancestors().nth(2).map(|folder| folder.join("partybox"));
    let program = std::env::var_os("PARTYBOX_BIN").map(PathBuf::from).or_else(beside).unwrap_or_default();
    let built = program.is_file();
    built.then_some(program.clone()).ok_or_else(|| format!("not run: {} is not built", program.display()))
}

impl Running {
    /// Starts the program with these options on a free port of the loopback and waits until it serves. `None`, with
    /// the reason printed, where it is not built.
    ///
    /// # Panics
    /// When the program ends or does not serve in time: that is what such a test is about.
    pub fn start<A: AsRef<OsStr>>(options: &[A]) -> Option<Self> {
        Self::start_in(&[], options)
    }

    /// The same at an address of its own, of which no host comes.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn start_at(address: IpAddr) -> Option<Self> {
        Self::start_at_with(address, &[] as &[&str])
    }

    /// The same with these options.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn start_at_with<A: AsRef<OsStr>>(address: IpAddr, options: &[A]) -> Option<Self> {
        let mut command = Command::new(path().inspect_err(|reason| println!("{reason}")).ok()?);
        command.args(["--log-level", "warn"]).stdin(Stdio::null()).stdout(Stdio::null());
        Some(Self::listening(SocketAddr::new(address, free_port().port()), command, options))
    }

    /// The same with these variables in the program's environment.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn start_in<A: AsRef<OsStr>>(environment: &[(&str, &OsStr)], options: &[A]) -> Option<Self> {
        let mut command = Command::new(path().inspect_err(|reason| println!("{reason}")).ok()?);
        command.envs(environment.iter().copied()).stdin(Stdio::null()).stdout(Stdio::null());
        command.args(["--log-level", "warn"]);
        Some(Self::of(command, options))
    }

    /// Runs `command`, which is the program or leads to it, with these options and an address of its own.
    pub(crate) fn of<A: AsRef<OsStr>>(command: Command, options: &[A]) -> Self {
        Self::listening(free_port(), command, options)
    }

    fn listening<A: AsRef<OsStr>>(address: SocketAddr, mut command: Command, options: &[A]) -> Self {
        let state = tempfile::tempdir().expect("a folder");
        command.env("STATE_DIRECTORY", state.path());
        command.args(["--listen", &address.to_string(), "--host-from", "127.0.0.0/8"]).args(options);
        let child = command.spawn().expect("the program starts");
        let mut running = Self { address, host: host_among(options), command, child, state };
        running.wait_until_it_serves();
        running
    }

    /// Kills the box, as a pulled plug would.
    pub fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts the box again with the same options at the same address.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn restart(&mut self) {
        self.end();
        self.child = self.command.spawn().expect("the program starts again");
        self.wait_until_it_serves();
    }

    /// Asks the box to stop, as a supervisor does, and waits for its end; `None` if it is still there after `limit`.
    ///
    /// # Panics
    /// When the program cannot be asked.
    pub fn terminate(&mut self, limit: Duration) -> Option<ExitStatus> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.is_ok_and(|status| status.success()), "kill works");
        self.wait(limit)
    }

    /// Waits for the box's end; `None` if it is still there after `limit`.
    pub(crate) fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        wait::until(limit, || self.child.try_wait().expect("the program is ours"))
    }

    fn wait_until_it_serves(&mut self) {
        let serves = wait::comes_true(START_LIMIT, || {
            let ended = self.child.try_wait().expect("the program is ours");
            assert_eq!(ended, None, "the program ended instead of serving");
            // A connection alone may be to the box before, whose port a process that it was starting still holds.
            !matches!(ureq::get(self.url("/health")).call(), Err(error) if !matches!(error, ureq::Error::StatusCode(_)))
        });
        assert!(serves, "the program does not serve");
    }

    /// The address of `path` on this box.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The box's page of metrics, as its host reads it.
    ///
    /// # Panics
    /// When the box does not answer.
    pub fn metrics(&self) -> String {
        let page = Caller::new(self.host, self.address).open("/metrics").expect("the box serves its metrics");
        String::from_utf8(page).expect("text")
    }

    /// The ciphers with which WebRTC listeners have joined, as the metrics name them.
    ///
    /// # Panics
    /// When the box does not answer.
    pub fn ciphers(&self) -> Vec<String> {
        let page = self.metrics();
        let samples = page
            .lines()
            .filter_map(|line| line.strip_prefix("partybox_srtp_joins_total{profile=\"")?.split_once("\"} "));
        samples.filter(|(_, joins)| *joins != "0").map(|(profile, _)| profile.to_owned()).collect()
    }

    /// Has the box do something, as its host; the tests come from an address that is host.
    ///
    /// # Panics
    /// When the box refuses.
    pub fn post(&self, path: &str) {
        ureq::post(self.url(path)).send_empty().unwrap_or_else(|error| panic!("POST {path}: {error}"));
    }

    /// Asks until the answer is as wanted. A box that was just started may reset a connection, as phones know.
    ///
    /// # Panics
    /// When it is not within `limit`.
    pub fn until(&self, path: &str, limit: Duration, wanted: impl Fn(&Value) -> bool) {
        let mut said = Value::Null;
        let is_so = wait::comes_true(limit, || {
            let answer = ureq::get(self.url(path)).call().and_then(|mut answer| answer.body_mut().read_json());
            said = answer.unwrap_or_else(|error| Value::from(error.to_string()));
            wanted(&said)
        });
        assert!(is_so, "{path}: {said}");
    }

    /// The folder of what the box remembers.
    pub fn state(&self) -> &Path {
        self.state.path()
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// A port of the loopback that was free a moment ago. Nobody else on this machine asks for one as quickly.
///
/// # Panics
/// When the machine has none left.
pub fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port")
}

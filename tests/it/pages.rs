//! The pages, in a real browser on a real box.

mod box_panel;
mod card;
mod channels;
mod coming_in;
mod crowd;
mod dj;
mod ending;
mod fast;
mod finding;
mod firefox;
mod firefox_guest;
mod guest;
mod guest_files;
mod guest_looks;
mod hand_over;
mod host;
mod host_head;
mod host_music;
mod line_in_seen;
mod lock_screen;
mod looks;
mod modules;
mod moments;
mod narrow;
mod portal;
mod restart;
mod room;
mod rooms;
mod rooms_firefox;
mod seen;
mod senders_box;
mod settings_of_box;
mod skips;
mod stage;
mod steady;
mod streams;
mod talk;
mod truths;
mod uploads;
mod views;
mod why;
mod wishes;

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tests::browser::{Options, missing};
use tests::caller::Caller;
use tests::guest::Guest;
use tests::program::Running;
use tests::records;
use tests::wait;

/// How long anything on a busy machine may take before it counts as not happening.
const PATIENCE: Duration = Duration::from_secs(30);

/// -60 dBFS: far above what an encoder makes of silence, far below any music.
const AUDIBLE: f64 = 0.001;

/// A box with the demo tracks. `None`, with the reason printed, where no browser or no built program is.
fn start() -> Option<Running> {
    if let Some(reason) = missing() {
        println!("{reason}");
        return None;
    }
    Running::start::<&str>(&[])
}

/// From where the host of a party with guests comes; browsers come from another address and are guests there.
const HOST: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// A party with a shelf of records. Dropping it ends the box.
struct Party {
    running: Running,
    host: Caller,
    _shelf: tempfile::TempDir,
}

impl Party {
    /// Has the host do something.
    fn host(&mut self, method: &str, path: &str, body: Option<Value>) {
        self.host.done(method, path, body.as_ref());
    }
}

/// A party whose box has read all its records. `None`, with the reason printed, where something needed is missing.
fn start_with_records() -> Option<Party> {
    if let Some(reason) = missing() {
        println!("{reason}");
        return None;
    }
    let shelf = records::shelf()?;
    let from = format!("--host-from={HOST}/32");
    let running = Running::start(&["--music".as_ref(), shelf.path().as_os_str(), from.as_ref()])?;
    let mut host = Caller::new(HOST, running.address);
    let has_read = wait::comes_true(PATIENCE, || {
        let library = host.ask("GET", "/health", None).body["library"].clone();
        library["scanning"] == false && library["tracks"].as_u64() > Some(10)
    });
    assert!(has_read, "the box has not read its records");
    // Only what the rules have been told of can be wished for; the demo tracks before it have no artist.
    running.until("/api/party/status", PATIENCE, |status| {
        status["track"]["artist"].as_str().is_some_and(|artist| !artist.is_empty())
    });
    Some(Party { running, host, _shelf: shelf })
}

/// The folder of the tools in `tests/web`, which `cargo xtask test` installs. `None`, with the reason printed, without it.
fn web_tools() -> Option<PathBuf> {
    let folder = std::env::var_os("PARTYBOX_WEB_TOOLS").map(PathBuf::from);
    if folder.is_none() {
        println!("not run: PARTYBOX_WEB_TOOLS names no folder; cargo xtask test does");
    }
    folder
}

fn guest(running: &Running) -> Guest {
    Guest::visit(&running.url(""), &Options::default()).expect("the page opens")
}

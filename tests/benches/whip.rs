//! From a sender's offer to its sound, and what the box adds on the way: by programs that share no code with the box, over WHIP and as to
//! an Icecast server.
//!
//! They print the tables themselves, with goals as ratios; each also works on a box that runs already (`tests/clients/whip_times.py`,
//! `icecast_times.py`). `cargo bench -p tests --bench whip`.

use std::ffi::OsString;
use std::process::Command;

use tests::program::Running;
use tests::tidy::repository;
use tests::{hear, wav};

/// Senders of each kind: more of those that join within half a second.
const SENDERS: [(&str, u32); 2] = [("whip_times.py", 50), ("icecast_times.py", 3)];

fn main() {
    let venv = repository::root().join("target/venv/bin/python");
    let python = std::env::var_os("PARTYBOX_PYTHON").map_or_else(|| venv.into(), OsString::from);
    let folder = tempfile::tempdir().expect("a temporary folder");
    // What is played while nobody sends.
    let song = hear::melody(0xBEA7, 0.25, wav::RATE_HZ, 20 * wav::RATE_HZ as usize);
    wav::write(&folder.path().join("song.wav"), &song).expect("the song is written");
    let Some(running) = Running::start(&["--music".as_ref(), folder.path().as_os_str()]) else { return };
    for (script, tries) in SENDERS {
        let mut command = Command::new(&python);
        command.arg(repository::root().join("tests/clients").join(script));
        match command.args([running.url(""), tries.to_string()]).status() {
            Ok(status) if status.success() => {}
            Ok(status) => println!("not measured here: {script}: {status}"),
            Err(error) => println!("not measured here: {}: {error}", python.display()),
        }
    }
}

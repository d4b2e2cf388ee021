//! An emulator's monitor: what its machine protocol (QMP) can do with a running computer.
//!
//! One JSON value per line each way. Every order is a connection of its own, so that nobody has to keep one.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

/// How long the emulator may take to answer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where an emulator is told things.
#[derive(Debug)]
pub(super) struct Monitor {
    path: PathBuf,
}

impl Monitor {
    /// Gives the emulator that `command` starts a monitor, at a file that does not exist yet.
    pub(super) fn of(command: &mut Command, path: PathBuf) -> Self {
        command.arg("-qmp").arg(format!("unix:{},server=on,wait=off", path.display()));
        Self { path }
    }

    /// Gives orders, and returns what the emulator answered to the last of them.
    ///
    /// # Panics
    /// When it does not do one.
    pub(super) fn tell(&self, commands: &[(&str, Value)]) -> Value {
        let mut emulator = UnixStream::connect(&self.path).expect("the emulator listens");
        emulator.set_read_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
        let mut said = BufReader::new(emulator.try_clone().expect("a socket can be shared")).lines();
        let mut last = Value::Null;
        for (name, arguments) in [("qmp_capabilities", json!({}))].iter().chain(commands) {
            writeln!(emulator, "{}", json!({ "execute": name, "arguments": arguments })).expect("the emulator reads");
            last = loop {
                let line = said.next().expect("an answer").expect("the emulator answers in time");
                let mut answer: Value = serde_json::from_str(&line).expect("JSON");
                assert!(answer.get("error").is_none(), "{name}: {answer}");
                // Between answers there are a greeting and events.
                if let Some(answer) = answer.get_mut("return") {
                    break answer.take();
                }
            };
        }
        last
    }
}

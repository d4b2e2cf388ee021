//! A host of a box in an emulated computer: paired before it was ever switched on, by what pairing would have left.

use std::fs::{self, Permissions};
use std::net::SocketAddrV4;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use appliance::state::Folder;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use party::pairing::{Host, Label};
use partybox::hosts;
use tempfile::TempDir;
use ureq::RequestBuilder;
use ureq::typestate::WithBody;
use web::pairing::Secret;

use super::{CableEnd, Card, HOST, QUESTION, Running};

/// What this host proves with that it is one.
const SECRET: Secret = Secret::new(*b"a paired machine");

impl Card {
    /// Makes whoever calls [`Running::choose`] a host of this box.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn pair(&self) {
        let (_folder, file) = hosts_file();
        self.put(&file, "/state/hosts");
    }

    /// The same at each start where it is not yet so, whatever is on the data partition: systemd puts into it what the
    /// kernel was told (`tmpfiles.extra` in systemd.system-credentials(7)).
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn pair_at_start(&self) {
        let (_folder, file) = hosts_file();
        let content = BASE64_STANDARD.encode(fs::read(file).expect("ours"));
        let line = format!("f~ /data/state/{} 0600 partybox partybox - {content}", hosts::FILE);
        self.tell_kernel(&format!("systemd.set_credential_binary=tmpfiles.extra:{}", BASE64_STANDARD.encode(line)));
    }
}

/// What pairing leaves, in a folder that goes with the first value.
fn hosts_file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let label = Label::new(77).expect("a label");
    let host = Host { id: 1, label, key: SECRET.key(), browser: "a test".into(), system: "a test".into() };
    let text = hosts::to_text(&[host], 2);
    let state = Folder::open(folder.path().to_owned()).expect("ours");
    state.write(hosts::FILE, text.as_bytes()).expect("room");
    let file = folder.path().join(hosts::FILE);
    // The box has a user of its own, who is another one here.
    fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("ours");
    (folder, file)
}

impl Running {
    /// Sends a host's choice, and returns the status of the answer.
    ///
    /// # Panics
    /// When there is none.
    pub fn choose(&self, path: &str, json: &serde_json::Value) -> u16 {
        self.send(self.web.put(format!("http://{}{path}", self.address)), json)
    }

    /// Sends a host's order, and returns the status of the answer.
    ///
    /// # Panics
    /// When there is none.
    pub fn order(&self, path: &str, json: &serde_json::Value) -> u16 {
        self.send(self.web.post(format!("http://{}{path}", self.address)), json)
    }

    /// Sends a host's order that needs no words, and returns the status of the answer.
    ///
    /// # Panics
    /// When there is none.
    pub fn press(&self, path: &str) -> u16 {
        let request = self.web.post(format!("http://{}{path}", self.address)).header("Host", HOST);
        request.header("Cookie", cookie()).send_empty().expect("the box answers").status().as_u16()
    }

    /// Sends a host's file, and returns the status of the answer.
    ///
    /// # Panics
    /// When there is none.
    pub fn upload(&self, path: &str, file: &[u8]) -> u16 {
        let request = self.web.post(format!("http://{}{path}", self.address)).header("Host", HOST);
        let request = request.header("Cookie", cookie()).content_type("application/octet-stream");
        request.send(file).expect("the box answers").status().as_u16()
    }

    /// Waits until what the box answers a host at `path` is as `wanted`.
    ///
    /// # Panics
    /// When it is not in time.
    pub fn until_tells_host(&self, path: &str, wanted: impl Fn(&str) -> bool) {
        Self::until_answered(path, || self.tells_host(path), wanted);
    }

    /// What a host is answered at `path`, or nothing if it is no good answer.
    pub fn tells_host(&self, path: &str) -> Option<String> {
        let request = self.web.get(format!("http://{}{path}", self.address)).header("Host", HOST);
        let request = request.header("Cookie", cookie()).config().timeout_global(Some(QUESTION)).build();
        let mut answer = request.call().ok()?;
        answer.status().is_success().then(|| answer.body_mut().read_to_string().ok())?
    }

    fn send(&self, request: RequestBuilder<WithBody>, json: &serde_json::Value) -> u16 {
        let request = request.header("Host", HOST).header("Cookie", cookie());
        request.send_json(json).expect("the box answers").status().as_u16()
    }
}

impl CableEnd {
    /// Sends a host's choice from among the guests, and returns the answer, if there is one.
    ///
    /// # Panics
    /// When the emulator has ended.
    pub fn choose(&mut self, server: SocketAddrV4, path: &str, json: &serde_json::Value) -> Option<String> {
        let (json, cookie) = (json.to_string(), cookie());
        let head = format!("PUT {path} HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookie}\r\nConnection: close\r\n");
        let body = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}", json.len());
        self.exchange(server, &(head + &body))
    }
}

fn cookie() -> String {
    format!("partybox_host={}", SECRET.to_hex())
}

//! A host of a box in an emulated computer: paired before it was ever switched on, by what pairing would have left.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use net::pairing::Secret;
use party::pairing::{Host, Label};
use partybox::hosts;
use partybox::state::Folder;
use ureq::RequestBuilder;
use ureq::typestate::WithBody;

use super::{Card, HOST, Running};

/// What this host proves with that it is one.
const SECRET: Secret = Secret::new(*b"a paired machine");

impl Card {
    /// Makes whoever calls [`Running::choose`] a host of this box.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn pair(&self) {
        let folder = tempfile::tempdir().expect("a folder");
        let label = Label::new(77).expect("a label");
        let host = Host { id: 1, label, key: SECRET.key(), browser: "a test".into(), system: "a test".into() };
        let text = hosts::to_text(&[host], 2);
        let state = Folder::open(folder.path().to_owned()).expect("ours");
        state.write(hosts::FILE, text.as_bytes()).expect("room");
        let file = folder.path().join(hosts::FILE);
        // The box has a user of its own, who is another one here.
        fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("ours");
        self.put(&file, "/state/hosts");
    }
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

    fn send(&self, request: RequestBuilder<WithBody>, json: &serde_json::Value) -> u16 {
        let request = request.header("Host", HOST);
        let cookie = format!("partybox_host={}", SECRET.to_hex());
        request.header("Cookie", cookie).send_json(json).expect("the box answers").status().as_u16()
    }
}

//! A conversation for tests, beside the real ones, and a client that keeps no rule.
//!
//! It sends a greeting, echoes what it receives, sends whatever a test gives it, and can send without end.

use bytes::Bytes;
use tokio::sync::mpsc;

use super::conversation::{Allowance, Conversation, Message, NextTurn, Turn};

/// Bytes of each message of one that sends without end.
const ENDLESS_BYTES: usize = 64 * 1024;

/// A simulated conversation.
#[derive(Debug)]
pub(crate) struct Simulated {
    allowance: Allowance,
    /// What it is to send; `None`: it sends without end.
    script: Option<mpsc::Receiver<Turn>>,
}

impl Simulated {
    /// Returns a conversation that sends what a test gives it, and where to give it.
    pub(crate) fn new(allowance: Allowance) -> (Self, mpsc::Sender<Turn>) {
        let (turns, script) = mpsc::channel(16);
        (Self { allowance, script: Some(script) }, turns)
    }

    /// Returns a conversation that sends without end.
    pub(crate) fn endless(allowance: Allowance) -> Self {
        Self { allowance, script: None }
    }
}

impl Conversation for Simulated {
    fn allowance(&self) -> Allowance {
        self.allowance
    }

    fn begin(&mut self) -> Turn {
        Ok(vec![Message::Text("hello".into())])
    }

    fn receive(&mut self, message: Message) -> Turn {
        Ok(vec![message])
    }

    fn next(&mut self) -> NextTurn<'_> {
        Box::pin(async {
            let Some(script) = &mut self.script else {
                return Ok(vec![Message::Binary(vec![0; ENDLESS_BYTES].into())]);
            };
            match script.recv().await {
                Some(turn) => turn,
                None => std::future::pending().await,
            }
        })
    }
}

/// Returns a frame as a client sends it, masked with zeros, that claims to be of any length.
pub(crate) fn frame(first: u8, claimed: u64, payload: &[u8]) -> Bytes {
    let mut bytes = vec![first];
    match claimed {
        0..=125 => bytes.push(0x80 | claimed as u8),
        126..=0xffff => bytes.extend([&[0x80 | 126][..], &(claimed as u16).to_be_bytes()].concat()),
        _ => bytes.extend([&[0x80 | 127][..], &claimed.to_be_bytes()].concat()),
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes.into()
}

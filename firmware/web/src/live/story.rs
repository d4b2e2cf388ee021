//! The newest state and the way to it: numbered changes, the last of which are kept for phones that were away.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::patch::diff;
use crate::guests::Names;
use crate::status::Snapshot;

/// Changes kept: a minute of the busiest party. A phone that was away longer gets the whole state.
pub(crate) const CHANGES_MAX: usize = 256;

/// Bytes of changes kept, because one may be as large as the queue. The newest is kept however large it is.
pub(crate) const CHANGES_BYTES_MAX: usize = 512 * 1024;

/// A message for everybody, written once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its number.
    pub(crate) seq: u64,
    /// JSON.
    pub(crate) text: Bytes,
}

/// What there is to tell. Cheap to clone: a phone's task holds one for a moment.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    /// Tells this run of the box from others, whose numbers mean something else.
    pub(crate) session: Arc<str>,
    /// Number of the newest change.
    pub(crate) seq: u64,
    state: Arc<Map<String, Value>>,
    /// The state as JSON, written when the first phone needs it.
    text: Arc<OnceLock<Bytes>>,
    changes: VecDeque<Message>,
    changes_bytes: usize,
    /// Where the music is; numbered on its own.
    pub(crate) position: Option<Message>,
    /// What only one phone is told is made from these.
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) names: Names,
}

impl Story {
    /// A story that begins with `state`.
    pub(crate) fn new(session: &str, state: Map<String, Value>, snapshot: Arc<Snapshot>) -> Self {
        Self {
            session: session.into(),
            seq: 0,
            state: Arc::new(state),
            text: Arc::default(),
            changes: VecDeque::new(),
            changes_bytes: 0,
            position: None,
            snapshot,
            names: Names::default(),
        }
    }

    /// The state is this now. Says whether that is a change.
    pub(crate) fn go_on(&mut self, state: Map<String, Value>) -> bool {
        let Some(patch) = diff(&self.state, &state) else { return false };
        self.seq += 1;
        let text = Bytes::from(json!({ "type": "change", "seq": self.seq, "patch": patch }).to_string());
        self.changes_bytes += text.len();
        self.changes.push_back(Message { seq: self.seq, text });
        while self.changes.len() > CHANGES_MAX || self.changes.len() > 1 && self.changes_bytes > CHANGES_BYTES_MAX {
            let Some(oldest) = self.changes.pop_front() else { break };
            self.changes_bytes -= oldest.text.len();
        }
        self.state = Arc::new(state);
        self.text = Arc::default();
        true
    }

    /// The whole state as JSON.
    pub(crate) fn text(&self) -> &Bytes {
        self.text.get_or_init(|| {
            Bytes::from(serde_json::to_vec(&*self.state).expect("a state holds only what JSON can say"))
        })
    }

    /// What happened after the change `seq`; `None` if that is not known any more, or never was.
    pub(crate) fn since(&self, seq: u64) -> Option<impl Iterator<Item = &Message>> {
        let missing = usize::try_from(self.seq.checked_sub(seq)?).ok()?;
        let skipped = self.changes.len().checked_sub(missing)?;
        Some(self.changes.iter().skip(skipped))
    }

    /// The bytes of the changes that are kept.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.changes_bytes
    }
}

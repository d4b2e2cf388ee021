//! What one phone has been told so far, and what it is to be told next.

use bytes::Bytes;
use serde_json::{Value, json};

use super::story::Story;

/// A message for one phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct News {
    /// `snapshot`, `change`, `you` or `position`.
    pub(crate) kind: &'static str,
    /// The number of the change up to which the phone is told with it, where it tells one.
    pub(crate) seq: Option<u64>,
    /// JSON.
    pub(crate) text: Bytes,
}

/// A phone has missed more than is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooSlow;

/// What one phone has been told.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    /// The change up to which it knows the state; `None` before the first word.
    seq: Option<u64>,
    you: Option<Value>,
    position: u64,
}

impl Follower {
    /// A phone that says that it knows the state of `session` up to change `seq`: believed if it can be.
    pub(crate) fn resuming(story: &Story, session: &str, seq: u64) -> Self {
        let known = *story.session == *session && story.since(seq).is_some();
        Self { seq: known.then_some(seq), ..Self::default() }
    }

    /// What the phone is to be told now, in order. `you` is what only this phone may know; `time_ms` the box's clock.
    pub(crate) fn news(&mut self, story: &Story, you: Value, time_ms: u64) -> Result<Vec<News>, TooSlow> {
        let mut news = Vec::new();
        match self.seq {
            None => {
                let head =
                    json!({ "type": "snapshot", "session": *story.session, "seq": story.seq, "time_ms": time_ms });
                let head = head.to_string();
                // The state is text already, so it is put in rather than parsed and written again for each phone.
                let state = String::from_utf8_lossy(story.text());
                let text = format!("{},\"state\":{state},\"you\":{you}}}", head.trim_end_matches('}'));
                news.push(News { kind: "snapshot", seq: Some(story.seq), text: text.into() });
                self.you = Some(you);
            }
            Some(seq) => {
                let changes = story.since(seq).ok_or(TooSlow)?;
                let changes = changes.map(|change| (Some(change.seq), change.text.clone()));
                news.extend(changes.map(|(seq, text)| News { kind: "change", seq, text }));
                if self.you.as_ref() != Some(&you) {
                    let text = Bytes::from(json!({ "type": "you", "value": you }).to_string());
                    news.push(News { kind: "you", seq: None, text });
                    self.you = Some(you);
                }
            }
        }
        self.seq = Some(story.seq);
        if let Some(position) = story.position.as_ref().filter(|position| position.seq > self.position) {
            self.position = position.seq;
            news.push(News { kind: "position", seq: None, text: position.text.clone() });
        }
        Ok(news)
    }
}

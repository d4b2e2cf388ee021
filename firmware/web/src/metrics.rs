//! Prometheus text: a page other rooms can add their numbers to, and this room's own counters.
//!
//! The format is the text exposition format 0.0.4; names follow Prometheus' rules: `partybox_`, the unit, `_total`.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// Media type of [`Page`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows while the program runs.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// A page of metrics under construction.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
}

impl Page {
    /// An empty page.
    pub fn new() -> Self {
        Self::default()
    }

    /// One number without labels. `name` comes without the prefix `partybox_`.
    pub fn number(&mut self, name: &str, kind: Kind, help: &str, value: f64) {
        self.family(name, kind, help, &[], [(&[][..], value)]);
    }

    /// One family of numbers that differ in their labels: `labels` are the names, each sample brings as many values.
    pub fn family<'a>(
        &mut self,
        name: &str,
        kind: Kind,
        help: &str,
        labels: &[&str],
        samples: impl IntoIterator<Item = (&'a [&'a str], f64)>,
    ) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing to a string cannot fail.
        let _ = write!(self.text, "# HELP partybox_{name} {help}\n# TYPE partybox_{name} {kind}\n");
        for (values, number) in samples {
            let _ = write!(self.text, "partybox_{name}");
            for (i, (label, value)) in labels.iter().zip(values).enumerate() {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                let _ = write!(self.text, "{}{label}=\"{value}\"", if i == 0 { '{' } else { ',' });
            }
            let close = if labels.is_empty() || values.is_empty() { "" } else { "}" };
            let _ = writeln!(self.text, "{close} {number}");
        }
    }

    /// The page as text.
    pub fn into_text(self) -> String {
        self.text
    }
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Classes of answers, as in the first digit of the status.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// What the HTTP server counts.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Connections accepted.
    pub(crate) connections: Count,
    /// Connections closed at once because a limit was reached.
    pub(crate) connections_refused: Count,
    /// Connections that gave their place to another because their other end kept silent.
    pub(crate) connections_gave_way: Count,
    /// Errors of the system when accepting.
    pub(crate) accept_errors: Count,
    /// WebSockets opened.
    pub(crate) sockets_opened: Count,
    /// Of these, ended because the other end took less than there was to send.
    pub(crate) sockets_slow: Count,
    /// The same, because it gave no sign of life.
    pub(crate) sockets_silent: Count,
    /// The same, because it broke a rule.
    pub(crate) sockets_abuse: Count,
    answers: [Count; CLASSES.len()],
}

impl Counters {
    /// A request was answered with `status`.
    pub(crate) fn answered(&self, status: u16) {
        if let Some(count) = self.answers.get(usize::from(status / 100).wrapping_sub(1)) {
            count.add();
        }
    }

    /// Adds all counters to a page.
    pub(crate) fn write(&self, page: &mut Page) {
        let mut one = |name, help, count: &Count| page.number(name, Kind::Counter, help, count.get() as f64);
        one("http_connections_total", "Connections accepted.", &self.connections);
        one(
            "http_connections_refused_total",
            "Connections closed because a limit was reached.",
            &self.connections_refused,
        );
        one(
            "http_connections_gave_way_total",
            "Connections closed for others because they said nothing.",
            &self.connections_gave_way,
        );
        one("http_accept_errors_total", "Errors of the system when accepting a connection.", &self.accept_errors);
        one("websockets_opened_total", "WebSockets opened.", &self.sockets_opened);
        one("websockets_slow_total", "WebSockets ended because the phone was too slow.", &self.sockets_slow);
        one("websockets_silent_total", "WebSockets ended because the phone was gone.", &self.sockets_silent);
        one("websockets_abuse_total", "WebSockets ended because the phone broke a rule.", &self.sockets_abuse);
        let labels = CLASSES.map(|class| [class]);
        let samples = labels.iter().zip(&self.answers).map(|(label, count)| (&label[..], count.get() as f64));
        page.family("http_answers_total", Kind::Counter, "Requests answered, by class of status.", &["class"], samples);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_quoted_and_escaped() {
        let mut page = Page::new();
        page.family("x", Kind::Gauge, "a\nb", &["l", "m"], [(&["q\"\\", "n\n"][..], 1.5)]);
        page.number("y_total", Kind::Counter, "c", 3.0);
        assert_eq!(
            page.into_text(),
            concat!(
                "# HELP partybox_x a\\nb\n# TYPE partybox_x gauge\n",
                "partybox_x{l=\"q\\\"\\\\\",m=\"n\\n\"} 1.5\n",
                "# HELP partybox_y_total c\n# TYPE partybox_y_total counter\npartybox_y_total 3\n"
            )
        );
    }

    #[test]
    fn answers_are_counted_by_class() {
        let counters = Counters::default();
        counters.answered(404);
        counters.answered(0);
        counters.answered(999);
        let mut page = Page::new();
        counters.write(&mut page);
        assert!(page.into_text().contains("partybox_http_answers_total{class=\"4xx\"} 1\n"));
    }
}

//! What pairing counts, for `/metrics`.

use std::sync::atomic::{AtomicU64, Ordering};

use party::pairing::Outcome;
use web::metrics::{Kind, Page};

/// Everything that can happen, by the name under which it is counted.
const NAMES: [&str; 15] = [
    "asked",
    "paired",
    "opened",
    "late",
    "closed",
    "shown",
    "same_press",
    "full",
    "lapsed",
    "aborted",
    "replaced",
    "refused",
    "revoked",
    "forgotten",
    "crowded",
];

/// How often each of them happened since the start.
#[derive(Debug, Default)]
pub struct Counters([AtomicU64; NAMES.len()]);

impl Counters {
    /// It happened once more.
    pub(super) fn count(&self, outcome: &Outcome) {
        self.0[index(outcome)].fetch_add(1, Ordering::Relaxed);
    }

    /// Adds the counts to a page of metrics.
    pub fn write(&self, page: &mut Page) {
        let labels = NAMES.map(|name| [name]);
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64;
        let samples = labels.iter().zip(&self.0).map(|(label, number)| (&label[..], count(number)));
        page.family("pairing_total", Kind::Counter, "What happened in pairing.", &["outcome"], samples);
    }
}

fn index(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Asked { .. } => 0,
        Outcome::Paired { .. } => 1,
        Outcome::Opened => 2,
        Outcome::Late { .. } => 3,
        Outcome::Closed { .. } => 4,
        Outcome::Shown { .. } => 5,
        Outcome::SamePress => 6,
        Outcome::Full { .. } => 7,
        Outcome::Lapsed { .. } => 8,
        Outcome::Aborted { .. } => 9,
        Outcome::Replaced { .. } => 10,
        Outcome::Refused { .. } => 11,
        Outcome::Revoked { .. } => 12,
        Outcome::Forgotten { .. } => 13,
        Outcome::Crowded { .. } => 14,
    }
}

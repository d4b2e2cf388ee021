//! What the box counts of its own hiccups: a witness for tests of sound, which excuse a tear only where somebody else saw that
//! it was the machine's.

use crate::metrics;
use crate::program::Running;

/// Each is this machine's, which let a thread of the box wait.
const COUNTERS: [&str; 6] = [
    "late_blocks_total",
    "hole_blocks_total",
    "starved_total",
    "line_in_underruns_total",
    "line_in_slips_total",
    "line_in_xruns_total",
];

/// What the box has counted so far, of each kind.
///
/// # Panics
/// When the box does not say.
pub fn counted(running: &Running) -> Vec<f64> {
    let page = running.metrics();
    COUNTERS.iter().map(|name| metrics::number(&page, name).expect("the box counts it")).collect()
}

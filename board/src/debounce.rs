//! From the bouncing edges of one contact to clean presses and releases.
//!
//! Pure: it is given levels with the kernel's time stamps, and the time. A new level is believed once it has stayed for
//! [`SETTLE_US`], and then kept at least until [`HOLD_OFF_US`] after the train's first edge. So a spike is no press, a
//! train of up to 20 ms is one change, and a change is reported 5 ms after it happened, with the stamp of its first edge.

use base::Time;

/// How long a new level must stay before it is believed, µs. Interference from switched mains lasts well under 1 ms;
/// nobody presses for so short.
pub const SETTLE_US: u64 = 5_000;

/// From the first edge of a change, how long no other change is believed, µs: the longest bounce trains of worn
/// push buttons are near 20 ms, as the product promises to bear, and a quarter more.
pub const HOLD_OFF_US: u64 = 25_000;

/// A change of the clean level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whether it is pressed now.
    pub pressed: bool,
    /// The stamp of the change's first edge.
    pub at: Time,
}

/// The debouncer of one contact.
#[derive(Clone, Copy, Debug)]
pub struct Debounce {
    /// What is believed.
    pressed: bool,
    /// What the line said last.
    raw: bool,
    /// The first edge of what may become a change.
    train: Option<Time>,
    /// The last edge.
    edge: Time,
    /// Until when the believed level is kept.
    kept_until: Time,
}

impl Debounce {
    /// A contact that is `pressed` from the start, which is nobody's press.
    pub fn new(pressed: bool) -> Self {
        Self { pressed, raw: pressed, train: None, edge: Time::ZERO, kept_until: Time::ZERO }
    }

    /// What the line said last, believed or not.
    pub fn says(&self) -> bool {
        self.raw
    }

    /// An edge after which the line is `pressed`. Stamps that run backwards count as the last one. Call
    /// [`Debounce::at`] with the stamp first, so that what was due before the edge is reported before it.
    ///
    /// An edge to the level that the line already had means that one was missed before it; the level counts.
    pub fn edge(&mut self, pressed: bool, at: Time) {
        let at = at.max(self.edge);
        let quiet = at.micros_since(self.edge) >= SETTLE_US;
        if pressed != self.raw && pressed != self.pressed && (quiet || self.train.is_none()) {
            self.train = Some(at);
        }
        self.raw = pressed;
        self.edge = at;
    }

    /// The first edge of a change that is not yet believed.
    pub fn pending(&self) -> Option<Time> {
        self.train.filter(|_| self.raw != self.pressed)
    }

    /// When [`Debounce::at`] wants to be called if no edge comes before.
    pub fn next_deadline(&self) -> Option<Time> {
        (self.raw != self.pressed).then(|| self.edge.plus_micros(SETTLE_US).max(self.kept_until))
    }

    /// What is true at `now`.
    pub fn at(&mut self, now: Time) -> Option<Change> {
        let due = self.next_deadline()?;
        if now < due {
            return None;
        }
        self.pressed = self.raw;
        let at = self.train.take().unwrap_or(due);
        self.kept_until = at.plus_micros(HOLD_OFF_US);
        Some(Change { pressed: self.pressed, at })
    }
}

//! A light pattern as a value: steps of level and duration, once or again and again.
//!
//! Pure: it is given when it began and what time it is. It can be drawn, and two patterns can be compared as drawings.

use base::Time;

/// A level that lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// 0 (dark) to 255.
    pub level: u8,
    /// How long, ms; not 0.
    pub ms: u32,
}

/// A pattern. Without steps it is dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern {
    steps: &'static [Step],
    repeats: bool,
}

/// Lit for `ms`.
pub const fn on(ms: u32) -> Step {
    Step { level: 255, ms }
}

/// Dark for `ms`.
pub const fn off(ms: u32) -> Step {
    Step { level: 0, ms }
}

impl Pattern {
    /// Dark for ever.
    pub const DARK: Self = Self { steps: &[], repeats: true };

    /// These steps again and again; a single one lasts for ever.
    pub const fn repeating(steps: &'static [Step]) -> Self {
        Self { steps, repeats: true }
    }

    /// These steps once; the last one's level stays.
    pub const fn once(steps: &'static [Step]) -> Self {
        Self { steps, repeats: false }
    }

    /// How long it takes once through, µs.
    pub fn length_us(&self) -> u64 {
        self.steps.iter().map(|step| u64::from(step.ms) * 1_000).sum()
    }

    /// Its level at `now` if it began at `start`.
    pub fn level_at(&self, start: Time, now: Time) -> u8 {
        self.step_at(start, now).map_or(0, |(step, _)| step.level)
    }

    /// When its level may change next; never if it is steady or over.
    pub fn next_change(&self, start: Time, now: Time) -> Option<Time> {
        self.step_at(start, now).and_then(|(_, end)| end)
    }

    /// The step of `now` and when it ends.
    fn step_at(&self, start: Time, now: Time) -> Option<(Step, Option<Time>)> {
        let last = *self.steps.last()?;
        let length = self.length_us();
        let since = now.micros_since(start);
        if length == 0 || self.steps.len() == 1 || (!self.repeats && since >= length) {
            return Some((last, None));
        }
        let mut end = since - since % length;
        for (at, step) in self.steps.iter().enumerate() {
            end = end.saturating_add(u64::from(step.ms) * 1_000);
            if since < end {
                let goes_on = self.repeats || at + 1 < self.steps.len();
                return Some((*step, goes_on.then(|| start.plus_micros(end))));
            }
        }
        None
    }

    /// Its on and off times, ms, as an LED shows them that cannot be dimmed: lit from half the level on. Neighbours of
    /// the same kind are one.
    #[cfg(test)]
    pub(crate) fn runs(&self) -> Vec<(bool, u32)> {
        let mut runs: Vec<(bool, u32)> = Vec::new();
        for step in self.steps {
            match runs.last_mut() {
                Some((lit, ms)) if *lit == is_lit(step.level) => *ms += step.ms,
                _ => runs.push((is_lit(step.level), step.ms)),
            }
        }
        runs
    }

    /// Whether it goes on for ever.
    pub const fn repeats(&self) -> bool {
        self.repeats
    }
}

/// Whether an LED that can only be on or off is on at this level: from half on. Below, it would look as bright as full.
pub const fn is_lit(level: u8) -> bool {
    level >= 128
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pattern as its own deadlines show it, 50 ms per character, for as long as the drawing is.
    #[track_caller]
    fn check(pattern: Pattern, expected: &str) {
        let start = Time::from_micros(77);
        let mut drawing = String::new();
        let (mut now, mut changes) = (start, 0);
        let end = start.plus_millis(50 * expected.len() as u64);
        while now < end {
            let next = pattern.next_change(start, now).unwrap_or(end).min(end);
            assert!(next > now, "a change lies in the future");
            let letter = if is_lit(pattern.level_at(start, now)) { "#" } else { "_" };
            drawing += &letter.repeat((next.micros_since(now) / 50_000) as usize);
            (now, changes) = (next, changes + 1);
        }
        assert_eq!(drawing, expected);
        assert!(changes <= expected.len(), "no more wake-ups than steps");
    }

    #[test]
    fn a_pattern_is_its_drawing() {
        check(Pattern::repeating(const { &[on(100), off(100)] }), "##__##__##__##__#");
        check(Pattern::repeating(const { &[on(100), off(50), on(50), off(200)] }), "##_#____##_#____##");
        check(Pattern::once(const { &[off(100), on(150), off(50)] }), "__###_________");
        check(Pattern::once(const { &[off(100), on(150)] }), "__#################");
        check(Pattern::repeating(const { &[on(100)] }), "#########");
        check(Pattern::DARK, "_________");
    }

    #[test]
    fn a_steady_light_never_changes() {
        let start = Time::ZERO;
        for pattern in [Pattern::DARK, Pattern::repeating(const { &[on(100)] }), Pattern::once(const { &[on(100)] })] {
            assert_eq!(pattern.next_change(start, start), None);
        }
        let once = Pattern::once(const { &[on(100), off(100)] });
        assert_eq!(once.next_change(start, Time::from_micros(150_000)), None, "nothing follows the last step");
    }

    #[test]
    fn a_time_before_the_start_is_the_start() {
        let pattern = Pattern::repeating(const { &[on(100), off(100)] });
        assert_eq!(pattern.level_at(Time::from_micros(5), Time::ZERO), 255);
        assert_eq!(
            pattern.level_at(Time::ZERO, Time::from_micros(u64::MAX)),
            pattern.level_at(Time::ZERO, Time::from_micros(u64::MAX))
        );
    }
}

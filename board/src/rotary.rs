//! From the two bouncing outputs of a rotary encoder to clicks.
//!
//! Pure. Needs no debouncing: a contact that bounces goes back and forth between two neighbouring states, and only a
//! whole way round counts. The stamps do not matter, only the order.

/// Quarter steps of one click: the common encoders rest with both contacts open and pass all four states per click.
const QUARTERS: i8 = 4;

/// Most quarter steps that are counted without a rest: what is lost of more was not felt as clicks anyway.
const MOST: i8 = 8 * QUARTERS;

/// The decoder of one encoder.
#[derive(Clone, Copy, Debug)]
pub struct Rotary {
    a: bool,
    b: bool,
    /// Quarter steps since the last click, clockwise counted positive.
    quarters: i8,
    /// Which way the last quarter step went, for one that was missed: 1, -1 or 0.
    way: i8,
}

impl Rotary {
    /// An encoder whose contacts are as said.
    pub fn new(a: bool, b: bool) -> Self {
        Self { a, b, quarters: 0, way: 0 }
    }

    /// Contact A is closed or open now. Returns a click: 1 clockwise, -1 the other way, else 0.
    pub fn a(&mut self, closed: bool) -> i32 {
        self.to(closed, self.b)
    }

    /// Contact B is closed or open now.
    pub fn b(&mut self, closed: bool) -> i32 {
        self.to(self.a, closed)
    }

    /// The contacts are as said, after edges may have been lost.
    pub fn resync(&mut self, a: bool, b: bool) -> i32 {
        self.to(a, b)
    }

    fn to(&mut self, a: bool, b: bool) -> i32 {
        let difference = (phase(a, b) - phase(self.a, self.b)).rem_euclid(QUARTERS);
        (self.a, self.b) = (a, b);
        match difference {
            1 => self.way = 1,
            3 => self.way = -1,
            _ => {}
        }
        self.quarters += match difference {
            0 => 0,
            // A missed edge: two quarters the way it went before.
            2 => 2 * self.way,
            _ => self.way,
        };
        // At rest, the nearest whole click counts, so that what was missed cannot add up.
        if a || b {
            self.quarters = self.quarters.clamp(-MOST, MOST);
            return 0;
        }
        let clicks = (self.quarters.abs() + 1) / QUARTERS * self.quarters.signum();
        (self.quarters, self.way) = (0, 0);
        i32::from(clicks)
    }
}

/// The place of a state on the way round, clockwise: open, A, both, B.
fn phase(a: bool, b: bool) -> i8 {
    match (a, b) {
        (false, false) => 0,
        (true, false) => 1,
        (true, true) => 2,
        (false, true) => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contacts as two drawings; returns the clicks.
    #[track_caller]
    fn check(a: &str, b: &str, clicks: &[i32]) {
        let mut rotary = Rotary::new(false, false);
        let mut heard = Vec::new();
        for (a, b) in a.bytes().zip(b.bytes()) {
            heard.push(rotary.a(a == b'#'));
            heard.push(rotary.b(b == b'#'));
        }
        heard.retain(|&click| click != 0);
        assert_eq!(heard, clicks, "\na {a}\nb {b}");
    }

    #[test]
    fn clicks_are_told_either_way() {
        check("_##__", "__##_", &[1]);
        check("__##_", "_##__", &[-1]);
        check("_##___##__##__", "__##___##__##_", &[1, 1, 1]);
        check("_##______##_", "__##____##__", &[1, -1]);
    }

    #[test]
    fn bounce_is_not_a_click() {
        check("_#_#_#_#_", "_________", &[]);
        check("_#_#####_#__", "____#_#####_", &[1]);
        check("_##########__", "__#_#_#_####_", &[1]);
        check("_####_#_#_#___", "___########_#_", &[1]);
    }

    #[test]
    fn turning_back_half_way_is_not_a_click() {
        check("_####_", "__##__", &[]);
        check("__##__", "_####_", &[]);
    }

    proptest::proptest! {
        #[test]
        fn no_sequence_makes_a_click_of_fewer_than_four_edges(edges in proptest::collection::vec(proptest::prelude::any::<(bool, bool)>(), 0..300)) {
            let mut rotary = Rotary::new(false, false);
            let clicks: u32 = edges.iter().map(|&(is_a, on)| {
                let click = if is_a { rotary.a(on) } else { rotary.b(on) };
                click.unsigned_abs()
            }).sum();
            // Nothing is missed here, so a click is four edges.
            proptest::prop_assert!(clicks as usize * 4 <= edges.len());
        }
    }

    #[test]
    fn a_missed_step_is_made_up_for() {
        let after = |steps: &[(bool, bool)]| {
            let mut rotary = Rotary::new(false, false);
            steps.iter().map(|&(a, b)| rotary.resync(a, b)).sum::<i32>()
        };
        let (open, a, both, b) = ((false, false), (true, false), (true, true), (false, true));
        assert_eq!(after(&[a, both, open]), 1, "B's last edge was missed");
        assert_eq!(after(&[a, b, open]), 1, "the middle was missed");
        assert_eq!(after(&[both, open]), 0, "no telling which way");
        assert_eq!(after(&[b, a, open]), -1, "the same the other way");
        assert_eq!(after(&[both, b, open, a, both, b, open]), 1, "what was missed does not add up");
    }
}

//! Seeded chance: everything random in a simulated party comes from here, so that a printed seed replays it.
//!
//! SplitMix64 (Steele, Lea, Flood 2014): tiny, fast, good enough to lose packets with; not for cryptography.

/// A source of seeded random numbers.
#[derive(Clone, Debug)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// Dice that always fall the same way for the same `seed`.
    pub const fn seeded(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Dice of a fresh seed, which is printed; `PARTYBOX_SEED` replays one.
    pub fn for_test(name: &str) -> Self {
        let chosen = std::env::var("PARTYBOX_SEED").ok().and_then(|text| text.parse().ok());
        let seed = chosen.unwrap_or(0x5EED_0001);
        println!("{name}: seed {seed} (PARTYBOX_SEED={seed} replays it)");
        Self::seeded(seed)
    }

    /// Any number.
    pub const fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 if the limit is 0.
    pub const fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.number() % limit }
    }

    /// True with this probability (0.0 to 1.0).
    pub fn chance(&mut self, probability: f64) -> bool {
        // 53 bits: every value is exact in an f64.
        ((self.number() >> 11) as f64) < probability * (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_falls_the_same_way() {
        let (mut a, mut b) = (Dice::seeded(7), Dice::seeded(7));
        assert!((0..100).all(|_| a.number() == b.number()));
        assert_ne!(a.number(), Dice::seeded(8).number());
    }

    #[test]
    fn five_percent_is_about_five_in_a_hundred() {
        let mut dice = Dice::seeded(1);
        let hits = (0..100_000).filter(|_| dice.chance(0.05)).count();
        assert!((4_700..5_300).contains(&hits), "{hits}");
        assert!(!(0..1000).any(|_| dice.chance(0.0)));
        assert!((0..1000).all(|_| dice.chance(1.0)));
    }
}

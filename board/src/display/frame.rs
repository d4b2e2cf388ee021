//! A picture of the display: 128 by 64 pixels, lit or not.

use std::fmt;

/// Pixels from left to right.
pub(crate) const WIDTH: usize = 128;

/// Pixels from top to bottom.
pub(crate) const HEIGHT: usize = 64;

/// The pixels, a bit each.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame([u128; HEIGHT]);

impl Default for Frame {
    /// All dark.
    fn default() -> Self {
        Self([0; HEIGHT])
    }
}

impl Frame {
    /// Whether a pixel is lit; outside, none is.
    pub fn is_lit(&self, x: usize, y: usize) -> bool {
        x < WIDTH && self.0.get(y).is_some_and(|row| row >> x & 1 == 1)
    }

    /// Lights a pixel or not; outside, nothing happens.
    pub fn set(&mut self, x: usize, y: usize, lit: bool) {
        if let Some(row) = self.0.get_mut(y).filter(|_| x < WIDTH) {
            *row = *row & !(1 << x) | u128::from(lit) << x;
        }
    }

    /// How many pixels are lit.
    pub fn lit(&self) -> u32 {
        self.0.iter().map(|row| row.count_ones()).sum()
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for y in 0..HEIGHT {
            let row: String = (0..WIDTH).map(|x| if self.is_lit(x, y) { '#' } else { '.' }).collect();
            writeln!(f, "{row}")?;
        }
        Ok(())
    }
}

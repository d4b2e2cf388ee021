//! LEDs and display as text for a terminal.
//!
//! Pure. The display as Braille patterns (U+2800): 2 by 4 pixels per character make 64 columns and 16 lines.

use crate::display::frame::{Frame, HEIGHT, WIDTH};
use crate::function::{Function, Led};

/// Which bit of a Braille pattern is which of its 2 by 4 dots, row by row (The Unicode Standard, Braille Patterns).
const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// LEDs by name, each with a sign that grows with its light, and the display in a frame.
pub(crate) fn draw(leds: &[u8; Led::ALL.len()], frame: Option<&Frame>) -> String {
    let led = |led: Led| {
        let sign = match leds[led.index()] {
            0 => '·',
            1..=127 => '○',
            _ => '●',
        };
        let name = Function::Led(led).name();
        format!("{sign} {}", name.strip_suffix("-led").unwrap_or(name))
    };
    let mut lines = vec![format!("[ {} ]", Led::ALL.map(led).join("  "))];
    if let Some(frame) = frame {
        lines.push(format!("┌{}┐", "─".repeat(WIDTH / 2)));
        lines.extend((0..HEIGHT / 4).map(|row| format!("│{}│", line(frame, row))));
        lines.push(format!("└{}┘", "─".repeat(WIDTH / 2)));
    }
    lines.join("\n")
}

fn line(frame: &Frame, row: usize) -> String {
    let cell = |column: usize| {
        let mut bits = 0;
        for (y, dots) in DOTS.iter().enumerate() {
            for (x, dot) in dots.iter().enumerate() {
                if frame.is_lit(column * 2 + x, row * 4 + y) {
                    bits |= dot;
                }
            }
        }
        char::from_u32(0x2800 + u32::from(bits)).unwrap_or(' ')
    };
    (0..WIDTH / 2).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leds_and_display_fit_a_terminal() {
        let mut frame = Frame::default();
        frame.set(0, 0, true);
        frame.set(127, 63, true);
        let drawn = draw(&[255, 0, 40, 0, 255, 0, 255, 0], Some(&frame));
        assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines.len(), 19);
        assert_eq!(lines[0], "[ ● status  · red  ○ green  · blue  ● play  · guests  ● power  · level ]");
        assert!(lines[2].starts_with("│\u{2801}\u{2800}") && lines[17].ends_with("\u{2880}│"), "{drawn}");
        assert_eq!(draw(&[0; 8], None).lines().count(), 1);
    }
}

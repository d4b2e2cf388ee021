//! QR codes that a phone can read from 64 lines of pixels.
//!
//! Pure. Dark modules on a lit ground, because many scanners do not know the inverse. A module is two pixels: one, at the
//! 0.17 mm of a 0.96 inch module, is too small for a phone's nearest focus. So the largest code is version 3 with 58
//! pixels, whose ground is lit 1.5 modules wide above and below and four to the sides; smaller ones have (nearly) the
//! four that ISO/IEC 18004 section 6.3.8 asks for on all sides.

use qrcode::{Color, EcLevel, QrCode, Version};

use super::frame::{Frame, HEIGHT};

/// Side of a module, pixels.
const MODULE: usize = 2;

/// The ground around a code, modules (ISO/IEC 18004 section 6.3.8).
const QUIET: usize = 4;

/// Largest version that is drawn: 29 modules.
const VERSION_MAX: i16 = 3;

/// The smallest code that holds `text`, with the best protection that this size allows; `None` if no code that a phone
/// could read from this display holds it: 53 bytes fit, or 77 letters and digits of the code's alphanumeric set.
pub(super) fn encode(text: &str) -> Option<QrCode> {
    let levels = [EcLevel::H, EcLevel::Q, EcLevel::M, EcLevel::L];
    (1..=VERSION_MAX)
        .flat_map(|version| levels.map(|level| (Version::Normal(version), level)))
        .find_map(|(version, level)| QrCode::with_version(text, version, level).ok())
}

/// Pixels from left to right that a code needs with its ground.
pub(super) fn width(code: &QrCode) -> usize {
    (code.width() + 2 * QUIET) * MODULE
}

/// Draws a code with its ground, `left` pixels from the left, over the whole height.
pub(super) fn draw(frame: &mut Frame, code: &QrCode, left: usize) {
    let modules = code.width();
    let top = (HEIGHT - modules * MODULE) / 2;
    for y in 0..HEIGHT {
        for x in 0..width(code) {
            frame.set(left + x, y, true);
        }
    }
    for y in 0..modules * MODULE {
        for x in 0..modules * MODULE {
            let dark = code[(x / MODULE, y / MODULE)] == Color::Dark;
            frame.set(left + QUIET * MODULE + x, top + y, !dark);
        }
    }
}

//! Numbers of every kind to samples: whole ones of one to eight bytes, floats, and the two logarithmic kinds of telephony.
//!
//! A number stands at the top of its bytes, however few of its bits are said to count.

use super::format::Number;

/// G.711's segments of A-law to 16 bits.
fn a_law(byte: u8) -> i16 {
    let code = byte ^ 0x55;
    let (segment, step) = (u32::from(code >> 4 & 7), i16::from(code & 15) << 4);
    let size = if segment == 0 { step + 8 } else { (step + 0x108) << (segment - 1) };
    if code & 0x80 != 0 { size } else { -size }
}

/// G.711's segments of µ-law to 16 bits.
fn mu_law(byte: u8) -> i16 {
    let code = !byte;
    let size = (((i16::from(code & 15) << 3) + 0x84) << (code >> 4 & 7)) - 0x84;
    if code & 0x80 != 0 { -size } else { size }
}

/// Appends the samples that `bytes` hold, `width` bytes each.
pub(super) fn decode(bytes: &[u8], kind: Number, width: usize, is_big: bool, out: &mut Vec<f32>) {
    let numbers = bytes.chunks_exact(width.max(1));
    // The bytes of one number at the top of eight, most significant first.
    let top = |number: &[u8]| {
        let mut bytes = [0; 8];
        for (place, byte) in number.iter().take(8).enumerate() {
            bytes[if is_big { place } else { number.len().min(8) - 1 - place }] = *byte;
        }
        bytes
    };
    let full_scale = 2.0_f64.powi(63);
    match (kind, width) {
        (Number::ALaw, _) => out.extend(bytes.iter().map(|byte| f32::from(a_law(*byte)) / 32_768.0)),
        (Number::MuLaw, _) => out.extend(bytes.iter().map(|byte| f32::from(mu_law(*byte)) / 32_768.0)),
        (Number::Float, 4) => out.extend(numbers.map(|number| {
            let [a, b, c, d, ..] = top(number);
            f32::from_be_bytes([a, b, c, d])
        })),
        (Number::Float, 8) => out.extend(numbers.map(|number| f64::from_be_bytes(top(number)) as f32)),
        (Number::Unsigned, _) => out.extend(numbers.map(|number| {
            let mut bytes = top(number);
            bytes[0] ^= 0x80;
            (i64::from_be_bytes(bytes) as f64 / full_scale) as f32
        })),
        _ => out.extend(numbers.map(|number| (i64::from_be_bytes(top(number)) as f64 / full_scale) as f32)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], kind: Number, width: usize, is_big: bool) -> Vec<f32> {
        let mut out = Vec::new();
        decode(bytes, kind, width, is_big, &mut out);
        out
    }

    #[test]
    fn every_kind_has_the_same_full_scale() {
        assert_eq!(decoded(&[0, 0x40], Number::Signed, 2, false), [0.5]);
        assert_eq!(decoded(&[0x40, 0], Number::Signed, 2, true), [0.5]);
        assert_eq!(decoded(&[0, 0, 0xC0], Number::Signed, 3, false), [-0.5]);
        assert_eq!(decoded(&[0, 0, 0, 0x40, 0, 0, 0, 0xC0], Number::Signed, 4, false), [0.5, -0.5]);
        assert_eq!(decoded(&[0xC0, 0x80], Number::Unsigned, 1, false), [0.5, 0.0]);
        assert_eq!(decoded(&0.5_f32.to_le_bytes(), Number::Float, 4, false), [0.5]);
        assert_eq!(decoded(&(-0.25_f64).to_be_bytes(), Number::Float, 8, true), [-0.25]);
    }

    #[test]
    fn telephony_follows_the_tables() {
        assert_eq!([a_law(0xD5), a_law(0x55), a_law(0xAA), a_law(0x2A)], [8, -8, 32_256, -32_256]);
        assert_eq!([mu_law(0xFF), mu_law(0x7F), mu_law(0x80), mu_law(0x00)], [0, 0, 32_124, -32_124]);
    }
}

//! Makes a small JPEG of any picture. Runs in the worker process only; whatever a picture does there costs that picture.
//!
//! Pictures are made anew even if they are small already: what a file brings never reaches a phone's own decoder, and
//! positions, names and previews that cameras and programs put into pictures do not leave the box. Colour profiles and
//! rotation marks are not followed: covers have none that matter.

use std::io::Cursor;

use image_webp::WebPDecoder;
use jpeg_encoder::{ColorType, Encoder};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::color::dominant;

/// Longest side of a picture that is opened, pixels.
const SIDE_MAX: usize = 8_192;

/// Most pixels of a picture that is opened: four bytes for each fit the worker's memory twice.
const PIXELS_MAX: usize = 25_000_000;

/// Bytes that a decoder may allocate at once.
const DECODER_BYTES_MAX: usize = 128 * 1024 * 1024;

/// JPEG's own scale of 1 to 100. At 80 a cover of 600 pixels takes 30 to 90 kB and looks like the original on a phone.
const QUALITY: u8 = 80;

/// Longest side of the picture whose colour is looked for, pixels: enough to tell things apart, and quick.
const COLOR_PX: usize = 24;

/// What shows through where a picture is transparent.
const BACKGROUND: f32 = 255.0;

/// A decoded picture: rows of pixels of one to four bytes (grey, grey and opacity, colours, colours and opacity).
struct Pixels {
    width: usize,
    height: usize,
    channels: usize,
    bytes: Vec<u8>,
}

/// Returns the colour that stands for `picture` (3 bytes), and behind it the picture, no side of it longer than `px`, as
/// JPEG.
///
/// # Errors
/// It is no JPEG, PNG or WebP by its first bytes, is damaged or too large; in words.
pub(crate) fn scaled(picture: &[u8], px: u16) -> Result<Vec<u8>, String> {
    let pixels = match picture {
        [0xFF, 0xD8, 0xFF, ..] => jpeg(picture),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => png(picture),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp(picture),
        _ => Err("is not a picture of a kind this box knows".into()),
    }?;
    let (width, height, bytes) = shrunk(&pixels, px.into());
    let mut out = dominant(&shrunk(&pixels, COLOR_PX).2).to_vec();
    let (width, height) = (width as u16, height as u16);
    Encoder::new(&mut out, QUALITY).encode(&bytes, width, height, ColorType::Rgb).map_err(damaged)?;
    Ok(out)
}

fn damaged(error: impl std::fmt::Display) -> String {
    format!("is a damaged picture: {error}")
}

/// Refuses sizes that are none or too much.
fn sized(width: usize, height: usize) -> Result<(), String> {
    let fits = |side| (1..=SIDE_MAX).contains(&side);
    if fits(width) && fits(height) && width * height <= PIXELS_MAX {
        return Ok(());
    }
    Err(format!("is a picture of {width} × {height} pixels"))
}

fn jpeg(picture: &[u8]) -> Result<Pixels, String> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(picture), options);
    decoder.decode_headers().map_err(damaged)?;
    let (width, height) = decoder.dimensions().ok_or_else(|| damaged("it has no size"))?;
    sized(width, height)?;
    let bytes = decoder.decode().map_err(damaged)?;
    whole(width, height, 3, bytes)
}

fn png(picture: &[u8]) -> Result<Pixels, String> {
    let limits = png::Limits { bytes: DECODER_BYTES_MAX };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(picture), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    sized(width, height)?;
    let size = reader.output_buffer_size().ok_or_else(|| damaged("it has no size"))?;
    let mut bytes = vec![0; size];
    reader.next_frame(&mut bytes).map_err(damaged)?;
    let channels = reader.output_color_type().0.samples();
    whole(width, height, channels, bytes)
}

fn webp(picture: &[u8]) -> Result<Pixels, String> {
    let mut decoder = WebPDecoder::new(Cursor::new(picture)).map_err(damaged)?;
    decoder.set_memory_limit(DECODER_BYTES_MAX);
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    sized(width, height)?;
    let size = decoder.output_buffer_size().ok_or_else(|| damaged("it has no size"))?;
    let mut bytes = vec![0; size];
    decoder.read_image(&mut bytes).map_err(damaged)?;
    whole(width, height, if decoder.has_alpha() { 4 } else { 3 }, bytes)
}

fn whole(width: usize, height: usize, channels: usize, bytes: Vec<u8>) -> Result<Pixels, String> {
    let whole = (1..=4).contains(&channels) && bytes.len() >= width * height * channels;
    if whole { Ok(Pixels { width, height, channels, bytes }) } else { Err(damaged("pixels are missing")) }
}

/// Width, height and colours of the picture with no side longer than `px`: each pixel is the mean of the area it covers.
fn shrunk(pixels: &Pixels, px: usize) -> (usize, usize, Vec<u8>) {
    let longest = pixels.width.max(pixels.height);
    let side = |length: usize| if longest <= px { length } else { (length * px / longest).max(1) };
    let (width, height) = (side(pixels.width), side(pixels.height));
    let columns: Vec<_> = (0..width).map(|x| covered(x, width, pixels.width)).collect();
    let mut out = Vec::with_capacity(width * height * 3);
    let mut sums = vec![[0.0_f32; 3]; width];
    for y in 0..height {
        sums.fill([0.0; 3]);
        for (row, down) in covered(y, height, pixels.height) {
            for (sum, column) in sums.iter_mut().zip(&columns) {
                for (x, across) in column {
                    let colour = pixels.colour(*x, row);
                    (0..3).for_each(|c| sum[c] += colour[c] * down * across);
                }
            }
        }
        out.extend(sums.iter().flatten().map(|sum| sum.round().clamp(0.0, 255.0) as u8));
    }
    (width, height, out)
}

/// What the `n`th of `wanted` equal parts covers of `there` units, and which share of the part each of them is.
fn covered(n: usize, wanted: usize, there: usize) -> Vec<(usize, f32)> {
    let (from, to) = (n * there, (n + 1) * there);
    let units = from / wanted..to.div_ceil(wanted);
    let share = |unit: usize| {
        let (begin, end) = ((unit * wanted).max(from), ((unit + 1) * wanted).min(to));
        (end - begin) as f32 / there as f32
    };
    units.map(|unit| (unit, share(unit))).collect()
}

impl Pixels {
    fn colour(&self, x: usize, y: usize) -> [f32; 3] {
        let at = (y * self.width + x) * self.channels;
        let over = |value: u8, opacity: u8| {
            let opacity = f32::from(opacity) / 255.0;
            f32::from(value) * opacity + BACKGROUND * (1.0 - opacity)
        };
        match self.bytes[at..at + self.channels] {
            [grey] => [f32::from(grey); 3],
            [grey, opacity] => [over(grey, opacity); 3],
            [red, green, blue] => [red, green, blue].map(f32::from),
            [red, green, blue, opacity] => [red, green, blue].map(|value| over(value, opacity)),
            _ => [BACKGROUND; 3],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coloured(width: usize, height: usize, channels: usize, pixel: &[u8]) -> Pixels {
        Pixels { width, height, channels, bytes: pixel.repeat(width * height) }
    }

    #[test]
    fn a_large_picture_is_made_small_in_proportion_and_a_small_one_is_left_as_large() {
        let (width, height, bytes) = shrunk(&coloured(1_000, 500, 3, &[10, 20, 30]), 128);
        assert_eq!((width, height, bytes.len()), (128, 64, 128 * 64 * 3));
        assert!(bytes.chunks(3).all(|pixel| pixel == [10, 20, 30]), "a plain colour stays what it is");
        assert_eq!(shrunk(&coloured(5, 3, 1, &[7]), 128), (5, 3, vec![7; 45]));
        assert_eq!(shrunk(&coloured(8_000, 1, 1, &[7]), 128).1, 1, "a line is not lost");
    }

    #[test]
    fn pixels_are_means_of_what_they_cover_and_transparency_is_white() {
        let two = Pixels { width: 2, height: 1, channels: 1, bytes: vec![0, 200] };
        assert_eq!(shrunk(&two, 1).2, [100; 3]);
        let three = Pixels { width: 3, height: 1, channels: 1, bytes: vec![0, 100, 200] };
        assert_eq!(shrunk(&three, 2).2, [33, 33, 33, 167, 167, 167]);
        assert_eq!(shrunk(&coloured(1, 1, 4, &[0, 0, 0, 0]), 1).2, [255; 3]);
        assert_eq!(shrunk(&coloured(1, 1, 2, &[0, 255]), 1).2, [0; 3]);
    }

    #[test]
    fn what_is_no_picture_or_too_large_a_one_is_refused() {
        assert!(scaled(b"GIF89a", 100).is_err());
        assert!(scaled(b"<svg onload=alert(1)>", 100).is_err());
        assert!(scaled(&[0xFF, 0xD8, 0xFF, 0xE0], 100).is_err());
        assert!(sized(8_193, 1).is_err() && sized(8_192, 8_192).is_err() && sized(0, 5).is_err());
        assert!(sized(5_000, 5_000).is_ok());
    }
}

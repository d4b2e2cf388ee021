//! QR codes that bring a phone to the party: the page's address, and the network with its passphrase for hosts to print.
//!
//! Dark on light with the ground that ISO/IEC 18004 section 6.3.8 asks for, so that they can be put on anything.

use std::fmt::Write;
use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use qrcode::{Color, EcLevel, QrCode};
use serde_json::json;

use super::call::Call;
use super::refusal::Refusal;

/// The ground around a code, modules (ISO/IEC 18004 section 6.3.8).
const QUIET: usize = 4;

/// Side of a module in a PNG, pixels: a code of 33 modules is printed 4 cm wide at 200 dpi.
const MODULE_PIXELS: usize = 8;

/// How a picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Svg,
    Png,
}

/// `GET /api/qr/page.svg?channel=` and `.png`: where the page is; with a channel, opened on it.
pub(super) fn page(call: &Call, format: Format) -> Result<Response, Refusal> {
    let mut url = call.address();
    if let Some(name) = call.query("channel") {
        // An identity is made of letters that an address need not encode.
        url = format!("{url}?channel={}", call.channel_named(name)?.channel.id);
    }
    picture(&url, format)
}

/// `GET /api/qr/wifi.svg` and `.png`, for hosts: how to join the network.
pub(super) fn wifi(call: &Call, format: Format) -> Result<Response, Refusal> {
    let join = call.server.app.snapshot.borrow().panel.join.clone();
    let Some(join) = join else {
        let refusal = Refusal::new(StatusCode::NOT_FOUND, "The box knows of no network that guests shall join.");
        return Err(refusal.code("no-network"));
    };
    picture(&join.0, format)
}

/// `GET /api/invitation`, for hosts: the same in words, for whoever cannot scan.
pub(super) fn words(call: &Call) -> Response {
    let panel = Arc::clone(&call.server.app.snapshot.borrow().panel);
    let body = json!({ "network": panel.network, "url": call.address(), "name": panel.name });
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, body.to_string()).into_response()
}

/// The code of `text`, which survives a torn corner (level M).
pub(super) fn picture(text: &str, format: Format) -> Result<Response, Refusal> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The text is too long for a QR code."))?;
    let (media, body) = match format {
        Format::Svg => ("image/svg+xml", svg(&code).into_bytes()),
        Format::Png => {
            let failed = |error: png::EncodingError| {
                Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, format!("The picture cannot be written: {error}."))
            };
            ("image/png", png(&code).map_err(failed)?)
        }
    };
    Ok(([(header::CONTENT_TYPE, media), (header::CACHE_CONTROL, "no-store")], body).into_response())
}

/// One path of all dark modules, row by row in runs.
fn svg(code: &QrCode) -> String {
    let side = code.width() + 2 * QUIET;
    let mut path = String::new();
    for y in 0..code.width() {
        let mut x = 0;
        while x < code.width() {
            let run = (x..code.width()).take_while(|x| code[(*x, y)] == Color::Dark).count();
            if run > 0 {
                // Writing to a string cannot fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run.max(1);
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>"
    )
}

/// Black and white, one bit a pixel.
fn png(code: &QrCode) -> Result<Vec<u8>, png::EncodingError> {
    let side = (code.width() + 2 * QUIET) * MODULE_PIXELS;
    let mut bits = vec![0_u8; side.div_ceil(8) * side];
    for y in 0..side {
        for x in 0..side {
            let module = |pixel: usize| (pixel / MODULE_PIXELS).checked_sub(QUIET).filter(|at| *at < code.width());
            let dark = module(x).zip(module(y)).is_some_and(|at| code[at] == Color::Dark);
            if !dark {
                bits[y * side.div_ceil(8) + x / 8] |= 0x80 >> (x % 8);
            }
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side as u32, side as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&bits)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const TEXT: &str = "WIFI:T:WPA;S:Box\\; kj3;P:aaaa-bbbb;;";

    /// What a phone reads from a picture of so many pixels a side.
    fn read(side: usize, is_dark: impl Fn(usize, usize) -> bool) -> String {
        let mut seen =
            rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| if is_dark(x, y) { 0 } else { 255 });
        seen.detect_grids()[0].decode().expect("a phone can read it").1
    }

    /// What a phone reads from a PNG of ours.
    pub(in crate::http) fn scanned(bytes: &[u8]) -> String {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut bits = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bits).unwrap();
        let dark = |x: usize, y: usize| bits[y * info.line_size + x / 8] & (0x80 >> (x % 8)) == 0;
        assert!(!dark(QUIET * MODULE_PIXELS - 1, QUIET * MODULE_PIXELS), "there is light ground around it");
        read(info.width as usize, dark)
    }

    #[test]
    fn a_phone_reads_the_png() {
        let bytes = png(&QrCode::with_error_correction_level(TEXT, EcLevel::M).unwrap()).unwrap();
        assert_eq!(scanned(&bytes), TEXT);
        assert!(bytes.len() < 4_096, "{}", bytes.len());
    }

    #[test]
    fn the_svg_holds_the_same_modules() {
        let code = QrCode::with_error_correction_level(TEXT, EcLevel::M).unwrap();
        let svg = svg(&code);
        let path = svg.split("d=\"").nth(1).unwrap().split('"').next().unwrap();
        let mut dark = std::collections::HashSet::new();
        for run in path.split('M').skip(1) {
            let numbers: Vec<usize> = run.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
            dark.extend((0..numbers[2]).map(|n| (numbers[0] + n, numbers[1])));
        }
        let side = code.width() + 2 * QUIET;
        assert!(svg.contains(&format!("viewBox=\"0 0 {side} {side}\"")));
        let inside = QUIET..side - QUIET;
        assert!(dark.iter().all(|(x, y)| inside.contains(x) && inside.contains(y)), "there is light ground around it");
        let scaled = |x: usize, y: usize| dark.contains(&(x / 4, y / 4));
        assert_eq!(read(side * 4, scaled), TEXT);
    }
}

//! What is on the glass, as a phone's camera sees it: through the driver and the simulated bus into a PNG, which is read
//! back with a QR decoder.

use rqrr::PreparedImage;

use super::frame::{Frame, HEIGHT, WIDTH};
use super::panel::Panel;
use super::*;
use crate::screen::{Screen, wifi};
use crate::sim::Oled;

/// A bus with a display on it, and nothing else.
#[derive(Default)]
struct Wire {
    oled: Oled,
    bytes: usize,
}

impl embedded_hal::i2c::ErrorType for Wire {
    type Error = embedded_hal::i2c::ErrorKind;
}

impl I2c for &mut Wire {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [embedded_hal::i2c::Operation<'_>],
    ) -> Result<(), embedded_hal::i2c::ErrorKind> {
        let nobody = embedded_hal::i2c::NoAcknowledgeSource::Address;
        if address != 0x3c {
            return Err(embedded_hal::i2c::ErrorKind::NoAcknowledge(nobody));
        }
        for operation in operations {
            if let embedded_hal::i2c::Operation::Write(bytes) = operation {
                self.bytes += bytes.len() + 1;
                self.oled.write(bytes);
            }
        }
        Ok(())
    }
}

/// What the glass shows after `screens` were shown one after the other.
fn glass(screens: &[(&Screen, usize)]) -> Frame {
    let mut wire = Wire::default();
    let mut panel = Panel::start(&mut wire, 0x3c).unwrap();
    for (screen, turn) in screens {
        panel.show(&draw::screen(screen, *turn), 100).unwrap();
    }
    assert_eq!(wire.oled.unknown, [0_u8; 0], "every command is in the data sheet");
    wire.oled.seen()
}

/// A photograph: each pixel of the display `scale` pixels wide with a gap, in the middle of a dark room, blurred by a box
/// of `blur` pixels to each side, lit as brightly as a camera clips.
fn photograph(frame: &Frame, scale: usize, blur: usize) -> Vec<u8> {
    let (width, height) = ((WIDTH + 24) * scale, (HEIGHT + 24) * scale);
    let mut light = vec![12_u32; width * height];
    for y in 0..HEIGHT * scale {
        for x in 0..WIDTH * scale {
            // The gap between the pixels of such a module is an eighth of their pitch.
            let gap = scale >= 8 && (x % scale == 0 || y % scale == 0);
            if frame.is_lit(x / scale, y / scale) && !gap {
                light[(y + 12 * scale) * width + x + 12 * scale] = 230;
            }
        }
    }
    let across = blurred(&light, blur, width, 1);
    let pixels: Vec<u8> = blurred(&across, blur, height, width).into_iter().map(|light| light as u8).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    file
}

/// The mean of `blur` pixels to each side along one axis: its pixels lie `step` apart, `length` of them in a row.
fn blurred(light: &[u32], blur: usize, length: usize, step: usize) -> Vec<u32> {
    let place = |at: usize| at / step % length;
    let mean = |at: usize| {
        let (back, on) = (place(at).min(blur), (length - 1 - place(at)).min(blur));
        let near = (0..=back + on).map(|n| light[at - back * step + n * step]);
        near.sum::<u32>() / (back + on + 1) as u32
    };
    (0..light.len()).map(mean).collect()
}

/// What a phone reads in a PNG.
fn scan(file: &[u8]) -> Vec<String> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let width = info.width as usize;
    let mut image = PreparedImage::prepare_from_greyscale(width, info.height as usize, |x, y| pixels[y * width + x]);
    image.detect_grids().iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
}

fn code(text: &str) -> Screen {
    Screen::Code { caption: "Wi-Fi".to_owned(), text: text.to_owned(), beside: "Partybox kitchen".to_owned() }
}

/// Codes of all three versions.
fn texts() -> [String; 4] {
    [
        "HTTP://10.0.0.1/".to_owned(),
        "http://192.168.4.1/".to_owned(),
        wifi("Partybox", "sing;along"),
        wifi("Partybox 4711", "tanzen-bis-morgen"),
    ]
}

#[test]
fn a_phone_reads_every_code_sharp_and_blurred_on_either_side() {
    for text in texts() {
        for turn in 0..2 {
            let frame = glass(&[(&code("something else before"), 0), (&code(&text), turn)]);
            for (scale, blur) in [(4, 0), (5, 2), (8, 4)] {
                let read = scan(&photograph(&frame, scale, blur));
                assert_eq!(read, [text.as_str()], "turn {turn}, scale {scale}, blur {blur}\n{frame:?}");
            }
        }
    }
}

#[test]
fn a_code_stands_on_a_lit_ground() {
    for text in texts() {
        let frame = draw::screen(&code(&text), 0);
        let code = code::encode(&text).unwrap();
        let side = code.width() * 2;
        let top = (HEIGHT - side) / 2;
        let ground = |x: usize, y: usize| frame.is_lit(x, y);
        assert!((0..HEIGHT).all(|y| (0..8).all(|x| ground(x, y))), "four modules on the left");
        assert!((0..HEIGHT).all(|y| (8 + side..16 + side).all(|x| ground(x, y))), "and on the right");
        assert!((0..16 + side).all(|x| (0..top).all(|y| ground(x, y))), "above");
        assert!(top >= 3, "at least a module and a half");
        assert!(!ground(8, top) && !ground(8 + side - 1, top), "dark modules on it");
    }
}

#[test]
fn the_smallest_code_with_the_best_protection_is_chosen() {
    let version = |text: &str| code::encode(text).map(|code| (code.version(), code.error_correction_level()));
    use qrcode::{EcLevel, Version};
    assert_eq!(version("HTTP://10.0.0.1/"), Some((Version::Normal(1), EcLevel::Q)));
    assert_eq!(version("http://192.168.4.1/").map(|code| code.0), Some(Version::Normal(2)));
    assert!(version(&"x".repeat(53)).is_some() && version(&"x".repeat(54)).is_none());
}

#[test]
fn a_text_that_is_too_long_for_a_code_is_shown_as_text() {
    let long = "https://example.org/a/path/that/is/much/too/long/for/this/display";
    let frame = glass(&[(&code(long), 0)]);
    assert!(scan(&photograph(&frame, 5, 0)).is_empty());
    let words = Screen::Message { headline: "Wi-Fi".to_owned(), text: long.to_owned() };
    assert_eq!(frame, draw::screen(&words, 0));
}

#[test]
fn special_letters_of_a_network_are_escaped() {
    assert_eq!(wifi("a;b", r#"c:d,e"f\g"#), r#"WIFI:T:WPA;S:a\;b;P:c\:d\,e\"f\\g;;"#);
    assert_eq!(wifi("open", ""), "WIFI:T:nopass;S:open;;");
}

#[test]
fn nothing_that_is_written_breaks_a_screen() {
    let long = "Ein sehr langer Titel, der in keine Zeile passt, und noch viel weiter geht, als irgendjemand liest";
    for text in ["", "\u{0}\n\t", "坂本龍一", "🎉🎉🎉", "مرحبا", "Ünïcödé", "a", long, &"x".repeat(10_000)]
    {
        let text = text.to_owned();
        for turn in [0, 1, 2, 3, 1_000_000, usize::MAX] {
            let (one, two, three) = (text.clone(), text.clone(), text.clone());
            draw::screen(&Screen::Track { title: one, artist: two, footer: three }, turn);
            draw::screen(&Screen::Message { headline: text.clone(), text: text.clone() }, turn);
            draw::screen(&Screen::Number { headline: text.clone(), number: 255 }, turn);
            draw::screen(&Screen::Code { caption: text.clone(), text: "x".to_owned(), beside: text.clone() }, turn);
            draw::screen(&Screen::Code { caption: text.clone(), text: text.clone(), beside: text.clone() }, turn);
        }
    }
}

#[test]
fn no_pixel_of_a_screen_that_stays_is_lit_for_ever() {
    let track = Screen::Track { title: "A".to_owned(), artist: "B".to_owned(), footer: "12 guests".to_owned() };
    for screen in [track, code("http://192.168.4.1/"), code(&wifi("Partybox 4711", "tanzen-bis-morgen"))] {
        let frames: Vec<Frame> = (0..6).map(|turn| draw::screen(&screen, turn)).collect();
        let always = |x: usize, y: usize| frames.iter().all(|frame| frame.is_lit(x, y));
        let count = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y))).filter(|&(x, y)| always(x, y)).count();
        let lit = frames[0].lit();
        assert!(count as u32 * 4 < lit, "{count} of {lit} pixels stay lit");
    }
}

#[test]
fn only_what_changed_is_sent() {
    let mut wire = Wire::default();
    let screen = code("http://192.168.4.1/");
    let mut panel = Panel::start(&mut wire, 0x3c).unwrap();
    panel.show(&draw::screen(&screen, 0), 100).unwrap();
    panel.show(&draw::screen(&screen, 0), 100).unwrap();
    // The picture at the start, the screen, commands; nothing for the same again.
    assert!(wire.bytes < 2 * 1_200 + 100, "{} bytes", wire.bytes);
}

#[test]
fn a_display_that_does_not_answer_is_missing() {
    assert!(matches!(Panel::start(&mut Wire::default(), 0x3d), Err(Problem::Missing)));
}

#[test]
fn brightness_is_contrast_and_none_is_off() {
    let mut wire = Wire::default();
    let frame = draw::screen(&code("x"), 0);
    let mut panel = Panel::start(&mut wire, 0x3c).unwrap();
    panel.show(&frame, 20).unwrap();
    assert_eq!((wire.oled.contrast, wire.oled.seen() == frame), (51, true));
    let mut panel = Panel::start(&mut wire, 0x3c).unwrap();
    panel.show(&frame, 0).unwrap();
    assert_eq!(wire.oled.seen().lit(), 0);
}

#[test]
fn screens_take_turns_and_an_urgent_one_is_shown_at_once() {
    let name = |text: &str| Screen::Message { headline: text.to_owned(), text: String::new() };
    let show = Show { screens: vec![name("one"), name("two")], urgent: None, brightness_percent: 100 };
    let mut turn = Turn::default();
    assert_eq!(turn.next(), None, "nothing to see, nothing to do");
    turn.set(show.clone(), Time::from_micros(1_000_000));
    let at = |turn: &mut Turn, ms: u64| {
        turn.at(Time::from_micros(1_000_000).plus_millis(ms));
        turn.frame()
    };
    assert_eq!(at(&mut turn, 0), draw::screen(&name("one"), 0));
    assert_eq!(turn.next(), Some(Time::from_micros(1_000_000).plus_millis(TURN_MS)));
    assert_eq!(at(&mut turn, TURN_MS - 1), draw::screen(&name("one"), 0));
    assert_eq!(at(&mut turn, TURN_MS), draw::screen(&name("two"), 0));
    // Other words in the same screens do not begin a new turn.
    let same = Show { screens: vec![name("one"), name("new")], ..show.clone() };
    turn.set(same, Time::from_micros(1_000_000).plus_millis(TURN_MS + 100));
    assert_eq!(at(&mut turn, TURN_MS + 200), draw::screen(&name("new"), 0));
    assert_eq!(at(&mut turn, 2 * TURN_MS), draw::screen(&name("one"), 1));
    turn.set(Show { urgent: Some(name("now")), ..show.clone() }, Time::from_micros(1_000_000).plus_millis(3 * TURN_MS));
    assert_eq!(at(&mut turn, 3 * TURN_MS), draw::screen(&name("now"), 2));
    turn.set(Show { brightness_percent: 0, ..show }, Time::from_micros(1_000_000).plus_millis(3 * TURN_MS));
    assert_eq!(turn.next(), None, "a blank display needs no turns");
}

//! What a screen looks like. Pure.
//!
//! Each turn moves everything by a few pixels or to the other side, so that no pixel is lit for the display's life.

mod text;

use self::text::{Size, lines, write, write_doubled};
use super::code;
use super::frame::{Frame, HEIGHT, WIDTH};
use crate::screen::Screen;

/// How many places everything has, each a pixel further.
const SHIFTS: usize = 3;

/// Draws a screen for one of its turns.
pub(super) fn screen(screen: &Screen, turn: usize) -> Frame {
    let shift = turn % SHIFTS;
    match screen {
        Screen::Code { caption, text, beside } => with_code(caption, text, beside, turn),
        Screen::Track { title, artist, footer } => track(title, artist, footer, shift),
        Screen::Message { headline, text } => message(headline, text, shift),
        Screen::Number { headline, number } => count(headline, *number, shift),
    }
}

/// A code on one side and the words on the other; from turn to turn they change sides.
fn with_code(caption: &str, text: &str, beside: &str, turn: usize) -> Frame {
    let Some(code) = code::encode(text) else { return message(caption, text, turn % SHIFTS) };
    let mut frame = Frame::default();
    // A gap of two pixels between the ground and the words.
    let room = WIDTH - code::width(&code) - 2;
    let (left, words) = if turn.is_multiple_of(2) { (0, WIDTH - room) } else { (WIDTH - code::width(&code), 0) };
    code::draw(&mut frame, &code, left);
    let y = turn / 2 % SHIFTS;
    let y = write(&mut frame, &lines(caption, Size::Small.columns(room), 2), (words, y), Size::Small) + 4;
    let most = (HEIGHT - y) / Size::Small.height();
    write(&mut frame, &lines(beside, Size::Small.columns(room), most), (words, y), Size::Small);
    frame
}

/// The title in up to three lines, who plays it in one, and the bottom line.
fn track(title: &str, artist: &str, footer: &str, shift: usize) -> Frame {
    let mut frame = Frame::default();
    let columns = Size::Small.columns(WIDTH - SHIFTS + 1);
    let y = write(&mut frame, &lines(title, columns, 3), (shift, shift), Size::Small) + 3;
    write(&mut frame, &lines(artist, columns, 1), (shift, y), Size::Small);
    let bottom = HEIGHT - Size::Small.height() - SHIFTS + shift;
    write(&mut frame, &lines(footer, columns, 1), (shift, bottom), Size::Small);
    frame
}

/// A headline in large letters if it fits, and small ones below.
fn message(headline: &str, text: &str, shift: usize) -> Frame {
    let mut frame = Frame::default();
    let width = WIDTH - SHIFTS + 1;
    let large = lines(headline, Size::Large.columns(width), 2);
    let y = if large.len() == 1 {
        write(&mut frame, &large, (shift, shift), Size::Large) + 2
    } else {
        write(&mut frame, &lines(headline, Size::Small.columns(width), 2), (shift, shift), Size::Small) + 2
    };
    let most = (HEIGHT - y) / Size::Small.height();
    write(&mut frame, &lines(text, Size::Small.columns(width), most), (shift, y), Size::Small);
    frame
}

/// A large number under a headline.
fn count(headline: &str, number: u8, shift: usize) -> Frame {
    let mut frame = Frame::default();
    let headline = lines(headline, Size::Small.columns(WIDTH - SHIFTS + 1), 2);
    write(&mut frame, &headline, (shift, shift), Size::Small);
    let number = number.to_string();
    let width = number.len() * Size::Large.width() * 2;
    let left = (WIDTH - width) / 2 + shift;
    write_doubled(&mut frame, &number, (left, HEIGHT - 2 * Size::Large.height() - SHIFTS + shift));
    frame
}

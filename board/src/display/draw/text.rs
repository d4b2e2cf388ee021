//! Words in pixels: wrapped, cut where there is no more room, in the first font that has all their letters.
//!
//! The fonts are those of the ISO 8859 family, which cover Latin, Cyrillic and Greek. Other letters become `?`, one for
//! each; whoever sees the display also has a phone that shows them.

use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size as Area};
use embedded_graphics::mono_font::{
    MonoFont, MonoTextStyle, iso_8859_1, iso_8859_2, iso_8859_3, iso_8859_4, iso_8859_5, iso_8859_7, iso_8859_9,
    iso_8859_15, iso_8859_16,
};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::prelude::Drawable;
use embedded_graphics::text::{Baseline, Text};

use crate::display::frame::{Frame, HEIGHT, WIDTH};

/// What shows that words were cut off.
const CUT: &str = "..";

/// How large letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// 6 by 10 pixels: 21 letters to a line.
    Small,
    /// 9 by 18 pixels, bold: 14 letters to a line.
    Large,
}

macro_rules! family {
    ($font:ident) => {
        [
            &iso_8859_1::$font,
            &iso_8859_15::$font,
            &iso_8859_2::$font,
            &iso_8859_16::$font,
            &iso_8859_9::$font,
            &iso_8859_4::$font,
            &iso_8859_3::$font,
            &iso_8859_5::$font,
            &iso_8859_7::$font,
        ]
    };
}

static SMALL: [&MonoFont<'static>; 9] = family!(FONT_6X10);
static LARGE: [&MonoFont<'static>; 9] = family!(FONT_9X18_BOLD);

impl Size {
    /// Pixels of a letter from left to right.
    pub(super) const fn width(self) -> usize {
        match self {
            Self::Small => 6,
            Self::Large => 9,
        }
    }

    /// Pixels of a line from top to bottom.
    pub(super) const fn height(self) -> usize {
        match self {
            Self::Small => 10,
            Self::Large => 18,
        }
    }

    /// How many letters fit in `width` pixels.
    pub(super) const fn columns(self, width: usize) -> usize {
        width / self.width()
    }

    /// The first font that has all letters of `text`, or the one that has most.
    fn font(self, text: &str) -> &'static MonoFont<'static> {
        let family = match self {
            Self::Small => &SMALL,
            Self::Large => &LARGE,
        };
        let missing = |font: &MonoFont<'_>| text.chars().filter(|letter| !has(font, *letter)).count();
        // Of equals the first.
        family.iter().min_by_key(|font| missing(font)).unwrap_or(&family[0])
    }
}

/// Whether a font has a letter: it replaces those that it does not have by `?`.
fn has(font: &MonoFont<'_>, letter: char) -> bool {
    letter == '?' || font.glyph_mapping.index(letter) != font.glyph_mapping.index('?')
}

/// `text` in at most `most` lines of at most `columns` letters, broken between words where possible; what does not fit is
/// cut off with two dots.
pub(super) fn lines(text: &str, columns: usize, most: usize) -> Vec<String> {
    // Control characters end words; combining accents (as some systems spell file names) are left out, so that the letter
    // itself stays.
    let text: String = text
        .chars()
        .filter(|letter| !('\u{300}'..='\u{36f}').contains(letter))
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut taken = 0;
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        let gap = usize::from(taken > 0);
        if taken + gap + word.len() > columns && taken > 0 {
            lines.push(std::mem::take(&mut line));
            taken = 0;
        } else if gap > 0 {
            line.push(' ');
            taken += 1;
        }
        while taken + word.len() > columns && columns > 0 {
            lines.push(word.drain(..columns).collect());
        }
        taken += word.len();
        line.extend(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            let kept = last.chars().count().min(columns.saturating_sub(CUT.len()));
            *last = last.chars().take(kept).collect::<String>() + CUT;
        }
    }
    lines
}

/// Writes lines from `at` (left, top) downwards; returns where the next would begin.
pub(super) fn write(frame: &mut Frame, lines: &[String], at: (usize, usize), size: Size) -> usize {
    let mut top = at.1;
    for line in lines {
        let style = MonoTextStyle::new(size.font(line), BinaryColor::On);
        let place = Point::new(at.0 as i32, top as i32);
        // A frame takes every pixel.
        let Ok(_) = Text::with_baseline(line, place, style, Baseline::Top).draw(frame);
        top += size.height();
    }
    top
}

/// Writes large letters at twice their size.
pub(super) fn write_doubled(frame: &mut Frame, text: &str, at: (usize, usize)) {
    let mut single = Frame::default();
    write(&mut single, &[text.to_owned()], (0, 0), Size::Large);
    for y in 0..Size::Large.height() * 2 {
        for x in 0..WIDTH - at.0.min(WIDTH) {
            if single.is_lit(x / 2, y / 2) {
                frame.set(at.0 + x, at.1 + y, true);
            }
        }
    }
}

impl OriginDimensions for Frame {
    fn size(&self) -> Area {
        Area::new(WIDTH as u32, HEIGHT as u32)
    }
}

impl DrawTarget for Frame {
    type Color = BinaryColor;
    type Error = std::convert::Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<BinaryColor>>>(&mut self, pixels: I) -> Result<(), Self::Error> {
        for Pixel(at, colour) in pixels {
            if let (Ok(x), Ok(y)) = (usize::try_from(at.x), usize::try_from(at.y)) {
                self.set(x, y, colour.is_on());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_and_what_does_not_fit_says_so() {
        assert_eq!(lines("The quick brown fox", 10, 3), ["The quick", "brown fox"]);
        assert_eq!(lines("Donaudampfschiff fahrt", 10, 3), ["Donaudampf", "schiff", "fahrt"]);
        assert_eq!(lines("one two three four five", 9, 2), ["one two", "three.."]);
        assert_eq!(lines("  spaces \n and\tlines  ", 20, 3), ["spaces and lines"]);
        assert_eq!(lines("", 20, 3), Vec::<String>::new());
        assert_eq!(lines("abc", 0, 3), ["abc"]);
    }

    #[test]
    fn each_language_gets_the_font_that_has_its_letters() {
        let whole = |text: &str| text.chars().all(|letter| has(Size::Small.font(text), letter));
        for text in ["Die Ärzte", "Sigur Rós", "Žižek", "Кино", "Μίκης", "Şebnem", "€uro"] {
            assert!(whole(text), "{text}");
        }
        assert!(!whole("坂本龍一"));
    }

    #[test]
    fn accents_that_stand_alone_leave_the_letter() {
        assert_eq!(lines("Beyonce\u{301}", 20, 1), ["Beyonce"]);
    }
}

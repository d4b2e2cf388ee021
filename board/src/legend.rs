//! What the lights say, for people: every condition with its rhythm drawn, its colour and its meaning.
//!
//! Drawn from the patterns themselves, so that it cannot drift. Part of `WIRING.md`.

use std::fmt::Write as _;

use base::Time;

use crate::light::{Colour, Condition, Flash, colour, flash, flash_colour, pattern};
use crate::pattern::{Pattern, is_lit};

/// One letter of a drawing stands for this time, ms.
const LETTER_MS: u64 = 100;

/// Letters of the longest drawing: a pattern that is longer, such as the count-down, is cut there.
const LETTERS_MAX: u64 = 50;

/// The legend as Markdown, the most pressing condition first: that is what the status LED shows.
pub(crate) fn markdown() -> String {
    let mut text = format!(
        "\n## What the lights say\n\n\
         The status LED shows the first of these that holds; the LED beside play shows what concerns the music, the one\n\
         for guests what concerns people. Where they are wired (`power-led`, `level-led` in `[board.pins]`), the one for power is lit\n\
         while the box runs and shows starting, updating and shutting down, and the one for level is as bright as the sound is\n\
         loud and shows clipping. Each sign is {LETTER_MS} ms, `#` lit, `_` dark; the rhythm alone tells them apart, the\n\
         colour of an RGB LED only helps. Where there are several channels, ready, playing and paused have the colour of the\n\
         one that the buttons act on.\n\n\
         | rhythm | colour | meaning |\n| --- | --- | --- |\n"
    );
    for condition in Condition::ALL.into_iter().rev() {
        row(&mut text, pattern(condition), colour(condition), meaning(condition));
    }
    text.push_str("\nShown once, above the others:\n\n| rhythm | colour | meaning |\n| --- | --- | --- |\n");
    for once in Flash::ALL {
        row(&mut text, flash(once), flash_colour(once), happened(once));
    }
    text
}

fn row(text: &mut String, pattern: Pattern, colour: Colour, meaning: &str) {
    let _ = writeln!(text, "| `{}` | {} | {meaning} |", drawing(pattern), name(colour));
}

/// Once through the pattern, or as much of it as fits.
fn drawing(pattern: Pattern) -> String {
    let letters = pattern.length_us().div_ceil(LETTER_MS * 1_000);
    // In the middle of each letter, so that steps of 150 ms are neither lost nor doubled.
    let at = |n: u64| Time::ZERO.plus_millis(n * LETTER_MS + LETTER_MS / 2);
    let lit = |n: u64| if is_lit(pattern.level_at(Time::ZERO, at(n))) { '#' } else { '_' };
    let drawn: String = (0..letters.min(LETTERS_MAX)).map(lit).collect();
    if letters > LETTERS_MAX { format!("{drawn}...") } else { drawn }
}

fn name(colour: Colour) -> &'static str {
    match (colour.red > 0, colour.green > 0, colour.blue > 0) {
        (true, false, false) => "red",
        (false, true, false) => "green",
        (false, false, true) => "blue",
        (true, true, false) => "yellow",
        (true, false, true) => "violet",
        (false, true, true) => "cyan",
        (true, true, true) => "white",
        (false, false, false) => "none",
    }
}

const fn meaning(condition: Condition) -> &'static str {
    match condition {
        Condition::Ready => "ready, nothing sounds",
        Condition::Playing => "playing",
        Condition::Paused => "paused",
        Condition::NearlyFull => "nearly as many listeners as there is room for (80 %)",
        Condition::NoSignal => "line-in is chosen and silent or unplugged",
        Condition::Clipping => "line-in is too loud: turn the source down",
        Condition::Starting => "starting",
        Condition::Error => {
            "something needs looking after: no music to play, or a button that is stuck; the log says what"
        }
        Condition::PairingOpen => {
            "pressed: ask on the page and press pair again; or the display shows a number, and pressing again pairs it"
        }
        Condition::PairingAsked => "a phone asks to be host: press pair to allow it",
        Condition::Countdown => "the pair button is being held: at the end all hosts are forgotten; let go to stop it",
        Condition::Updating => "an update is being installed: do not switch off",
        Condition::ShuttingDown => "shutting down",
    }
}

const fn happened(flash: Flash) -> &'static str {
    match flash {
        Flash::NewGuest => "somebody came in",
        Flash::PairingDone => "pairing worked",
        Flash::PairingRefused => "pairing did not work: too late, nobody asked, or there is no room",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rhythm_is_drawn_as_it_is_seen() {
        assert_eq!(drawing(pattern(Condition::NoSignal)), "##__##______________");
        assert_eq!(drawing(flash(Flash::NewGuest)), "__###__");
        assert!(drawing(pattern(Condition::Countdown)).ends_with("..."));
    }

    #[test]
    fn no_two_rows_of_the_legend_are_drawn_alike() {
        let text = markdown();
        let mut rhythms: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
        let rows = rhythms.len();
        assert_eq!(rows, Condition::ALL.len() + Flash::ALL.len());
        rhythms.iter_mut().for_each(|line| *line = line.split('`').nth(1).unwrap_or_default());
        rhythms.sort_unstable();
        rhythms.dedup();
        assert_eq!(rhythms.len(), rows);
    }
}

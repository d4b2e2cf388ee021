//! Which pattern and colour stand for which condition, and which LED shows it.
//!
//! Patterns differ by their number of blinks, by whether they are mostly lit or mostly dark, or by at least four times
//! the speed; colour only helps. None flashes faster than five times a second, and those that last do so at most three
//! times in any second but for bursts with a pause (WCAG 2.3.1 speaks of large areas; an LED is small, and still).

use super::{Condition, Flash};
use crate::function::Led;
use crate::pattern::{Pattern, off, on};

/// The colour of an RGB LED, each part 0 to 255. A line without PWM is lit from 128 on, so what must be distinguishable there
/// differs in which of its parts are that high.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Colour {
    pub red: u8,
    pub green: u8,
    pub blue: u8,
}

const RED: Colour = Colour { red: 255, green: 0, blue: 0 };
const GREEN: Colour = Colour { red: 0, green: 255, blue: 0 };
const BLUE: Colour = Colour { red: 0, green: 0, blue: 255 };
const YELLOW: Colour = Colour { red: 255, green: 255, blue: 0 };
const VIOLET: Colour = Colour { red: 255, green: 0, blue: 255 };
const WHITE: Colour = Colour { red: 255, green: 255, blue: 255 };

/// What a condition looks like.
pub const fn pattern(condition: Condition) -> Pattern {
    Pattern::repeating(match condition {
        // A sign of life every four seconds.
        Condition::Ready => const { &[on(150), off(3_850)] },
        Condition::Playing => const { &[on(1_000)] },
        // Slow: breathing.
        Condition::Paused => const { &[on(2_000), off(2_000)] },
        // Lit, and winks twice.
        Condition::NearlyFull => const { &[on(2_000), off(200), on(200), off(200)] },
        // Two blinks, three blinks, four blinks: something to look after, the more the worse.
        Condition::NoSignal => const { &[on(200), off(200), on(200), off(1_400)] },
        Condition::Clipping => const { &[on(200), off(200), on(200), off(200), on(200), off(1_400)] },
        Condition::Error => const { &[on(200), off(200), on(200), off(200), on(200), off(200), on(200), off(1_400)] },
        // Quick and even.
        Condition::Starting => const { &[on(250), off(250)] },
        // Short, long: a question.
        Condition::PairingOpen => const { &[on(150), off(150), on(600), off(600)] },
        // Bursts: press me.
        Condition::PairingAsked => {
            const {
                &[
                    on(100),
                    off(100),
                    on(100),
                    off(100),
                    on(100),
                    off(100),
                    on(100),
                    off(100),
                    on(100),
                    off(100),
                    on(100),
                    off(500),
                ]
            }
        }
        Condition::Countdown => return Pattern::once(COUNTDOWN),
        // Lit, and winks once.
        Condition::Updating => const { &[on(1_500), off(300)] },
        // Shorter and shorter.
        Condition::ShuttingDown => {
            const { &[on(1_000), off(200), on(600), off(200), on(300), off(200), on(100), off(1_400)] }
        }
    })
}

/// Ten seconds that quicken: three at one blink, three at two, three at four, and one lit.
const COUNTDOWN: &[crate::pattern::Step] = &{
    let mut steps = [on(1_000); 6 + 12 + 24 + 1];
    let mut at = 0;
    while at < 42 {
        let ms = if at < 6 {
            500
        } else if at < 18 {
            250
        } else {
            125
        };
        steps[at] = if at % 2 == 0 { on(ms) } else { off(ms) };
        at += 1;
    }
    steps
};

/// What a flash looks like: it starts and ends dark, so that it shows on a lit LED as well.
pub(crate) const fn flash(flash: Flash) -> Pattern {
    Pattern::once(match flash {
        Flash::NewGuest => const { &[off(200), on(300), off(200)] },
        Flash::PairingDone => const { &[off(200), on(2_000), off(200)] },
        Flash::PairingRefused => {
            const {
                &[
                    off(200),
                    on(100),
                    off(100),
                    on(100),
                    off(100),
                    on(100),
                    off(100),
                    on(100),
                    off(100),
                    on(100),
                    off(200),
                ]
            }
        }
    })
}

/// The colour of a condition.
pub const fn colour(condition: Condition) -> Colour {
    match condition {
        Condition::Ready | Condition::Playing => GREEN,
        Condition::Paused | Condition::NoSignal => YELLOW,
        Condition::Clipping | Condition::Error | Condition::Countdown => RED,
        Condition::Starting | Condition::ShuttingDown => WHITE,
        Condition::PairingOpen | Condition::PairingAsked => BLUE,
        Condition::NearlyFull | Condition::Updating => VIOLET,
    }
}

/// Whether a condition is about what is played, and so takes the colour of what the buttons act on.
pub(super) const fn takes_tint(condition: Condition) -> bool {
    matches!(condition, Condition::Ready | Condition::Playing | Condition::Paused)
}

/// The colour of a flash.
pub(crate) const fn flash_colour(flash: Flash) -> Colour {
    match flash {
        Flash::NewGuest => WHITE,
        Flash::PairingDone => GREEN,
        Flash::PairingRefused => RED,
    }
}

/// Whether an LED shows a condition: status shows all, the others what belongs beside them.
pub(super) const fn concerns(condition: Condition, led: Led) -> bool {
    match led {
        Led::Status | Led::Red | Led::Green | Led::Blue => true,
        Led::Play => {
            matches!(condition, Condition::Playing | Condition::Paused | Condition::NoSignal | Condition::Clipping)
        }
        Led::Guests => {
            matches!(condition, Condition::NearlyFull | Condition::PairingOpen | Condition::PairingAsked)
        }
        Led::Power => matches!(condition, Condition::Starting | Condition::Updating | Condition::ShuttingDown),
        Led::Level => matches!(condition, Condition::Clipping),
    }
}

/// Whether an LED shows what is shown once.
pub(super) const fn flashes(led: Led) -> bool {
    !matches!(led, Led::Play | Led::Power | Led::Level)
}

//! What the LEDs shall say: conditions with priorities, each with its pattern.
//!
//! Pure: it is given the time. The status LED says everything; the others repeat a part of it where a person looks for it. No two
//! patterns look the same without colour.

mod patterns;
#[cfg(test)]
mod tests;

use base::Time;

use crate::function::Led;
use crate::pattern::Pattern;
use crate::time::earlier;

pub use patterns::{Colour, colour, pattern};
pub(crate) use patterns::{flash, flash_colour};

/// Something that lasts. In order of priority, the lowest first: the status LED shows the last that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Well, and silent.
    Ready,
    /// Sound goes out.
    Playing,
    /// Paused.
    Paused,
    /// Nearly as many people as there is room for (80 %).
    NearlyFull,
    /// Line-in is chosen and silent or gone.
    NoSignal,
    /// The sound that comes in is too loud.
    Clipping,
    /// Not yet well.
    Starting,
    /// Something is broken that a person should look at.
    Error,
    /// Ready to pair.
    PairingOpen,
    /// Somebody waits for the pair button to be pressed.
    PairingAsked,
    /// A button is being held for something that cannot be undone; lasts 10 s and quickens.
    Countdown,
    /// A new version is being installed: do not switch off.
    Updating,
    /// About to be off.
    ShuttingDown,
}

impl Condition {
    /// Every condition, the lowest priority first.
    pub const ALL: [Self; 13] = [
        Self::Ready,
        Self::Playing,
        Self::Paused,
        Self::NearlyFull,
        Self::NoSignal,
        Self::Clipping,
        Self::Starting,
        Self::Error,
        Self::PairingOpen,
        Self::PairingAsked,
        Self::Countdown,
        Self::Updating,
        Self::ShuttingDown,
    ];
}

/// A set of conditions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions(u16);

impl Conditions {
    /// None.
    pub const NONE: Self = Self(0);

    /// This set and `condition`.
    #[must_use]
    pub const fn with(self, condition: Condition) -> Self {
        Self(self.0 | 1 << condition as u16)
    }

    /// This set, and `condition` if it `holds`.
    #[must_use]
    pub const fn with_if(self, condition: Condition, holds: bool) -> Self {
        if holds { self.with(condition) } else { self }
    }

    /// Whether `condition` holds.
    pub const fn holds(self, condition: Condition) -> bool {
        self.0 & 1 << condition as u16 != 0
    }
}

impl FromIterator<Condition> for Conditions {
    fn from_iter<I: IntoIterator<Item = Condition>>(conditions: I) -> Self {
        conditions.into_iter().fold(Self::NONE, Self::with)
    }
}

/// Something that is shown once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flash {
    /// Somebody came in.
    NewGuest,
    /// Pairing worked.
    PairingDone,
    /// Pairing did not work: too late, or nobody asked.
    PairingRefused,
}

/// What the LEDs shall say from now on; the latest wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scene {
    /// What holds.
    pub conditions: Conditions,
    /// How bright, 0 (dark) to 100 percent. Lines that can only be on or off ignore it, but for 0.
    pub brightness_percent: u8,
    /// The colour of what the buttons act on, where there are several: an RGB LED shows it in place of the colours of
    /// ready, playing and paused.
    pub tint: Option<Colour>,
}

impl Default for Scene {
    fn default() -> Self {
        Self { conditions: Conditions::NONE.with(Condition::Starting), brightness_percent: 100, tint: None }
    }
}

impl Flash {
    /// Every flash.
    pub const ALL: [Self; 3] = [Self::NewGuest, Self::PairingDone, Self::PairingRefused];
}

/// From here on a flash does not interrupt: somebody is about to lose something.
const UNINTERRUPTED_FROM: Condition = Condition::Countdown;

/// What shows on the LEDs, as time goes by.
#[derive(Clone, Debug)]
pub struct Light {
    scene: Scene,
    /// Since when each condition holds.
    since: [Time; Condition::ALL.len()],
    /// The flash that shows, and since when.
    flash: Option<(Flash, Time)>,
    /// What follows it: at most one of each.
    waiting: Vec<Flash>,
    /// How loud it is, 0 to 255.
    loudness: u8,
}

impl Light {
    /// Starting, since `now`.
    pub fn new(now: Time) -> Self {
        let since = [now; Condition::ALL.len()];
        Self { scene: Scene::default(), since, flash: None, waiting: Vec::new(), loudness: 0 }
    }

    /// What holds from `now` on. What held before goes on in its pattern.
    pub fn set(&mut self, scene: Scene, now: Time) {
        for condition in Condition::ALL {
            if scene.conditions.holds(condition) && !self.scene.conditions.holds(condition) {
                self.since[condition as usize] = now;
            }
        }
        self.scene = scene;
    }

    /// How loud it is from now on, 0 (silence) to 255 (full scale).
    pub fn set_loudness(&mut self, loudness: u8) {
        self.loudness = loudness;
    }

    /// Shows `flash` now, or after the one that shows. One that already waits is the same.
    pub fn flash(&mut self, flash: Flash, now: Time) {
        if self.flash.is_none() {
            self.flash = Some((flash, now));
        } else if !self.waiting.contains(&flash) {
            self.waiting.push(flash);
        }
    }

    /// Ends and begins flashes; to be called before levels are asked for.
    pub fn at(&mut self, now: Time) {
        while let Some((flash, since)) = self.flash {
            let end = since.plus_micros(patterns::flash(flash).length_us());
            if now < end {
                return;
            }
            self.flash = (!self.waiting.is_empty()).then(|| (self.waiting.remove(0), end));
        }
    }

    /// The level of an LED that can be dimmed, 0 to 255, before the scene's brightness is taken into account.
    pub fn level(&self, led: Led, now: Time) -> u8 {
        let Some((pattern, since, colour)) = self.shown(led) else {
            return match led {
                Led::Power => u8::MAX,
                Led::Level => self.loudness,
                _ => 0,
            };
        };
        let level = pattern.level_at(since, now);
        let part = match led {
            Led::Red => colour.red,
            Led::Green => colour.green,
            Led::Blue => colour.blue,
            Led::Status | Led::Play | Led::Guests | Led::Power | Led::Level => u8::MAX,
        };
        (u16::from(level) * u16::from(part) / 255) as u8
    }

    /// How bright the scene is, percent.
    pub fn brightness_percent(&self) -> u8 {
        self.scene.brightness_percent.min(100)
    }

    /// When [`Light::at`] and [`Light::level`] want to be asked again. Never, while all LEDs are steady.
    pub fn next_change(&self, now: Time) -> Option<Time> {
        let flash_ends = self.flash.map(|(flash, since)| since.plus_micros(patterns::flash(flash).length_us()));
        // The three colours follow the status LED.
        [Led::Status, Led::Play, Led::Guests, Led::Power, Led::Level].into_iter().fold(flash_ends, |next, led| {
            let change = self.shown(led).and_then(|(pattern, since, _)| pattern.next_change(since, now));
            earlier(next, change)
        })
    }

    /// The pattern that an LED shows, since when, and its colour.
    fn shown(&self, led: Led) -> Option<(Pattern, Time, Colour)> {
        let holds =
            |condition: &Condition| self.scene.conditions.holds(*condition) && patterns::concerns(*condition, led);
        let highest = Condition::ALL.into_iter().rev().find(holds);
        let urgent = Condition::ALL
            .into_iter()
            .any(|condition| condition >= UNINTERRUPTED_FROM && self.scene.conditions.holds(condition));
        if let Some((flash, since)) = self.flash.filter(|_| !urgent && patterns::flashes(led)) {
            return Some((patterns::flash(flash), since, flash_colour(flash)));
        }
        highest.map(|condition| {
            let tint = self.scene.tint.filter(|_| patterns::takes_tint(condition));
            (pattern(condition), self.since[condition as usize], tint.unwrap_or(colour(condition)))
        })
    }
}

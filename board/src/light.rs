//! What the LEDs shall say: conditions with priorities.
//!
//! Pure: told the time.

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
}

impl Default for Scene {
    fn default() -> Self {
        Self { conditions: Conditions::NONE.with(Condition::Starting), brightness_percent: 100 }
    }
}

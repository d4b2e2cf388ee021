//! What the box shows of itself: conditions for its LEDs and screens for its display, out of what is known.
//!
//! Words for the display are English, as on the printed labels. Nothing here draws or blinks.

use appliance::credentials::Credentials;
use appliance::facts::NetworkTrouble;
use audio::line::LineState;
use base::Time;
use board::screen::wifi;
use board::{Colour, Condition, Conditions, Flash, Scene, Screen, Show};
use party::pairing::{Outcome, View};
use party::{Color, Refused};

use crate::buttons::Action;

/// Share of the room above which it counts as nearly full (feature N4: warn at 80 %).
const NEARLY_FULL_PERCENT: usize = 80;

/// What LEDs and display are made from.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Whether the host lets it play.
    pub playing: bool,
    /// Whether line-in is the chosen source.
    pub line_in_chosen: bool,
    /// What line-in is doing.
    pub line: LineState,
    /// Whether any track can be played.
    pub has_tracks: bool,
    /// Title and artist of what is heard; no title: nothing is.
    pub title: Option<String>,
    /// See `title`; may be empty.
    pub artist: String,
    /// The channel that is shown and that the buttons act on, where there is more than one.
    pub channel: Option<Shown>,
    /// Phones and players that listen.
    pub listeners: usize,
    /// How much of the room they take, percent: of WebRTC's or of MP3's, whichever is nearer to full.
    pub fullness_percent: usize,
    /// Who asks to be host, and whether a press waits for somebody to ask.
    pub pairing: View,
    /// Now, on the clock of `pairing`.
    pub now: Time,
    /// What a held button is about to do that cannot be undone, and in how many seconds.
    pub countdown: Option<(Action, u8)>,
    /// A button that something lies on, by the name beside it.
    pub stuck: Option<&'static str>,
    /// Whether what the box is told is lost with the next restart.
    pub forgets: bool,
    /// What is wrong with the box's own network.
    pub network_trouble: Option<NetworkTrouble>,
    /// How much is wrong with the card's file.
    pub card_problems: usize,
    /// Whether an update is being written: the box must not be switched off.
    pub updating: bool,
    /// What a press has just led to, for a few seconds.
    pub notice: Option<(String, String)>,
    /// Where the page is.
    pub page_url: Option<String>,
    /// The network to join.
    pub network: Option<Credentials>,
    /// Light of LEDs and display, percent.
    pub brightness_percent: u8,
}

/// One channel of several, as the box itself shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its name, or its colour's.
    pub name: String,
    /// Its colour.
    pub color: Color,
}

/// The level from which on an LED tells how loud it is: what is quieter than this is dark, dBFS.
const DARK_BELOW_DBFS: f32 = -48.0;

/// Returns how bright an LED is that shows a peak, 0 to 255: even in decibels, as the ear has it.
pub fn loudness(peak_dbfs: f32) -> u8 {
    // Silence is infinitely far below; the conversion saturates.
    ((1.0 - peak_dbfs / DARK_BELOW_DBFS) * 255.0) as u8
}

impl Facts {
    /// Returns what the LEDs shall say.
    pub fn scene(&self) -> Scene {
        let tint = self.channel.as_ref().map(|channel| light(channel.color));
        Scene { conditions: self.conditions(), brightness_percent: self.brightness_percent, tint }
    }

    /// What the LEDs shall say.
    pub fn conditions(&self) -> Conditions {
        let wants_line_in = self.line_in_chosen && self.playing;
        let no_signal = matches!(self.line, LineState::Silent | LineState::NoDevice(_));
        Conditions::NONE
            .with_if(Condition::Ready, self.playing && self.title.is_none())
            .with_if(Condition::Playing, self.playing && self.title.is_some())
            .with_if(Condition::Paused, !self.playing)
            .with_if(Condition::NearlyFull, self.is_nearly_full())
            .with_if(Condition::NoSignal, wants_line_in && no_signal)
            .with_if(Condition::Clipping, wants_line_in && self.line == LineState::Clipping)
            .with_if(Condition::Error, self.is_wrong())
            .with_if(Condition::PairingOpen, self.pairing.open_until.is_some() || self.pairing.shown.is_some())
            .with_if(Condition::PairingAsked, !self.pairing.asking.is_empty())
            .with_if(Condition::Updating, self.updating)
            .with_if(Condition::Countdown, self.countdown.is_some())
    }

    /// Whether something is wrong that somebody should look after.
    fn is_wrong(&self) -> bool {
        !self.line_in_chosen && !self.has_tracks
            || self.stuck.is_some()
            || self.forgets
            || self.network_trouble.is_some()
    }

    fn is_nearly_full(&self) -> bool {
        self.fullness_percent >= NEARLY_FULL_PERCENT
    }

    /// What the display shall show.
    pub fn show(&self) -> Show {
        let code = |caption: &str, text: String, beside: &str| Screen::Code {
            caption: caption.to_owned(),
            text,
            beside: beside.to_owned(),
        };
        let mut screens = Vec::new();
        if let Some(network) = &self.network {
            // Who cannot scan types both.
            let beside = format!("{} {}", network.ssid, network.passphrase);
            screens.push(code("Join Wi-Fi", wifi(&network.ssid, &network.passphrase), beside.trim_end()));
        }
        if let Some(url) = &self.page_url {
            let beside = url.trim_start_matches("http://").trim_end_matches('/');
            screens.push(code("Listen", url.clone(), beside));
        }
        screens.push(self.track());
        let told = self.troubles().into_iter().flatten();
        screens.extend(told.map(|(headline, text)| Screen::Message { headline: headline.to_owned(), text }));
        Show { screens, urgent: self.urgent(), brightness_percent: self.brightness_percent }
    }

    /// What somebody should look after, each in a headline and a few words.
    fn troubles(&self) -> [Option<(&'static str, String)>; 3] {
        let when = |is: bool, headline, text: &str| is.then(|| (headline, text.to_owned()));
        let network = self.network_trouble.as_ref().map(|trouble| match trouble {
            NetworkTrouble::NoRules => ("Network", "No rules: guests have no internet, cables stay apart.".to_owned()),
            NetworkTrouble::NoFirmware { files } => {
                // The folder is not what somebody looks for.
                let name = files.first().and_then(|file| file.rsplit('/').next()).unwrap_or_default();
                ("No Wi-Fi", format!("Missing: {name}"))
            }
        });
        [
            when(self.forgets, "Card damaged", "Nothing is kept. A host's page says more."),
            network,
            when(self.card_problems > 0, "Card's file", "partybox.toml has mistakes. A host's page lists them."),
        ]
    }

    fn track(&self) -> Screen {
        let title = match &self.title {
            Some(title) => title.clone(),
            None if self.line_in_chosen => "No signal".to_owned(),
            None => "Nothing to play".to_owned(),
        };
        let listeners = match self.listeners {
            1 => "1 listener".to_owned(),
            count => format!("{count} listeners"),
        };
        let listeners = match &self.channel {
            Some(Shown { name, .. }) => format!("{name}: {listeners}"),
            None => listeners,
        };
        let footer = match (self.playing, self.is_nearly_full()) {
            (false, _) => format!("paused - {listeners}"),
            (true, true) => format!("{listeners}, nearly full"),
            (true, false) => listeners,
        };
        Screen::Track { title, artist: self.artist.clone(), footer }
    }

    /// What must be seen now, whatever else there is: the most pressing first.
    fn urgent(&self) -> Option<Screen> {
        let message = |headline: &str, text: String| Some(Screen::Message { headline: headline.to_owned(), text });
        if let Some((action, number)) = self.countdown {
            let headline = if action == Action::Forget { "Forget hosts in" } else { "Hold on" };
            return Some(Screen::Number { headline: headline.to_owned(), number });
        }
        // Phones alone can bring up notices: they must not hide what somebody is about to confirm.
        if let Some(label) = self.pairing.shown {
            return Some(Screen::Number { headline: "Press again for".to_owned(), number: label.number() });
        }
        if let Some((headline, text)) = &self.notice {
            return message(headline, text.clone());
        }
        if self.updating {
            return message("Updating", "Do not switch off.".to_owned());
        }
        let View { asking, open_until, .. } = &self.pairing;
        match (&asking[..], open_until) {
            ([label], _) => message("New host?", format!("Phone {label} asks. Press PAIR to allow it.")),
            ([_, _, ..], _) => message("New host?", format!("{} phones ask. Press PAIR for a number.", asking.len())),
            ([], Some(until)) => {
                let seconds = until.micros_since(self.now).div_ceil(1_000_000);
                message("Pairing", format!("Ask on the page within {seconds} s, then press PAIR."))
            }
            ([], None) => self.stuck.and_then(|name| message("Button stuck", format!("Something holds down {name}."))),
        }
    }
}

/// Returns a channel's colour on an RGB LED. Lines without PWM have seven colours for eight: there, orange is yellow.
const fn light(color: Color) -> Colour {
    let (red, green, blue) = match color {
        Color::Red => (255, 0, 0),
        Color::Green => (0, 255, 0),
        Color::Blue => (0, 0, 255),
        Color::Yellow => (255, 200, 0),
        Color::Purple => (160, 0, 255),
        // The green of an RGB LED is the strongest of the three to the eye: half of it beside full red is a yellow.
        Color::Orange => (255, 128, 0),
        Color::Teal => (0, 200, 160),
        Color::Pink => (255, 128, 160),
    };
    Colour { red, green, blue }
}

/// Returns why a press led to nothing, for somebody at the box.
pub fn refused(refused: &Refused) -> &'static str {
    match refused {
        Refused::NothingNext => "Line-in has no next track.",
        Refused::NoLineIn => "No line-in is set up.",
        Refused::Ended => "The party has ended.",
        other => other.code(),
    }
}

/// Returns what is shown at once of something that happened in pairing: on the LEDs, and as a headline with a sentence;
/// `None` if what is shown for longer says it already.
pub fn announcement(outcome: &Outcome) -> Option<(Option<Flash>, &'static str, String)> {
    let refused = Some(Flash::PairingRefused);
    match outcome {
        Outcome::Paired { label, .. } => {
            Some((Some(Flash::PairingDone), "New host", format!("Phone {label} is a host now.")))
        }
        Outcome::Late { label } => Some((refused, "Too late", format!("Phone {label}: ask again, then press PAIR."))),
        Outcome::Full { .. } => Some((refused, "No room", "A host must be removed first.".to_owned())),
        Outcome::Closed { by_press: false } => Some((refused, "Nobody asked", "Press PAIR to try again.".to_owned())),
        Outcome::Lapsed { label, .. } => Some((refused, "Not pressed", format!("Phone {label} asked in vain."))),
        Outcome::Forgotten { .. } => {
            Some((Some(Flash::PairingDone), "Forgotten", "There are no hosts now.".to_owned()))
        }
        Outcome::Revoked { label } => Some((None, "Removed", format!("Phone {label} is no host now."))),
        Outcome::Asked { .. }
        | Outcome::Shown { .. }
        | Outcome::Opened
        | Outcome::Closed { by_press: true }
        | Outcome::SamePress
        | Outcome::Aborted { .. }
        | Outcome::Replaced { .. }
        | Outcome::Crowded { .. }
        | Outcome::Refused { .. } => None,
    }
}

#[cfg(test)]
mod tests;

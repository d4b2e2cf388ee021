//! Values over a configuration, one by one, so that what is wrong with one is left out and the rest holds: whether they are from
//! the card's file or from a host.
//!
//! Each value is tried on the configuration as it is by then, and checked as a line of the configuration's own file would be.
//! Reads no file, and does not know which keys may be set by whom.

use appliance::credentials::{PASSPHRASE_LETTERS, SSID_BYTES_MAX, is_passphrase, is_ssid};
use toml::{Table, Value};

use crate::config::{Config, Error};

/// The key of the box's name in the air.
pub const SSID: &str = "wifi.ssid";

/// The key of its secret.
pub const PASSPHRASE: &str = "wifi.passphrase";

/// The table whose every key is a pin; each counts by itself.
const PINS: [&str; 2] = ["board", "pins"];

/// A value for a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Section and key, and below those that are tables the rest of the way; without the section where a key has none.
    pub path: Vec<String>,
    /// What it shall be.
    pub value: Value,
}

impl Entry {
    /// Returns one for the key of this name, as it is written with dots.
    pub fn new(name: &str, value: Value) -> Self {
        Self { path: name.split('.').map(str::to_owned).collect(), value }
    }

    /// Returns the key's name.
    pub fn name(&self) -> String {
        self.path.join(".")
    }

    fn is_pin(&self) -> bool {
        self.path.len() == 3 && self.path[..2] == PINS
    }
}

/// A configuration with values over it.
#[derive(Debug)]
pub struct Overlay {
    config: Config,
    /// The same as a table.
    tree: Table,
    /// The name that was chosen for the box's own network, which is no configuration.
    pub ssid: Option<String>,
    /// Its passphrase, likewise.
    pub passphrase: Option<String>,
}

impl Overlay {
    /// Begins with this configuration, which must be a possible one.
    pub fn new(config: &Config) -> Self {
        let tree = Table::try_from(config).unwrap_or_default();
        Self { config: config.clone(), tree, ssid: None, passphrase: None }
    }

    /// Returns the configuration as it is by now.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns it for good.
    pub fn into_config(self) -> Config {
        self.config
    }

    /// Lays these values over it. Returns for each whether it holds, or what is allowed.
    ///
    /// All together if that is possible: one may need another, and two pins that change places are in each other's way one by
    /// one. Else the board first and pins together, as far as possible, and the others in the order in which they are given.
    pub fn lay(&mut self, entries: &[Entry]) -> Vec<Result<(), String>> {
        if entries.is_empty() {
            return Vec::new();
        }
        let mut outcomes: Vec<Option<Result<(), String>>> = vec![None; entries.len()];
        let configured: Vec<&Entry> = entries.iter().filter(|entry| self.is_configuration(entry)).collect();
        let all = self.try_out(&configured).is_ok();
        if !all {
            self.lay_board(entries, &mut outcomes);
        }
        for (entry, outcome) in entries.iter().zip(&mut outcomes) {
            let is_done = all && self.is_configuration(entry);
            *outcome = outcome.take().or_else(|| Some(if is_done { Ok(()) } else { self.put(entry) }));
        }
        outcomes.into_iter().map(|outcome| outcome.unwrap_or(Ok(()))).collect()
    }

    /// Puts the board in, which pins are tried on, and all pins at once if that is possible.
    fn lay_board(&mut self, entries: &[Entry], outcomes: &mut [Option<Result<(), String>>]) {
        for (entry, outcome) in entries.iter().zip(&mut *outcomes).filter(|(entry, _)| entry.name() == "board.board") {
            // Where it is not possible now, it may be once something else has changed.
            *outcome = self.put(entry).ok().map(Ok);
        }
        let pins: Vec<&Entry> = entries.iter().filter(|entry| entry.is_pin()).collect();
        if self.try_out(&pins).is_ok() {
            let pins = entries.iter().zip(outcomes).filter(|(entry, _)| entry.is_pin());
            pins.for_each(|(_, outcome)| *outcome = Some(Ok(())));
        }
    }

    /// Puts one value in, or returns what is allowed.
    fn put(&mut self, entry: &Entry) -> Result<(), String> {
        match entry.name().as_str() {
            PASSPHRASE => self.put_passphrase(entry),
            SSID if self.config.wifi.own => {
                let ssid = entry.value.as_str().filter(|ssid| is_ssid(ssid)).ok_or_else(|| {
                    format!("allowed is a text of 1 to {SSID_BYTES_MAX} bytes without control characters")
                })?;
                self.ssid = Some(ssid.to_owned());
                Ok(())
            }
            _ => self.try_out(&[entry]),
        }
    }

    fn put_passphrase(&mut self, entry: &Entry) -> Result<(), String> {
        let (shortest, longest) = (PASSPHRASE_LETTERS.start(), PASSPHRASE_LETTERS.end());
        let text = entry.value.as_str().filter(|text| is_passphrase(text));
        let text = text.ok_or_else(|| format!("allowed is a text of {shortest} to {longest} letters of ASCII"))?;
        if text.is_empty() {
            return Ok(());
        }
        if !self.config.wifi.own {
            self.try_out(&[entry]).map_err(|_| "it is refused".to_owned())?;
        }
        self.passphrase = Some(text.to_owned());
        Ok(())
    }

    /// Whether a value is part of the configuration: what the box makes and keeps by itself is not, and what is refused of a
    /// secret must not be repeated.
    fn is_configuration(&self, entry: &Entry) -> bool {
        let name = entry.name();
        name != PASSPHRASE && (name != SSID || !self.config.wifi.own)
    }

    /// Keeps the configuration with these values if it is a possible one.
    fn try_out(&mut self, entries: &[&Entry]) -> Result<(), String> {
        let mut tree = self.tree.clone();
        for Entry { path, value, .. } in entries {
            let mut table = &mut tree;
            let (last, before) = path.split_last().ok_or("no key")?;
            for part in before {
                let next = table.entry(part.clone()).or_insert_with(|| Value::Table(Table::new()));
                table = next.as_table_mut().ok_or("no section")?;
            }
            table.insert(last.clone(), value.clone());
        }
        let config = tree.clone().try_into::<Config>().map_err(|error| error.message().to_owned())?;
        config.check().map_err(|error| match error {
            Error::Range { allowed, .. } => format!("allowed is {allowed}"),
            Error::Board(error) => error.to_string(),
            other => other.to_string(),
        })?;
        let (card, command) = (self.config.card.take(), std::mem::take(&mut self.config.command));
        (self.config, self.tree) = (Config { card, command, ..config }, tree);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lay(text: &str, entries: &[(&str, &str)]) -> (Config, Vec<bool>) {
        let mut overlay = Overlay::new(&Config::parse(text).unwrap());
        let entry = |(name, value): &(&str, &str)| {
            let table: Table = toml::from_str(&format!("x = {value}")).unwrap();
            Entry::new(name, table["x"].clone())
        };
        let entries: Vec<Entry> = entries.iter().map(entry).collect();
        let held = overlay.lay(&entries).iter().map(Result::is_ok).collect();
        (overlay.config, held)
    }

    #[test]
    fn values_that_need_each_other_hold_whatever_their_order() {
        let both = [("buttons.play.repeat", "true"), ("buttons.play.long", "\"none\"")];
        for entries in [both, [both[1], both[0]]] {
            let (config, held) = lay("", &entries);
            assert_eq!(held, [true, true]);
            assert!(config.buttons.play.repeat);
        }
    }

    #[test]
    fn one_that_is_wrong_is_left_out_and_the_others_hold() {
        let (config, held) = lay("", &[("name", "\"\""), ("opus.complexity", "3"), ("opus.packet_ms", "30")]);
        assert_eq!(held, [false, true, false]);
        assert_eq!((config.name.as_str(), config.opus.complexity), ("Partybox", 3));
    }
}

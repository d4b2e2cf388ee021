//! What hosts have set, laid over what the files and the command line say: which of it holds, and whose word each key is.
//!
//! Reads and writes nothing.

use std::collections::BTreeMap;
use std::path::Path;

use appliance::card_file;
use appliance::state::peek;
use base::Origin;
use toml::{Table, Value};

use super::kept::{Kept, concerns};
use super::keys::Key;
use crate::config::{CardFile, Config};
use crate::overlay::{Entry, Overlay, PASSPHRASE, SSID};

/// A configuration with hosts' words over it.
#[derive(Clone, Debug)]
pub struct Layers {
    /// The configuration without them.
    pub base: Config,
    /// The configuration that holds.
    pub config: Config,
    /// The name in the air that hosts chose for the box's own network.
    pub ssid: Option<String>,
    /// Its passphrase.
    pub passphrase: Option<String>,
    /// Those of the two that the box shall make again, because a host has taken them back.
    pub made_again: Vec<String>,
    /// Keys whose value had to be left out, with what is allowed.
    pub left_out: BTreeMap<String, String>,
}

impl Layers {
    /// Lays what is `kept` over `base`. Keys that this version does not know, that the command line has set or that are not for
    /// hosts are passed over.
    pub fn new(base: &Config, kept: &Kept) -> Self {
        let counts = |key: &str| Key::named(key).is_some() && !is_commanded(base, key);
        let is_taken_back =
            |key: &str, value: &Value| base.wifi.own && [SSID, PASSPHRASE].contains(&key) && value.as_str() == Some("");
        let made_again = kept.set.iter().filter(|(key, value)| is_taken_back(key, value));
        let made_again = made_again.map(|(key, _)| key.clone()).collect();
        let entries = kept.set.iter().filter(|(key, value)| counts(key) && !is_taken_back(key, value));
        let entries: Vec<Entry> = entries.map(|(key, value)| Entry::new(key, value.clone())).collect();
        let mut overlay = Overlay::new(base);
        let outcomes = overlay.lay(&entries);
        let refused = entries.iter().zip(outcomes).filter_map(|(entry, outcome)| Some((entry.name(), outcome.err()?)));
        let left_out = refused.collect();
        let (ssid, passphrase) = (overlay.ssid.clone(), overlay.passphrase.clone());
        Self { base: base.clone(), config: overlay.into_config(), ssid, passphrase, made_again, left_out }
    }

    /// Returns whose word the value of `key` is in the configuration without hosts.
    pub fn origin(&self, key: &str, default: &Table, base: &Table) -> Origin {
        if is_commanded(&self.base, key) {
            return Origin::Command;
        }
        let card = self.base.card.as_ref();
        let secret = |card: &CardFile| key == PASSPHRASE && card.has_passphrase;
        if card.is_some_and(|card| card.said.keys().any(|said| concerns(said, key)) || secret(card)) {
            return Origin::Card;
        }
        if lookup(base, key) == lookup(default, key) { Origin::Default } else { Origin::File }
    }
}

/// Returns whether an option of the command line says what `key` is.
pub(super) fn is_commanded(config: &Config, key: &str) -> bool {
    config.command.contains(key)
}

/// Returns the value of `key`, as it is written with dots.
pub fn lookup(table: &Table, key: &str) -> Option<Value> {
    let mut parts = key.split('.');
    let first = table.get(parts.next()?)?;
    parts.try_fold(first, |at, part| at.get(part)).cloned()
}

/// Returns `config`, over which the card's file is laid already, with what hosts have set over it, of which the box that runs now
/// knows: for who sets something up beside it.
pub fn laid(config: &Config, state: Option<&Path>) -> Config {
    let Some(state) = state else { return config.clone() };
    let mut kept = Kept::read(state);
    let memory = peek(state, card_file::FILE).map(|text| card_file::Memory::parse(&text)).unwrap_or_default();
    if let Some(card) = &config.card {
        let news = card.said.iter().filter(|(key, value)| memory.is_news(key, value));
        kept.forget(news.map(|(key, _)| key.as_str()));
    }
    Layers::new(config, &kept).config
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(set: &[(&str, Value)]) -> Kept {
        let set = set.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let mut kept = Kept::default();
        kept.set = set;
        kept
    }

    #[test]
    fn a_hosts_word_wins_over_the_files_and_the_command_line_over_that() {
        let mut base = Config::parse("name = \"File\"\n[log]\nlevel = \"warn\"\n").unwrap();
        base.command.insert("log.level");
        let set = kept(&[("name", "Page".into()), ("log.level", "debug".into()), ("stars.max", 1.into())]);
        let layers = Layers::new(&base, &set);
        assert_eq!((layers.config.name.as_str(), &layers.config.log), ("Page", &base.log));
        assert!(layers.left_out.is_empty() && !layers.config.command.is_empty());
    }

    #[test]
    fn what_became_impossible_is_left_out_and_the_rest_holds() {
        let set = kept(&[("source.start", "line-in".into()), ("opus.complexity", 3.into())]);
        let layers = Layers::new(&Config::default(), &set);
        assert_eq!(layers.config.opus.complexity, 3);
        assert!(layers.left_out["source.start"].contains("files"), "{:?}", layers.left_out);
    }
}

//! What is done with the card's file once the state folder is open: its secrets and its news are kept, then the secrets are
//! blanked in it, then what is wrong is told.
//!
//! In this order, each step on the storage before the next: a power cut after any of them leaves a file that leads to the same
//! when it is read again.

use std::fmt;

use appliance::card_file::{self, Code, Memory, Problem};
use appliance::rules::{self, Change};
use appliance::state::{Error, Folder, peek};
use appliance::wifi;

use crate::channel;
use crate::config::{CardFile, Config};
use crate::overlay::PASSPHRASE;
use crate::settings::Kept;

/// Why a secret stays in the file: no place to keep it.
const NO_FOLDER: &str = "the box has no place to keep things";

/// What the file says instead of nothing, for whoever finds it.
const INTRODUCTION: &str =
    "What is wrong with partybox.toml on this card. It was left out, and everything else in the file holds.";

/// Does all of it for the card's file of `config`, and returns the configuration that holds. What goes wrong is a problem of
/// the file, never the end.
pub fn take_over(config: &Config, folder: Option<&Folder>) -> Config {
    let mut config = config.clone();
    let Some(mut card) = config.card.take() else { return config };
    let memory = folder.and_then(|folder| folder.read(card_file::FILE).ok().flatten());
    let mut memory = memory.map(|text| Memory::parse(&String::from_utf8_lossy(&text))).unwrap_or_default();
    card.news =
        card.said.iter().filter(|(key, value)| memory.is_news(key, value)).map(|(key, _)| key.clone()).collect();
    let kept = match folder {
        Some(folder) => keep(&config, &card, &mut memory, folder).map_err(|error| error.to_string()),
        None => Err(NO_FOLDER.to_owned()),
    };
    if !config.wifi.own && card.has_passphrase && config.wifi.passphrase.is_empty() {
        config.wifi.passphrase = memory.passphrase.unwrap_or_default();
    }
    match kept {
        Err(why) => not_kept(&mut card, &why),
        Ok(()) => {
            if let Some(secret) = &card.passphrase
                && let Err(error) = card_file::overwrite(&card.path, secret.at, &secret.blank)
            {
                not_kept(&mut card, &error.to_string());
            }
        }
    }
    tell(&card);
    config.card = Some(card);
    config
}

/// Keeps secrets and news, and forgets what hosts had set of the latter. When this returns, all of it is on the storage.
fn keep(config: &Config, card: &CardFile, memory: &mut Memory, folder: &Folder) -> Result<(), Error> {
    let before = memory.clone();
    let secret = card.passphrase.as_ref().map(|secret| &secret.text);
    // One that was taken over already, but not blanked, may have been replaced since: the button makes new ones.
    let is_lost = peek(folder.path(), wifi::FILE).is_none();
    let new_secret = secret.filter(|secret| is_lost || memory.passphrase.as_ref() != Some(secret));
    let is_news = |key: &str| card.news.contains(key);
    let ssid = card.ssid.as_deref().filter(|_| is_lost || is_news("wifi.ssid"));
    if config.wifi.own && (ssid.is_some() || new_secret.is_some()) {
        wifi::choose(folder, &config.name, ssid, new_secret.map(String::as_str))?;
        log::info!("the Wi-Fi's name or passphrase is from the card's file");
    }
    if let Some(set) = peek(folder.path(), rules::FILE).map(|text| Change::parse(&text)) {
        let left = set.without(card.rules(is_news));
        if left != set {
            folder.write(rules::FILE, left.to_toml().as_bytes())?;
        }
    }
    if is_news("source.crossfade_ms") {
        channel::forget_crossfades(folder)?;
    }
    let mut set = Kept::read(folder.path());
    let secret_news = secret.filter(|secret| memory.passphrase.as_ref() != Some(secret)).map(|_| PASSPHRASE);
    if set.forget(card.news.iter().map(String::as_str).chain(secret_news)) {
        set.write(folder)?;
    }
    match secret {
        Some(secret) => memory.passphrase = Some(secret.clone()),
        // The line is gone, and with it what it said.
        None if !card.has_passphrase => memory.passphrase = None,
        None => {}
    }
    memory.said.clone_from(&card.said);
    if *memory == before { Ok(()) } else { folder.write(card_file::FILE, memory.to_toml().as_bytes()) }
}

fn not_kept(card: &mut CardFile, why: &impl fmt::Display) {
    if card.passphrase.is_some() {
        card.problems.push(Problem::new(None, "wifi.passphrase", Code::NotKept, &why.to_string()));
    } else {
        // All that is lost is what was edited since then.
        log::warn!("what the card's file says cannot be remembered: {why}");
    }
}

/// Tells what is wrong in the log and in the file beside.
fn tell(card: &CardFile) {
    for problem in &card.problems {
        log::warn!("{}: {problem}", card.path.display());
    }
    let mut said = String::new();
    if !card.problems.is_empty() {
        // As Windows ends lines; every other editor takes that, too.
        let lines = [INTRODUCTION.to_owned(), String::new()].into_iter();
        let lines = lines.chain(card.problems.iter().map(Problem::to_string));
        said = lines.map(|line| line + "\r\n").collect();
    }
    if let Err(error) = card_file::say(&card.path, &said) {
        log::warn!("{}: {error}", card_file::problems_of(&card.path).display());
    }
}

#[cfg(test)]
mod tests;

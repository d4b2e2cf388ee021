//! The card's file over a configuration: value by value, so that what is wrong with one is left out and the rest holds.
//!
//! Bytes in, a configuration out, whatever bytes they are. Each value is tried on the configuration as it is by then, and
//! checked as a line of the configuration's own file would be.

use std::ops::Range;
use std::path::Path;

use appliance::card_file::{self, Code, Problem, Text};
use appliance::credentials::{PASSPHRASE_LETTERS, SSID_BYTES_MAX, is_passphrase, is_ssid};
use serde::Deserialize;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml::{Spanned, Table, Value};

use super::keys;
use super::syntax::{Lines, readable};
use crate::config::{CardFile, Config, Error, Secret};

/// Problems that are told, each a line on the page; of more it is said how many.
const PROBLEMS_MAX: usize = 20;

/// A value of the file.
struct Entry {
    /// Section and key, and for a pin its name; the section of a key that has none is empty.
    path: Vec<String>,
    line: usize,
    span: Range<usize>,
    value: Value,
}

impl Entry {
    fn name(&self) -> String {
        self.path.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(".")
    }
}

/// Returns `config` with what the file `path` says over it; what is wrong is in its `card`. A file that is not there changes
/// nothing.
pub fn read(config: Config, path: &Path) -> Config {
    let card = CardFile { path: path.to_owned(), ..CardFile::default() };
    let wrong = |code, detail: &str| vec![Problem::of_file(code, detail)];
    match card_file::read(path) {
        Ok(Some(bytes)) => over(&config, &bytes, card),
        Ok(None) => Config { card: Some(card), ..config },
        Err(card_file::Error::TooLarge) => {
            let problems = wrong(Code::TooLarge, &format!("more than {} bytes", card_file::BYTES_MAX));
            Config { card: Some(CardFile { problems, ..card }), ..config }
        }
        Err(card_file::Error::System(error)) => {
            let problems = wrong(Code::Unreadable, &error.to_string());
            Config { card: Some(CardFile { problems, ..card }), ..config }
        }
    }
}

/// Returns `config` with what a file of these bytes says over it.
pub fn over(config: &Config, bytes: &[u8], card: CardFile) -> Config {
    let text = Text::decode(bytes);
    let lines = Lines::of(text.as_str());
    let (readable, problems) = readable(text.as_str(), &lines);
    let mut overlay = Overlay::new(config, card, problems);
    // Were it still not to be read, nothing of it would count.
    let table = DeTable::parse(&readable).unwrap_or_else(|_| Spanned::new(0..0, DeTable::new()));
    for (key, value) in table.get_ref() {
        let (name, line) = (key.get_ref().as_ref(), lines.number(key.span().start));
        match value.get_ref() {
            DeValue::Table(section) if keys::is_section(name) => {
                for (key, value) in section {
                    overlay.entry(name, key, value, &lines);
                }
            }
            _ if keys::is_section(name) => {
                let detail = format!("[{name}] is a section");
                overlay.problems.push(Problem::new(Some(line), name, Code::Value, &detail));
            }
            // A section that is not for this file is one problem, not one for each of its keys.
            _ => overlay.entry("", key, value, &lines),
        }
    }
    overlay.apply();
    overlay.finish(&text)
}

/// The configuration as far as it is made.
struct Overlay {
    config: Config,
    /// The same as a table.
    tree: Table,
    /// The configuration without the file, which knows every key.
    known: Table,
    waiting: Vec<Entry>,
    passphrase: Option<(String, Range<usize>)>,
    card: CardFile,
    problems: Vec<Problem>,
}

impl Overlay {
    fn new(config: &Config, card: CardFile, problems: Vec<Problem>) -> Self {
        let tree = Table::try_from(config).unwrap_or_default();
        let known = tree.clone();
        Self { config: config.clone(), tree, known, waiting: Vec::new(), passphrase: None, card, problems }
    }

    /// Takes up a value, unless there is no such key here.
    fn entry(
        &mut self,
        section: &str,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        lines: &Lines,
    ) {
        let name = key.get_ref().as_ref();
        let line = lines.number(key.span().start);
        if !keys::may_be_set(section, name) {
            let here =
                if section.is_empty() { Some(&self.known) } else { self.known.get(section).and_then(Value::as_table) };
            let code = if here.is_some_and(|table| table.contains_key(name)) { Code::NotHere } else { Code::Unknown };
            let full = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
            return self.problems.push(Problem::new(Some(line), &full, code, ""));
        }
        let path = vec![section.to_owned(), name.to_owned()];
        if let (keys::PINS, DeValue::Table(pins)) = (name, value.get_ref()) {
            for (pin, value) in pins {
                let path = [path.clone(), vec![pin.get_ref().to_string()]].concat();
                self.wait(path, lines.number(pin.span().start), value);
            }
            return;
        }
        self.wait(path, line, value);
    }

    fn wait(&mut self, path: Vec<String>, line: usize, value: &Spanned<DeValue<'_>>) {
        let span = value.span();
        match Value::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(value) => self.waiting.push(Entry { path, line, span, value }),
            Err(_) => {
                let name = path.join(".");
                self.problems.push(Problem::new(Some(line), &name, Code::Value, "such a number is too large"));
            }
        }
    }

    /// Tries what waits; what is refused at last is a problem.
    fn apply(&mut self) {
        self.put_pins();
        // In the order of their names, in which `line_in.device` comes before `source.start`, which needs it.
        for entry in std::mem::take(&mut self.waiting) {
            if let Err(detail) = self.put(&entry) {
                self.problems.push(Problem::new(Some(entry.line), &entry.name(), Code::Value, &detail));
            }
        }
    }

    /// Puts all pins in at once, if that is possible: two that change places are in each other's way one by one. They are tried
    /// on the board that the file names, which is a value like any other.
    fn put_pins(&mut self) {
        let (pins, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|it| it.path.len() > 2);
        for entry in others {
            let is_board = entry.name() == "board.board";
            if !is_board || self.put(&entry).is_err() {
                self.waiting.push(entry);
            }
        }
        let together: Vec<&Entry> = pins.iter().collect();
        if self.try_out(&together).is_ok() {
            pins.iter().for_each(|entry| _ = self.card.said.insert(entry.name(), entry.value.to_string()));
        } else {
            self.waiting.extend(pins);
        }
    }

    /// Puts one value in, or returns what is allowed.
    fn put(&mut self, entry: &Entry) -> Result<(), String> {
        let name = entry.name();
        match name.as_str() {
            "wifi.passphrase" => return self.put_passphrase(entry),
            // The configuration says nothing of what the box makes and keeps by itself.
            "wifi.ssid" if self.config.wifi.own => {
                let ssid = entry.value.as_str().filter(|ssid| is_ssid(ssid)).ok_or_else(|| {
                    format!("allowed is a text of 1 to {SSID_BYTES_MAX} bytes without control characters")
                })?;
                self.card.ssid = Some(ssid.to_owned());
            }
            _ => self.try_out(&[entry])?,
        }
        self.card.said.insert(name, entry.value.to_string());
        Ok(())
    }

    fn put_passphrase(&mut self, entry: &Entry) -> Result<(), String> {
        let (shortest, longest) = (PASSPHRASE_LETTERS.start(), PASSPHRASE_LETTERS.end());
        let text = entry.value.as_str().filter(|text| is_passphrase(text));
        let text = text.ok_or_else(|| format!("allowed is a text of {shortest} to {longest} letters of ASCII"))?;
        self.card.has_passphrase = true;
        if text.is_empty() {
            return Ok(());
        }
        if !self.config.wifi.own {
            self.try_out(&[entry]).map_err(|_| "it is refused".to_owned())?;
        }
        self.passphrase = Some((text.to_owned(), entry.span.clone()));
        Ok(())
    }

    /// Keeps the configuration with these values if it is a possible one.
    fn try_out(&mut self, entries: &[&Entry]) -> Result<(), String> {
        let mut tree = self.tree.clone();
        for Entry { path, value, .. } in entries {
            let mut table = &mut tree;
            let (last, before) = path.split_last().ok_or("no key")?;
            for part in before.iter().filter(|part| !part.is_empty()) {
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
        (self.config, self.tree) = (config, tree);
        Ok(())
    }

    fn finish(self, text: &Text) -> Config {
        let Self { config, mut card, mut problems, passphrase, .. } = self;
        if let Some((secret, span)) = passphrase {
            // Every passphrase is longer than the marks around it.
            card.passphrase = text.blank(span).map(|(at, blank)| Secret { text: secret, at, blank });
        }
        problems.sort_by_key(|problem| problem.line);
        if problems.len() > PROBLEMS_MAX {
            let more = problems.len() - (PROBLEMS_MAX - 1);
            problems.truncate(PROBLEMS_MAX - 1);
            problems.push(Problem::of_file(Code::More, &more.to_string()));
        }
        card.problems = problems;
        Config { card: Some(card), ..config }
    }
}

#[cfg(test)]
mod tests;

//! The card's file over a configuration: its lines as values, and what is wrong with those that do not hold.
//!
//! Bytes in, a configuration out, whatever bytes they are. How values are laid over a configuration is in [`crate::overlay`].

use std::ops::Range;
use std::path::Path;

use appliance::card_file::{self, Code, Problem, Text};
use serde::Deserialize;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml::{Spanned, Table, Value};

use super::keys;
use super::syntax::{Lines, readable};
use crate::config::{CardFile, Config, Secret};
use crate::overlay::{Entry, Overlay, PASSPHRASE};

/// Problems that are told, each a line on the page; of more it is said how many.
const PROBLEMS_MAX: usize = 20;

/// A value of the file, and where it is.
struct Waiting {
    entry: Entry,
    line: usize,
    span: Range<usize>,
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
    let mut reading = Reading::new(config, card, problems);
    // Were it still not to be read, nothing of it would count.
    let table = DeTable::parse(&readable).unwrap_or_else(|_| Spanned::new(0..0, DeTable::new()));
    for (key, value) in table.get_ref() {
        let (name, line) = (key.get_ref().as_ref(), lines.number(key.span().start));
        match value.get_ref() {
            DeValue::Table(section) if keys::is_section(name) => {
                for (key, value) in section {
                    reading.entry(name, key, value, &lines);
                }
            }
            _ if keys::is_section(name) => {
                let detail = format!("[{name}] is a section");
                reading.problems.push(Problem::new(Some(line), name, Code::Value, &detail));
            }
            // A section that is not for this file is one problem, not one for each of its keys.
            _ => reading.entry("", key, value, &lines),
        }
    }
    reading.finish(config, &text)
}

/// What was read of the file.
struct Reading {
    /// The configuration without the file, which knows every key.
    known: Table,
    waiting: Vec<Waiting>,
    card: CardFile,
    problems: Vec<Problem>,
}

impl Reading {
    fn new(config: &Config, card: CardFile, problems: Vec<Problem>) -> Self {
        Self { known: Table::try_from(config).unwrap_or_default(), waiting: Vec::new(), card, problems }
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
        let path = [section, name].into_iter().filter(|part| !part.is_empty()).map(str::to_owned);
        let path: Vec<String> = path.collect();
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
            Ok(value) => self.waiting.push(Waiting { entry: Entry { path, value }, line, span }),
            Err(_) => {
                let name = path.join(".");
                self.problems.push(Problem::new(Some(line), &name, Code::Value, "such a number is too large"));
            }
        }
    }

    /// Lays what was read over the configuration; what is refused is a problem.
    fn finish(self, config: &Config, text: &Text) -> Config {
        let Self { waiting, mut card, mut problems, .. } = self;
        let mut overlay = Overlay::new(config);
        let entries: Vec<Entry> = waiting.iter().map(|waiting| waiting.entry.clone()).collect();
        for (Waiting { entry, line, span }, outcome) in waiting.into_iter().zip(overlay.lay(&entries)) {
            let name = entry.name();
            match outcome {
                Err(detail) => problems.push(Problem::new(Some(line), &name, Code::Value, &detail)),
                Ok(()) if name == PASSPHRASE => {
                    card.has_passphrase = true;
                    // Every passphrase is longer than the marks around it.
                    let secret = overlay.passphrase.clone().zip(text.blank(span));
                    card.passphrase = secret.map(|(text, (at, blank))| Secret { text, at, blank });
                }
                Ok(()) => _ = card.said.insert(name, entry.value.to_string()),
            }
        }
        problems.sort_by_key(|problem| problem.line);
        if problems.len() > PROBLEMS_MAX {
            let more = problems.len() - (PROBLEMS_MAX - 1);
            problems.truncate(PROBLEMS_MAX - 1);
            problems.push(Problem::of_file(Code::More, &more.to_string()));
        }
        card.problems = problems;
        card.ssid.clone_from(&overlay.ssid);
        Config { card: Some(card), ..overlay.into_config() }
    }
}

#[cfg(test)]
mod tests;

//! Which lines of the card's file can be read at all: the others are left out, and the rest is TOML.
//!
//! Knows no key.

use appliance::card_file::{Code, Problem};
use toml::de::DeTable;

/// Lines that cannot be read before the whole is no such file: each costs a reading of all others.
const FAULTY_LINES_MAX: usize = 100;

/// Returns the text with spaces in place of every line that cannot be read, so that all others stay where they are, and what is
/// wrong with those lines. Line by line and not by the parser's own recovery, which may leave out what follows without a word.
pub(super) fn readable(text: &str, lines: &Lines) -> (String, Vec<Problem>) {
    let (mut letters, mut problems) = (text.to_owned(), Vec::new());
    for _ in 0..FAULTY_LINES_MAX {
        let Err(error) = DeTable::parse(&letters) else { return (letters, problems) };
        let at = lines.number(error.span().unwrap_or_default().start);
        // What is noticed at the end began further up.
        let line = (1..=at).rev().find(|line| !lines.text(&letters, *line).trim().is_empty());
        let Some(line) = line else { break };
        let detail = advice(lines.text(text, line)).unwrap_or(error.message());
        problems.push(Problem::new(Some(line), "", Code::Syntax, detail));
        let begin = lines.0[line - 1];
        let end = begin + lines.text(&letters, line).len();
        letters.replace_range(begin..end, &" ".repeat(end - begin));
    }
    problems.push(Problem::of_file(Code::Unreadable, "too many lines are wrong"));
    (String::new(), problems)
}

/// What helps against what editors for letters do to quotation marks.
fn advice(line: &str) -> Option<&'static str> {
    let curled = line.contains(['“', '”', '„', '‘', '’', '«', '»']);
    curled.then_some("quotation marks must be straight: \"…\"")
}

/// Where the lines of a text begin, bytes.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    /// The line that holds this byte, counted from 1.
    pub(super) fn number(&self, at: usize) -> usize {
        self.0.partition_point(|begin| *begin <= at).max(1)
    }

    fn text<'a>(&self, text: &'a str, number: usize) -> &'a str {
        let begin = self.0.get(number - 1).copied().unwrap_or(text.len());
        text.get(begin..).and_then(|rest| rest.lines().next()).unwrap_or_default()
    }
}

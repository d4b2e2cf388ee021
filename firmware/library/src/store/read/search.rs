//! Search as somebody types: whole titles come first, then titles that begin so, titles, artists and albums with these words,
//! then tracks that have them between all three; in each, whole words before beginnings, and what has been played before what never
//! was. Where nothing is found, umlauts written out, an "and" too much, one slip of the finger in a word, and words written together or
//! apart are forgiven.
//!
//! Ranking everything that matches would take longer than the next key press. Instead each of these classes is a question of its
//! own, asked only while the page is not full. A page goes on after a track by finding it again.

use std::collections::HashSet;

use base::TrackId;
use rusqlite::{Connection, OptionalExtension};

use super::rows::{self, BESIDES, COLUMNS, JOINS, Track};
use super::{AskError, Plays, QUERY_CHARS_MAX, page};
use crate::words::{END, SLIP_CHARS, is_one_slip, meant, typed};

/// Most words that are searched for; further ones are ignored.
const WORDS_MAX: usize = 8;

/// Most tracks of a class that are put into order; further ones are not found, and are found by typing more.
const CLASS_MAX: usize = 2_000;

/// Tracks played most that are looked for in a class that has more than are put into order.
const FAVOURITES_MAX: usize = 32;

/// Shortest word that may be meant by one with a slip in it, letters.
const MEANT_CHARS_MIN: usize = 5;

/// Where words are looked for, the most telling first.
const PLACES: [&str; 4] = ["title", "artist", "album", "genre"];

/// Words that are compared with one that has a slip in it, and words that are taken for it.
const COMPARED_MAX: usize = 4_000;
const MEANT_MAX: usize = 8;

/// How many classes ask for the beginnings of titles.
const TITLE_CLASSES: usize = 3;

/// Classes, the best first and the widest last, in the language of FTS5. Each is asked for by itself, so a track may be in several.
fn classes(words: &[String]) -> Vec<String> {
    // A word holds letters and digits only, so there is nothing to escape.
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let phrase = quoted.join(" + ");
    let whole = quoted.join(" AND ");
    let begun = quoted.iter().map(|word| format!("{word} *")).collect::<Vec<_>>().join(" AND ");
    let mut classes =
        vec![format!("title : ^ {phrase} + \"{END}\""), format!("title : ^ {phrase}"), format!("title : ^ {phrase} *")];
    for column in PLACES {
        classes.extend([format!("{column} : ({whole})"), format!("{column} : ({begun})")]);
    }
    classes.push(begun);
    classes
}

/// The same for words of which each may be another one, or be written together or apart.
fn forgiving(connection: &Connection, words: &[String]) -> Result<Vec<String>, AskError> {
    let mut meant = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let mut ways = vec![format!("\"{word}\" *")];
        ways.extend(slips(connection, word, index + 1 == words.len())?.iter().map(|other| format!("\"{other}\"")));
        let places = word.char_indices().skip(1).map(|(place, _)| word.split_at(place));
        ways.extend(places.map(|(one, other)| format!("\"{one}\" + \"{other}\" *")));
        meant.push(format!("({})", ways.join(" OR ")));
    }
    let mut all = vec![meant.join(" AND ")];
    for (index, pair) in words.windows(2).enumerate() {
        let joined = format!("\"{}\" *", pair.concat());
        let rest = meant[..index].iter().chain(&meant[index + 2..]);
        all.push(rest.cloned().chain([joined]).collect::<Vec<_>>().join(" AND "));
    }
    let all = all.iter().map(|way| format!("({way})")).collect::<Vec<_>>().join(" OR ");
    let columns = PLACES.map(|column| format!("{column} : ({all})"));
    Ok(columns.into_iter().chain([all]).collect())
}

/// The words of the library that somebody meant who typed `word` with one slip. A slip leaves one half of a word as it is.
fn slips(connection: &Connection, word: &str, may_go_on: bool) -> Result<Vec<String>, AskError> {
    let letters: Vec<char> = word.chars().collect();
    let mut meant: Vec<String> = Vec::new();
    if !SLIP_CHARS.contains(&letters.len()) {
        return Ok(meant);
    }
    // A word that is too short itself lacks a letter, and is typed to its end.
    let is_short = letters.len() < MEANT_CHARS_MIN;
    let may_go_on = may_go_on && !is_short;
    let fewest = if is_short { MEANT_CHARS_MIN } else { letters.len() - 1 };
    let most = if may_go_on { *SLIP_CHARS.end() } else { letters.len() + 1 };
    let half = letters.len() / 2;
    let (first, second) = (&letters[..half], &letters[if is_short { 1 } else { half }..]);
    let (first, second): (String, String) = (first.iter().collect(), second.iter().rev().collect());
    let mut swapped = letters.clone();
    swapped.swap(half - 1, half);
    let swapped: String = swapped.into_iter().collect();
    for (column, begins) in [("term", &first), ("backwards", &second), ("term", &swapped)] {
        let sql = format!(
            "SELECT term FROM terms WHERE {column} >= ?1 AND {column} < ?2 AND length(term) BETWEEN ?3 AND ?4
             LIMIT {COMPARED_MAX}"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query((begins, format!("{begins}{}", char::MAX), fewest as i64, most as i64))?;
        while let Some(row) = rows.next()? {
            let term = row.get_ref(0)?.as_str().unwrap_or_default();
            if is_one_slip(word, term, may_go_on) && !meant.iter().any(|known| known == term) {
                meant.push(term.to_owned());
            }
        }
    }
    meant.sort_by_key(|term| term.chars().count().abs_diff(letters.len()));
    meant.truncate(MEANT_MAX);
    Ok(meant)
}

/// The tracks that `typed` finds, after the track `after` (`None`: from the first).
pub(super) fn search(
    connection: &Connection,
    text: &str,
    after: Option<TrackId>,
    limit: usize,
    plays: &Plays,
) -> Result<Vec<Track>, AskError> {
    let text: String = text.chars().take(QUERY_CHARS_MAX).collect();
    let words = typed(&text, WORDS_MAX);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut page =
        Page { connection, plays, after, wanted: page(limit) as usize, seen: HashSet::new(), found: Vec::new() };
    page.fill_with(&words)?;
    let mut last = &words;
    let others = if page.seen.is_empty() { meant(&text, WORDS_MAX) } else { Vec::new() };
    for words in &others {
        if page.seen.is_empty() {
            page.fill_with(words)?;
            last = words;
        }
    }
    if page.seen.is_empty() {
        page.fill(&forgiving(connection, last)?)?;
    }
    Ok(page.found)
}

/// A page while it fills.
struct Page<'a> {
    connection: &'a Connection,
    plays: &'a Plays,
    /// The track after which it begins, until that has been met.
    after: Option<TrackId>,
    wanted: usize,
    seen: HashSet<i64>,
    found: Vec<Track>,
}

impl Page<'_> {
    /// Fills the page with what has these words.
    fn fill_with(&mut self, words: &[String]) -> Result<(), AskError> {
        let classes = classes(words);
        let (titles, others) = classes.split_at(TITLE_CLASSES);
        self.fill(titles)?;
        // What the widest class does not find, none does.
        if self.found.len() < self.wanted && (!self.seen.is_empty() || self.finds(others.last())?) {
            self.fill(others)?;
        }
        Ok(())
    }

    fn fill(&mut self, classes: &[String]) -> Result<(), AskError> {
        let sql = format!("SELECT {COLUMNS} FROM tracks {JOINS} {BESIDES} WHERE tracks.id = ?1");
        let mut shown = self.connection.prepare_cached(&sql)?;
        for class in classes {
            for id in self.ranked(class)? {
                if !self.seen.insert(id) {
                    continue;
                }
                if let Some(after) = self.after {
                    self.after = (after.0 != id.cast_unsigned()).then_some(after);
                    continue;
                }
                self.found.extend(shown.query_row([id], rows::track).optional()?);
                if self.found.len() == self.wanted {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Whether there is anything in a class.
    fn finds(&self, class: Option<&String>) -> Result<bool, AskError> {
        let mut statement = self.connection.prepare_cached("SELECT 1 FROM search WHERE search MATCH ?1 LIMIT 1")?;
        Ok(statement.query_row([class], |_| Ok(())).optional()?.is_some())
    }

    /// The tracks of a class: those that were played, the most played first, then the others as they came.
    fn ranked(&self, class: &str) -> Result<Vec<i64>, AskError> {
        let sql = format!("SELECT rowid FROM search WHERE search MATCH ?1 LIMIT {CLASS_MAX}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut ids = statement.query_map([class], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
        if ids.len() == CLASS_MAX && !self.plays.is_empty() {
            let mut is_in =
                self.connection.prepare_cached("SELECT 1 FROM search WHERE search MATCH ?1 AND rowid = ?2")?;
            let mut favourites: Vec<(&i64, &u32)> = self.plays.iter().collect();
            favourites.sort_unstable_by_key(|(id, count)| (std::cmp::Reverse(**count), **id));
            for (id, _) in favourites.into_iter().take(FAVOURITES_MAX) {
                if is_in.query_row((class, id), |_| Ok(())).optional()?.is_some() {
                    ids.push(*id);
                }
            }
        }
        // Stable, so that those never played stay as they came.
        ids.sort_by_key(|id| std::cmp::Reverse(self.plays.get(id).copied().unwrap_or(0)));
        Ok(ids)
    }
}

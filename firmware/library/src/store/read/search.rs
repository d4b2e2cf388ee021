//! Search as somebody types: titles that begin so come first, then titles, artists and albums with these words, then
//! tracks that have them between all three.
//!
//! Ranking everything that matches would take longer than the next key press. Instead each of these classes is a
//! question of its own, asked only while the page is not full, and within a class tracks stand in the order in which
//! they came. A page goes on after a track by finding out in which class that track is.

use base::TrackId;
use rusqlite::{Connection, OptionalExtension};

use super::rows::{self, BESIDES, COLUMNS, JOINS, Track};
use super::{AskError, QUERY_CHARS_MAX, page, signed};
use crate::text::words;

/// Most words that are searched for; further ones are ignored.
const WORDS_MAX: usize = 8;

/// Classes, the best first, in the language of FTS5. Each is asked for by itself, so a track may be in several.
fn classes(words: &[String]) -> [String; 5] {
    // A word holds letters and digits only, so there is nothing to escape.
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let all = quoted.iter().map(|word| format!("{word} *")).collect::<Vec<_>>().join(" AND ");
    let [title, artist, album] = ["title", "artist", "album"].map(|column| format!("({column} : ({all}))"));
    [format!("(title : ^ {} *)", quoted.join(" + ")), title, artist, album, format!("({all})")]
}

/// What belongs to a class and to no better one.
fn alone(classes: &[String], index: usize) -> String {
    match index {
        0 => classes[0].clone(),
        // What a title begins with is in it.
        1 => format!("{} NOT {}", classes[1], classes[0]),
        _ => format!("{} NOT ({})", classes[index], classes[1..index].join(" OR ")),
    }
}

/// The tracks that `typed` finds, after the track `after` (`None`: from the first).
pub(super) fn search(
    connection: &Connection,
    typed: &str,
    after: Option<TrackId>,
    limit: usize,
) -> Result<Vec<Track>, AskError> {
    let typed: String = typed.chars().take(QUERY_CHARS_MAX).collect();
    let words = words(&typed, WORDS_MAX);
    let mut found = Vec::new();
    if words.is_empty() {
        return Ok(found);
    }
    let classes = classes(&words);
    let (mut first, mut after) = (0, after.map_or(0, |after| signed(after.0)));
    if after > 0 {
        let mut is_in = connection.prepare_cached("SELECT 1 FROM search WHERE search MATCH ?1 AND rowid = ?2")?;
        first = classes.len() - 1;
        for (index, class) in classes.iter().enumerate() {
            if is_in.query_row((class, after), |_| Ok(())).optional()?.is_some() {
                first = index;
                break;
            }
        }
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM search JOIN tracks ON tracks.id = search.rowid {JOINS} {BESIDES}
         WHERE search MATCH ?1 AND search.rowid > ?2 ORDER BY search.rowid LIMIT ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let wanted = page(limit) as usize;
    // To leave out what is in better classes costs as much again for each of them. Where all of those are on this page
    // already, they are known.
    let is_first_page = after == 0;
    for index in first..classes.len() {
        let (class, rows) = if is_first_page {
            (classes[index].clone(), wanted)
        } else {
            (alone(&classes, index), wanted - found.len())
        };
        let better = found.len();
        for track in statement.query_map((class, after, rows as i64), rows::track)? {
            let track: Track = track?;
            if found.len() < wanted && !found[..better].iter().any(|known: &Track| known.id == track.id) {
                found.push(track);
            }
        }
        if found.len() == wanted {
            break;
        }
        after = 0;
    }
    Ok(found)
}

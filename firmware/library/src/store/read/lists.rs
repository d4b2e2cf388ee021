//! Questions about cue sheets and playlists: which there are, what is in them, and what of them is not understood.

use super::rows::{self, BESIDES, COLUMNS, Playlist, Track, TroubledList};
use super::{AskError, Known, QUESTION_MAX, Reader, page, signed};
use crate::text::shown;

/// Most names that an answer lists of those that are missing in a list.
const MISSING_MAX: usize = 20;

impl Reader {
    /// Playlists, in the order in which they became known; after the playlist `after`.
    pub(crate) fn playlists(&self, after: u64, limit: usize) -> Result<Vec<Playlist>, AskError> {
        let sql = "SELECT lists.id, title, (SELECT count(track) FROM items
                     JOIN files ON files.root = items.root AND files.path = items.path AND NOT covered
                     WHERE items.list = lists.id), roots.path, lists.path, is_cut,
                     (SELECT count(*) FROM entries WHERE list = lists.id AND path IS NULL AND NOT is_remark)
                   FROM lists JOIN roots ON roots.id = root AND present
                   WHERE NOT is_cue AND lists.id > ?1 ORDER BY lists.id LIMIT ?2";
        self.within(Some(QUESTION_MAX), |connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map((signed(after), page(limit)), rows::playlist)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Cue sheets and playlists of which not all is understood, in the order in which they became known; after the list `after`.
    pub(crate) fn troubled_lists(&self, after: u64, limit: usize) -> Result<Vec<TroubledList>, AskError> {
        let sql = "SELECT lists.id, lists.path, trouble, count(entries.position), is_cut FROM lists
                   JOIN roots ON roots.id = root AND present
                   LEFT JOIN entries ON list = lists.id AND entries.path IS NULL AND NOT is_remark
                   WHERE lists.id > ?1 GROUP BY lists.id HAVING trouble IS NOT NULL OR is_cut OR count(entries.position) > 0
                   ORDER BY lists.id LIMIT ?2";
        let names =
            "SELECT name FROM entries WHERE list = ?1 AND path IS NULL AND NOT is_remark ORDER BY position LIMIT ?2";
        self.within(Some(QUESTION_MAX), |connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let mut names = connection.prepare_cached(names)?;
            let rows = statement.query_map((signed(after), page(limit)), rows::troubled)?;
            let lists = rows.map(|list| {
                let list = list?;
                let missing = names.query_map((signed(list.id), MISSING_MAX as i64), |row| row.get(0))?;
                let missing =
                    missing.map(|name| name.map(|name: String| shown(&name))).collect::<rusqlite::Result<_>>()?;
                Ok(TroubledList { missing, ..list })
            });
            Ok(lists.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The tracks of a playlist in its order, each with its place there; after the place `after`.
    pub(crate) fn playlist(&self, list: u64, after: Option<u64>, limit: usize) -> Result<Vec<(u64, Track)>, AskError> {
        let sql = format!(
            "SELECT {COLUMNS}, items.place FROM items
             JOIN files ON files.root = items.root AND files.path = items.path AND NOT files.covered
             JOIN tracks ON tracks.id = files.track JOIN roots ON roots.id = files.root AND roots.present {BESIDES}
             WHERE items.list = ?1 AND items.place > ?2 ORDER BY items.place LIMIT ?3"
        );
        self.within(Some(QUESTION_MAX), |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map((signed(list), after.map_or(-1, signed), page(limit)), rows::placed)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Lists whose encoding was guessed and that name files which there are not.
    pub(crate) fn unsure_lists(&self, root: i64) -> Result<Vec<Known>, AskError> {
        let unsure =
            "lists WHERE is_guess AND EXISTS (SELECT 1 FROM entries WHERE list = lists.id AND entries.path IS NULL)";
        self.known_in(unsure, root, b"")
    }
}

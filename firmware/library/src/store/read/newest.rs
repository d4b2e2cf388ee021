//! The question what came to the box last.

use base::TrackId;

use super::rows::{BESIDES, COLUMNS, JOINS, Track, track};
use super::{AskError, QUESTION_MAX, Reader, page, signed};

impl Reader {
    /// Returns the tracks that came last, the newest first; after the track `after`. Numbers only grow, so they say who came
    /// when.
    pub(crate) fn newest(&self, after: Option<TrackId>, limit: usize) -> Result<Vec<Track>, AskError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM tracks {JOINS} {BESIDES} WHERE tracks.id < ?1 ORDER BY tracks.id DESC LIMIT ?2"
        );
        let after = after.map_or(i64::MAX, |after| signed(after.0));
        self.within(Some(QUESTION_MAX), |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map((after, page(limit)), track)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

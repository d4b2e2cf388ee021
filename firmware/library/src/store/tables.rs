//! The newest version of the database's schema; the earlier ones stand in the store, which migrates them.

/// Genres are searched as well, and more tags and letters are read than before: all are read again.
pub(super) const WITH_GENRES: &str = "
    DROP TABLE search;
    CREATE VIRTUAL TABLE search USING fts5 (
        title, artist, album, genre, content = '', contentless_delete = 1, prefix = '1 2 3 4',
        tokenize = 'unicode61 remove_diacritics 0 categories ''L* N* Co M*'''
    );
    DELETE FROM terms;
    UPDATE files SET mtime_ns = -1;
    UPDATE lists SET mtime_ns = -1;
";

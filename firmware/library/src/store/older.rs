//! Tests of what an older firmware has left.

use rusqlite::Connection;

#[test]
fn what_did_not_play_is_looked_at_again_once_more_kinds_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.db");
    drop(super::open(&path).unwrap());
    let older = Connection::open(&path).unwrap();
    older
        .execute_batch(
            "INSERT INTO roots (id, path, present) VALUES (1, x'2f', 1);
            INSERT INTO files (root, path, bytes, mtime_ns, reason) VALUES (1, x'61', 5, 7, 'cannot be played here: Speex');
            INSERT INTO refused VALUES (x'01', 'cannot be played here: Speex');
            PRAGMA user_version = 8;",
        )
        .unwrap();
    drop(older);
    let connection = super::open(&path).unwrap();
    let ask = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(ask("SELECT count(*) FROM refused"), 0);
    assert_eq!(ask("SELECT mtime_ns FROM files"), -1);
}

//! Derives what lists mean from what they say and from the files there are: the file of every entry, the parts that cue sheets
//! cut files into, and the tracks of playlists.
//!
//! All of it is derived again after every change of a place's files or lists, and only what comes out otherwise than before is
//! written. So nothing has to be taken back, whatever came first, went or was copied.

mod parts;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, Transaction, params};

use self::parts::{Desired, Sheet};
use super::Alike;
use crate::lists::names::{Catalog, Context};
use crate::lists::sheet::Piece;
use crate::lists::{file_of, part};
use crate::walk;

/// One list.
struct Listed {
    id: i64,
    path: Vec<u8>,
    is_cue: bool,
    letters: String,
    sheet: Sheet,
    /// Of what was derived of it before.
    derived: Option<Vec<u8>>,
    trouble: Option<String>,
}

/// One entry of a list.
struct Entry {
    position: i64,
    name: String,
    is_remark: bool,
    /// What it meant before.
    before: Option<Vec<u8>>,
    /// What it means now.
    means: Option<Vec<u8>>,
    /// What it says if it begins anywhere.
    piece: Option<Piece>,
}

/// Derives what the lists of `root`, which is at `place`, mean; whether anything is otherwise than before.
pub(crate) fn derive(
    connection: &mut Connection,
    root: i64,
    place: &[u8],
    exists: &dyn Fn(&[u8]) -> bool,
) -> rusqlite::Result<bool> {
    let transaction = connection.transaction()?;
    let listed = listed(&transaction, root)?;
    let parts = parts::known(&transaction, root)?;
    if listed.is_empty() && parts.is_empty() {
        return Ok(false);
    }
    let files = {
        let mut all = transaction.prepare_cached("SELECT path FROM files WHERE root = ?1 AND list IS NULL")?;
        let rows = all.query_map([root], |row| row.get(0))?;
        rows.collect::<rusqlite::Result<Vec<Vec<u8>>>>()?
    };
    let catalog = Catalog::new(files);
    let mut changed = false;
    let mut entries: HashMap<i64, Vec<Entry>> = HashMap::new();
    for list in &listed {
        let mut found = entries_of(&transaction, list.id)?;
        mean(list, &mut found, place, &catalog);
        changed |= remember(&transaction, list.id, &found)?;
        entries.insert(list.id, found);
    }
    let (desired, troubles) = cut(&transaction, root, &listed, &entries)?;
    changed |= parts::write(&transaction, root, &desired, parts, &mut Alike::default(), exists)?;
    for list in &listed {
        let trouble = troubles.get(&list.id);
        if list.trouble.as_ref() != trouble {
            let sql = "UPDATE lists SET trouble = ?2 WHERE id = ?1";
            transaction.prepare_cached(sql)?.execute(params![list.id, trouble])?;
            if let Some(trouble) = trouble {
                log::info!("the cue sheet {}: {trouble}", String::from_utf8_lossy(&list.path));
            }
            changed = true;
        }
        if !list.is_cue {
            changed |= items(&transaction, root, list, &entries[&list.id], &desired)?;
        }
    }
    transaction.commit()?;
    Ok(changed)
}

fn listed(transaction: &Transaction<'_>, root: i64) -> rusqlite::Result<Vec<Listed>> {
    let sql = "SELECT id, path, is_cue, letters, title, artist, genre, year, disc_number, derived, trouble FROM lists
               WHERE root = ?1 ORDER BY path";
    let mut all = transaction.prepare_cached(sql)?;
    let rows = all.query_map([root], |row| {
        let sheet = Sheet {
            list: row.get(0)?,
            album: row.get(4)?,
            artist: row.get(5)?,
            genre: row.get(6)?,
            year: row.get(7)?,
            disc_number: row.get(8)?,
        };
        let (id, path, is_cue, letters) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(Listed { id, path, is_cue, letters, sheet, derived: row.get(9)?, trouble: row.get(10)? })
    })?;
    rows.collect()
}

fn entries_of(transaction: &Transaction<'_>, list: i64) -> rusqlite::Result<Vec<Entry>> {
    let sql = "SELECT position, name, path, is_remark, title, artist, number, start_ms, pause_ms, is_data FROM entries
               WHERE list = ?1 ORDER BY position";
    let mut all = transaction.prepare_cached(sql)?;
    let rows = all.query_map([list], |row| {
        let start_ms: Option<i64> = row.get(7)?;
        let said = |start_ms: i64| -> rusqlite::Result<Piece> {
            Ok(Piece {
                title: row.get(4)?,
                artist: row.get(5)?,
                number: row.get(6)?,
                start_ms: start_ms.cast_unsigned(),
                pause_ms: row.get::<_, Option<i64>>(8)?.map(i64::cast_unsigned),
                is_data: row.get(9)?,
            })
        };
        let piece = start_ms.map(said).transpose()?;
        let (position, name, before, is_remark) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(Entry { position, name, is_remark, before, means: None, piece })
    })?;
    rows.collect()
}

/// Finds the file of every entry.
fn mean(list: &Listed, entries: &mut [Entry], place: &[u8], catalog: &Catalog) {
    let own = file_of(&list.path);
    if own != list.path {
        // A sheet inside a file is about that file, whatever it was called when the sheet was written.
        entries.iter_mut().for_each(|entry| entry.means = Some(own.to_vec()));
        return;
    }
    let folder = walk::split(&list.path).0;
    let at = Context { place, folder, letters: &list.letters, is_strict: list.is_cue };
    let mut last: Option<(&str, Option<Vec<u8>>)> = None;
    for Entry { name, means, .. } in entries {
        // The tracks of a sheet are mostly in one file.
        let found = match &last {
            Some((known, found)) if *known == name.as_str() => found.clone(),
            _ => catalog.find(name, &at).map(<[u8]>::to_vec),
        };
        means.clone_from(&found);
        last = Some((name, found));
    }
}

/// Remembers which file every entry means; whether that is new.
fn remember(transaction: &Transaction<'_>, list: i64, entries: &[Entry]) -> rusqlite::Result<bool> {
    let sql = "UPDATE entries SET path = ?3 WHERE list = ?1 AND position = ?2";
    let mut update = transaction.prepare_cached(sql)?;
    let mut changed = false;
    for entry in entries.iter().filter(|entry| entry.means != entry.before) {
        update.execute(params![list, entry.position, entry.means])?;
        changed = true;
    }
    Ok(changed)
}

/// What files are cut into, by their places.
type Parts = BTreeMap<Vec<u8>, Desired>;

/// What of a sheet is not applied and why, by its number.
type Troubles = HashMap<i64, String>;

/// Cuts files into what the sheets say of them, and says of every sheet what of it is not applied.
fn cut(
    transaction: &Transaction<'_>,
    root: i64,
    listed: &[Listed],
    entries: &HashMap<i64, Vec<Entry>>,
) -> rusqlite::Result<(Parts, Troubles)> {
    let mut by_file: BTreeMap<&[u8], Vec<(&Listed, Vec<Piece>)>> = BTreeMap::new();
    let mut troubles = HashMap::new();
    for list in listed.iter().filter(|list| list.is_cue) {
        let found = &entries[&list.id];
        if let Some(missing) = found.iter().find(|entry| entry.means.is_none()) {
            troubles.insert(list.id, format!("there is no file {:?}", missing.name));
        } else if found.is_empty() {
            troubles.insert(list.id, "it names no track".to_owned());
        }
        let files: BTreeSet<&Vec<u8>> = found.iter().filter_map(|entry| entry.means.as_ref()).collect();
        for file in files {
            let own = found.iter().filter(|entry| entry.means.as_ref() == Some(file));
            let pieces = own.filter_map(|entry| entry.piece.clone()).collect();
            by_file.entry(file).or_default().push((list, pieces));
        }
    }
    let mut desired = BTreeMap::new();
    for (file, sheets) in by_file {
        let Some(whole) = parts::whole(transaction, root, file)? else { continue };
        let mut best: Option<(usize, &Listed, Vec<Desired>)> = None;
        for (list, pieces) in sheets {
            let parts = match parts::of(&list.sheet, &pieces, &whole, file) {
                Ok((parts, trouble)) => {
                    trouble.map(|trouble| troubles.entry(list.id).or_insert(trouble));
                    parts
                }
                Err(why) => {
                    troubles.entry(list.id).or_insert(format!("it is not applied to {}: {why}", name(file)));
                    continue;
                }
            };
            // Of several sheets about a file the one that names most of it, and of such the first.
            let named = pieces.iter().filter(|piece| !piece.title.is_empty()).count() + parts.len();
            let is_better = best.as_ref().is_none_or(|(known, ..)| named > *known) && !parts.is_empty();
            let loser =
                if is_better { best.replace((named, list, parts)).map(|(_, list, _)| list) } else { Some(list) };
            if let (Some(loser), Some((_, winner, _))) = (loser, &best)
                && loser.id != winner.id
            {
                let why = format!("{} is cut by {}", name(file), name(&winner.path));
                troubles.entry(loser.id).or_insert(why);
            }
        }
        let Some((_, _, parts)) = best else { continue };
        for (index, part_of) in parts.into_iter().enumerate() {
            desired.insert(part(file, index), part_of);
        }
    }
    Ok((desired, troubles))
}

fn name(path: &[u8]) -> String {
    String::from_utf8_lossy(walk::split(file_of(path)).1).into_owned()
}

/// Writes the tracks of a playlist: its files in its order, those that are cut as their parts; whether they are otherwise than
/// before.
fn items(
    transaction: &Transaction<'_>,
    root: i64,
    list: &Listed,
    entries: &[Entry],
    desired: &BTreeMap<Vec<u8>, Desired>,
) -> rusqlite::Result<bool> {
    let mut paths: Vec<&[u8]> = Vec::new();
    for file in entries.iter().filter_map(|entry| entry.means.as_deref()) {
        let before = paths.len();
        paths
            .extend(desired.range(part(file, 0)..).map(|(path, _)| &path[..]).take_while(|path| file_of(path) == file));
        if paths.len() == before {
            paths.push(file);
        }
    }
    let mut hash = blake3::Hasher::new();
    for path in &paths {
        hash.update(&(path.len() as u64).to_le_bytes()).update(path);
    }
    // A remark that is no file is no entry that is missing.
    let missing = entries.iter().filter(|entry| entry.means.is_none() && !entry.is_remark).count();
    hash.update(&(missing as u64).to_le_bytes());
    let derived = hash.finalize().as_bytes().to_vec();
    if list.derived.as_ref() == Some(&derived) {
        return Ok(false);
    }
    transaction.prepare_cached("DELETE FROM items WHERE list = ?1")?.execute([list.id])?;
    let mut add = transaction.prepare_cached("INSERT INTO items (list, place, root, path) VALUES (?1, ?2, ?3, ?4)")?;
    for (path, place) in paths.iter().zip(0_i64..) {
        add.execute(params![list.id, place, root, path])?;
    }
    transaction.prepare_cached("UPDATE lists SET derived = ?2 WHERE id = ?1")?.execute(params![list.id, derived])?;
    Ok(true)
}

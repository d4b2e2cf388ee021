//! What has changed between what is in a folder and what the database knows of it.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::store::read::Known;
use crate::store::write::Fact;
use crate::walk::{Cover, Found};

/// What has changed.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Differences {
    /// New, with another size or time, or to be read in any case.
    pub(super) changed: Vec<Found>,
    /// Known, but not there.
    pub(super) gone: Vec<Vec<u8>>,
}

/// Compares two lists that are in the order of paths; `all`: whatever is there counts as changed.
pub(super) fn compare(found: Vec<Found>, known: &[Known], all: bool) -> Differences {
    let mut differences = Differences::default();
    let mut known = known.iter().peekable();
    for found in found {
        let stamp = loop {
            match known.peek().map(|known| known.path.cmp(&found.path)) {
                Some(Ordering::Less) => differences.gone.extend(known.next().map(|known| known.path.clone())),
                Some(Ordering::Equal) => break known.next().map(|known| known.stamp),
                Some(Ordering::Greater) | None => break None,
            }
        };
        if all || stamp != Some(found.stamp) {
            differences.changed.push(found);
        }
    }
    differences.gone.extend(known.map(|known| known.path.clone()));
    differences
}

/// What has changed of covers, both lists in any order; those that are missing count only if their folder is not `hidden`.
pub(super) fn compare_covers(found: Vec<Cover>, known: &[Cover], hidden: impl Fn(&[u8]) -> bool) -> Vec<Fact> {
    let there: HashSet<&[u8]> = found.iter().map(|cover| &cover.folder[..]).collect();
    let gone = known.iter().filter(|cover| !hidden(&cover.folder) && !there.contains(&cover.folder[..]));
    let gone: Vec<Fact> = gone.map(|cover| Fact::NoCover { folder: cover.folder.clone() }).collect();
    let known: HashSet<&Cover> = known.iter().collect();
    found.into_iter().filter(|cover| !known.contains(cover)).map(Fact::Cover).chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::walk::Stamp;

    #[test]
    fn new_changed_and_gone_files_are_told_apart_from_the_rest() {
        let stamp = |bytes| Stamp { bytes, mtime_ns: 7, ctime_ns: 7 };
        let found = |path: &str, bytes| Found { path: path.into(), stamp: stamp(bytes) };
        let known = |path: &str, bytes| Known { path: path.into(), stamp: stamp(bytes) };
        let there = vec![found("a", 1), found("c", 1), found("d", 2), found("e", 1)];
        let known = [known("b", 1), known("c", 1), known("d", 1), known("x", 1), known("y", 1)];
        let differences = compare(there.clone(), &known, false);
        assert_eq!(differences.changed, [found("a", 1), found("d", 2), found("e", 1)]);
        assert_eq!(differences.gone, [b"b", b"x", b"y"]);
        assert_eq!(compare(there, &known, true).changed.len(), 4, "all of them when all are wanted");
        assert_eq!(compare(vec![], &[], false), Differences::default());
        let tags_only = Found { stamp: Stamp { ctime_ns: 8, ..stamp(1) }, ..found("c", 1) };
        assert_eq!(compare(vec![tags_only.clone()], &known[1..2], false).changed, [tags_only]);
    }
}

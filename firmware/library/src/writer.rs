//! The one thread that writes to the database: carries out orders in their order.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use rusqlite::Connection;

use crate::shared::Shared;
use crate::store::write::{self, Alike, Fact, Measured, Place};
use crate::walk::join;

/// Batches on their way to the writer. When it is full, the scan waits for the storage.
pub(crate) const ORDERS_MAX: usize = 4;

/// What the writer shall do.
pub(crate) enum Order {
    /// Remember facts about files of a root, which is at this path.
    Facts { root: i64, path: Arc<Path>, facts: Vec<Fact> },
    /// Find out again what the lists of a root mean, which is at this path.
    Derive { root: i64, path: Arc<Path> },
    /// Remember a place that is there now, and say its number if that could be done.
    Place { place: Place, answer: SyncSender<Option<i64>> },
    /// Remember whether a root can be listed.
    Present { root: i64, present: bool },
    /// Remember how loud tracks are, and say when that is done.
    Loudness { all: Vec<Measured>, done: SyncSender<()> },
    /// Remember that somebody wanted to hear a track.
    Played(i64),
    /// Say when everything before is written, and whether all of it could be.
    Tell(SyncSender<bool>),
}

/// The one writer: carries out orders until nobody gives any.
pub(crate) fn write_all(mut connection: Connection, orders: &Receiver<Order>, shared: &Shared) {
    let mut well = true;
    let mut alike = Alike::default();
    for order in orders {
        let changed = match order {
            Order::Facts { root, path, facts } => {
                let exists = |below: &[u8]| fs::symlink_metadata(join(&path, below)).is_ok();
                write::apply(&mut connection, root, &facts, &mut alike, exists).map(|()| true)
            }
            Order::Derive { root, path } => {
                let exists = |below: &[u8]| fs::symlink_metadata(join(&path, below)).is_ok();
                write::derive(&mut connection, root, path.as_os_str().as_bytes(), &exists)
            }
            Order::Place { place, answer } => {
                let root = write::root(&connection, &place);
                // Whoever asked may have gone.
                _ = answer.send(root.as_ref().ok().copied());
                root.map(|_| true)
            }
            Order::Present { root, present } => write::set_present(&connection, root, present),
            Order::Loudness { all, done } => {
                let written = write::measured(&mut connection, &all);
                // Whoever asked may have gone.
                _ = done.send(());
                written
            }
            Order::Played(id) => write::played(&connection, id).map(|()| false),
            Order::Tell(written) => {
                // Whoever asked may have gone.
                _ = written.send(well);
                well = true;
                alike = Alike::default();
                write::forget(&connection).map(|_| false)
            }
        };
        match changed {
            Ok(true) => shared.changed(),
            Ok(false) => {}
            Err(error) => {
                if well {
                    log::warn!("the library's database cannot be written: {error}");
                }
                well = false;
            }
        }
    }
}

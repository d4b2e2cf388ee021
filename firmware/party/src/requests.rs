//! What guests have asked for, until it is heard: waiting to be approved, in the queue, or declined.

use std::collections::BTreeMap;

use base::{GuestId, ItemId, RequestId, TrackId};
use serde::Serialize;

/// Requests that wait to be approved at once. A further one is refused: a host who has not looked at these will not.
pub const PENDING_MAX: usize = 200;

/// Declined requests of one guest that are remembered, so that their page can tell. The oldest is forgotten.
const DECLINED_MAX: usize = 5;

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits to be approved.
    Pending,
    /// It is in the queue as this item.
    Queued(ItemId),
    /// It will not be heard.
    Declined(Decline),
}

/// Why a request will not be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decline {
    /// A host or DJ did not want it.
    Declined,
    /// It was taken out of the queue.
    Removed,
    /// The track cannot be played.
    Broken,
}

/// A guest's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub id: RequestId,
    /// Whose it is.
    pub guest: GuestId,
    /// What it is for.
    pub track: TrackId,
    /// How it stands.
    pub standing: Standing,
}

/// All requests, oldest first.
#[derive(Debug, Default, PartialEq)]
pub struct RequestList {
    list: BTreeMap<RequestId, Request>,
    next: u64,
}

impl RequestList {
    /// Every request, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Request> {
        self.list.values()
    }

    /// Those that wait to be approved, oldest first.
    pub fn pending(&self) -> impl Iterator<Item = &Request> {
        self.iter().filter(|request| request.standing == Standing::Pending)
    }

    /// How many of a guest's wait to be approved or heard.
    pub fn waiting_of(&self, guest: GuestId) -> usize {
        let waits = |request: &&Request| {
            request.guest == guest && matches!(request.standing, Standing::Pending | Standing::Queued(_))
        };
        self.iter().filter(waits).count()
    }

    /// A new one that waits to be approved.
    pub fn add(&mut self, guest: GuestId, track: TrackId) -> RequestId {
        self.next += 1;
        let id = RequestId(self.next);
        self.list.insert(id, Request { id, guest, track, standing: Standing::Pending });
        id
    }

    /// The request of that number, if it waits to be approved.
    pub fn waiting(&self, id: RequestId) -> Option<Request> {
        self.get(id).filter(|request| request.standing == Standing::Pending)
    }

    /// The request of that number.
    pub fn get(&self, id: RequestId) -> Option<Request> {
        self.list.get(&id).copied()
    }

    /// It is in the queue.
    pub fn queued(&mut self, id: RequestId, item: ItemId) {
        if let Some(request) = self.list.get_mut(&id) {
            request.standing = Standing::Queued(item);
        }
    }

    /// It will not be heard.
    pub fn decline(&mut self, id: RequestId, why: Decline) {
        let Some(request) = self.list.get_mut(&id) else { return };
        request.standing = Standing::Declined(why);
        let guest = request.guest;
        let declined = |request: &&Request| {
            request.guest == guest && matches!(request.standing, Standing::Declined(_)) && request.id != id
        };
        let others: Vec<RequestId> = self.iter().filter(declined).map(|request| request.id).collect();
        for oldest in others.iter().take((others.len() + 1).saturating_sub(DECLINED_MAX)) {
            self.list.remove(oldest);
        }
    }

    /// It has been heard, or its guest took it back.
    pub fn remove(&mut self, id: RequestId) {
        self.list.remove(&id);
    }

    /// Forgets all of them, but not how many there were.
    pub fn clear(&mut self) {
        self.list.clear();
    }

    /// A guest is known no more.
    pub fn forget(&mut self, guest: GuestId) {
        self.list.retain(|_, request| request.guest != guest);
    }
}

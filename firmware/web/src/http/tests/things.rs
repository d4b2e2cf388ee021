//! The box as a thing, for a server under test: it does what it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::watch;

use crate::appliance::{Appliance, Facts, Inbox, NetworkWish, Refused, Request, channel};

/// An appliance that does what it is asked, but will not forward.
pub(super) fn keeper() -> (Appliance, watch::Sender<Arc<Facts>>) {
    let (mut appliance, mut keeper) = channel();
    appliance.inbox = Some(inbox());
    tokio::spawn(async move {
        while let Some(request) = keeper.requests.recv().await {
            match request {
                Request::SetNetwork { wish: NetworkWish { forward: Some(true), .. }, reply } => {
                    let refused = Refused { code: "no-uplink", why: "There is no cable." };
                    _ = reply.send(Err(refused));
                }
                Request::SetNetwork { reply, .. }
                | Request::TakeFromStick { reply }
                | Request::Restart { reply }
                | Request::StartAnew { reply } => _ = reply.send(Ok(())),
            }
        }
    });
    (appliance, keeper.facts)
}

/// An inbox of its own for each server.
fn inbox() -> Inbox {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("partybox-inbox-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    Inbox { part: folder.join("part"), whole: folder.join("whole") }
}

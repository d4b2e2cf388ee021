//! The box as a thing, for a server under test: it does what it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use appliance::facts::Facts;
use appliance::handle::{Handle, Inbox, Refused, Request, channel};
use appliance::rules::Change;
use base::{PacketInlet, SentPacket};
use tokio::sync::watch;

use crate::senders::Open;

/// An appliance that does what it is asked, but will not forward.
pub(super) fn keeper() -> (Handle, watch::Sender<Arc<Facts>>) {
    let (mut handle, mut service) = channel();
    handle.inbox = Some(inbox());
    tokio::spawn(async move {
        while let Some(request) = service.requests.recv().await {
            match request {
                Request::SetNetwork { change: Change { forward: Some(true), .. }, reply } => {
                    let refused = Refused { code: "no-uplink", why: "There is no cable." };
                    _ = reply.send(Err(refused));
                }
                Request::SetNetwork { reply, .. }
                | Request::CopyFromStick { reply }
                | Request::Restart { reply }
                | Request::EraseStorage { reply } => _ = reply.send(Ok(())),
            }
        }
    });
    (handle, service.facts)
}

/// An inbox of its own for each server.
fn inbox() -> Inbox {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("partybox-inbox-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    Inbox { part: folder.join("part"), whole: folder.join("whole") }
}

/// An input for senders that leads nowhere.
pub(super) fn intake() -> Open {
    struct Nowhere;
    impl PacketInlet for Nowhere {
        fn take(&mut self, _: SentPacket<'_>) {}
    }
    Arc::new(|| Some(Box::new(Nowhere)))
}

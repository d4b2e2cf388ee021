//! A simulated fan-out: a real [`Handle`] whose requests go to a function instead of to an engine.
//!
//! For tests of whoever holds a handle. Streams can be added and removed as usual; nobody hears them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, mpsc};
use std::thread;

use base::StreamId;

use crate::api::{Command, Invitation, SessionId};
use crate::handle::{Handle, REQUESTS_MAX, Request, Shared};
use crate::wake::Waker;

/// Starts a thread that hands every command to `answer`, and returns the handle to it. A command that `answer` drops
/// counts as refused by a fan-out that is too busy. The thread ends after [`Handle::shutdown`] or with the last handle.
///
/// # Errors
/// When the system is out of descriptors or threads.
pub fn fan_out(mut answer: impl FnMut(Command) + Send + 'static) -> io::Result<Handle> {
    let (requests, receiver) = mpsc::sync_channel(REQUESTS_MAX);
    let shared = Arc::new(Shared::new(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))));
    let handle = Handle { requests, waker: Arc::new(Waker::new()?), shared };
    let run = move || {
        let mut rings = Vec::new();
        for request in receiver {
            match request {
                Request::Command(command) => answer(command),
                Request::AddStream(_, ring) | Request::AddRelayed(_, ring) => rings.push(ring),
                Request::Networks(_) => {}
                Request::RemoveStream(id, _) => rings.retain(|ring| ring.stream != id),
                Request::Shutdown(done) => {
                    // Whoever asked may have gone.
                    let _ = done.send(());
                    return;
                }
            }
        }
    };
    thread::Builder::new().name("sim-fan-out".to_owned()).spawn(run)?;
    Ok(handle)
}

/// Returns an invitation to `stream` that a simulated fan-out can hand out: its SDP is no more than that.
pub fn invitation(session: SessionId, stream: StreamId) -> Invitation {
    Invitation { session, stream, sdp: "v=0".to_owned(), ufrag: String::new(), password: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SessionError;

    #[test]
    fn a_handle_is_answered_by_the_function() {
        let handle = fan_out(|command| {
            if let Command::Switch { session, reply, .. } = command {
                let _ = reply.send(if session == SessionId(1) { Ok(()) } else { Err(SessionError::Unknown) });
            }
        })
        .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let stream = StreamId::new("main").unwrap();
        let switch = |session| runtime.block_on(handle.switch(SessionId(session), stream));
        assert_eq!((switch(1), switch(2)), (Ok(()), Err(SessionError::Unknown)));
        let deleted = runtime.block_on(handle.delete(SessionId(1)));
        assert_eq!(deleted, Err(SessionError::Unavailable), "what is not answered is refused");
        runtime.block_on(handle.shutdown());
    }
}

//! What the box asks of the system before it begins: as many open files as it may have, and ports that others are about to give back.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How long a port may be in use before it counts as another program's. A process that was begun just before the last box ended holds
/// that box's sockets until it is another program: a decoder, or whatever the shell starts.
const PORT_PATIENCE: Duration = Duration::from_secs(2);

/// Time between two tries.
const PORT_PAUSE: Duration = Duration::from_millis(20);

/// Lets this process have as many open files as its hard limit allows: each listener is one or two, and systems give programs a soft
/// limit of 1024 because of an old system call that nothing here uses. Processes that are started from here inherit it.
pub fn raise_open_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        log::warn!("no more than {} open files: {error}", current.unwrap_or_default());
    }
}

/// Tries `bind` until it has another outcome than a port that is in use, for two seconds at most. Waits.
///
/// # Errors
/// The last one of `bind`; `is_in_use` says what it means.
pub fn bind_patiently<T, E>(mut bind: impl FnMut() -> Result<T, E>, is_in_use: impl Fn(&E) -> bool) -> Result<T, E> {
    let begun = Instant::now();
    loop {
        match bind() {
            Err(error) if is_in_use(&error) && begun.elapsed() < PORT_PATIENCE => thread::sleep(PORT_PAUSE),
            outcome => return outcome,
        }
    }
}

/// Returns whether an error means a port that is in use.
pub fn is_in_use(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrInUse
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_soft_limit_of_open_files_becomes_the_hard_one() {
        let before = getrlimit(Resource::Nofile);
        let low = Rlimit { current: Some(256), maximum: before.maximum };
        setrlimit(Resource::Nofile, low).expect("a lower one is always allowed");
        raise_open_files();
        let after = getrlimit(Resource::Nofile);
        assert_eq!(after.current, before.maximum);
    }

    #[test]
    fn a_port_that_is_given_back_is_had_and_another_programs_is_not_waited_for_for_ever() {
        let first = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = first.local_addr().expect("it has one");
        let mut held = Some(first);
        let mut tries = 0;
        let bound = bind_patiently(
            || {
                tries += 1;
                // Its holder ends while somebody waits for it.
                if tries == 3 {
                    held = None;
                }
                TcpListener::bind(address)
            },
            is_in_use,
        );
        assert!(bound.is_ok() && tries == 3, "{bound:?} after {tries}");
        assert!(bind_patiently(|| TcpListener::bind(address), is_in_use).is_err_and(|error| is_in_use(&error)));
        let mut tries = 0;
        let refused: Result<(), _> = bind_patiently(
            || {
                tries += 1;
                Err(io::Error::from(io::ErrorKind::PermissionDenied))
            },
            is_in_use,
        );
        assert!(refused.is_err() && tries == 1, "what waiting cannot mend is said at once");
    }
}

//! What the threads that sound passes through ask of the operating system: to be woken on time.
//!
//! The only file that names the thread-priority crate. On the card the box may not ask: the `priorities` script of the card
//! gives there what this file asks for elsewhere.

use std::os::unix::thread::JoinHandleExt;
use std::thread::JoinHandle;

use thread_priority::{
    NormalThreadSchedulePolicy, RealtimeThreadSchedulePolicy, ThreadId, ThreadPriority, ThreadPriorityValue,
    ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
};

/// Real-time priority of the threads that make sound, 1 to 99: above ordinary work, below the kernel's own threaded interrupts,
/// which run at 50.
const PRIORITY: u8 = 20;

/// Real-time priority of threads that carry packets away: below those that make them.
const PRIORITY_OF_CARRIERS: u8 = 10;

/// Asks for a real-time priority for the calling thread. It works without, only less punctually, so a refusal is no
/// error.
pub(crate) fn raise_priority(name: &str) {
    set_priority(thread_native_id(), name, PRIORITY);
}

/// Has the calling thread, and every process it starts from now on, run only when nothing else wants to. A refusal is no
/// error.
pub fn stand_back() {
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    let done = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy);
    if let Err(error) = done {
        log::info!("background work may not stand back by itself ({error:?})");
    }
}

/// Asks for a real-time priority for `thread`, which carries packets away. A refusal is no error here either.
pub fn raise_priority_of(thread: &JoinHandle<()>, name: &str) {
    set_priority(thread.as_pthread_t(), name, PRIORITY_OF_CARRIERS);
}

fn set_priority(thread: ThreadId, name: &str, priority: u8) {
    let Ok(value) = ThreadPriorityValue::try_from(priority) else { return };
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    match set_thread_priority_and_policy(thread, ThreadPriority::Crossplatform(value), policy) {
        Ok(()) => log::debug!("{name}: real-time priority {priority}"),
        Err(error) => log::info!(
            "{name}: may not take real-time priority {priority} ({error:?}); unless it is given from outside, a busy machine \
             may be heard"
        ),
    }
}

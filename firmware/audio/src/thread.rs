//! What the two sound threads ask of the operating system: to be woken on time.
//!
//! The only file that names the thread-priority crate.

use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

/// Real-time priority of the sound threads, 1 to 99: above ordinary work, below the kernel's own threaded interrupts,
/// which run at 50.
const PRIORITY: u8 = 20;

/// Asks for a real-time priority for the calling thread. It works without, only less punctually, so a refusal is no
/// error.
pub(crate) fn raise_priority(name: &str) {
    let Ok(value) = ThreadPriorityValue::try_from(PRIORITY) else { return };
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    match set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(value), policy) {
        Ok(()) => log::debug!("{name}: real-time priority {PRIORITY}"),
        Err(error) => log::info!("{name}: no real-time priority ({error:?}); a busy machine may be heard"),
    }
}

//! The room's threads: one for lines and LEDs, one for the display.

use std::io;
use std::thread::JoinHandle;

use crate::event::Event;
use crate::gesture::Habits;
pub use crate::handle::{Counts, Handle};
use crate::sim::Sim;
use crate::wiring::Wiring;

/// A started room.
pub struct Running {
    /// Steers it.
    pub handle: Handle,
    /// Its threads: none without a board. They end after [`Handle::stop`]; one that ends earlier has a bug.
    pub threads: Vec<JoinHandle<()>>,
    /// What stands for the wires of a simulated board.
    pub sim: Option<Sim>,
}

/// Starts the room. Nothing that is missing is an error: it is told through `on_event` and tried again.
///
/// `on_event` is called on the room's threads and must not wait.
///
/// # Errors
/// When the system has no descriptor or thread left.
pub fn start(wiring: Wiring, habits: Habits, on_event: impl FnMut(Event) + Send + 'static) -> io::Result<Running> {
    let _ = (habits, on_event);
    let sim = (wiring.kind == crate::Kind::Sim).then(Sim::default);
    Ok(Running { handle: Handle::new()?, threads: Vec::new(), sim })
}

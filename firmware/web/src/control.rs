//! Wishes on their way from a page to the rules, and the place for what comes of them.

use party::{Done, Refused, Wish};
use tokio::sync::oneshot;

/// Commands waiting for the box's loop: more than there are guests who tap in the same moment. It takes them in far
/// less than a millisecond each; if that many wait, it is stuck, and a further one is refused with 503 rather than kept.
pub const COMMANDS_WAITING_MAX: usize = 256;

/// Why a wish is not answered with what was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// The rules refuse it.
    Refused(Refused),
    /// It is done, and a restart may take it back: the storage has not kept it.
    NotKept(Done),
}

/// What came of a wish: what was done, once it outlasts a pulled plug as far as it is to.
pub type Outcome = Result<Done, Unmet>;

/// A wish and the place for its outcome.
#[derive(Debug)]
pub struct Command {
    /// What is wanted, of which channel, by whom.
    pub wish: Wish,
    /// Where the outcome goes. Dropping it says that the box is too busy.
    pub reply: oneshot::Sender<Outcome>,
}

//! The file that a box's owner edits on its card: what of it holds, and what is done with it once when the box starts.
//!
//! One rule: the last word holds. The card's file wins over the configuration's, and what hosts set on the page wins over both;
//! but a line of the card's file that is not what it was when the file was last read is a later word than what hosts had set.

mod keys;
mod overlay;
mod syntax;
mod take_over;

pub use keys::keys;
pub use overlay::{over, read};
pub use take_over::take_over;

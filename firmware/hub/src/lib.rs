//! Who may send sound to the box, and who does; which streams are a sender's as it came, and who receives them; who is in which
//! room, and who may say what to whom there: the rules of it,
//! without sockets, sound or clocks.
//!
//! Pure, like the rules of a party: what is asked returns what follows, and nothing is done here. There is at most one sender
//! for a channel; a token lets a program send that has no cookie, and is forgotten with the party. A room is a circle of browsers
//! ([`Rooms`]).
//!
//! ```
//! use base::ChannelId;
//! use hub::{Refused, Senders, Who};
//!
//! let (mut senders, main) = (Senders::default(), ChannelId::new("main").unwrap());
//! let desk = senders.issue("Desk", None, [7; 32]).unwrap();
//! let by = Who::Token(senders.find(&[7; 32], main).unwrap().id);
//! let (first, _) = senders.begin(main, by, "Desk", false).unwrap();
//! let taken = senders.begin(main, Who::Host, "Phone", false);
//! assert_eq!(taken, Err(Refused::Taken { name: "Desk".to_owned() }));
//! // Whoever takes over ends the other; and without its token nobody sends.
//! let (second, replaced) = senders.begin(main, Who::Host, "Phone", true).unwrap();
//! assert_eq!(replaced, Some(first));
//! senders.end(second);
//! senders.revoke(desk);
//! assert!(senders.find(&[7; 32], main).is_none());
//! ```

mod rooms;
mod senders;
mod streams;
mod text;

pub use rooms::code::{CODE_LETTERS, Code};
pub use rooms::event::{Delivery, Event};
pub use rooms::participant::{Participant, ParticipantId};
pub use rooms::refusal::RoomRefused;
pub use rooms::{Entered, RoomLimits, Rooms, Signal};
pub use senders::{Refused, Senders, Sending, SendingId, TOKENS_MAX, Token, TokenId, Who};
pub use streams::{CREATED_MS_MAX, ConnectionId, Limits, Role, State, Stream, StreamRefused, Streams};
pub use text::NAME_CHARS_MAX;

//! Who may send sound to the box, and who does; which streams are a sender's as it came, and who receives them; who is in which
//! room, and who may say what to whom there: the rules of it,
//! without sockets, sound or clocks.
//!
//! Pure, like the rules of a party: what is asked returns what follows, and nothing is done here. One sender at a time has a
//! channel, or several together where a host allows it; a token lets a program send that has no cookie, and is forgotten with the party. A room is a circle of browsers
//! ([`Rooms`]).
//!
//! ```
//! use base::ChannelId;
//! use hub::{Refused, Senders, Terms, Who};
//!
//! let (mut senders, main) = (Senders::default(), ChannelId::new("main").unwrap());
//! let desk = senders.issue("Desk", None, [7; 32]).unwrap();
//! let by = Who::Token(senders.find(&[7; 32], main).unwrap().id);
//! let alone = Terms { together_max: 1, takes_over: false };
//! let first = senders.begin(main, by, "Desk", alone).unwrap();
//! let taken = senders.begin(main, Who::Host, "Phone", alone);
//! assert_eq!(taken, Err(Refused::Taken { name: "Desk".to_owned() }));
//! // Whoever takes over ends the other; and without its token nobody sends.
//! let second = senders.begin(main, Who::Host, "Phone", Terms { takes_over: true, ..alone }).unwrap();
//! assert_eq!(second.replaced, [first.id]);
//! senders.end(second.id);
//! senders.revoke(desk);
//! assert!(senders.find(&[7; 32], main).is_none());
//! ```

mod fader;
mod rooms;
mod senders;
mod streams;
mod text;

pub use fader::Fader;
pub use rooms::code::{CODE_LETTERS, Code};
pub use rooms::event::{Delivery, Event};
pub use rooms::participant::{Participant, ParticipantId};
pub use rooms::refusal::RoomRefused;
pub use rooms::{Entered, RoomLimits, Rooms, Signal};
pub use senders::{
    Began, Place, Refused, Senders, Sending, SendingId, TOGETHER_MAX, TOKENS_MAX, Terms, Token, TokenId, Who, together,
};
pub use streams::{CREATED_MS_MAX, ConnectionId, Limits, Role, State, Stream, StreamRefused, Streams};
pub use text::NAME_CHARS_MAX;

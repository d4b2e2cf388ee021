//! The rules of a party: what plays, from where, and what comes next.
//!
//! Pure: a [`Party`] handles what happened ([`Input`]) and grants what anybody wants ([`What`]), and returns what
//! shall happen ([`Output`]). It reads no clock, opens no file, spawns nothing and logs nothing, so every rule can be
//! tested as a table. It knows tracks by number only; names, files and samples belong to other rooms. An [`Evening`]
//! knows which channels there are, each with a party of its own; [`pairing`] has the rules of who is host.
//!
//! ```
//! use base::{CueId, Time, TrackId};
//! use party::{Asker, At, Fades, Input, Output, Party, Settings, Source, What};
//!
//! let fades = Fades { pause_ms: 200, source_ms: 1_000, stop_ms: 3_000 };
//! let mut party = Party::new(Source::Files, fades, Settings::default(), 1);
//! let now = Time::ZERO;
//! // The tracks there are. The party asks for the first two to be opened.
//! let outputs = party.handle(now, Input::Catalogue([1, 2, 3].map(TrackId).to_vec()));
//! assert_eq!(outputs[0], Output::Cue(CueId(1), TrackId(1)));
//! party.handle(now, Input::TrackStarted(CueId(1)));
//! // A host wants another track next: what was open behind the first is closed for it.
//! let (_, outputs) = party.ask(now, Asker::BOX, What::Add(TrackId(3), At::Next)).expect("there is such a track");
//! assert_eq!(outputs, [Output::Uncue, Output::Cue(CueId(3), TrackId(3))]);
//! ```

mod audience;
mod channel;
mod evening;
mod history;
mod log;
mod mix;
mod order;
pub mod pairing;
mod party;
mod queue;
mod reaction;
mod repertoire;
mod requests;
mod settings;
mod text;
mod view;
mod wish;

pub use audience::Audience;
pub use channel::{CHANNEL_NAME_CHARS_MAX, CHANNELS_MAX, Channel, ChannelWish, Color, LATEST};
pub use evening::{Changed, Evening};
pub use history::{EVENING_MAX, HISTORY_MAX, History, How, Played};
pub use log::Entry;
pub use mix::{Fades, MixPlan, OFF_DB, Source, Volume};
pub use order::Order;
pub use party::{
    BOOSTS_MAX, HEARD_FILES_MAX, Input, Output, Party, REACTION_PAUSE_MS, SILENT_MS, Saved, SavedItem, Session,
    TALK_OVER_MS, View,
};
pub use queue::{By, Item, QUEUE_MAX, Queue, Why};
pub use reaction::Reaction;
pub use repertoire::{KEY_BYTES_MAX, Repertoire};
pub use requests::{Decline, PENDING_MAX, Request, RequestList, Standing};
pub use settings::{Change, Origins, OutOfRange, Repeat, Requests, Settings, Which};
pub use view::{
    ByView, GuestView, ItemView, NowView, PartyView, PendingView, PlayedView, PublicView, QueueView, RequestState,
    RequestView, RoleView, SessionView, SkipView, WishedView,
};
pub use wish::{Asker, At, Done, Refused, Role, Scope, TITLE_CHARS_MAX, What, Wish};

#[cfg(test)]
mod tests;

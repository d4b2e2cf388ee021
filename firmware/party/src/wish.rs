//! What anybody (a page, a button, a program, another box) can want, and why it may be refused.
//!
//! Who may ask what by their role is the business of whoever carries the wish here; only what depends on whose item or
//! request it is stands in the rules.

use base::{ChannelId, GuestId, ItemId, RequestId, TrackId};
use serde::{Deserialize, Serialize};

use crate::channel::ChannelWish;
use crate::mix::Source;
use crate::reaction::Reaction;
use crate::settings::{Change, OutOfRange, Which};

/// Who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// As which guest; a host's phone may be a guest as well.
    pub guest: Option<GuestId>,
    /// Whether it is a host or a DJ.
    pub leads: bool,
    /// Whether it is a host.
    pub is_host: bool,
}

impl Asker {
    /// Somebody at the box itself: they can do what a host can.
    pub const BOX: Self = Self { guest: None, leads: true, is_host: true };

    /// Returns the role in which they ask.
    pub const fn role(&self) -> Role {
        match (self.is_host, self.leads) {
            (true, _) => Role::Host,
            (false, true) => Role::Dj,
            (false, false) => Role::Guest,
        }
    }
}

/// The roles of people at a party, each of which may see and do what those before it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Anybody with a phone.
    #[default]
    Guest,
    /// A guest whom a host lets play.
    Dj,
    /// Whoever runs the party.
    Host,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Guest, Self::Dj, Self::Host];
}

/// Where something goes in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum At {
    /// Before everything else.
    Next,
    /// In its turn.
    End,
}

/// One wish: the door through which everything comes that anybody wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wish {
    /// The channel it is about. What is about the evening as a whole ([`What::scope`]) is the same for each.
    pub channel: ChannelId,
    /// Who asks.
    pub who: Asker,
    /// What they want.
    pub what: What,
}

/// How far a wish reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The party of its channel.
    Channel,
    /// The parties of all channels: each is asked the same.
    Parties,
    /// Which channels there are.
    Channels,
}

/// What can be wanted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Let it play.
    Play,
    /// Pause it.
    Pause,
    /// Let it play if it does not, and pause it if it does.
    Toggle,
    /// Fade out and stop: what plays next begins with another track.
    Stop,
    /// Go on to the next track.
    Next,
    /// Go on with what is heard from so many milliseconds after its start; from behind its end, with the next track.
    Seek(u64),
    /// Turn the volume by so many steps; negative is softer.
    Turn(i8),
    /// Hear this source.
    Select(Source),
    /// Hear the source after the one that is heard, in the order of [`Source::ALL`], round and round; those that are not
    /// there are left out.
    NextSource,
    /// Put a track into the queue.
    Add(TrackId, At),
    /// Put an item of the queue where the item of that index stands, counted from 0; a larger index is the end.
    Move(ItemId, usize),
    /// Take an item out of the queue.
    Remove(ItemId),
    /// Empty the queue.
    Clear,
    /// Take the last of the above back.
    Undo,
    /// A guest asks for a track.
    Request(TrackId),
    /// A guest asks whether they may bring a file.
    Offer,
    /// A guest asks for the track of a file that they have brought.
    Bring(TrackId),
    /// A guest takes a request back, whether it waits to be approved or to be heard.
    Withdraw(RequestId),
    /// Let a request into the queue.
    Approve(RequestId),
    /// Do not.
    Decline(RequestId),
    /// A guest is (or is no longer) for an item.
    Vote(ItemId, bool),
    /// A guest spends a boost on an item.
    Boost(ItemId),
    /// A guest is (or is no longer) for skipping what is heard now.
    SkipVote(bool),
    /// A guest loves (or no longer) what is heard now.
    Love(bool),
    /// A guest reacts to what is heard now.
    React(Reaction),
    /// Forget a guest: its votes and waiting requests go, what is in the queue stays.
    Forget(GuestId),
    /// Change settings.
    Set(Change),
    /// Let these settings be what the files say again.
    Unset(Which),
    /// Begin a party, under a title of at most [`TITLE_CHARS_MAX`] characters if there is one.
    Start(Option<String>),
    /// End it: guests, requests, votes and queue are forgotten, of history everything but which songs were heard when, and
    /// the music fades out.
    End,
    /// Go back to the track before.
    Previous,
    /// So loud, dB; the nearest step of [`crate::Volume`].
    Volume(f32),
    /// Speak over the music through line-in, or no longer. Whoever speaks says so again within [`crate::TALK_OVER_MS`].
    TalkOver(bool),
    /// Add, describe, move or remove the channel.
    Channel(ChannelWish),
}

impl What {
    /// Returns how far this reaches.
    pub const fn scope(&self) -> Scope {
        match self {
            Self::Start(_) | Self::End | Self::Forget(_) => Scope::Parties,
            Self::Channel(_) => Scope::Channels,
            _ => Scope::Channel,
        }
    }
}

impl What {
    /// Returns whether it may change what outlasts a restart ([`crate::Party::saved`], [`crate::Evening`]), so that whoever asks is
    /// answered when that is kept. What is going on at the moment does not outlast one.
    pub const fn lasts(&self) -> bool {
        match self {
            Self::Play
            | Self::Pause
            | Self::Toggle
            | Self::Stop
            | Self::Next
            | Self::Select(_)
            | Self::NextSource
            | Self::Seek(_)
            | Self::Decline(_)
            | Self::Offer
            | Self::Love(_)
            | Self::React(_)
            | Self::SkipVote(_)
            | Self::TalkOver(_) => false,
            Self::Turn(_)
            | Self::Add(..)
            | Self::Move(..)
            | Self::Remove(_)
            | Self::Clear
            | Self::Undo
            | Self::Request(_)
            | Self::Bring(_)
            | Self::Withdraw(_)
            | Self::Approve(_)
            | Self::Vote(..)
            | Self::Boost(_)
            | Self::Forget(_)
            | Self::Set(_)
            | Self::Unset(_)
            | Self::Start(_)
            | Self::End
            | Self::Previous
            | Self::Volume(_)
            | Self::Channel(_) => true,
        }
    }
}

/// Longest title of a party, characters.
pub const TITLE_CHARS_MAX: usize = 60;

/// What came of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// What was asked for.
    Plainly,
    /// It is in the queue as this.
    Queued(ItemId),
    /// It is a request that waits.
    Pending(RequestId),
    /// It is a request that went into the queue at once.
    Admitted(RequestId),
}

/// Why a wish is not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Requests are switched off.
    RequestsOff,
    /// The track waits in the queue or for approval, or is heard now.
    AlreadyQueued,
    /// The track was heard a short while ago.
    RecentlyPlayed,
    /// The guest has as many requests waiting as allowed.
    TooMany,
    /// Files of guests are switched off.
    FilesOff,
    /// The guest has as many files waiting as allowed.
    TooManyFiles,
    /// There is no such track.
    NoSuchTrack,
    /// There is no such item in the queue.
    NoSuchItem,
    /// There is no such request that waits (of this guest's).
    NoSuchRequest,
    /// The queue, or the list of requests, is full.
    QueueFull,
    /// Only a guest can ask this, and nobody is known by what was sent.
    NotAGuest,
    /// It is another guest's.
    NotYours,
    /// Nobody votes for what they asked for themselves.
    OwnItem,
    /// No boost is left.
    NoBoosts,
    /// It is boosted already.
    AlreadyBoosted,
    /// Skip votes are switched off, or there is nothing to skip.
    NothingToSkip,
    /// Who does not hear the channel has no say in what is skipped.
    NotListening,
    /// What is heard has just begun.
    SkipTooEarly {
        /// Whole seconds until it can be skipped.
        wait_s: u32,
    },
    /// A vote of this guest has skipped a track a short while ago.
    SkippedLately {
        /// Whole seconds until the guest may vote again.
        wait_s: u32,
    },
    /// Nothing plays that a guest could say something of.
    NothingPlays,
    /// Reactions are switched off.
    ReactionsOff,
    /// The guest has reacted within the last second ([`crate::REACTION_PAUSE_MS`]).
    ReactedJustNow,
    /// Nothing was heard before.
    NothingBefore,
    /// Line-in and senders have no next track.
    NothingNext,
    /// No line-in is set up.
    NoLineIn,
    /// Line-in is what is heard, so nobody can speak over it there.
    LineInIsHeard,
    /// There is no such channel.
    NoSuchChannel,
    /// There are as many channels as there can be ([`crate::CHANNELS_MAX`]).
    ChannelsFull,
    /// A party has at least one channel.
    LastChannel,
    /// The id of the channel means something else already.
    ReservedName,
    /// Another channel has this colour.
    ColorTaken,
    /// There is no such folder or playlist.
    NoSuchPlace,
    /// Guests may ask only for what the channel plays by itself, and this track is not of it.
    NotInRepertoire(TrackId),
    /// There is nothing to take back.
    NothingToUndo,
    /// The text is too long ([`TITLE_CHARS_MAX`], [`crate::CHANNEL_NAME_CHARS_MAX`]).
    BadText,
    /// A setting is out of its range.
    Setting(OutOfRange),
    /// The volume is not within −40 to 0 dB.
    Volume,
    /// The party has ended.
    Ended,
    /// The box has as many guests as it can know.
    TooManyGuests,
}

impl Refused {
    /// Its name in every API; pages have a sentence for each.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RequestsOff => "requests-off",
            Self::AlreadyQueued => "already-queued",
            Self::RecentlyPlayed => "recently-played",
            Self::TooMany => "too-many",
            Self::FilesOff => "files-off",
            Self::TooManyFiles => "too-many-files",
            Self::NoSuchTrack => "no-such-track",
            Self::NoSuchItem => "no-such-item",
            Self::NoSuchRequest => "no-such-request",
            Self::QueueFull => "queue-full",
            Self::NotAGuest => "not-a-guest",
            Self::NotYours => "not-yours",
            Self::OwnItem => "own-item",
            Self::NoBoosts => "no-boosts",
            Self::AlreadyBoosted => "already-boosted",
            Self::NothingToSkip => "nothing-to-skip",
            Self::NotListening => "not-listening",
            Self::SkipTooEarly { .. } => "skip-too-early",
            Self::SkippedLately { .. } => "skipped-lately",
            Self::NothingPlays => "nothing-plays",
            Self::ReactionsOff => "reactions-off",
            Self::ReactedJustNow => "reacted-just-now",
            Self::NothingBefore => "nothing-before",
            Self::NothingNext => "nothing-next",
            Self::NoLineIn => "no-line-in",
            Self::LineInIsHeard => "line-in-is-heard",
            Self::NoSuchChannel => "no-such-channel",
            Self::ChannelsFull => "channels-full",
            Self::LastChannel => "last-channel",
            Self::ReservedName => "reserved-name",
            Self::ColorTaken => "color-taken",
            Self::NoSuchPlace => "no-such-place",
            Self::NotInRepertoire(_) => "not-in-repertoire",
            Self::NothingToUndo => "nothing-to-undo",
            Self::BadText => "bad-text",
            Self::Setting(_) => "out-of-range",
            Self::Volume => "volume-range",
            Self::Ended => "ended",
            Self::TooManyGuests => "too-many-guests",
        }
    }
}

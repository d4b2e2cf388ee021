//! What the HTTP side may ask of the fan-out thread, and what it answers. Values only; no sockets here.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use base::{GuestId, PacketDuration, PacketInlet, StreamId, Time};
use tokio::sync::oneshot;

/// Names one listener's session; unguessable (128 random bits), because who knows it may end the session.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(pub u128);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for SessionId {
    /// Only the first 32 bits: a log must not hand out the right to end a session.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({:08x}…)", (self.0 >> 96) as u32)
    }
}

impl SessionId {
    /// Parses the 32 hexadecimal digits that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        hex.then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

/// A listener's offer, as it came over WHEP.
#[derive(Debug)]
pub struct Offer {
    /// The stream wanted.
    pub stream: StreamId,
    /// The SDP offer, not yet looked at. The HTTP side has limited its size.
    pub sdp: String,
    /// The address of ours that the phone reached over HTTP: the first host candidate of the answer.
    pub local_addr: IpAddr,
    /// The phone's address, for per-address limits.
    pub remote_addr: IpAddr,
    /// The guest whose phone it is, if that is known: guests behind one address are told apart by it.
    pub guest: Option<GuestId>,
    /// The packet duration wanted, or the configured default.
    pub duration: Option<PacketDuration>,
}

/// A sender's offer, as it came over WHIP.
pub struct SendOffer {
    /// The stream of the channel that it sends sound for; when that is removed, the sender is told good-bye.
    pub stream: StreamId,
    /// The SDP offer, not yet looked at. The HTTP side has limited its size.
    pub sdp: String,
    /// The address of ours that the sender reached over HTTP: the first host candidate of the answer.
    pub local_addr: IpAddr,
    /// The sender's address, for per-address limits.
    pub remote_addr: IpAddr,
    /// The guest whose phone it is, if that is known.
    pub guest: Option<GuestId>,
    /// Whether an offer of more than sound is refused as a whole (RFC 9725 section 4.2) rather than in part, as programs
    /// need that always offer video.
    pub refuses_video: bool,
    /// Where its packets go. It is dropped when the sender is gone, or refused.
    pub inlet: Box<dyn PacketInlet>,
}

impl fmt::Debug for SendOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendOffer").field("stream", &self.stream).field("sdp", &self.sdp).finish_non_exhaustive()
    }
}

/// An offer of ours to a listener who waits for one. The box keeps nothing of it: who accepts it brings it back.
#[derive(Clone)]
pub struct Invitation {
    /// The session that begins when it is accepted.
    pub session: SessionId,
    /// The stream that is offered.
    pub stream: StreamId,
    /// The SDP offer.
    pub sdp: String,
    pub(crate) ufrag: String,
    pub(crate) password: String,
}

impl fmt::Debug for Invitation {
    /// Without the password, and what names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation")
            .field("session", &self.session)
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

/// An accepted offer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The new session.
    pub session: SessionId,
    /// The SDP answer.
    pub sdp: String,
    /// Entity tag of the session's current ICE generation, without quotes (RFC 9725 section 4.3.1.1).
    pub etag: String,
}

/// Why an offer was refused. The text says what was wrong and what is allowed, for the person who wrote the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfferError {
    /// The SDP cannot be read or lacks something required: the client's fault, 400.
    Malformed(String),
    /// The SDP is well formed, but shares no way of listening with the box (no Opus, not receiving…): 406.
    NotAcceptable(String),
    /// No such stream: 404.
    UnknownStream,
    /// The box is full ([`crate`] names the limit): nobody's fault, retry later, 503.
    Full {
        /// Listeners allowed at once.
        limit: usize,
    },
    /// This address holds too many sessions already: 429.
    TooManyFromAddress {
        /// Sessions allowed per address.
        limit: usize,
    },
    /// The fan-out thread is too busy or gone: retry later, 503.
    Unavailable,
}

/// Why a stream was not added or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamError {
    /// A stream of this id is there already: the caller's fault.
    Duplicate(StreamId),
    /// No stream has this id: the caller's fault.
    Unknown(StreamId),
    /// There are as many streams as there may be: nobody's fault, possible again when one has been removed.
    Full {
        /// Streams allowed at once.
        limit: usize,
    },
    /// The fan-out thread is too busy, for which a retry helps, or gone, for which nothing does.
    Unavailable,
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate(id) => write!(f, "the stream {id} is there already"),
            Self::Unknown(id) => write!(f, "there is no stream {id}"),
            Self::Full { limit } => write!(f, "there are {limit} streams already, and no more are allowed"),
            Self::Unavailable => write!(f, "the fan-out is too busy or gone"),
        }
    }
}

impl std::error::Error for StreamError {}

/// Why a `PATCH`, a `DELETE` or a switch was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionError {
    /// No such session (any more): 404.
    Unknown,
    /// No such stream to switch to: 404.
    UnknownStream,
    /// `If-Match` names another ICE generation than the current one: 412.
    EtagMismatch,
    /// A sender's ICE cannot be restarted: it offers anew instead. 422.
    NoRestart,
    /// The fragment cannot be read: 400.
    Malformed(String),
    /// The fan-out thread is too busy or gone: 503.
    Unavailable,
}

/// What a `PATCH` did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patched {
    /// Candidates taken note of: 204.
    Trickled,
    /// ICE restarted: 200 with this fragment and the new entity tag.
    Restarted {
        /// `application/trickle-ice-sdpfrag` body.
        sdp_fragment: String,
        /// The new entity tag, without quotes.
        etag: String,
    },
}

/// One joined listener.
#[derive(Clone, Debug, PartialEq)]
pub struct ListenerStats {
    /// Its session.
    pub session: SessionId,
    /// The stream it listens to: the one it switched to last.
    pub stream: StreamId,
    /// Where its packets go.
    pub address: SocketAddr,
    /// Its packets' duration.
    pub duration: PacketDuration,
    /// Packets sent.
    pub packets_total: u32,
    /// What it last reported, if it has.
    pub link: Option<Link>,
}

/// What a listener reported about its link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// When it reported.
    pub at: Time,
    /// Lost since its report before, 0 to 1.
    pub loss: f32,
    /// Lost since the start.
    pub lost_total: u32,
    /// Interarrival jitter in microseconds (RFC 3550 section 6.4.1).
    pub jitter_us: u32,
    /// Round trip in microseconds, once a sender report has been answered.
    pub round_trip_us: Option<u32>,
}

/// A request to the fan-out thread.
#[derive(Debug)]
pub enum Command {
    /// Open a session.
    Offer(Offer, oneshot::Sender<Result<Answer, OfferError>>),
    /// Open a session that stands by until it is switched to a stream.
    Prepare(Offer, oneshot::Sender<Result<Answer, OfferError>>),
    /// Write an offer of a stream, in which the first address of ours is this one.
    Invite(StreamId, IpAddr, oneshot::Sender<Result<Invitation, OfferError>>),
    /// Open the session of an invitation; the SDP of the offer is the answer to it.
    Accept(Offer, Invitation, oneshot::Sender<Result<SessionId, OfferError>>),
    /// Open a sender's session.
    Send(SendOffer, oneshot::Sender<Result<Answer, OfferError>>),
    /// Trickle or restart ICE.
    Patch {
        /// Which session.
        session: SessionId,
        /// `application/trickle-ice-sdpfrag` body.
        sdp_fragment: String,
        /// The `If-Match` header without quotes, if any (`*` matches always).
        if_match: Option<String>,
        /// Where the result goes.
        reply: oneshot::Sender<Result<Patched, SessionError>>,
    },
    /// Change the packet duration of a listener without a gap.
    SetDuration {
        /// Which session.
        session: SessionId,
        /// The duration wanted from the next common packet boundary on.
        duration: PacketDuration,
        /// Where the result goes.
        reply: oneshot::Sender<Result<(), SessionError>>,
    },
    /// Let a listener hear another stream over the same connection.
    Switch {
        /// Which session.
        session: SessionId,
        /// The stream wanted.
        stream: StreamId,
        /// Where the result goes.
        reply: oneshot::Sender<Result<(), SessionError>>,
    },
    /// End a session.
    Delete {
        /// Which session.
        session: SessionId,
        /// Where the result goes.
        reply: oneshot::Sender<Result<(), SessionError>>,
    },
    /// Tell how every joined listener is.
    Listeners(oneshot::Sender<Vec<ListenerStats>>),
}

//! `GET /ws`: the design notes' signaling as a conversation over a WebSocket.
//!
//! Whoever connects is told which streams there are, and of every one that begins and ends. Who may send to a channel may send a
//! stream of their own, which goes to its listeners as it came; anybody may receive any stream, a channel's too. A connection
//! does one thing at a time, and what it does ends with it. What is said in which order is here; which streams there may be is
//! decided by [`hub`], and what is in an SDP by the fan-out.

mod keeper;
pub(super) mod message;

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use base::{GuestId, StreamId};
use hub::Role as Does;
use rtc::api::{Invitation, Offer, OfferError, SendOffer, SessionId};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::call::{Call, Ends, Server};
use super::limits::SDP_BYTES_MAX;
use super::refusal::{Refusal, no_place};
use super::role::Role;
use super::socket::Handshake;
use super::socket::conversation::{Allowance, Conversation, Ended, Message, NextTurn, Turn};
use super::whip::{self, Sender};
use super::{relayed, streams};
use crate::relays::{Connection, Relays};

pub(super) use self::keeper::keep;
pub use self::message::{FromClient, Wrong, read};

/// Longest message, bytes: an SDP whose every second character is escaped, and what is around it. A longer one ends the connection.
const MESSAGE_BYTES_MAX: usize = 2 * SDP_BYTES_MAX + 1_024;

/// Messages in a burst: a negotiation with as many candidates as a browser with many networks has. Above it the connection ends.
const MESSAGES_BURST_MAX: u32 = 60;

/// Time in which one more may come.
const MESSAGE_EVERY: Duration = Duration::from_millis(250);

/// Answers of the fan-out that wait to be sent on: a connection asks for one at a time, and few more may be of what it gave up.
const ANSWERS_WAITING_MAX: usize = 4;

/// Answers the request with a mark that the connection becomes a WebSocket.
pub(super) fn connect(call: &Call) -> Result<Response, Refusal> {
    let handshake = Handshake::of(call)?;
    let place = call.lasting(&call.server.event_listeners).map_err(no_place)?;
    let connection = call.server.relays.connect().map_err(relayed::refuse)?;
    Ok(handshake.answer(Relaying::new(call, connection), place))
}

/// How far a connection has got.
#[derive(Debug)]
enum Phase {
    /// It only knows which streams there are.
    Idle,
    /// It may offer to send this stream.
    Ready(StreamId),
    /// Its offer is with the fan-out.
    Offered(StreamId),
    /// It sends.
    Sending,
    /// The fan-out writes an offer of this stream for it.
    Inviting(StreamId),
    /// It was offered a stream.
    Invited(Invitation),
    /// Its answer is with the fan-out.
    Accepting(StreamId),
    /// It receives.
    Receiving,
}

/// What the fan-out has answered.
#[derive(Debug)]
enum Done {
    Answered(StreamId, Result<String, Wrong>),
    Invited(StreamId, Result<Invitation, OfferError>),
    Joined(StreamId, Result<SessionId, OfferError>),
}

/// A client that signals.
#[derive(Debug)]
struct Relaying {
    server: Arc<Server>,
    role: Role,
    /// The token that came with the request, for programs without a cookie.
    token: Option<String>,
    ends: Ends,
    guest: Option<GuestId>,
    connection: Connection,
    changes: watch::Receiver<u64>,
    /// The streams that it was told of.
    known: Vec<StreamId>,
    phase: Phase,
    /// Whether it has begun to send or receive before: what its browser finds out for that may come late.
    has_begun: bool,
    done_in: mpsc::Sender<Done>,
    done: mpsc::Receiver<Done>,
}

impl Relaying {
    fn new(call: &Call, connection: Connection) -> Self {
        let server = Arc::clone(&call.server);
        let changes = server.relays.changes();
        let (done_in, done) = mpsc::channel(ANSWERS_WAITING_MAX);
        Self {
            role: call.role.clone(),
            token: whip::token(call).map(str::to_owned),
            ends: call.ends,
            guest: call.guest,
            connection,
            changes,
            known: Vec::new(),
            phase: Phase::Idle,
            has_begun: false,
            done_in,
            done,
            server,
        }
    }

    fn relays(&self) -> &Relays {
        &self.server.relays
    }

    fn available(&self) -> Vec<StreamId> {
        streams::active(&self.server)
    }

    /// Returns what has begun and ended since it was told last.
    fn news(&mut self) -> Vec<Value> {
        let now = self.available();
        let of = |all: &[StreamId], but: &[StreamId], said: fn(StreamId) -> Value| -> Vec<Value> {
            all.iter().filter(|id| !but.contains(id)).map(|id| said(*id)).collect()
        };
        let mut news = of(&now, &self.known, message::begun);
        news.extend(of(&self.known, &now, message::ended));
        let does = self.relays().role(self.connection.id);
        let (its, wants) = match &self.phase {
            Phase::Idle => return self.remember(now, news),
            Phase::Ready(id) | Phase::Offered(id) => (Some(*id), Does::Sends(*id)),
            Phase::Inviting(id) | Phase::Accepting(id) => (Some(*id), Does::Receives(*id)),
            Phase::Invited(invitation) => (Some(invitation.stream), Does::Receives(invitation.stream)),
            Phase::Sending | Phase::Receiving => (None, does),
        };
        let channel_is_gone = matches!(does, Does::Receives(id) if !now.contains(&id));
        if does != wants || does == Does::Idle || channel_is_gone {
            // What it did is over; if it never could be heard, nobody else is told.
            news.extend(its.filter(|id| !self.known.contains(id)).map(message::ended));
            self.give_up();
        }
        self.remember(now, news)
    }

    fn remember(&mut self, now: Vec<StreamId>, news: Vec<Value>) -> Vec<Value> {
        self.known = now;
        news
    }

    /// Does nothing any more.
    fn give_up(&mut self) {
        self.phase = Phase::Idle;
        if self.relays().role(self.connection.id) != Does::Idle {
            self.relays().stop(self.connection.id);
        }
    }

    fn obey(&mut self, wanted: FromClient) -> Result<Option<Value>, Wrong> {
        match wanted {
            FromClient::StartSending(name) => self.start_sending(name).map(Some),
            FromClient::Offer(sdp) => self.offer(sdp).map(|()| None),
            FromClient::StartReceiving(stream) => self.start_receiving(&stream).map(|()| None),
            FromClient::Answer(sdp) => self.answer(sdp).map(|()| None),
            // Checks may come from anywhere, so that it says nothing new; before there ever was anybody to check, it is a mistake.
            FromClient::Candidate => match self.phase {
                Phase::Idle if !self.has_begun => {
                    Err(Wrong::order("ice_candidate", "`start_sending` or `start_receiving` comes first."))
                }
                _ => Ok(None),
            },
            FromClient::List => Ok(Some(message::available(self.available()))),
            FromClient::Stop => match self.phase {
                Phase::Idle => Err(Wrong::order("stop_stream", "this connection neither sends nor receives.")),
                _ => {
                    self.give_up();
                    Ok(None)
                }
            },
        }
    }

    fn start_sending(&mut self, name: Option<String>) -> Result<Value, Wrong> {
        if !matches!(self.phase, Phase::Idle) {
            return Err(hub::StreamRefused::Busy.into());
        }
        let sender = self.sender()?;
        let name = name.filter(|name| !name.trim().is_empty()).unwrap_or(sender.name);
        let stream = self.relays().create(self.connection.id, sender.who, &name)?.ok_or_else(Wrong::busy)?;
        (self.phase, self.has_begun) = (Phase::Ready(stream), true);
        Ok(message::sender_ready())
    }

    /// Returns by what right it may send a stream of its own, now.
    fn sender(&self) -> Result<Sender, Wrong> {
        let Some(token) = &self.token else {
            let detail = "Sending needs the token of a sender, which a host makes, or the phone of a DJ or host.";
            return whip::person(&self.role).ok_or_else(|| Wrong::new("may-not-send", detail));
        };
        let senders = &self.server.app.senders;
        let held =
            senders.holder(token, self.server.now()).map_err(|_| Wrong::new("token", "This token is not valid."))?;
        match held.channel {
            None => Ok(Sender { who: hub::Who::Token(held.id), name: held.name }),
            Some(channel) => Err(Wrong::new(
                "token",
                format!("This token is for the channel {channel} only; send to /whip/{channel}."),
            )),
        }
    }

    fn offer(&mut self, sdp: String) -> Result<(), Wrong> {
        let Phase::Ready(stream) = self.phase else {
            return Err(Wrong::order("webrtc_offer", "`start_sending` comes first, and its `sender_ready`, once."));
        };
        let (server, connection) = (Arc::clone(&self.server), self.connection.id);
        let inlet = server.relays.carry(connection, stream).ok_or_else(Wrong::busy)?;
        let offer = SendOffer {
            stream,
            sdp,
            local_addr: self.ends.local.ip().to_canonical(),
            remote_addr: self.ends.peer.ip(),
            guest: self.guest,
            refuses_video: server.app.config.refuses_video,
            inlet,
        };
        self.phase = Phase::Offered(stream);
        let done = self.done_in.clone();
        tokio::spawn(async move {
            let result = send(&server, offer).await;
            match result {
                Ok(_) => server.relays.answered(connection, stream),
                Err(_) => server.relays.put_down(stream),
            }
            // Whoever hung up does not want to know.
            _ = done.send(Done::Answered(stream, result)).await;
        });
        Ok(())
    }

    fn start_receiving(&mut self, name: &str) -> Result<(), Wrong> {
        let known = self.available();
        let stream = streams::named(&self.server, name).filter(|stream| known.contains(stream));
        let stream = stream.ok_or_else(|| Wrong::no_stream(name))?;
        let (server, connection) = (Arc::clone(&self.server), self.connection.id);
        server.relays.receive(connection, stream, server.app.rtc.listeners_of(stream))?;
        (self.phase, self.has_begun) = (Phase::Inviting(stream), true);
        let (done, local_addr) = (self.done_in.clone(), self.ends.local.ip().to_canonical());
        tokio::spawn(async move {
            let invited = server.app.rtc.invite(stream, local_addr).await;
            _ = done.send(Done::Invited(stream, invited)).await;
        });
        Ok(())
    }

    fn answer(&mut self, sdp: String) -> Result<(), Wrong> {
        let Phase::Invited(invitation) = &self.phase else {
            return Err(Wrong::order("webrtc_answer", "`start_receiving` comes first, and its `webrtc_offer`, once."));
        };
        let (invitation, stream) = (invitation.clone(), invitation.stream);
        let (server, connection) = (Arc::clone(&self.server), self.connection.id);
        let answer = Offer {
            stream,
            sdp,
            local_addr: self.ends.local.ip().to_canonical(),
            remote_addr: self.ends.peer.ip(),
            guest: self.guest,
            duration: None,
        };
        self.phase = Phase::Accepting(stream);
        let done = self.done_in.clone();
        tokio::spawn(async move {
            let may = server.may_offer(answer.remote_addr, answer.guest);
            let joined =
                if may { server.app.rtc.accept(answer, invitation).await } else { Err(OfferError::Unavailable) };
            if let Ok(session) = joined
                && !server.relays.joined(connection, stream, session)
            {
                // It may have ended with its stream.
                _ = server.app.rtc.delete(session).await;
            }
            _ = done.send(Done::Joined(stream, joined)).await;
        });
        Ok(())
    }

    /// Returns what is said of what the fan-out has answered; of what it has given up, nothing.
    fn finish(&mut self, done: Done) -> Option<Value> {
        let is_due = |its: &StreamId| match &done {
            Done::Answered(stream, _) | Done::Invited(stream, _) | Done::Joined(stream, _) => stream == its,
        };
        let wrong = match &self.phase {
            Phase::Offered(its) | Phase::Inviting(its) | Phase::Accepting(its) if is_due(its) => match done {
                Done::Answered(stream, Ok(sdp)) => {
                    self.phase = Phase::Sending;
                    return Some(message::answer(stream, &sdp));
                }
                Done::Answered(stream, Err(wrong)) => {
                    // It may offer again.
                    self.phase = Phase::Ready(stream);
                    return Some(wrong.to_json());
                }
                Done::Invited(stream, Ok(invitation)) => {
                    let offer = message::offer(stream, &invitation.sdp);
                    self.phase = Phase::Invited(invitation);
                    return Some(offer);
                }
                Done::Joined(_, Ok(session)) => {
                    self.server.guests.note_session(self.role.guest_keys(), session);
                    self.phase = Phase::Receiving;
                    return None;
                }
                Done::Invited(_, Err(error)) | Done::Joined(_, Err(error)) => Wrong::from(error),
            },
            _ => return None,
        };
        self.give_up();
        Some(wrong.to_json())
    }

    /// Ends what it sends by a right that it does not have any more.
    fn check_right(&mut self) {
        let sends = matches!(self.phase, Phase::Ready(_) | Phase::Offered(_) | Phase::Sending);
        if sends && self.sender().is_err() {
            self.relays().stop(self.connection.id);
        }
    }
}

/// Has the fan-out carry a stream, and answers its sender.
async fn send(server: &Server, offer: SendOffer) -> Result<String, Wrong> {
    let stream = offer.stream;
    if !server.may_offer(offer.remote_addr, offer.guest) {
        return Err(Wrong::busy());
    }
    server.app.rtc.add_relayed(stream).map_err(|error| {
        log::warn!("a sender's stream cannot be carried: {error}");
        Wrong::busy()
    })?;
    match server.app.rtc.send(offer).await {
        Ok(answer) => Ok(answer.sdp),
        Err(error) => {
            // If it is too busy for that, the stream goes when it ends.
            _ = server.app.rtc.remove_stream(stream);
            Err(error.into())
        }
    }
}

fn texts(messages: impl IntoIterator<Item = Value>) -> Turn {
    Ok(messages.into_iter().map(|json| Message::Text(json.to_string().into())).collect())
}

impl Conversation for Relaying {
    fn allowance(&self) -> Allowance {
        Allowance {
            message_bytes_max: MESSAGE_BYTES_MAX,
            messages_burst_max: MESSAGES_BURST_MAX,
            message_every: MESSAGE_EVERY,
        }
    }

    fn begin(&mut self) -> Turn {
        self.known = self.available();
        texts([message::available(self.known.clone())])
    }

    fn receive(&mut self, message: Message) -> Turn {
        let Message::Text(text) = message else { return Err(Ended::Abuse(CloseCode::Unsupported)) };
        let answer = read(&text).and_then(|wanted| self.obey(wanted));
        texts(answer.unwrap_or_else(|wrong| Some(wrong.to_json())))
    }

    fn next(&mut self) -> NextTurn<'_> {
        Box::pin(async {
            tokio::select! {
                done = self.done.recv() => {
                    // It has one end itself, so that there is always one.
                    let said = done.and_then(|done| self.finish(done));
                    return texts(said);
                }
                changed = self.changes.changed() => changed.map_err(|_| Ended::Stopping)?,
                () = self.role.may_have_changed() => self.check_right(),
            }
            texts(self.news())
        })
    }
}

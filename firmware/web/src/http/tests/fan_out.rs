//! A fan-out for a server under test: it knows one session, and judges offers by what is written in them.

use std::sync::{Arc, Mutex};

use base::{SentPacket, Time};
use rtc::api::{self, Answer, ListenerStats, OfferError, Patched, SessionError, SessionId};

use crate::http::Signaling;

/// The session every accepted offer gets.
pub(super) const SESSION: SessionId = SessionId(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);

/// A fan-out that knows one session and judges offers by what is written in them.
#[allow(clippy::type_complexity, reason = "each part is named where it is kept")]
pub(super) fn fan_out() -> (Signaling, Arc<Mutex<Vec<String>>>, Arc<Mutex<Vec<ListenerStats>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let listeners = Arc::new(Mutex::new(Vec::new()));
    let known = Arc::clone(&listeners);
    let handle = rtc::sim::fan_out(move |command| {
        if let api::Command::Listeners(reply) = command {
            let _ = reply.send(known.lock().unwrap().clone());
            return;
        }
        seen.lock().unwrap().push(format!("{command:?}"));
        answer(command);
    });
    (handle.unwrap().into(), asked, listeners)
}

fn answer(command: api::Command) {
    let known = |session| if session == SESSION { Ok(()) } else { Err(SessionError::Unknown) };
    match command {
        api::Command::Offer(offer, reply) => {
            let _ = reply.send(match (offer.stream.as_str(), offer.sdp.as_str()) {
                ("main", "full") => Err(OfferError::Full { limit: 3 }),
                ("main", "many") => Err(OfferError::TooManyFromAddress { limit: 2 }),
                ("main", "video") => Err(OfferError::NotAcceptable("no Opus".into())),
                ("main", "bad") => Err(OfferError::Malformed("no a=fingerprint".into())),
                ("main", _) => Ok(Answer { session: SESSION, sdp: "v=0".into(), etag: "e1".into() }),
                _ => Err(OfferError::UnknownStream),
            });
        }
        api::Command::Send(offer, reply) => {
            let answer = || Ok(Answer { session: SESSION, sdp: "v=0".into(), etag: "e1".into() });
            let answered = match offer.sdp.as_str() {
                "video" => Err(OfferError::NotAcceptable("no Opus".into())),
                "bad" => Err(OfferError::Malformed("no a=fingerprint".into())),
                "brief" => answer(),
                "sound" => {
                    // It is heard for as long as its stream is there, which this fan-out does not know.
                    let mut offer = offer;
                    offer.inlet.take(SentPacket { arrived: Time::ZERO, timestamp: 0, payload: &[0xfc] });
                    Box::leak(offer.inlet);
                    return drop(reply.send(answer()));
                }
                _ => {
                    // It sends for as long as the test runs.
                    Box::leak(offer.inlet);
                    return drop(reply.send(answer()));
                }
            };
            // As the fan-out does: whoever is answered finds the place free.
            drop(offer);
            let _ = reply.send(answered);
        }
        api::Command::Invite(stream, _, reply) => {
            let _ = reply.send(Ok(rtc::sim::invitation(SESSION, stream)));
        }
        api::Command::Accept(answer, invitation, reply) => {
            let _ = reply.send(match answer.sdp.as_str() {
                "bad" => Err(OfferError::Malformed("no a=fingerprint".into())),
                _ => Ok(invitation.session),
            });
        }
        api::Command::Patch { session, if_match, reply, .. } => {
            let _ = reply.send(known(session).and(match if_match.as_deref() {
                Some("*") => Ok(Patched::Restarted { sdp_fragment: "a=ice-ufrag:x".into(), etag: "e2".into() }),
                Some("e1") | None => Ok(Patched::Trickled),
                _ => Err(SessionError::EtagMismatch),
            }));
        }
        api::Command::SetDuration { session, reply, .. }
        | api::Command::Switch { session, reply, .. }
        | api::Command::Delete { session, reply } => {
            let _ = reply.send(known(session));
        }
        // Dropping the reply says that the fan-out is busy.
        _ => {}
    }
}

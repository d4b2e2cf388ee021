//! A sender's stream as it came: every packet to those who hear it.
//!
//! Headers are written anew and payloads are left alone; nothing is decoded, mixed or waited for. What is lost on the way here
//! is a hole in every listener's numbering, as if the sender had sent to each; what comes late goes into its hole.

use base::{MediaTime, Packet, Time};

use super::Engine;
use super::relay::Place;
use super::streams::FIRST;
use crate::history::StreamKey;
use crate::sender::Sound;
use crate::transmit::Transmit;

impl Engine {
    /// Sends a sender's packet to the listeners of its stream, if that is one which is relayed.
    pub(super) fn relay(&mut self, now: Time, key: StreamKey, sound: &Sound<'_>, out: &mut impl Transmit) {
        let media_now = self.config.timeline.to_media(now);
        let Some(stream) = self.streams.get_mut(key) else { return };
        let Some(relay) = stream.relay.as_mut() else { return };
        let place = relay.place(now, media_now, sound);
        let payload = relay.keep(sound.payload);
        self.stats.packets_relayed_total += 1;
        match place {
            Place::Next { at, missing } => {
                for _ in 0..missing {
                    self.leave_out(now, key, at);
                }
                self.deliver(now, key, FIRST, Packet { media_time: at, payload }, out);
            }
            Place::Late { at, back } => self.deliver_late(key, back, Packet { media_time: at, payload }, out),
        }
    }

    /// Keeps a place for a packet that should have come before one at `at`.
    fn leave_out(&mut self, now: Time, key: StreamKey, at: MediaTime) {
        let Some(stream) = self.streams.get_mut(key) else { return };
        let number = stream.audience_mut(FIRST).push_missing(now, at);
        let (audience, origin) = (stream.audience(FIRST), stream.origin(FIRST));
        for &slot in audience.members() {
            if let Some(session) = self.slots[slot].session.as_mut() {
                session.skip(origin, number);
            }
        }
    }

    /// Sends a packet that came behind `back - 1` others to those for whom its place was kept.
    fn deliver_late(&mut self, key: StreamKey, back: u64, packet: Packet, out: &mut impl Transmit) {
        let Some(stream) = self.streams.get_mut(key) else { return };
        let history = &mut stream.audience_mut(FIRST).history;
        let Some(number) = history.next().checked_sub(back) else { return };
        if !history.fill(number, packet) {
            return;
        }
        let (audience, origin) = (stream.audience(FIRST), stream.origin(FIRST));
        let Some(packet) = audience.history.get(number) else { return };
        for &slot in audience.members() {
            let Some(session) = self.slots[slot].session.as_mut() else { continue };
            if session.send_late(&self.source, origin, number, packet, out) {
                self.stats.packets_sent_total += 1;
            }
        }
    }
}

//! A simulated phone: the listener's side of WHEP, ICE, DTLS and SRTP, without I/O. Beside it, a simulated fan-out.
//!
//! For tests, simulated parties and benchmarks; the box never runs it. The phone plays nothing: it keeps what it decrypted. It
//! is built from the same crates as the box, so that it proves agreement with itself; other stacks are tested beside
//! it.

mod fan_out;

use std::net::SocketAddr;

use base::Time;
use is::stun::{StunMessage, TransId};
use is::{DefaultSha1HmacProvider, Sha1HmacProvider};
use rtcp_types::prelude::*;
use rtcp_types::{Bye, Nack, ReceiverReport, ReportBlock, TransportFeedback};

use super::config::Clocks;
use super::dtls::{self, Association, Ended, Fingerprint, Identity, Protection};
use super::srtp::RTP_HEADER_BYTES;
use super::transmit::{Outbox, Transmit};
use super::{rtcp, stun};

pub use fan_out::{fan_out, invitation};

/// A packet as the phone decrypted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Sequence number.
    pub sequence: u16,
    /// RTP timestamp.
    pub timestamp: u32,
    /// Source.
    pub ssrc: u32,
    /// Payload type.
    pub payload_type: u8,
    /// The Opus packet.
    pub payload: Vec<u8>,
}

/// Which side begins DTLS, as the phone's offer says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// Leaves the choice to the box.
    Actpass,
    /// The phone begins.
    Active,
    /// The box begins.
    Passive,
}

/// A simulated phone.
pub struct Phone {
    identity: Identity,
    clocks: Clocks,
    setup: Setup,
    ufrag: String,
    remote: Option<(String, String, SocketAddr)>,
    dtls: Option<Association>,
    keys: Option<Protection>,
    roll_over: u64,
    last: Option<u16>,
    /// What it wants to send.
    pub outbox: Outbox,
    /// What it decrypted, oldest first.
    pub heard: Vec<Heard>,
    /// Sender reports: NTP time, RTP timestamp.
    pub reports: Vec<(u64, u32)>,
    /// Whether the box said good-bye by RTCP.
    pub bye: bool,
    /// Whether and how DTLS ended.
    pub ended: Option<Ended>,
    /// Successful answers to its checks.
    pub checks_answered: u32,
    /// Whether it answers no question of the box's, as if it were elsewhere.
    pub is_deaf: bool,
}

/// What its offers name as its password.
const PASSWORD: &str = "0123456789012345678901";

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    DefaultSha1HmacProvider.sha1_hmac(key, parts)
}

fn value<'a>(sdp: &'a str, name: &str) -> Option<&'a str> {
    sdp.lines().find_map(|line| line.strip_prefix("a=")?.strip_prefix(name)?.strip_prefix(':'))
}

impl Phone {
    /// A phone with a certificate (which may be shared) that names itself `ufrag`.
    pub fn new(identity: Identity, clocks: Clocks, ufrag: &str, setup: Setup) -> Self {
        Self {
            identity,
            clocks,
            setup,
            ufrag: ufrag.to_owned(),
            remote: None,
            dtls: None,
            keys: None,
            roll_over: 0,
            last: None,
            outbox: Outbox::default(),
            heard: Vec::new(),
            reports: Vec::new(),
            bye: false,
            ended: None,
            checks_answered: 0,
            is_deaf: false,
        }
    }

    /// Its offer.
    pub fn offer(&self) -> String {
        let pairs: Vec<String> = self.identity.fingerprint().iter().map(|byte| format!("{byte:02X}")).collect();
        let setup = match self.setup {
            Setup::Actpass => "actpass",
            Setup::Active => "active",
            Setup::Passive => "passive",
        };
        format!(
            "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
             m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=recvonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
             a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\na=ice-ufrag:{}\r\na=ice-pwd:{PASSWORD}\r\n\
             a=fingerprint:sha-256 {}\r\na=setup:{setup}\r\n",
            self.ufrag,
            pairs.join(":"),
        )
    }

    /// Its offer as one who sends.
    pub fn offer_to_send(&self) -> String {
        self.offer().replace("a=recvonly", "a=sendonly")
    }

    /// Sends a packet of sound, sealed under the index `index`.
    pub fn send_sound(&mut self, index: u64, timestamp: u32, payload: &[u8]) {
        let (Some(keys), Some((_, _, to))) = (self.keys.as_ref(), &self.remote) else { return };
        let mut header = [0; RTP_HEADER_BYTES];
        (header[0], header[1]) = (0x80, 111);
        header[2..4].copy_from_slice(&(index as u16).to_be_bytes());
        header[4..8].copy_from_slice(&timestamp.to_be_bytes());
        header[8..].copy_from_slice(&7_u32.to_be_bytes());
        if let Some(len) = keys.sealer.rtp(&header, payload, index, self.outbox.buffer()) {
            self.outbox.send(*to, len);
        }
    }

    /// Takes the box's answer, or its offer, and sends the first check to `to`. `false` if the answer lacks something.
    pub fn answer(&mut self, now: Time, sdp: &str, to: SocketAddr) -> bool {
        let Some((ufrag, password)) = value(sdp, "ice-ufrag").zip(value(sdp, "ice-pwd")) else { return false };
        let digits = value(sdp, "fingerprint").and_then(|value| value.strip_prefix("sha-256 "));
        let bytes = digits.map(|digits| digits.split(':').filter_map(|pair| u8::from_str_radix(pair, 16).ok()));
        let fingerprint = bytes.and_then(|bytes| Fingerprint::try_from(bytes.collect::<Vec<_>>()).ok());
        let (Some(fingerprint), Some(setup)) = (fingerprint, value(sdp, "setup")) else { return false };
        self.remote = Some((ufrag.to_owned(), password.to_owned(), to));
        // Offered the choice, it begins.
        let client = setup != "active";
        self.dtls = Some(Association::new(&self.identity, self.clocks, client, fingerprint, now).hearing());
        self.check();
        true
    }

    /// Takes new credentials after an ICE restart and sends a check.
    pub fn restart(&mut self, fragment: &str) -> bool {
        let credentials = value(fragment, "ice-ufrag").zip(value(fragment, "ice-pwd"));
        if let (Some((ufrag, password)), Some(remote)) = (credentials, self.remote.as_mut()) {
            (remote.0, remote.1) = (ufrag.to_owned(), password.to_owned());
            self.check();
        }
        credentials.is_some()
    }

    /// Sends a check that nominates; also its sign of life.
    pub fn check(&mut self) {
        let Some((ufrag, password, to)) = self.remote.clone() else { return };
        let username = format!("{ufrag}:{}", self.ufrag);
        let request = StunMessage::binding_request(&username, TransId::new(), true, 7, 1_000, true);
        if let Ok(len) = request.to_bytes(Some(password.as_bytes()), self.outbox.buffer(), hmac) {
            self.outbox.send(to, len);
        }
    }

    /// Whether its handshake is done.
    pub fn is_joined(&self) -> bool {
        self.keys.is_some()
    }

    /// When [`Self::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Time> {
        self.dtls.as_ref().filter(|_| self.keys.is_none()).and_then(Association::timeout)
    }

    /// Repeats what got lost in the handshake.
    pub fn handle_timeout(&mut self, now: Time) {
        let (Some(dtls), Some((_, _, to))) = (self.dtls.as_mut(), &self.remote) else { return };
        let result = dtls.drive(now, *to, &mut self.outbox);
        self.after_dtls(result);
    }

    /// Takes a datagram.
    pub fn receive(&mut self, now: Time, bytes: &mut [u8]) {
        if stun::is_stun(bytes) {
            self.answer_question(bytes);
            let known = StunMessage::parse(bytes).ok().zip(self.remote.as_ref());
            let ours = known.is_some_and(|(message, (_, password, _))| {
                message.is_successful_binding_response() && message.verify(password.as_bytes(), hmac)
            });
            self.checks_answered += u32::from(ours);
            let begins = self.dtls.as_ref().is_some_and(|dtls| dtls.is_client() && dtls.timeout().is_none());
            if ours && begins {
                self.handle_timeout(now);
            }
        } else if dtls::is_dtls(bytes) {
            let (Some(dtls), Some((_, _, to))) = (self.dtls.as_mut(), &self.remote) else { return };
            let result = dtls.receive(now, bytes, *to, &mut self.outbox);
            self.after_dtls(result);
        } else if rtcp::is_rtcp(bytes) {
            self.receive_rtcp(bytes);
        } else {
            self.receive_rtp(bytes);
        }
    }

    /// Answers a check of the box's, as a full agent does.
    fn answer_question(&mut self, bytes: &[u8]) {
        let Ok(request) = StunMessage::parse(bytes) else { return };
        let Some((_, _, to)) = self.remote.as_ref().filter(|_| request.is_binding_request()) else { return };
        let to = *to;
        if self.is_deaf || !request.verify(PASSWORD.as_bytes(), hmac) {
            return;
        }
        let reply = StunMessage::binding_reply(request.trans_id(), to);
        if let Ok(len) = reply.to_bytes(Some(PASSWORD.as_bytes()), self.outbox.buffer(), hmac) {
            self.outbox.send(to, len);
        }
    }

    fn after_dtls(&mut self, result: Result<Option<Protection>, Ended>) {
        match result {
            Ok(keys) => self.keys = keys.or(self.keys.take()),
            Err(ended) => self.ended = Some(ended),
        }
    }

    fn receive_rtcp(&mut self, bytes: &mut [u8]) {
        let Some(plain) = self.keys.as_mut().and_then(|keys| keys.opener.rtcp(bytes)) else { return };
        let Ok(compound) = rtcp_types::Compound::parse(plain) else { return };
        for packet in compound.map_while(Result::ok) {
            match packet {
                rtcp_types::Packet::Sr(report) => self.reports.push((report.ntp_timestamp(), report.rtp_timestamp())),
                rtcp_types::Packet::Bye(_) => self.bye = true,
                _ => {}
            }
        }
    }

    fn receive_rtp(&mut self, bytes: &mut [u8]) {
        let (Some(keys), true) = (self.keys.as_ref(), bytes.len() >= 12) else { return };
        let word = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let sequence = word(0) as u16;
        let (payload_type, timestamp, ssrc) = (bytes[1] & 0x7f, word(4), word(8));
        let wrapped = self.last.is_some_and(|last| last > 0xf000 && sequence < 0x1000);
        let late = self.last.is_some_and(|last| last < 0x1000 && sequence > 0xf000);
        let roll_over = (self.roll_over + u64::from(wrapped)).saturating_sub(u64::from(late));
        let Some(payload) = keys.opener.rtp(bytes, RTP_HEADER_BYTES, (roll_over << 16) | u64::from(sequence)) else {
            return;
        };
        self.heard.push(Heard { sequence, timestamp, ssrc, payload_type, payload: payload.to_vec() });
        if !late {
            (self.roll_over, self.last) = (roll_over, Some(sequence));
        }
    }

    fn send_rtcp(&mut self, packet: &impl RtcpPacketWriter) {
        let (Some(keys), Some((_, _, to))) = (self.keys.as_mut(), &self.remote) else { return };
        let buffer = self.outbox.buffer();
        let sealed = packet.write_into(buffer).ok().and_then(|len| keys.sealer.rtcp(buffer, len));
        if let Some(len) = sealed {
            self.outbox.send(*to, len);
        }
    }

    /// Asks for packets again.
    pub fn nack(&mut self, sequences: &[u16]) {
        let Some(ssrc) = self.heard.last().map(|heard| heard.ssrc) else { return };
        let fci = sequences.iter().fold(Nack::builder(), |nack, &sequence| nack.add_rtp_sequence(sequence));
        self.send_rtcp(&TransportFeedback::builder_owned(fci).sender_ssrc(1).media_ssrc(ssrc));
    }

    /// Reports `lost_256ths` lost and the last sender report as received `delay` (1/65536 s) ago.
    pub fn report(&mut self, lost_256ths: u8, jitter_ticks: u32, delay: u32) {
        let Some(ssrc) = self.heard.last().map(|heard| heard.ssrc) else { return };
        let last = self.reports.last().map_or(0, |(ntp, _)| (ntp >> 16) as u32);
        let block = ReportBlock::builder(ssrc)
            .fraction_lost(lost_256ths)
            .interarrival_jitter(jitter_ticks)
            .last_sender_report_timestamp(last)
            .delay_since_last_sender_report_timestamp(delay);
        self.send_rtcp(&ReceiverReport::builder(1).add_report_block(block));
    }

    /// Leaves with RTCP's BYE.
    pub fn leave(&mut self) {
        self.send_rtcp(&Bye::builder().add_source(1));
    }

    /// Leaves by closing DTLS.
    pub fn close(&mut self) {
        if let (Some(dtls), Some((_, _, to))) = (self.dtls.as_mut(), &self.remote) {
            dtls.close(*to, &mut self.outbox);
        }
    }
}

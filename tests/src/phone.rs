//! A simulated phone: an independent receive-only WebRTC peer without sockets or clock (str0m), told the time.
//!
//! It makes the offer, takes the answer, and keeps what it heard as Opus payloads with their RTP times. It does not
//! decode, and it does not know how the box is built: it sees SDP and datagrams only.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Once};
use std::time::{Duration, Instant};

use base::Time;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

/// The instant that stands for [`Time::ZERO`]: str0m wants `Instant`s, which cannot be made from nothing.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What a phone may ask for in its offer beyond plain Opus.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes {
    /// Ask for lost packets again (`a=rtcp-fb:… nack`).
    pub repair: bool,
    /// Offer the header extensions that browsers offer.
    pub extensions: bool,
}

/// One packet a phone heard.
#[derive(Clone, Debug)]
pub struct Heard {
    /// When it arrived.
    pub at: Time,
    /// RTP sequence number, extended.
    pub sequence: u64,
    /// RTP time in 48 kHz ticks, extended.
    pub rtp_time: u64,
    /// The Opus packet.
    pub payload: Arc<[u8]>,
}

/// Why a phone could not go on.
#[derive(Debug)]
pub enum Error {
    /// str0m refused: its own error.
    Rtc(str0m::RtcError),
    /// The answer is not SDP.
    Answer(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rtc(error) => write!(f, "the phone's WebRTC stack refused: {error}"),
            Self::Answer(why) => write!(f, "the answer cannot be read: {why}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<str0m::RtcError> for Error {
    fn from(error: str0m::RtcError) -> Self {
        Self::Rtc(error)
    }
}

/// A simulated phone.
pub struct Phone {
    rtc: Rtc,
    address: SocketAddr,
    pending: Option<SdpPendingOffer>,
    outgoing: VecDeque<(SocketAddr, Vec<u8>)>,
    deadline: Time,
    repair: bool,
    /// Everything heard so far, in order of arrival.
    pub heard: Vec<Heard>,
    /// When ICE and DTLS were done.
    pub joined_at: Option<Time>,
}

impl Phone {
    /// A phone at `address` and its offer.
    pub fn offering(now: Time, address: SocketAddr, wishes: Wishes) -> Result<(Self, String), Error> {
        static CRYPTOGRAPHY: Once = Once::new();
        CRYPTOGRAPHY.call_once(|| str0m::crypto::from_feature_flags().install_process_default());
        let mut config = RtcConfig::new()
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .set_stats_interval(None)
            .set_reordering_size_audio(0);
        if !wishes.extensions {
            config = config.clear_extension_map();
        }
        let mut rtc = config.build(instant(now));
        let host = Candidate::host(address, "udp").expect("a socket address makes a host candidate");
        rtc.add_local_candidate(host);
        let mut change = rtc.sdp_api();
        change.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        let (offer, pending) = change.apply().expect("a new audio section is a change");
        let mut sdp = offer.to_sdp_string();
        if wishes.repair {
            sdp = with_repair(&sdp);
        }
        let mut phone = Self {
            rtc,
            address,
            pending: Some(pending),
            outgoing: VecDeque::new(),
            deadline: now,
            repair: wishes.repair,
            heard: Vec::new(),
            joined_at: None,
        };
        phone.drain(now)?;
        Ok((phone, sdp))
    }

    /// Takes the box's answer.
    pub fn accept(&mut self, now: Time, answer: &str) -> Result<(), Error> {
        let answer = SdpAnswer::from_sdp_string(answer).map_err(|error| Error::Answer(error.to_string()))?;
        if let Some(pending) = self.pending.take() {
            self.rtc.sdp_api().accept_answer(pending, answer)?;
        }
        self.rtc.handle_input(Input::Timeout(instant(now)))?;
        self.drain(now)
    }

    /// Where this phone is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes a datagram that came from `source`. What the stack cannot read is dropped, as a phone does.
    pub fn receive(&mut self, now: Time, source: SocketAddr, datagram: &[u8]) -> Result<(), Error> {
        let Ok(contents) = datagram.try_into() else { return Ok(()) };
        let receive = Receive { proto: Protocol::Udp, source, destination: self.address, contents };
        self.rtc.handle_input(Input::Receive(instant(now), receive))?;
        self.drain(now)
    }

    /// Tells the time; needed at [`Phone::deadline`] at the latest.
    pub fn tick(&mut self, now: Time) -> Result<(), Error> {
        self.rtc.handle_input(Input::Timeout(instant(now)))?;
        self.drain(now)
    }

    /// When [`Phone::tick`] is wanted next.
    pub fn deadline(&self) -> Time {
        self.deadline
    }

    /// The next datagram to send and where to.
    pub fn outgoing(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.outgoing.pop_front()
    }

    /// Ends the session as a closing page does: a DTLS close-notify, then nothing.
    pub fn leave(&mut self, now: Time) -> Result<(), Error> {
        self.rtc.close()?;
        self.drain(now)
    }

    /// Whether the phone still takes part.
    pub fn is_alive(&self) -> bool {
        self.rtc.is_alive()
    }

    fn drain(&mut self, now: Time) -> Result<(), Error> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    let until = at.saturating_duration_since(instant(now));
                    // A day stands for "never"; a microsecond more keeps rounding from making it early.
                    let until_us = until.min(Duration::from_secs(86_400)).as_micros() as u64 + 1;
                    self.deadline = now.plus_micros(until_us);
                    return Ok(());
                }
                Output::Transmit(transmit) => {
                    self.outgoing.push_back((transmit.destination, transmit.contents.to_vec()));
                }
                Output::Event(event) => self.note(now, event),
            }
        }
    }

    fn note(&mut self, now: Time, event: Event) {
        match event {
            Event::Connected => self.joined_at = Some(now),
            Event::RtpPacket(packet) => {
                if self.repair && self.heard.is_empty() {
                    // str0m asks again for codecs with a retransmission format only, unless told to.
                    let mut direct = self.rtc.direct_api();
                    if let Some(stream) = direct.stream_rx(&packet.header.ssrc) {
                        stream.suppress_nack(false);
                    }
                }
                self.heard.push(Heard {
                    at: now,
                    sequence: *packet.seq_no,
                    rtp_time: packet.time.numer(),
                    payload: packet.payload,
                });
            }
            _ => {}
        }
    }
}

fn instant(time: Time) -> Instant {
    *START + Duration::from_micros(time.as_micros())
}

/// The offer with a request for repair after the Opus line.
fn with_repair(sdp: &str) -> String {
    let mut out = String::with_capacity(sdp.len() + 32);
    for line in sdp.split_inclusive('\n') {
        out.push_str(line);
        let opus = line.strip_prefix("a=rtpmap:").filter(|rest| rest.contains("opus/48000"));
        if let Some(payload_type) = opus.and_then(|rest| rest.split(' ').next()) {
            out.push_str(&format!("a=rtcp-fb:{payload_type} nack\r\n"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_offers_one_receive_only_opus_section() {
        let address = "10.0.0.2:5000".parse().unwrap();
        let (phone, offer) = Phone::offering(Time::ZERO, address, Wishes { repair: true, extensions: false }).unwrap();
        assert_eq!(offer.matches("m=audio").count(), 1);
        assert_eq!(offer.matches("m=").count(), 1);
        assert!(offer.contains("a=recvonly") && offer.contains("opus/48000/2"), "{offer}");
        assert_eq!(offer.matches(" nack\r\n").count(), 1, "{offer}");
        assert_eq!(phone.address(), address);
    }
}

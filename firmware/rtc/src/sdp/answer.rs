//! The answer to a listener or a sender: one audio section, everything else refused. And the offer to a listener who waits for
//! one, which says the same of us.

use std::fmt::Write as _;
use std::net::IpAddr;

use base::StreamId;

use super::offer::{AudioOffer, Section};
use crate::config::SENDER_BITRATE_BPS;
use crate::dtls::Fingerprint;

/// Packet duration that a sender is asked for, and the longest that it may send, milliseconds.
const SENDER_PACKET_MS: u32 = 20;
const SENDER_PACKET_MS_MAX: u32 = 60;

/// What we send.
#[derive(Clone, Debug)]
pub(crate) enum Ours {
    /// A stream, to a listener.
    Sound {
        ssrc: u32,
        /// The RTP timestamp at media time zero.
        timestamp_zero: u32,
        cname: String,
        stream: StreamId,
        packet_ms: u32,
        bitrate_bps: u32,
        in_band_fec: bool,
    },
    /// Nothing: the peer sends.
    Nothing,
}

/// What an answer says about us.
pub(crate) struct Answering<'a> {
    pub(crate) ufrag: &'a str,
    pub(crate) password: &'a str,
    pub(crate) fingerprint: &'a Fingerprint,
    /// Addresses to be reached at, best first.
    pub(crate) addresses: &'a [IpAddr],
    pub(crate) port: u16,
    pub(crate) ours: Ours,
    /// Whether this is an offer: then the peer chooses who begins the DTLS handshake.
    pub(crate) is_offer: bool,
    /// A number that names this description (RFC 8866 section 5.2).
    pub(crate) session: u64,
}

impl Answering<'_> {
    /// The answer to `offer`.
    pub(crate) fn write(&self, offer: &AudioOffer) -> String {
        let mut sdp = String::with_capacity(2_048);
        let mut line = |text: std::fmt::Arguments<'_>| {
            sdp.write_fmt(text).and_then(|()| sdp.write_str("\r\n")).expect("writing to a String does not fail");
        };
        line(format_args!("v=0"));
        line(format_args!("o=- {} 1 IN {}", self.session & (i64::MAX as u64), network(self.addresses)));
        line(format_args!("s=-"));
        line(format_args!("t=0 0"));
        if let (true, Some(mid)) = (offer.bundled, &offer.sections[offer.audio].mid) {
            line(format_args!("a=group:BUNDLE {mid}"));
        }
        line(format_args!("a=ice-lite"));
        for (at, section) in offer.sections.iter().enumerate() {
            if at == offer.audio { self.audio(offer, section, &mut line) } else { refused(section, &mut line) }
        }
        sdp
    }

    fn audio(&self, offer: &AudioOffer, section: &Section, line: &mut impl FnMut(std::fmt::Arguments<'_>)) {
        let pt = offer.payload_type;
        line(format_args!("m=audio {} {} {pt}", self.port, section.protocol));
        line(format_args!("c=IN {}", network(self.addresses)));
        if let Some(mid) = &section.mid {
            line(format_args!("a=mid:{mid}"));
        }
        line(format_args!("a={}", if matches!(self.ours, Ours::Nothing) { "recvonly" } else { "sendonly" }));
        line(format_args!("a=rtcp-mux"));
        if offer.reduced_size {
            line(format_args!("a=rtcp-rsize"));
        }
        line(format_args!("a=rtpmap:{pt} opus/48000/2"));
        match &self.ours {
            Ours::Sound { ssrc, timestamp_zero, cname, stream, packet_ms, bitrate_bps, in_band_fec } => {
                let fec = u8::from(*in_band_fec);
                line(format_args!(
                    "a=fmtp:{pt} minptime=10;stereo=1;sprop-stereo=1;useinbandfec={fec};maxaveragebitrate={bitrate_bps}"
                ));
                if offer.nack {
                    line(format_args!("a=rtcp-fb:{pt} nack"));
                }
                line(format_args!("a=ptime:{packet_ms}"));
                line(format_args!("a=maxptime:{}", offer.packet_ms_max.min(60)));
                // RFC 7273: where the stream's timeline begins, by which a page knows what it plays.
                line(format_args!("a=ts-refclk:local"));
                line(format_args!("a=mediaclk:direct={timestamp_zero}"));
                line(format_args!("a=msid:{stream} {stream}"));
                line(format_args!("a=ssrc:{ssrc} cname:{cname}"));
            }
            Ours::Nothing => {
                // Browsers send stereo only to whoever asks for it here, and pause in silence only if that is allowed.
                line(format_args!(
                    "a=fmtp:{pt} minptime=10;useinbandfec=1;stereo=1;sprop-stereo=0;\
                     maxaveragebitrate={SENDER_BITRATE_BPS}"
                ));
                line(format_args!("a=ptime:{SENDER_PACKET_MS}"));
                line(format_args!("a=maxptime:{SENDER_PACKET_MS_MAX}"));
            }
        }
        let setup = match offer.dtls_client {
            _ if self.is_offer => "actpass",
            true => "active",
            false => "passive",
        };
        line(format_args!("a=setup:{setup}"));
        let pairs: Vec<String> = self.fingerprint.iter().map(|byte| format!("{byte:02X}")).collect();
        line(format_args!("a=fingerprint:sha-256 {}", pairs.join(":")));
        ice(self.ufrag, self.password, self.addresses, self.port, line);
    }
}

fn refused(section: &Section, line: &mut impl FnMut(std::fmt::Arguments<'_>)) {
    line(format_args!("m={} 0 {} {}", section.kind, section.protocol, section.formats));
    line(format_args!("c=IN IP4 0.0.0.0"));
    if let Some(mid) = &section.mid {
        line(format_args!("a=mid:{mid}"));
    }
    line(format_args!("a=inactive"));
}

/// The body that answers an ICE restart (RFC 9725 section 4.3.3).
pub(crate) fn restart_fragment(ufrag: &str, password: &str, addresses: &[IpAddr], port: u16) -> String {
    let mut body = String::with_capacity(512);
    let mut line = |text: std::fmt::Arguments<'_>| {
        body.write_fmt(text).and_then(|()| body.write_str("\r\n")).expect("writing to a String does not fail");
    };
    line(format_args!("a=ice-lite"));
    ice(ufrag, password, addresses, port, &mut line);
    body
}

fn ice(ufrag: &str, password: &str, addresses: &[IpAddr], port: u16, line: &mut impl FnMut(std::fmt::Arguments<'_>)) {
    line(format_args!("a=ice-ufrag:{ufrag}"));
    line(format_args!("a=ice-pwd:{password}"));
    for (n, address) in addresses.iter().enumerate() {
        // RFC 8445 section 5.1.2.1: type preference 126 for host, then the order of the list, then component 1.
        let priority = (126_u32 << 24) | ((65_535 - n as u32) << 8) | 255;
        line(format_args!("a=candidate:{} 1 udp {priority} {address} {port} typ host", n + 1));
    }
    line(format_args!("a=end-of-candidates"));
}

fn network(addresses: &[IpAddr]) -> String {
    match addresses.first() {
        Some(IpAddr::V6(address)) => format!("IP6 {address}"),
        Some(IpAddr::V4(address)) => format!("IP4 {address}"),
        None => "IP4 0.0.0.0".to_owned(),
    }
}

//! Where a channel's packets go: Opus to the WebRTC fan-out, MP3 to the HTTP bodies.

use base::{Encoding, Packet, PacketDuration, PacketSink};

use crate::ear::Tap;

/// Both ways out of one channel.
pub struct Sinks {
    /// The WebRTC fan-out.
    pub rtc: rtc::Sink,
    /// The MP3 bodies.
    pub mp3: web::mp3::Feed,
    /// The box's own ear.
    pub tap: Tap,
}

impl PacketSink for Sinks {
    fn wants(&self, encoding: Encoding) -> bool {
        match encoding {
            Encoding::Opus(_) => self.rtc.wants(encoding),
            Encoding::Mp3 { .. } => self.mp3.wants(encoding),
        }
    }

    fn publish(&mut self, encoding: Encoding, packet: Packet) {
        if encoding == Encoding::Opus(PacketDuration::Ms20) {
            self.tap.take(&packet.payload);
        }
        match encoding {
            Encoding::Opus(_) => self.rtc.publish(encoding, packet),
            Encoding::Mp3 { .. } => self.mp3.publish(encoding, packet),
        }
    }
}

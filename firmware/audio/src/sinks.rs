//! The ways out of one channel: a list of packet sinks, each with a bound and a counter of its own.
//!
//! Encoders see the list as one sink. Nothing here queues, so nothing here is dropped: what a sink cannot take it drops and
//! counts by itself, and the others do not notice.

use base::{Encoding, Packet, PacketSink};

/// A list of sinks that is a sink: it wants what any of them wants and publishes to each what that one wants.
#[derive(Default)]
pub struct Sinks(Vec<Box<dyn PacketSink>>);

impl Sinks {
    /// Returns the list of `sinks`. An empty one wants nothing.
    pub fn new(sinks: Vec<Box<dyn PacketSink>>) -> Self {
        Self(sinks)
    }
}

impl PacketSink for Sinks {
    fn wants(&self, encoding: Encoding) -> bool {
        self.0.iter().any(|sink| sink.wants(encoding))
    }

    fn publish(&mut self, encoding: Encoding, packet: Packet) {
        let mut wanting = self.0.iter_mut().filter(|sink| sink.wants(encoding));
        // The last one gets the packet itself: with a single sink its payload never needs a count of owners.
        let Some(mut sink) = wanting.next() else { return };
        for next in wanting {
            sink.publish(encoding, packet.clone());
            sink = next;
        }
        sink.publish(encoding, packet);
    }
}

#[cfg(test)]
mod tests {
    use base::{MediaTime, PacketDuration};
    use bytes::Bytes;
    use rtrb::{Consumer, Producer, RingBuffer};

    use super::*;

    const MS20: Encoding = Encoding::Opus(PacketDuration::Ms20);
    const MS60: Encoding = Encoding::Opus(PacketDuration::Ms60);
    const MP3: Encoding = Encoding::Mp3 { bitrate_bps: 128_000 };

    /// A sink that wants one encoding and has a bound.
    struct Queue {
        wanted: Encoding,
        packets: Producer<(Encoding, Packet)>,
        dropped: Producer<()>,
    }

    impl PacketSink for Queue {
        fn wants(&self, encoding: Encoding) -> bool {
            encoding == self.wanted
        }

        fn publish(&mut self, encoding: Encoding, packet: Packet) {
            if self.packets.push((encoding, packet)).is_err() {
                _ = self.dropped.push(());
            }
        }
    }

    /// What arrived in a queue, and how often it was full.
    type Ends = (Consumer<(Encoding, Packet)>, Consumer<()>);

    fn queue(wanted: Encoding, capacity: usize) -> (Box<dyn PacketSink>, Ends) {
        let ((packets, arrived), (dropped, drops)) = (RingBuffer::new(capacity), RingBuffer::new(100));
        (Box::new(Queue { wanted, packets, dropped }), (arrived, drops))
    }

    fn packet(number: u64) -> Packet {
        Packet { media_time: MediaTime::from_ticks(number * 960), payload: Bytes::from_static(b"sound") }
    }

    #[test]
    fn each_sink_gets_what_it_wants_and_nothing_else() {
        let ((a, mut opus), (b, mut mp3), (c, mut both)) = (queue(MS20, 9), queue(MP3, 9), queue(MS20, 9));
        let mut sinks = Sinks::new(vec![a, b, c]);
        assert_eq!([MS20, MP3, MS60].map(|encoding| sinks.wants(encoding)), [true, true, false]);
        for encoding in [MS20, MS60, MP3] {
            sinks.publish(encoding, packet(1));
        }
        for (ends, encoding) in [(&mut opus, MS20), (&mut mp3, MP3), (&mut both, MS20)] {
            assert_eq!(ends.0.pop(), Ok((encoding, packet(1))));
            assert!(ends.0.pop().is_err(), "{encoding:?}");
        }
    }

    #[test]
    fn a_full_sink_loses_and_counts_alone() {
        let ((stuck, (_, stuck_drops)), (other, (mut arrived, other_drops))) = (queue(MS20, 2), queue(MS20, 50));
        let mut sinks = Sinks::new(vec![stuck, other]);
        (0..50).for_each(|number| sinks.publish(MS20, packet(number)));
        assert_eq!((stuck_drops.slots(), other_drops.slots()), (48, 0));
        assert!((0..50).all(|number| arrived.pop() == Ok((MS20, packet(number)))));
    }

    #[test]
    fn an_empty_list_wants_nothing_and_takes_everything() {
        let mut sinks = Sinks::default();
        assert!(!sinks.wants(MS20));
        sinks.publish(MS20, packet(1));
    }
}

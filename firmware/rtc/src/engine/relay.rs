//! Where a sender's packets lie on the box's timeline, and room for them.
//!
//! The sender's clock is not corrected packet by packet: a jump when it has run too far off costs less than a correction that is
//! heard. Who hears the packets is not known here.

use base::{MediaTime, PacketDuration, Time};
use bytes::{Bytes, BytesMut};

use crate::sender::{Sound, opus_ticks};

/// How far the sender's clock may run off the box's before its packets get another place, in ticks: 1 s, which 100 ppm take
/// three hours for. Whoever switches between streams is without sound for so long at most.
const OFF_TICKS_MAX: u64 = 48_000;

/// For how long it must have been off, in milliseconds: a radio that was stuck delivers a burst that is late and soon is not.
const OFF_MS_MAX: u64 = 5_000;

/// Off by more than this, 10 s, its time stamps mean something else at once.
const JUMP_TICKS_MIN: u64 = 480_000;

/// Longest run of lost packets for which places are kept: 1 s of 20 ms. After a longer one the numbering goes on without a hole.
const LOST_MAX: u64 = 50;

/// Ticks that packets begin on: those of a channel's packets, so that who switches misses less.
const GRID_TICKS: u64 = PacketDuration::Ms20.ticks();

/// Bytes of each of the two rooms for payloads: more than a whole history of the largest packets of 20 ms.
const ROOM_BYTES: usize = 40 * 1_024;

/// Where a packet belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind all that came before; so many are missing in between.
    Next { at: MediaTime, missing: u64 },
    /// So many before the one that is due next.
    Late { at: MediaTime, back: u64 },
}

/// Where the last packet was.
#[derive(Clone, Copy, Debug)]
struct Last {
    ssrc: u32,
    index: u64,
    timestamp: u32,
    at: MediaTime,
    off_since: Option<Time>,
}

/// What the box keeps of one sender's stream beside its listeners.
pub(super) struct Relay {
    last: Option<Last>,
    /// Payloads are written into the first. When it is full, those in the other have left the history, so that its memory is
    /// free again: nothing is asked for while packets come.
    rooms: [BytesMut; 2],
}

impl Relay {
    pub(super) fn new() -> Self {
        Self { last: None, rooms: [(); 2].map(|()| BytesMut::with_capacity(ROOM_BYTES)) }
    }

    /// Returns where `sound` belongs, which arrived at `now` and at the media time `media_now`.
    pub(super) fn place(&mut self, now: Time, media_now: MediaTime, sound: &Sound<'_>) -> Place {
        let ticks = opus_ticks(sound.payload);
        let Some(last) = self.last.filter(|last| last.ssrc == sound.ssrc) else {
            return self.anchor(media_now, ticks, sound, 0);
        };
        let since = i64::from(sound.timestamp.wrapping_sub(last.timestamp).cast_signed());
        let at = MediaTime::from_ticks(last.at.as_ticks().saturating_add_signed(since));
        if let Some(back) = (last.index + 1).checked_sub(sound.index).filter(|back| *back > 0) {
            return Place::Late { at, back };
        }
        let missing = Some(sound.index - last.index - 1).filter(|missing| *missing <= LOST_MAX).unwrap_or(0);
        let off = (at.as_ticks() + ticks).abs_diff(media_now.as_ticks());
        let off_since = (off > OFF_TICKS_MAX).then(|| last.off_since.unwrap_or(now));
        let is_off = off_since.is_some_and(|since| now >= since.plus_millis(OFF_MS_MAX));
        if off > JUMP_TICKS_MIN || is_off {
            return self.anchor(media_now, ticks, sound, missing);
        }
        let Sound { ssrc, index, timestamp, .. } = *sound;
        self.last = Some(Last { ssrc, index, timestamp, at, off_since });
        Place::Next { at, missing }
    }

    /// Places `sound` so that it has just ended.
    fn anchor(&mut self, media_now: MediaTime, ticks: u64, sound: &Sound<'_>, missing: u64) -> Place {
        let begins = media_now.as_ticks().saturating_sub(ticks);
        let at = MediaTime::from_ticks(begins - begins % GRID_TICKS);
        let Sound { ssrc, index, timestamp, .. } = *sound;
        self.last = Some(Last { ssrc, index, timestamp, at, off_since: None });
        Place::Next { at, missing }
    }

    /// Returns `payload` as one that is shared.
    pub(super) fn keep(&mut self, payload: &[u8]) -> Bytes {
        let [room, other] = &mut self.rooms;
        if room.capacity() < payload.len() {
            std::mem::swap(room, other);
            room.reserve(ROOM_BYTES.max(payload.len()));
        }
        room.extend_from_slice(payload);
        room.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS20: [u8; 1] = [0xfc];

    fn sound(index: u64, timestamp: u32) -> Sound<'static> {
        Sound { ssrc: 7, index, timestamp, payload: &MS20 }
    }

    fn ms(ms: u64) -> (Time, MediaTime) {
        (Time::from_micros(ms * 1_000), MediaTime::from_ticks(ms * 48))
    }

    fn place(relay: &mut Relay, at_ms: u64, index: u64, timestamp: u32) -> Place {
        let (now, media) = ms(at_ms);
        relay.place(now, media, &sound(index, timestamp))
    }

    fn next(ticks: u64, missing: u64) -> Place {
        Place::Next { at: MediaTime::from_ticks(ticks), missing }
    }

    #[test]
    fn the_length_of_a_packet_stands_in_its_first_bytes() {
        let known = [
            (&[0xfc_u8][..], 960),
            (&[0xf8], 960),
            (&[0xf9], 1_920),
            (&[0xf3, 0x02], 960),
            (&[0xfb, 0x03], 2_880),
            (&[0x18], 2_880),
            (&[0x08], 960),
            (&[0x60], 480),
            (&[0x80], 120),
            (&[0xff, 0xff], 5_760),
            (&[0xff], 0),
            (&[], 0),
        ];
        for (payload, ticks) in known {
            assert_eq!(opus_ticks(payload), ticks, "{payload:x?}");
        }
    }

    #[test]
    fn packets_lie_where_the_senders_clock_says_also_over_its_wrap() {
        let mut relay = Relay::new();
        let start = u32::MAX - 959;
        assert_eq!(place(&mut relay, 1_000, 65_535, start), next(47_040, 0), "it ended before it came");
        assert_eq!(place(&mut relay, 1_027, 65_536, 0), next(48_000, 0), "whenever that arrived");
        assert_eq!(place(&mut relay, 1_090, 65_540, 960 * 4), next(48_000 + 960 * 4, 3));
        let late = Place::Late { at: MediaTime::from_ticks(48_960), back: 4 };
        assert_eq!(place(&mut relay, 1_091, 65_537, 960), late);
        assert_eq!(place(&mut relay, 1_110, 65_541, 960 * 5), next(48_000 + 960 * 5, 0), "which moves nothing");
        assert_eq!(place(&mut relay, 3_000, 65_541 + LOST_MAX + 2, 960 * 57), next(48_000 + 960 * 57, 0));
    }

    #[test]
    fn a_clock_that_has_run_off_is_followed_with_one_jump_and_a_burst_is_not() {
        let mut relay = Relay::new();
        place(&mut relay, 1_000, 0, 0);
        // Stuck for two seconds; then everything comes at once.
        for n in 1..=100 {
            assert_eq!(place(&mut relay, 3_000, n, n as u32 * 960), next(47_040 + n * 960, 0), "{n}");
        }
        // A clock that is 10 % slow: it is off by a second after ten, and is taken at its word for five more.
        let mut jumps = 0;
        let mut before = 47_040 + 100 * 960;
        for n in 101..1_100 {
            let Place::Next { at, .. } = place(&mut relay, 3_000 + (n - 100) * 22, n, n as u32 * 960) else { panic!() };
            jumps += u64::from(at.as_ticks() != before + 960);
            before = at.as_ticks();
        }
        assert_eq!(jumps, 1);
        // Time stamps from another world.
        assert_eq!(place(&mut relay, 30_000, 1_100, 0x7000_0000), next(1_439_040, 0));
        let (now, media) = ms(30_020);
        let another = Sound { ssrc: 8, ..sound(0, 5) };
        assert_eq!(relay.place(now, media, &another), next(1_440_000, 0), "nor does another source go on");
    }

    #[test]
    fn a_hostile_clock_leaves_its_listeners_near_the_present() {
        let mut rng = 1_u64;
        let mut relay = Relay::new();
        for n in 0..10_000_u64 {
            rng = rng.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (at, timestamp) = (n * 20, (rng >> 32) as u32);
            if let Place::Next { at: placed, .. } = place(&mut relay, at, n, timestamp) {
                assert!(placed.as_ticks().abs_diff(at * 48) <= JUMP_TICKS_MIN + 960, "{n}");
            }
        }
    }
}

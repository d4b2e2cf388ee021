//! One sender as the pump hears it: packets in their order, what is missing made good, fitted to the box's clock.
//!
//! A packet counts as lost when its sound is due and a later one is there: then it is recovered from the next or concealed, and
//! time goes on. If nothing later is there either, playing is held up instead: a moment of concealed sound is put in, so that
//! the delay grows to what the sender needs. After [`BRIDGE_FRAMES`] of that there is no sound until the buffer is filled
//! again. Everything is allocated beforehand.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use base::Time;
use rtrb::{Consumer, RingBuffer};

use super::delay::Delay;
use super::feed::{Feed, PARCELS, Parcel};
use super::packets::Packets;
use super::status::SenderStatus;
use crate::decode::live::{CONCEALED_FRAMES_STEP, LIVE_FRAMES_MAX, Live};
use crate::line::fit::Fit;
use crate::pcm::{BLOCK_FRAMES, Frame, SAMPLE_RATE_HZ, SILENCE};
use crate::source::{Delivery, Source};

/// Sound put in at most while a sender is late: 60 ms, after which concealed sound has faded to little.
const BRIDGE_FRAMES: usize = 2_880;

/// A leap of the time stamps by more than this is a new beginning: 2 s.
const LEAP_TICKS: i64 = 2 * SAMPLE_RATE_HZ as i64;

/// Frames of sound from the newest packet of a sender that has sent none: 20 ms, what nearly every sender sends.
const PACKET_FRAMES: usize = 960;

/// Room for decoded frames: the longest packet behind what a block can leave over.
const DECODED_FRAMES: usize = LIVE_FRAMES_MAX + 2 * BLOCK_FRAMES;

/// One sender of Opus packets.
pub(super) struct Playout {
    parcels: Consumer<Parcel>,
    packets: Packets,
    delay: Delay,
    decoder: Live,
    fit: Fit,
    /// Frames that are decoded and not played, at the start of this.
    decoded: Vec<Frame>,
    decoded_len: usize,
    /// Where the first frame lies that is not decoded.
    next: i64,
    /// The newest time stamp, unwrapped.
    newest: Option<i64>,
    /// How much sound the last packet had.
    packet_frames: usize,
    /// Frames put in since the last packet.
    bridged_frames: usize,
    is_filling: bool,
    status: Arc<SenderStatus>,
}

/// Returns both halves of a sender whose numbers go to `status`; `None` if the system has no memory for them.
pub(super) fn pair(status: Arc<SenderStatus>) -> Option<(Feed, Playout)> {
    let (parcels_in, parcels) = RingBuffer::new(PARCELS);
    let playout = Playout {
        parcels,
        packets: Packets::new(),
        delay: Delay::new(),
        decoder: Live::new()?,
        fit: Fit::new(SAMPLE_RATE_HZ).ok()?,
        decoded: vec![SILENCE; DECODED_FRAMES],
        decoded_len: 0,
        next: 0,
        newest: None,
        packet_frames: PACKET_FRAMES,
        bridged_frames: 0,
        is_filling: true,
        status: Arc::clone(&status),
    };
    Some((Feed { parcels: parcels_in, status }, playout))
}

impl Source for Playout {
    fn pull(&mut self, scheduled: Time, out: &mut [Frame; BLOCK_FRAMES]) -> Delivery {
        let is_over = self.parcels.is_abandoned();
        self.receive();
        let delivery = self.play(scheduled, out);
        if delivery == Delivery::Late && is_over {
            return Delivery::Gone;
        }
        let status = &self.status;
        status.delay_us.store(self.delay.level_us(), Ordering::Relaxed);
        status.drift_ppb.store((self.delay.drift_ppm() * 1e3) as i64, Ordering::Relaxed);
        delivery
    }
}

impl Playout {
    /// Puts what has arrived into its order.
    fn receive(&mut self) {
        while let Ok(parcel) = self.parcels.pop() {
            let mut ticks = self.unwrapped(parcel.timestamp);
            if self.newest.is_some_and(|newest| (ticks - newest).abs() > LEAP_TICKS) {
                self.packets.clear();
                self.wait();
                ticks = parcel.timestamp.into();
                self.newest = None;
            }
            self.newest = Some(self.newest.map_or(ticks, |newest| newest.max(ticks)));
            self.delay.arrived(parcel.arrived, ticks);
            let is_late = !self.is_filling && ticks < self.next;
            if is_late || !self.packets.insert(ticks, &parcel.payload) {
                self.status.refused.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn unwrapped(&self, timestamp: u32) -> i64 {
        let newest = self.newest.unwrap_or(timestamp.into());
        newest + i64::from(timestamp.wrapping_sub(newest as u32).cast_signed())
    }

    /// Plays nothing until the buffer is filled, by what arrives from here on.
    fn wait(&mut self) {
        self.is_filling = true;
        self.decoded_len = 0;
        self.delay.reset();
    }

    fn play(&mut self, scheduled: Time, out: &mut [Frame; BLOCK_FRAMES]) -> Delivery {
        if self.is_filling && !self.start(scheduled) {
            return Delivery::Late;
        }
        let Some(speed) = self.delay.run(scheduled, self.next - self.decoded_len as i64) else {
            // Too much has piled up, or what could have arrived by now no longer does: begin again by what arrives from here on,
            // with the newest of what is there.
            self.wait();
            return Delivery::Late;
        };
        self.fit.set_speed(speed);
        // Two more than needed: a change of speed may ask for one or two frames more within the block.
        while self.decoded_len < self.fit.needed_frames() + 2 {
            if !self.decode() {
                self.status.waits.fetch_add(1, Ordering::Relaxed);
                self.wait();
                return Delivery::Late;
            }
        }
        let input = self.fit.input();
        let used = input.len();
        input.copy_from_slice(&self.decoded[..used]);
        self.decoded.copy_within(used..self.decoded_len, 0);
        self.decoded_len -= used;
        self.fit.run(out);
        Delivery::Sound(BLOCK_FRAMES)
    }

    /// Begins to play if enough is there.
    fn start(&mut self, scheduled: Time) -> bool {
        let Some(oldest) = self.packets.first() else { return false };
        let Some(from) = self.delay.start(scheduled, oldest) else { return false };
        self.packets.skip_to(from);
        self.next = self.packets.first().unwrap_or(from);
        self.decoder.reset();
        (self.bridged_frames, self.is_filling) = (0, false);
        true
    }

    /// Appends what comes next to the decoded frames; `false` if there is nothing, and has not been for too long.
    fn decode(&mut self) -> bool {
        while self.packets.first().is_some_and(|first| first < self.next) {
            self.packets.remove_first();
            self.status.refused.fetch_add(1, Ordering::Relaxed);
        }
        match self.packets.first() {
            Some(first) if first == self.next => self.decode_packet(),
            Some(first) => self.make_good(first),
            None => return self.bridge(),
        }
        true
    }

    fn decode_packet(&mut self) {
        let room = &mut self.decoded[self.decoded_len..];
        let Some(frames) = self.decoder.decode(self.packets.payload(), room) else {
            // It is no Opus: as if it had not come.
            self.packets.remove_first();
            self.status.refused.fetch_add(1, Ordering::Relaxed);
            let frames = self.packet_frames;
            return self.conceal(frames);
        };
        self.packets.remove_first();
        self.status.packets.fetch_add(1, Ordering::Relaxed);
        (self.packet_frames, self.bridged_frames) = (frames, 0);
        self.decoded_len += frames;
        self.next += frames as i64;
    }

    /// Makes good what is missing before the packet that begins at `first`.
    fn make_good(&mut self, first: i64) {
        let gap = (first - self.next) as usize;
        let frames = gap.min(self.packet_frames) / CONCEALED_FRAMES_STEP * CONCEALED_FRAMES_STEP;
        if frames == 0 {
            // Less than can be concealed: time stamps that are a little off.
            self.next = first;
        } else if frames < gap {
            self.conceal(frames);
        } else {
            let room = &mut self.decoded[self.decoded_len..][..frames];
            self.decoder.recover(self.packets.payload(), room);
            self.status.recovered_frames.fetch_add(frames as u64, Ordering::Relaxed);
            self.append(frames);
        }
    }

    /// Conceals `frames` frames that will not come.
    fn conceal(&mut self, frames: usize) {
        self.fill_in(frames);
        self.append(frames);
    }

    fn append(&mut self, frames: usize) {
        self.decoded_len += frames;
        self.next += frames as i64;
    }

    /// Puts in a moment of concealed sound while nothing comes; `false` if that has gone on for too long.
    fn bridge(&mut self) -> bool {
        if self.bridged_frames >= BRIDGE_FRAMES {
            return false;
        }
        self.fill_in(BLOCK_FRAMES);
        self.bridged_frames += BLOCK_FRAMES;
        self.decoded_len += BLOCK_FRAMES;
        self.delay.stretched();
        true
    }

    fn fill_in(&mut self, frames: usize) {
        self.decoder.conceal(&mut self.decoded[self.decoded_len..][..frames]);
        self.status.concealed_frames.fetch_add(frames as u64, Ordering::Relaxed);
    }
}

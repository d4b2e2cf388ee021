//! One box and its phones, connected by a link without delay or loss.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use base::{MediaTime, Packet, PacketDuration, StreamId, Time, Timeline};
use bytes::Bytes;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::api::{Answer, Offer, OfferError};
use crate::config::{Clocks, Config, Limits, StreamConfig};
use crate::dtls::Identity;
use crate::engine::Engine;
use crate::sim::{Phone, Setup};
use crate::transmit::Outbox;

pub(super) struct World {
    pub(super) engine: Engine,
    pub(super) now: Time,
    pub(super) out: Outbox,
    pub(super) clocks: Clocks,
    identity: Identity,
    pub(super) phones: Vec<(SocketAddr, Phone)>,
    pub(super) box_address: SocketAddr,
    /// Where the next packet of the stream starts.
    pub(super) media: u64,
    /// Whether frames come one by one in the longer durations, as when they cannot be joined.
    pub(super) unjoined: bool,
}

pub(super) fn stream_id() -> StreamId {
    StreamId::new("main").unwrap()
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(super) fn with(limits: Limits) -> Self {
        let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::from_secs(1_700_000_000) };
        let identity = Identity::generate().unwrap();
        let streams = vec![StreamConfig {
            id: stream_id(),
            timeline: Timeline::starting_at(Time::ZERO),
            duration: PacketDuration::Ms20,
            bitrate_bps: 128_000,
            in_band_fec: true,
        }];
        let box_address: SocketAddr = "10.0.0.1:5000".parse().unwrap();
        let config = Config { streams, addresses: vec![box_address.ip()], port: box_address.port(), limits, clocks };
        let now = Time::from_micros(1_000_000);
        let engine = Engine::new(config, identity.clone(), StdRng::seed_from_u64(1), now);
        Self {
            engine,
            now,
            out: Outbox::default(),
            clocks,
            identity,
            phones: Vec::new(),
            box_address,
            media: 48_000,
            unjoined: false,
        }
    }

    pub(super) fn offer_of(
        &mut self,
        sdp: String,
        from: IpAddr,
        duration: Option<PacketDuration>,
    ) -> Result<Answer, OfferError> {
        let local_addr = self.box_address.ip();
        let offer = Offer { stream: stream_id(), sdp, local_addr, remote_addr: from, duration };
        self.engine.offer(self.now, &offer)
    }

    /// A phone that has its answer, but has not sent anything yet.
    pub(super) fn phone(&mut self, setup: Setup, duration: Option<PacketDuration>) -> (usize, Answer) {
        let n = self.phones.len();
        let address = SocketAddr::from(([10, 0, 1 + (n / 250) as u8, 1 + (n % 250) as u8], 40_000));
        let mut phone = Phone::new(self.identity.clone(), self.clocks, &format!("ph{n}"), setup);
        let answer = self.offer_of(phone.offer(), address.ip(), duration).unwrap();
        assert!(phone.answer(self.now, &answer.sdp, self.box_address));
        self.phones.push((address, phone));
        (n, answer)
    }

    /// A joined phone.
    pub(super) fn join(&mut self, duration: Option<PacketDuration>) -> (usize, Answer) {
        let (n, answer) = self.phone(Setup::Actpass, duration);
        self.settle();
        assert!(self.phones[n].1.is_joined());
        (n, answer)
    }

    /// Carries datagrams to and fro until nobody has any. Returns the bytes that the box sent.
    pub(super) fn settle(&mut self) -> usize {
        let mut bytes_sent = 0;
        for _ in 0..100 {
            let mut quiet = true;
            for n in 0..self.phones.len() {
                let from = self.phones[n].0;
                for (_, mut bytes) in self.phones[n].1.outbox.take() {
                    quiet = false;
                    self.engine.handle_datagram(self.now, from, &mut bytes, &mut self.out);
                }
            }
            for (to, mut bytes) in self.out.take() {
                quiet = false;
                bytes_sent += bytes.len();
                if let Some((_, phone)) = self.phones.iter_mut().find(|(address, _)| *address == to) {
                    phone.receive(self.now, &mut bytes);
                }
            }
            if quiet {
                return bytes_sent;
            }
        }
        panic!("box and phones do not come to rest");
    }

    /// Lets `ms` pass; timers fire on the way, phones show signs of life only if `alive`.
    pub(super) fn pass(&mut self, ms: u64, alive: bool) {
        let end = self.now.plus_millis(ms);
        let mut next_sign = self.now;
        while self.now < end {
            self.now = self.now.plus_millis(5).min(end);
            if alive && self.now >= next_sign {
                self.phones.iter_mut().for_each(|(_, phone)| phone.check());
                next_sign = self.now.plus_millis(2_500);
            }
            for (_, phone) in &mut self.phones {
                if phone.poll_timeout().is_some_and(|at| at <= self.now) {
                    phone.handle_timeout(self.now);
                }
            }
            if self.engine.poll_timeout().is_some_and(|at| at <= self.now) {
                self.engine.handle_timeout(self.now, &mut self.out);
            }
            self.settle();
        }
    }

    /// Publishes `frames` frames of 10 ms as the pump does: each packet when its last frame is there, if it is wanted.
    /// A payload names the media times of its 10 ms frames.
    pub(super) fn play(&mut self, frames: usize) {
        for _ in 0..frames {
            self.now = self.now.plus_millis(10);
            self.media += 480;
            for duration in PacketDuration::ALL {
                let runs = duration == PacketDuration::Ms20 || self.engine.wants(0, duration);
                if runs && self.media.is_multiple_of(duration.ticks()) {
                    self.publish(duration);
                }
            }
            self.settle();
        }
    }

    fn publish(&mut self, duration: PacketDuration) {
        let start = self.media - duration.ticks();
        let ticks = if self.unjoined { duration.ticks().min(960) } else { duration.ticks() };
        for start in (start..self.media).step_by(ticks as usize) {
            let frames = (start..start + ticks).step_by(480);
            let payload: Vec<u8> = frames.flat_map(u64::to_be_bytes).collect();
            let packet = Packet { media_time: MediaTime::from_ticks(start), payload: Bytes::from(payload) };
            self.engine.handle_packet(self.now, 0, duration, &packet, &mut self.out);
        }
    }

    /// Every 10 ms frame that phone `n` has heard, in order of arrival.
    pub(super) fn frames(&self, n: usize) -> Vec<u64> {
        let payloads = self.phones[n].1.heard.iter().map(|heard| &heard.payload);
        let words = payloads.flat_map(|payload| payload.chunks_exact(8));
        words.map(|word| u64::from_be_bytes(word.try_into().unwrap())).collect()
    }
}

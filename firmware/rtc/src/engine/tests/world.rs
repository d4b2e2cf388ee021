//! One box and its phones, connected by a link without delay or loss.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use base::{MediaTime, Packet, PacketDuration, StreamId, Time, Timeline};
use bytes::Bytes;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::api::{Answer, Offer, OfferError, SessionId};
use crate::config::{Clocks, Config, Limits, StreamConfig};
use crate::dtls::Identity;
use crate::engine::Engine;
use crate::sim::{Heard, Phone, Setup};
use crate::transmit::Outbox;

pub(super) struct World {
    pub(super) engine: Engine,
    pub(super) now: Time,
    pub(super) out: Outbox,
    pub(super) clocks: Clocks,
    identity: Identity,
    pub(super) phones: Vec<(SocketAddr, Phone)>,
    pub(super) box_address: SocketAddr,
    pub(super) programmes: Vec<Programme>,
    /// Where the next block starts, on the one timeline.
    pub(super) media: u64,
    /// Whether frames come one by one in the longer durations, as when they cannot be joined.
    pub(super) unjoined: bool,
    /// Bytes that went to addresses at which there is no phone.
    pub(super) strayed: usize,
}

/// What makes the packets of one stream.
pub(super) struct Programme {
    pub(super) id: StreamId,
    /// Tells its frames from other programmes'.
    mark: u64,
    /// By how many blocks its packets come later than they could. It stands still while this grows.
    pub(super) lag: u64,
    /// Since which block the encoders of the 10 ms packets and of all others have run; they run while somebody wants
    /// what they make.
    awake: [Option<u64>; 2],
    /// Until where it has published.
    done: u64,
}

/// One 10 ms frame that a phone heard: the mark of its programme, and its media time.
pub(super) type Frame = (u64, u64);

/// In a payload, the media time of a frame; the bits above are its mark.
const MEDIA_BITS: u32 = 48;

pub(super) fn stream_id() -> StreamId {
    StreamId::new("main").unwrap()
}

pub(super) fn named(id: &str) -> StreamId {
    StreamId::new(id).unwrap()
}

pub(super) fn stream_config(id: StreamId) -> StreamConfig {
    StreamConfig { id, duration: PacketDuration::Ms20, bitrate_bps: 128_000, in_band_fec: true }
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(super) fn with(limits: Limits) -> Self {
        let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::from_secs(1_700_000_000) };
        let identity = Identity::generate().unwrap();
        let box_address: SocketAddr = "10.0.0.1:5000".parse().unwrap();
        let timeline = Timeline::starting_at(Time::ZERO);
        let config = Config { timeline, addresses: vec![box_address.ip()], port: box_address.port(), limits, clocks };
        let now = Time::from_micros(1_000_000);
        let mut engine = Engine::new(config, identity.clone(), StdRng::seed_from_u64(1), now);
        engine.add_stream(stream_config(stream_id())).unwrap();
        let programmes = vec![Programme { id: stream_id(), mark: 0, lag: 0, awake: [None; 2], done: 0 }];
        Self {
            engine,
            programmes,
            now,
            out: Outbox::default(),
            clocks,
            identity,
            phones: Vec::new(),
            box_address,
            media: 48_000,
            unjoined: false,
            strayed: 0,
        }
    }

    /// Adds a stream whose frames bear `mark`.
    pub(super) fn add(&mut self, id: &str, mark: u64) -> StreamId {
        let id = named(id);
        self.engine.add_stream(stream_config(id)).unwrap();
        self.programmes.push(Programme { id, mark, lag: 0, awake: [None; 2], done: 0 });
        id
    }

    pub(super) fn remove(&mut self, id: StreamId, successor: Option<StreamId>) {
        self.engine.remove_stream(self.now, id, successor, &mut self.out).unwrap();
        self.programmes.retain(|programme| programme.id != id);
    }

    pub(super) fn switch(&mut self, session: SessionId, to: StreamId) {
        self.engine.switch(self.now, session, to, &mut self.out).unwrap();
    }

    pub(super) fn wants(&self, id: StreamId) -> [bool; 4] {
        PacketDuration::ALL.map(|duration| self.engine.wants(id, duration))
    }

    pub(super) fn offer_of(
        &mut self,
        sdp: String,
        from: IpAddr,
        duration: Option<PacketDuration>,
    ) -> Result<Answer, OfferError> {
        self.offer_to(stream_id(), sdp, from, duration)
    }

    pub(super) fn offer_to(
        &mut self,
        stream: StreamId,
        sdp: String,
        from: IpAddr,
        duration: Option<PacketDuration>,
    ) -> Result<Answer, OfferError> {
        let local_addr = self.box_address.ip();
        let offer = Offer { stream, sdp, local_addr, remote_addr: from, guest: None, duration };
        self.engine.offer(self.now, &offer)
    }

    /// A phone that has its answer, but has not sent anything yet.
    pub(super) fn phone(&mut self, setup: Setup, duration: Option<PacketDuration>) -> (usize, Answer) {
        self.phone_for(stream_id(), setup, duration)
    }

    pub(super) fn phone_for(
        &mut self,
        stream: StreamId,
        setup: Setup,
        duration: Option<PacketDuration>,
    ) -> (usize, Answer) {
        let n = self.phones.len();
        let address = SocketAddr::from(([10, 0, 1 + (n / 250) as u8, 1 + (n % 250) as u8], 40_000));
        let mut phone = self.new_phone(n, setup);
        let answer = self.offer_to(stream, phone.offer(), address.ip(), duration).unwrap();
        assert!(phone.answer(self.now, &answer.sdp, self.box_address));
        self.phones.push((address, phone));
        (n, answer)
    }

    /// A phone that has said nothing yet.
    pub(super) fn new_phone(&self, n: usize, setup: Setup) -> Phone {
        Phone::new(self.identity.clone(), self.clocks, &format!("ph{n}"), setup)
    }

    /// An offer that can be answered.
    pub(super) fn sdp(&self) -> String {
        self.new_phone(9_999, Setup::Actpass).offer()
    }

    /// A joined phone.
    pub(super) fn join(&mut self, duration: Option<PacketDuration>) -> (usize, Answer) {
        self.join_to(stream_id(), duration)
    }

    pub(super) fn join_to(&mut self, stream: StreamId, duration: Option<PacketDuration>) -> (usize, Answer) {
        let (n, answer) = self.phone_for(stream, Setup::Actpass, duration);
        self.settle();
        assert!(self.phones[n].1.is_joined());
        (n, answer)
    }

    /// How many have joined, over all streams.
    pub(super) fn listening(&self) -> usize {
        self.engine.stats().listeners_in_all()
    }

    /// Lets phone `n` prove its address: its check, the box's question, the answer and the response are carried. What it says
    /// next waits in its outbox.
    pub(super) fn prove(&mut self, n: usize) {
        let from = self.phones[n].0;
        for _ in 0..2 {
            for (_, mut bytes) in self.phones[n].1.outbox.take() {
                self.engine.handle_datagram(self.now, from, &mut bytes, &mut self.out);
            }
            for (_, mut bytes) in self.out.take() {
                self.phones[n].1.receive(self.now, &mut bytes);
            }
        }
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
                } else {
                    self.strayed += bytes.len();
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

    /// Lets all programmes play `blocks` blocks of 10 ms, and carries what is sent.
    pub(super) fn play(&mut self, blocks: usize) {
        for _ in 0..blocks {
            self.block();
            self.settle();
        }
    }

    /// Lets every programme publish what one more block completes and somebody wants, each packet when its last frame is
    /// there, as a box does. Nothing is carried. A payload names the 10 ms frames in it.
    pub(super) fn block(&mut self) {
        self.now = self.now.plus_millis(10);
        self.media += 480;
        for at in 0..self.programmes.len() {
            let Programme { id, lag, .. } = self.programmes[at];
            let end = self.media - lag * 480;
            if end <= self.programmes[at].done {
                continue;
            }
            self.programmes[at].done = end;
            let wanted = self.wants(id);
            for (encoder, wanted) in [wanted[0], wanted[1..].contains(&true)].into_iter().enumerate() {
                let since = self.programmes[at].awake[encoder].unwrap_or(end - 480);
                self.programmes[at].awake[encoder] = wanted.then_some(since);
            }
            for duration in PacketDuration::ALL.into_iter().filter(|duration| wanted[duration.index()]) {
                let since = self.programmes[at].awake[duration.index().min(1)];
                let is_whole = since.is_some_and(|since| since + duration.ticks() <= end);
                if is_whole && end.is_multiple_of(duration.ticks()) {
                    self.publish(at, duration, end);
                }
            }
        }
    }

    fn publish(&mut self, at: usize, duration: PacketDuration, end: u64) {
        let Programme { id, mark, .. } = self.programmes[at];
        let start = end - duration.ticks();
        let ticks = if self.unjoined { duration.ticks().min(960) } else { duration.ticks() };
        for start in (start..end).step_by(ticks as usize) {
            let frames = (start..start + ticks).step_by(480).map(|media| mark << MEDIA_BITS | media);
            let payload: Vec<u8> = frames.flat_map(u64::to_be_bytes).collect();
            let packet = Packet { media_time: MediaTime::from_ticks(start), payload: Bytes::from(payload) };
            self.engine.handle_packet(self.now, id, duration, packet, &mut self.out);
        }
    }

    /// Every 10 ms frame that phone `n` has heard, in order of arrival.
    pub(super) fn frames(&self, n: usize) -> Vec<u64> {
        self.marked_frames(n).into_iter().map(|(_, media)| media).collect()
    }

    /// The same, with the mark of the programme that each came from.
    pub(super) fn marked_frames(&self, n: usize) -> Vec<Frame> {
        self.phones[n].1.heard.iter().flat_map(marked).collect()
    }

    /// Fails unless what phone `n` heard is one source, numbered without a hole, whose time is that of the sound and
    /// never goes back. Returns how much sound is left out in all, in ticks.
    pub(super) fn hole(&self, n: usize) -> u64 {
        let heard = &self.phones[n].1.heard;
        let time_zero = |heard: &Heard| heard.timestamp.wrapping_sub(marked(heard)[0].1 as u32);
        for pair in heard.windows(2) {
            assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
            assert_eq!(pair[1].ssrc, pair[0].ssrc);
            assert_eq!(time_zero(&pair[1]), time_zero(&pair[0]), "RTP time is media time");
        }
        let frames = self.frames(n);
        frames.windows(2).map(|pair| pair[1].checked_sub(pair[0] + 480).expect("a frame that was heard already")).sum()
    }
}

/// The frames in a packet.
fn marked(heard: &Heard) -> Vec<Frame> {
    let words = heard.payload.chunks_exact(8).map(|word| u64::from_be_bytes(word.try_into().unwrap()));
    words.map(|word| (word >> MEDIA_BITS, word & ((1 << MEDIA_BITS) - 1))).collect()
}
